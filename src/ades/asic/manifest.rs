//! Manifests: the list of files of OpenDocument, and what a CAdES signature in ASiC-E is over.

use std::fmt::Write as _;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::uri;
use crate::base::digest::HashAlgorithm;
use crate::xml::limits::Limits;
use crate::xml::signature::DS;
use crate::xml::signature::algorithm::{digest_from_uri, digest_uri};
use crate::xml::signature::compose::escaped;
use crate::xml::signature::read::octets;
use crate::xml::tree::Document;

/// Namespace of containers.
pub const ASIC: &str = "http://uri.etsi.org/02918/v1.2.1#";
/// Media type of a CAdES signature.
pub const P7S: &str = "application/pkcs7-signature";
/// Media type of a time-stamp token.
pub const TST: &str = "application/vnd.etsi.timestamp-token";
/// Media type of a manifest.
pub const XML: &str = "text/xml";
/// Namespace of the list of files.
const LIST: &str = "urn:oasis:names:tc:opendocument:xmlns:manifest:1.0";

/// The list of files: the container's type and each file with its own.
pub fn file_list<'a>(media_type: &str, files: impl Iterator<Item = (&'a str, &'a str)>) -> String {
    let mut xml = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"no\"?>\n<manifest:manifest xmlns:manifest=\"{LIST}\" \
         manifest:version=\"1.2\"><manifest:file-entry manifest:full-path=\"/\" \
         manifest:media-type=\"{media_type}\"/>"
    );
    for (name, mime_type) in files {
        let _ = write!(
            xml,
            "<manifest:file-entry manifest:full-path=\"{}\" manifest:media-type=\"{}\"/>",
            escaped(name),
            escaped(mime_type)
        );
    }
    xml.push_str("</manifest:manifest>\n");
    xml
}

/// The files that a list names, its root left out; none when it is no list.
pub fn listed_files(bytes: &[u8]) -> Option<Vec<String>> {
    let document = Document::parse(bytes, Limits::document()).ok()?;
    if !document.is(document.root(), LIST, "manifest") {
        return None;
    }
    document
        .children_named(document.root(), LIST, "file-entry")
        .map(|entry| Some(document.tag(entry)?.attribute_of(LIST, "full-path")?.to_owned()))
        .collect::<Option<Vec<_>>>()
        .map(|names| names.into_iter().filter(|name| !name.ends_with('/')).collect())
}

/// One file that a manifest names, with its digest.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listed {
    /// Its entry.
    pub name: String,
    /// Its media type.
    pub mime_type: Option<String>,
    /// Hash of the digest.
    pub hash: HashAlgorithm,
    /// The digest.
    pub digest: Vec<u8>,
    /// Whether it is marked as the one that validation begins with: in an archive manifest, the one before it.
    pub is_root: bool,
}

/// An ASiC manifest: what one signature or time-stamp is over. EN 319 162-1 §A.4.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AsicManifest {
    /// The entry of the signature or time-stamp.
    pub signature: String,
    /// The files.
    pub files: Vec<Listed>,
}

impl AsicManifest {
    /// The manifest as it is written.
    pub fn to_xml(&self, mime_type: &str) -> String {
        let mut xml = format!(
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<asic:ASiCManifest xmlns:asic=\"{ASIC}\" \
             xmlns:ds=\"{DS}\"><asic:SigReference URI=\"{}\" MimeType=\"{mime_type}\"/>",
            uri::of_name(&self.signature)
        );
        for file in &self.files {
            let _ = write!(
                xml,
                "<asic:DataObjectReference URI=\"{}\"",
                uri::of_name(&file.name)
            );
            if let Some(mime_type) = &file.mime_type {
                let _ = write!(xml, " MimeType=\"{}\"", escaped(mime_type));
            }
            if file.is_root {
                xml.push_str(" Rootfile=\"true\"");
            }
            let _ = write!(
                xml,
                "><ds:DigestMethod Algorithm=\"{}\"/><ds:DigestValue>{}</ds:DigestValue></asic:DataObjectReference>",
                digest_uri(file.hash),
                STANDARD.encode(&file.digest)
            );
        }
        xml.push_str("</asic:ASiCManifest>\n");
        xml
    }

    /// Reads a manifest; none when it is not exactly one, or something in it is not as the schema says.
    pub fn parse(bytes: &[u8]) -> Option<Self> {
        let document = Document::parse(bytes, Limits::document()).ok()?;
        let root = document.root();
        if !document.is(root, ASIC, "ASiCManifest") || !document.is_structure(root) {
            return None;
        }
        let mut children = document.children(root);
        let signature = children
            .next()
            .filter(|child| document.is(*child, ASIC, "SigReference"))
            .and_then(|child| uri::to_name(document.tag(child)?.attribute("URI")?))?;
        let files = children
            .map(|child| {
                let tag = document
                    .tag(child)
                    .filter(|tag| tag.name.is(ASIC, "DataObjectReference"))?;
                let mut inside = document.children(child);
                let method = inside
                    .next()
                    .filter(|node| document.is(*node, DS, "DigestMethod"))?;
                let value = inside
                    .next()
                    .filter(|node| document.is(*node, DS, "DigestValue"))?;
                Some(Listed {
                    name: uri::to_name(tag.attribute("URI")?)?,
                    mime_type: tag.attribute("MimeType").map(str::to_owned),
                    hash: document
                        .tag(method)?
                        .attribute("Algorithm")
                        .and_then(digest_from_uri)?,
                    digest: octets(&document, value).ok()?,
                    is_root: matches!(tag.attribute("Rootfile"), Some("true" | "1")),
                })
            })
            .collect::<Option<Vec<_>>>()?;
        (!files.is_empty()).then_some(Self { signature, files })
    }
}

#[cfg(test)]
mod tests {
    use super::{AsicManifest, Listed, P7S, file_list, listed_files};
    use crate::base::digest::HashAlgorithm;

    #[test]
    fn manifests_read_back_and_nothing_else_does() {
        let manifest = AsicManifest {
            signature: "META-INF/signature001.p7s".to_owned(),
            files: vec![Listed {
                name: "map/a b é.txt".to_owned(),
                mime_type: Some("text/plain".to_owned()),
                hash: HashAlgorithm::Sha384,
                digest: vec![7; 48],
                is_root: true,
            }],
        };
        let xml = manifest.to_xml(P7S);
        assert_eq!(AsicManifest::parse(xml.as_bytes()), Some(manifest));
        for (from, to) in [
            ("<asic:SigReference", "<asic:Other"),
            ("sha384", "md5"),
            ("map/", "../"),
            ("ASiCManifest", "Manifest"),
            ("<?xml", "<!DOCTYPE a><?xml"),
        ] {
            assert_eq!(
                AsicManifest::parse(xml.replace(from, to).as_bytes()),
                None,
                "{from}"
            );
        }
        let list = file_list("application/x", [("a b.txt", "text/plain")].into_iter());
        assert_eq!(listed_files(list.as_bytes()), Some(vec!["a b.txt".to_owned()]));
    }
}
