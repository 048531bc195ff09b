//! Signatures with time-stamps over their content, in every format: a signature is prepared as always, the tokens are put
//! among what will be signed, and then it is signed and completed as always.

use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use zegel::ades::augment::error::AugmentError;
use zegel::ades::cades::prepare::prepare as prepare_cades;
use zegel::ades::cades::stages::Packaging as CmsPackaging;
use zegel::ades::cms::oids;
use zegel::ades::content::DataObject;
use zegel::ades::jades::prepare::prepare as prepare_jades;
use zegel::ades::jades::read::Serialization;
use zegel::ades::jades::stages::Packaging as JwsPackaging;
use zegel::ades::level::Level;
use zegel::ades::pades::completion::CompletionError;
use zegel::ades::pades::prepare::prepare as prepare_pades;
use zegel::ades::validate::report::Report;
use zegel::asn1::read::{Rules, single};
use zegel::asn1::write;
use zegel::base::digest::{HashAlgorithm, Hasher};
use zegel::base::time::Timestamp;
use zegel::pki::timestamp::{TimeStampRequest, token_of_reply};
use zegel::xml::canonical::{Method, Version};
use zegel::xml::limits::Limits;
use zegel::xml::signature::DS;
use zegel::xml::tree::{Document, NodeId, Selection};

use super::samples::{SHAPES, Xref, pdf};
use super::world::{Signer, World, whole};
use super::xml_world::{self, Packaging};
use super::{jws, message};

pub const DATA: &[u8] = b"besluit van het college";

/// A format, and how the time-stamps stand in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Pades,
    CadesAttached,
    CadesDetached,
    /// Each token in an attribute of its own.
    CadesAttributes,
    Xades(Packaging),
    /// Over the first object alone.
    XadesIndividual,
    Jades(JwsPackaging),
}

impl Kind {
    pub const ALL: [Self; 11] = [
        Self::Pades,
        Self::CadesAttached,
        Self::CadesDetached,
        Self::CadesAttributes,
        Self::Xades(Packaging::Enveloped),
        Self::Xades(Packaging::EnvelopingBytes),
        Self::Xades(Packaging::InternallyDetached),
        Self::Xades(Packaging::Detached),
        Self::XadesIndividual,
        Self::Jades(JwsPackaging::Attached),
        Self::Jades(JwsPackaging::ObjectHashes),
    ];

    /// What is handed in beside the signature.
    pub fn beside(self) -> Vec<DataObject> {
        match self {
            Self::CadesDetached => vec![DataObject {
                name: None,
                media_type: None,
                content: message::bytes(DATA),
            }],
            Self::Xades(Packaging::Detached) | Self::XadesIndividual => xml_world::things()
                .into_iter()
                .map(|thing| DataObject {
                    name: Some(thing.uri.replace("%20", " ")),
                    media_type: None,
                    content: thing.content,
                })
                .collect(),
            Self::Jades(packaging) => jws::beside(DATA, packaging),
            _ => Vec::new(),
        }
    }
}

/// A token of the laboratory at `at` over what has `imprint`.
pub fn token(world: &World, hash: HashAlgorithm, imprint: &[u8], at: Timestamp) -> Vec<u8> {
    let request = TimeStampRequest::new(hash, imprint, &*world.random);
    let answer = world.services.answer("/tsa", &request.der(), at);
    token_of_reply(&answer.body).unwrap().der().to_vec()
}

/// `prepared` after `change` of it as it is stored.
fn changed<T: Serialize + DeserializeOwned>(prepared: &T, change: impl FnOnce(&mut Value)) -> T {
    let mut stored = serde_json::to_value(prepared).unwrap();
    change(&mut stored);
    serde_json::from_value(stored).unwrap()
}

/// How tokens are made for a hash and the imprint due.
pub type Tokens<'a> = dyn Fn(HashAlgorithm, &[u8]) -> Vec<Vec<u8>> + 'a;

/// Puts the tokens among the signed attributes of a stored stage.
fn into_attributes(stored: &mut Value, tokens: &Tokens<'_>, each_alone: bool) {
    let attributes = STANDARD
        .decode(stored["signed_attributes"].as_str().unwrap())
        .unwrap();
    let mut inside = single(&attributes, Rules::Der).unwrap().inside().unwrap();
    let (mut list, mut imprint) = (Vec::new(), Vec::new());
    while let Some(attribute) = inside.next().unwrap() {
        let mut parts = attribute.inside().unwrap();
        if parts.any().unwrap().oid().unwrap().to_string() == oids::MESSAGE_DIGEST {
            let value = parts.set().unwrap().any().unwrap();
            imprint = value.octets().unwrap().into_owned();
        }
        list.push(attribute.whole().to_vec());
    }
    let hash = HashAlgorithm::ALL
        .into_iter()
        .find(|hash| hash.output_bytes() == imprint.len())
        .unwrap();
    let oid = write::oid(&oids::CONTENT_TIME_STAMP.parse().unwrap());
    let tokens = tokens(hash, &imprint);
    if each_alone {
        list.extend(
            tokens
                .into_iter()
                .map(|token| write::sequence(&[&oid, &write::set_of(vec![token])])),
        );
    } else {
        list.push(write::sequence(&[&oid, &write::set_of(tokens)]));
    }
    stored["signed_attributes"] = STANDARD.encode(write::set_of(list)).into();
}

fn exclusive(document: &Document, node: NodeId, hash: HashAlgorithm) -> Vec<u8> {
    let mut hasher = Hasher::new(hash);
    let method = Method::new(Version::Exclusive);
    document.canonicalize(&Selection::subtree(node), &method, &mut hasher);
    hasher.finish()
}

fn named(document: &Document, namespace: &str, name: &str) -> NodeId {
    let mut found = document
        .elements()
        .filter(|node| document.is(*node, namespace, name));
    let (Some(one), None) = (found.next(), found.next()) else {
        panic!("one {name}");
    };
    one
}

const XADES: &str = "http://uri.etsi.org/01903/v1.3.2#";

/// Puts `property` among the signed properties of a stored stage.
pub fn into_properties(stored: &mut Value, property: &str) {
    let part = |stored: &Value, at: usize| stored["around_value"][at].as_str().unwrap().to_owned();
    let (before, after) = (part(stored, 0), part(stored, 1));
    let end = "</xades:SignedDataObjectProperties>";
    assert_eq!(after.matches(end).count(), 1);
    let after = after.replace(end, &format!("{property}{end}"));
    let whole = |before: &str| {
        let text = format!("{before}AAAA{after}");
        Document::parse(text.as_bytes(), Limits::document()).unwrap()
    };
    // The reference to the properties is the last one.
    let start = before.rfind("<ds:DigestValue>").unwrap() + "<ds:DigestValue>".len();
    let end = start + before[start..].find('<').unwrap();
    let hash = HashAlgorithm::ALL
        .into_iter()
        .find(|hash| hash.output_bytes() == STANDARD.decode(&before[start..end]).unwrap().len())
        .unwrap();
    let document = whole(&before);
    let digest = exclusive(&document, named(&document, XADES, "SignedProperties"), hash);
    let before = [&before[..start], &STANDARD.encode(digest), &before[end..]].concat();
    let document = whole(&before);
    let mut signed_info = Vec::new();
    let method = Method::new(Version::Exclusive);
    let selection = Selection::subtree(named(&document, DS, "SignedInfo"));
    document.canonicalize(&selection, &method, &mut signed_info);
    stored["signed_info"] = STANDARD.encode(signed_info).into();
    stored["around_value"] = json!([before, after]);
}

pub fn xml_tokens(tokens: &[Vec<u8>]) -> String {
    let one = |der: &Vec<u8>| {
        let der = STANDARD.encode(der);
        format!("<xades:EncapsulatedTimeStamp>{der}</xades:EncapsulatedTimeStamp>")
    };
    tokens.iter().map(one).collect()
}

const EXCLUSIVE: &str = "<ds:CanonicalizationMethod Algorithm=\"http://www.w3.org/2001/10/xml-exc-c14n#\"></ds:CanonicalizationMethod>";

/// The identifier and the digest of the first reference in a stored stage.
pub fn first_reference(stored: &Value) -> (String, Vec<u8>) {
    let text = stored["around_value"][0].as_str().unwrap();
    let (_, reference) = text.split_once("<ds:Reference ").unwrap();
    let (_, id) = reference.split_once("Id=\"").unwrap();
    let (_, digest) = reference.split_once("<ds:DigestValue>").unwrap();
    let digest = digest.split_once('<').unwrap().0;
    (
        id.split_once('"').unwrap().0.to_owned(),
        STANDARD.decode(digest).unwrap(),
    )
}

fn hash_of(digest: &[u8]) -> HashAlgorithm {
    HashAlgorithm::ALL
        .into_iter()
        .find(|hash| hash.output_bytes() == digest.len())
        .unwrap()
}

/// The property of a stored stage in `kind` with its tokens.
fn property(stored: &Value, kind: Kind, tokens: &Tokens<'_>) -> String {
    let (id, first) = first_reference(stored);
    if kind == Kind::XadesIndividual {
        let tokens = xml_tokens(&tokens(hash_of(&first), &first));
        return format!(
            "<xades:IndividualDataObjectsTimeStamp><xades:Include URI=\"#{id}\" \
             referencedData=\"true\"></xades:Include>{EXCLUSIVE}{tokens}</xades:IndividualDataObjectsTimeStamp>"
        );
    }
    let tokens = if kind == Kind::Xades(Packaging::Detached) {
        // Both files, one after the other.
        let all: Vec<u8> = xml_world::things()
            .iter()
            .flat_map(|thing| xml_world::bytes_of(thing.content.bytes().unwrap()))
            .collect();
        let hash = HashAlgorithm::Sha256;
        tokens(hash, &hash.digest(&all))
    } else {
        tokens(hash_of(&first), &first)
    };
    let tokens = xml_tokens(&tokens);
    format!("<xades:AllDataObjectsTimeStamp>{EXCLUSIVE}{tokens}</xades:AllDataObjectsTimeStamp>")
}

/// A file, or the report that kept it from being delivered.
pub type Made = Result<Vec<u8>, Box<Report>>;

fn refused(error: AugmentError) -> Box<Report> {
    match error {
        AugmentError::BelowLevel { report, .. } => report,
        other => panic!("{other}"),
    }
}

/// The file in `kind` by `signer` at `level`, with `tokens` over its content.
pub fn made(world: &World, signer: &Signer, kind: Kind, level: Level, tokens: &Tokens<'_>) -> Made {
    match kind {
        Kind::Pades => {
            let document = pdf(Xref::Table, SHAPES[0]);
            let draft = zegel::ades::pades::stages::Draft {
                time_stamp_bytes: Some(20_000),
                // Room for the tokens: none is kept where no time-stamp is ordered.
                ..world.draft(signer, level.max(Level::T))
            };
            let prepared = prepare_pades(Arc::new(document.clone()), &draft, world.now).unwrap();
            let prepared = changed(&prepared, |stored| {
                stored["level"] = serde_json::to_value(level).unwrap();
                into_attributes(stored, tokens, false);
            });
            let key = &signer.leaf.key;
            let value = key.sign_digest(prepared.algorithm(), &prepared.digest()).unwrap();
            let completed = world.complete(&document, prepared.finish(value, world.now).unwrap());
            match completed {
                Ok(completed) => Ok(whole(&document, &completed)),
                Err((CompletionError::BelowLevel { report, .. }, _)) => Err(report),
                Err((error, _)) => panic!("{error}"),
            }
        }
        Kind::CadesAttached | Kind::CadesDetached | Kind::CadesAttributes => {
            let packaging = if kind == Kind::CadesDetached {
                CmsPackaging::Detached
            } else {
                CmsPackaging::Attached
            };
            let draft = message::draft(world, signer, level, packaging);
            let prepared = prepare_cades(&message::bytes(DATA), &draft, world.now).unwrap();
            let each_alone = kind == Kind::CadesAttributes;
            let prepared = changed(&prepared, |stored| into_attributes(stored, tokens, each_alone));
            let carried = message::carried(DATA, packaging);
            let signed = message::signed(world, prepared, signer);
            let completed = message::complete_at(world, &carried, signed, world.now);
            let completed = completed.map_err(|(error, _)| refused(error))?;
            Ok(message::written(&completed, &carried))
        }
        Kind::Xades(packaging) => xades(world, signer, (packaging, level), &|stored| {
            property(stored, kind, tokens)
        }),
        Kind::XadesIndividual => xades(world, signer, (Packaging::Detached, level), &|stored| {
            property(stored, kind, tokens)
        }),
        Kind::Jades(packaging) => {
            let draft = jws::draft(world, signer, level, Serialization::Flattened, packaging);
            let objects = jws::objects(DATA, packaging);
            let prepared = prepare_jades(&objects, &draft, world.now).unwrap();
            let hash = HashAlgorithm::Sha256;
            let octets: Vec<u8> = objects
                .iter()
                .flat_map(|object| xml_world::bytes_of(object.content.bytes().unwrap()))
                .collect();
            // Only what stands in the JWS is signed as text here.
            let imprint = match packaging {
                JwsPackaging::Attached => hash.digest(URL_SAFE_NO_PAD.encode(octets).as_bytes()),
                _ => hash.digest(&octets),
            };
            let values: Vec<Value> = tokens(hash, &imprint)
                .into_iter()
                .map(|der| json!({"val": STANDARD.encode(der)}))
                .collect();
            jades(
                world,
                signer,
                (packaging, &prepared),
                &json!({ "tstTokens": values }),
            )
        }
    }
}

/// An XML signature with the property that `property` makes of the stored stage.
pub fn xades(
    world: &World,
    signer: &Signer,
    (packaging, level): (Packaging, Level),
    property: &dyn Fn(&Value) -> String,
) -> Made {
    let draft = xml_world::draft(world, signer, level);
    let prepared = xml_world::prepared(world, packaging, &draft);
    let prepared = changed(&prepared, |stored| {
        let property = property(stored);
        into_properties(stored, &property);
    });
    let base = packaging.base();
    let signed = xml_world::signed(world, prepared, signer);
    let outside = xml_world::outside(xml_world::things());
    let completed = xml_world::complete_at(world, &base, &outside, signed, world.now)
        .map_err(|(error, _)| refused(error))?;
    Ok(xml_world::bytes_of(&completed.document(&base)))
}

/// A JWS whose header also holds `container` as `adoTst`.
pub fn jades(
    world: &World,
    signer: &Signer,
    (packaging, prepared): (JwsPackaging, &zegel::ades::jades::stages::Prepared),
    container: &Value,
) -> Made {
    let hash = prepared.hash_algorithm();
    let prepared = changed(prepared, |stored| {
        let text = stored["protected"].as_str().unwrap();
        let mut header: Value = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(text).unwrap()).unwrap();
        header["adoTst"] = container.clone();
        let protected = URL_SAFE_NO_PAD.encode(header.to_string());
        let payload = stored["jws"]["payload"].as_str().unwrap_or_default();
        let digest = hash.digest(format!("{protected}.{payload}").as_bytes());
        stored["protected"] = protected.into();
        stored["digest"] = STANDARD.encode(digest).into();
    });
    let outside = jws::beside(DATA, packaging);
    let completed = jws::complete_at(world, &outside, jws::signed(world, prepared, signer), world.now)
        .map_err(|(error, _)| refused(error))?;
    Ok(completed.jws.to_text().into_bytes())
}
