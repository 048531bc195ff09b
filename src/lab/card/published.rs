//! Card images that others published: folders of single files, and the XML of the federal test cards.
//!
//! They have no private keys. Whether what they hold is genuine is not asked here: the driver's user finds out.

use std::path::Path;

use super::super::LabError;
use super::image::{CardImage, Hex};
use super::pkcs15;
use super::profile::Applet;

/// Largest XML image that is read. The published ones have 20 kB.
const MOST_XML_BYTES: usize = 1024 * 1024;

impl CardImage {
    /// The image of a card from a folder of single files, as published for the applet 1.1 specimen: `*_ATR.bin`,
    /// `*_Identity.tlv` and so on, as read from the card. It has no private keys.
    ///
    /// # Errors
    /// When the folder or one of its files cannot be read.
    pub fn from_published_files(folder: &Path, prefix: &str) -> Result<Self, LabError> {
        let read = |name: &str| -> Result<Vec<u8>, LabError> {
            let path = folder.join(format!("{prefix}_{name}"));
            std::fs::read(&path).map_err(LabError::io(&path))
        };
        let identity = read("Identity.tlv")?;
        let chip = chip_in(&identity).ok_or_else(|| LabError::Malformed(format!("{prefix}_Identity.tlv")))?;
        let mut image = Self::new(Applet::V11, chip);
        image.atr = Hex(read("ATR.bin")?);
        image.set_file("3F00DF014031", identity);
        for (path, name) in [
            ("3F00DF014032", "IdentitySignature.tlv"),
            ("3F00DF014033", "Address.tlv"),
            ("3F00DF014034", "AddressSignature.tlv"),
            ("3F00DF014035", "Photo.tlv"),
            ("3F00DF005038", "AuthentificationCertificate.tlv"),
            ("3F00DF005039", "SigningCertificate.tlv"),
            ("3F00DF00503A", "CACertificate.tlv"),
            ("3F00DF00503B", "RootCertificate.tlv"),
            ("3F00DF00503C", "RRNCertificate.tlv"),
        ] {
            image.set_file(path, read(name)?);
        }
        pkcs15::write_directory(&mut image);
        Ok(image)
    }

    /// The image of a card from the XML of the federal test cards: `chipNumber`, `versionNumber` (bytes 16 to 26 of
    /// GET CARD DATA), `atr`, and each `file` with its `id` (full path) and `content`, all in hex.
    ///
    /// The format has no attributes and no nesting below `file`; anything else is refused.
    ///
    /// # Errors
    /// `Malformed` when a part is missing, is no hex or is too long.
    ///
    /// Source: reference §18.4.
    pub fn from_published_xml(xml: &str) -> Result<Self, LabError> {
        let malformed = || LabError::Malformed("XML card image".to_owned());
        if xml.len() > MOST_XML_BYTES || element(xml, "type") != Some("beid") {
            return Err(malformed());
        }
        let bytes = |part: &str, tag: &str| hex_of(element(part, tag)?);
        let chip = bytes(xml, "chipNumber").and_then(|chip| <[u8; 16]>::try_from(chip).ok());
        let version = bytes(xml, "versionNumber").ok_or_else(malformed)?;
        // The sixth of these bytes is the applet's version.
        let applet = match version.get(5).filter(|_| version.len() == 11) {
            Some(0x01) => Applet::V10,
            Some(0x11) => Applet::V11,
            Some(0x17) => Applet::V17,
            Some(0x18) => Applet::V18,
            _ => return Err(malformed()),
        };
        let mut image = Self::new(applet, chip.ok_or_else(malformed)?);
        image.atr = Hex(bytes(xml, "atr").ok_or_else(malformed)?);
        for part in xml.split("<file>").skip(1) {
            let (part, _) = part.split_once("</file>").ok_or_else(malformed)?;
            let id = bytes(part, "id").filter(|id| id.starts_with(&[0x3F, 0x00]) && id.len() <= 8);
            let content = bytes(part, "content").ok_or_else(malformed)?;
            image.set_file(&hex::encode_upper(id.ok_or_else(malformed)?), content);
        }
        if image.files.is_empty() {
            return Err(malformed());
        }
        Ok(image)
    }
}

/// The text of the first element of this name.
fn element<'x>(xml: &'x str, name: &str) -> Option<&'x str> {
    let (_, rest) = xml.split_once(&format!("<{name}>"))?;
    let (text, _) = rest.split_once(&format!("</{name}>"))?;
    (!text.contains('<')).then_some(text)
}

/// Hex digits with blanks and line ends between them.
fn hex_of(text: &str) -> Option<Vec<u8>> {
    let digits: String = text
        .chars()
        .filter(|letter| !letter.is_ascii_whitespace())
        .collect();
    hex::decode(digits).ok()
}

/// The value of tag 02 of an identity file.
fn chip_in(identity: &[u8]) -> Option<[u8; 16]> {
    let found = crate::card::tlv::parse(identity).ok()?;
    let chip = found.iter().find(|tlv| tlv.tag == 0x02)?;
    chip.value.try_into().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEAD: &str = "<card><type>beid</type><chipNumber>000102030405060708090A0B0C0D0E0F</chipNumber>\
                        <versionNumber>A503010101110002000101</versionNumber><atr>3B98</atr>";

    #[test]
    fn a_published_image_is_read() {
        let xml = format!(
            "{HEAD}<file><id>3F00DF014031</id><content>01 02\n03</content></file>\
             <file><id>3F00DF014033</id><content></content></file></card>"
        );
        let image = CardImage::from_published_xml(&xml).unwrap();
        assert_eq!((image.applet, image.chip.0.get(15)), (Applet::V11, Some(&0x0F)));
        assert_eq!(image.file("3F00DF014031"), Some(&[1, 2, 3][..]));
        assert_eq!(image.file("3F00DF014033"), Some(&[][..]));
    }

    #[test]
    fn what_is_not_one_is_refused() {
        let file = "<file><id>3F00DF014031</id><content>01</content></file>";
        for bad in [
            String::new(),
            HEAD.to_owned(),
            format!("{}{file}", HEAD.replace("beid", "other")),
            format!("{}{file}", HEAD.replace("0E0F<", "0E<")),
            format!("{}{file}", HEAD.replace("0111", "0119")),
            format!("{HEAD}{}", file.replace("</content>", "")),
            format!("{HEAD}{}", file.replace(">01<", ">0<")),
            format!("{HEAD}{}", file.replace("3F00", "3E00")),
            format!("{HEAD}{}", file.replace("</file>", "")),
        ] {
            assert!(CardImage::from_published_xml(&bad).is_err(), "{bad}");
        }
    }

    proptest::proptest! {
        #[test]
        fn any_text_is_an_image_or_refused(text in "[<>/a-zA-Z0-9 ]{0,200}", at in 0_usize..300) {
            let _ = CardImage::from_published_xml(&text);
            let mut xml = format!("{HEAD}<file><id>3F00DF014031</id><content>01</content></file></card>");
            let at = at.min(xml.len());
            xml.insert_str(at, &text);
            let _ = CardImage::from_published_xml(&xml);
        }
    }
}
