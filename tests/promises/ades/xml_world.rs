//! XML signatures made in the laboratory: prepared, signed, stored, completed.

use std::sync::Arc;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use zegel::ades::augment::error::{AugmentError, Step};
use zegel::ades::content::Content;
use zegel::ades::level::Level;
use zegel::ades::validate::report::Report;
use zegel::ades::validate::{Context, validate_xml};
use zegel::ades::xades::completion::{Completed, Completion, SharedOutside};
use zegel::ades::xades::data::Datum;
use zegel::ades::xades::prepare::{
    Detached, Moment, prepare_detached, prepare_enveloped, prepare_enveloping, prepare_internally_detached,
};
use zegel::ades::xades::stages::{CertificateForm, Draft, EnvelopedBy, Prepared, Signed};
use zegel::base::bytes::ReadAt;
use zegel::base::digest::{HashAlgorithm, Hasher};
use zegel::base::time::Timestamp;
use zegel::crypto::algorithm::SignatureAlgorithm;
use zegel::crypto::ecdsa;
use zegel::crypto::key::Curve;
use zegel::pki::certificate::Certificate;
use zegel::xml::limits::Limits;
use zegel::xml::signature::DS;
use zegel::xml::signature::read::XmlSignature;
use zegel::xml::tree::{Document, Selection};

use super::message::told;
use super::world::{Signer, World};

/// A document as an authority would have one, with what canonicalisation must get right.
pub const DOCUMENT: &str = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\r\n<!-- TEST --><besluit xmlns=\"urn:zegel:test\" \
    xmlns:unused=\"urn:zegel:unused\"\r\n  z=\"2\" a=\"1 &amp; &quot;\"><titel>Besluit van 3 maart &#xD; &lt;test&gt;</titel>\
    <!-- a comment --><deel Id=\"deel\"><![CDATA[<art. 1>]]> é</deel><leeg/></besluit>\n";
/// A document whose parts stand side by side.
pub const PARTS: &str = "<map><deel xmlns=\"urn:zegel:test\" Id=\"deel\">art. 1 &amp; é</deel></map>";

/// How a signature is packed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Packaging {
    Enveloped,
    EnvelopedPlain,
    EnvelopingXml,
    EnvelopingBytes,
    Detached,
    InternallyDetached,
}

impl Packaging {
    pub const ALL: [Self; 6] = [
        Self::Enveloped,
        Self::EnvelopedPlain,
        Self::EnvelopingXml,
        Self::EnvelopingBytes,
        Self::Detached,
        Self::InternallyDetached,
    ];

    pub fn name(self) -> &'static str {
        match self {
            Self::Enveloped => "enveloped",
            Self::EnvelopedPlain => "enveloped, own only",
            Self::EnvelopingXml => "enveloping XML",
            Self::EnvelopingBytes => "enveloping bytes",
            Self::Detached => "detached",
            Self::InternallyDetached => "internally detached",
        }
    }

    /// The document that the signature goes into; empty when it is its own.
    pub fn base(self) -> Arc<dyn ReadAt> {
        Arc::new(match self {
            Self::Enveloped | Self::EnvelopedPlain => DOCUMENT.as_bytes().to_vec(),
            Self::InternallyDetached => PARTS.as_bytes().to_vec(),
            Self::EnvelopingXml | Self::EnvelopingBytes | Self::Detached => Vec::new(),
        })
    }
}

pub fn content(bytes: &[u8]) -> Content {
    Content::Bytes(Arc::new(bytes.to_vec()))
}

pub fn things() -> Vec<Detached> {
    vec![
        Detached {
            uri: "besluit.pdf".to_owned(),
            mime_type: Some("application/pdf".to_owned()),
            content: content(b"%PDF TEST"),
        },
        Detached {
            uri: "bijlage%201.txt".to_owned(),
            mime_type: Some("text/plain".to_owned()),
            content: content(b"bijlage"),
        },
    ]
}

pub fn outside(things: Vec<Detached>) -> SharedOutside {
    Arc::new(move |uri| {
        let found = things.iter().find(|thing| Some(thing.uri.as_str()) == uri)?;
        Some(Datum::Content(found.content.clone()))
    })
}

pub fn draft(world: &World, signer: &Signer, level: Level) -> Draft {
    let issuer = Certificate::parse(world.pki().citizen.certificate_der().to_vec()).unwrap();
    Draft {
        level,
        certificate: signer.certificate.clone(),
        chain: vec![issuer],
        algorithm: None,
        certificate_form: CertificateForm::V2,
        enveloped_by: EnvelopedBy::AllSignatures,
        claimed: Vec::new(),
        commitment: None,
        place: None,
        policy: None,
        expires_at: world.now.plus(Duration::from_mins(5)),
    }
}

pub fn prepared(world: &World, packaging: Packaging, draft: &Draft) -> Prepared {
    let moment = Moment {
        now: world.now,
        random: &*world.random,
    };
    let base = packaging.base();
    let mut draft = draft.clone();
    match packaging {
        Packaging::Enveloped => prepare_enveloped(&base, &draft, moment),
        Packaging::EnvelopedPlain => {
            draft.enveloped_by = EnvelopedBy::OwnSignature;
            prepare_enveloped(&base, &draft, moment)
        }
        Packaging::EnvelopingXml => prepare_enveloping(
            &DOCUMENT.as_bytes().to_vec(),
            Some("text/xml".to_owned()),
            &draft,
            moment,
        ),
        Packaging::EnvelopingBytes => {
            prepare_enveloping(&b"%PDF TEST \x00\xFF".to_vec(), None, &draft, moment)
        }
        Packaging::Detached => prepare_detached(&things(), (0, 0), &draft, moment),
        Packaging::InternallyDetached => prepare_internally_detached(&base, "deel", &draft, moment),
    }
    .unwrap()
}

/// Has `signer` sign what was prepared, through storage as a journey's stages go.
pub fn signed(world: &World, prepared: Prepared, signer: &Signer) -> Signed {
    let stored: Prepared = serde_json::from_slice(&serde_json::to_vec(&prepared).unwrap()).unwrap();
    assert_eq!(stored, prepared);
    let key = &signer.leaf.key;
    let value = key.sign_digest(stored.algorithm(), &stored.digest()).unwrap();
    stored.finish(&value, world.now).unwrap()
}

pub fn complete_at(
    world: &World,
    base: &Arc<dyn ReadAt>,
    outside: &SharedOutside,
    signed: Signed,
    now: Timestamp,
) -> Result<Completed, (AugmentError, Signed)> {
    let mut completion = Completion::new(Arc::clone(base), Arc::clone(outside), signed, world.settings());
    for _ in 0..100 {
        let stored: Signed =
            serde_json::from_slice(&serde_json::to_vec(completion.signed()).unwrap()).unwrap();
        assert_eq!(&stored, completion.signed());
        match completion.step(now) {
            Ok(Step::Done(completed)) => return Ok(*completed),
            Ok(Step::Need(need)) => completion.answer(world.answer(&need, now), now).unwrap(),
            Err(error) => return Err((error, completion.into_signed())),
        }
    }
    panic!("completion does not end");
}

pub fn bytes_of(file: &Arc<dyn ReadAt>) -> Vec<u8> {
    file.read_vec(0, usize::try_from(file.len()).unwrap()).unwrap()
}

/// The signed document in `packaging` by `signer` as `draft` says.
pub fn sealed_with(world: &World, packaging: Packaging, signer: &Signer, draft: &Draft) -> Vec<u8> {
    let base = packaging.base();
    let signed = signed(world, prepared(world, packaging, draft), signer);
    let completed = complete_at(world, &base, &outside(things()), signed, world.now)
        .unwrap_or_else(|(error, _)| told(error));
    assert_eq!(completed.level, draft.level);
    bytes_of(&completed.document(&base))
}

pub fn sealed(world: &World, packaging: Packaging, signer: &Signer, level: Level) -> Vec<u8> {
    sealed_with(world, packaging, signer, &draft(world, signer, level))
}

pub fn validate_at(world: &World, file: &[u8], at: Timestamp) -> Report {
    let context = Context {
        trust: &world.trust,
        algorithms: &world.algorithms,
        verdict_keys: &[],
        at,
    };
    let outside = outside(things());
    validate_xml(Arc::new(file.to_vec()), &|uri| outside(uri), &context)
}

pub fn validate(world: &World, file: &[u8]) -> Report {
    validate_at(world, file, world.now)
}

/// `file` with one more enveloped signature as `draft` says.
pub fn beside_with(world: &World, file: &[u8], signer: &Signer, draft: &Draft) -> Vec<u8> {
    let base: Arc<dyn ReadAt> = Arc::new(file.to_vec());
    let moment = Moment {
        now: world.now,
        random: &*world.random,
    };
    let prepared = prepare_enveloped(&base, draft, moment).unwrap();
    let signed = signed(world, prepared, signer);
    let completed = complete_at(world, &base, &outside(things()), signed, world.now)
        .unwrap_or_else(|(error, _)| told(error));
    bytes_of(&completed.document(&base))
}

pub fn beside(world: &World, file: &[u8], signer: &Signer, level: Level) -> Vec<u8> {
    beside_with(world, file, signer, &draft(world, signer, level))
}

/// `text`, whose only signature was changed, with its value made anew by `signer`, who has a P-384 key.
pub fn signed_anew(signer: &Signer, text: &str) -> String {
    let document = Document::parse(text.as_bytes(), Limits::document()).unwrap();
    let element = document
        .elements()
        .find(|node| document.is(*node, DS, "Signature"))
        .unwrap();
    let read = XmlSignature::read(&document, element).unwrap();
    let mut hasher = Hasher::new(HashAlgorithm::Sha384);
    let signed = Selection::subtree(read.signed_info);
    document.canonicalize(&signed, &read.canonicalization, &mut hasher);
    let algorithm = SignatureAlgorithm::Ecdsa(HashAlgorithm::Sha384);
    let value = signer.leaf.key.sign_digest(algorithm, &hasher.finish()).unwrap();
    let value = STANDARD.encode(ecdsa::der_to_raw(&value, Curve::P384).unwrap());
    let start = text.find("<ds:SignatureValue").unwrap();
    let tag = start + text[start..].find('>').unwrap() + 1;
    let end = tag + text[tag..].find('<').unwrap();
    [&text[..tag], &value, &text[end..]].concat()
}
