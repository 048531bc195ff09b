//! Signatures in JSON made in the laboratory: prepared, signed, stored, completed.

use std::sync::Arc;
use std::time::Duration;

use zegel::ades::augment::error::{AugmentError, Step};
use zegel::ades::content::{Content, DataObject};
use zegel::ades::jades::completion::{Completed, Completion};
use zegel::ades::jades::prepare::{prepare, prepare_parallel};
use zegel::ades::jades::read::{Jws, Serialization};
use zegel::ades::jades::stages::{Draft, Packaging, Prepared, Signed};
use zegel::ades::level::Level;
use zegel::ades::validate::report::Report;
use zegel::ades::validate::{Context, validate_jws};
use zegel::base::time::Timestamp;
use zegel::pki::certificate::Certificate;

use super::message::told;
use super::world::{Signer, World};

pub const PACKAGINGS: [Packaging; 4] = [
    Packaging::Attached,
    Packaging::Detached,
    Packaging::Objects,
    Packaging::ObjectHashes,
];

pub fn draft(
    world: &World,
    signer: &Signer,
    level: Level,
    serialization: Serialization,
    packaging: Packaging,
) -> Draft {
    let issuer = Certificate::parse(world.pki().citizen.certificate_der().to_vec()).unwrap();
    Draft {
        level,
        serialization,
        packaging,
        certificate: signer.certificate.clone(),
        chain: vec![issuer],
        algorithm: None,
        claimed: Vec::new(),
        commitment: None,
        place: None,
        policy: None,
        expires_at: world.now.plus(Duration::from_mins(5)),
    }
}

/// The objects that a signature in `packaging` is over: two where they are named.
pub fn objects(data: &[u8], packaging: Packaging) -> Vec<DataObject> {
    let object = |name: Option<&str>, data: &[u8]| DataObject {
        name: name.map(str::to_owned),
        media_type: Some("text/plain".to_owned()),
        content: Content::Bytes(Arc::new(data.to_vec())),
    };
    match packaging {
        Packaging::Attached | Packaging::Detached => vec![object(None, data)],
        Packaging::Objects | Packaging::ObjectHashes => vec![
            object(Some("besluit.txt"), data),
            object(Some("bijlage.txt"), b"een bijlage"),
        ],
    }
}

/// What the validator is given of them.
pub fn beside(data: &[u8], packaging: Packaging) -> Vec<DataObject> {
    if packaging == Packaging::Attached {
        Vec::new()
    } else {
        objects(data, packaging)
    }
}

pub fn signed(world: &World, prepared: Prepared, signer: &Signer) -> Signed {
    let stored: Prepared = serde_json::from_slice(&serde_json::to_vec(&prepared).unwrap()).unwrap();
    assert_eq!(stored, prepared);
    let key = &signer.leaf.key;
    let value = key.sign_digest(stored.algorithm(), &stored.digest()).unwrap();
    stored.finish(&value, world.now).unwrap()
}

pub fn complete_at(
    world: &World,
    objects: &[DataObject],
    signed: Signed,
    now: Timestamp,
) -> Result<Completed, (AugmentError, Signed)> {
    let mut completion = Completion::new(objects.to_vec(), signed, world.settings());
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

pub fn sealed_with(world: &World, data: &[u8], signer: &Signer, draft: &Draft) -> String {
    let prepared = prepare(&objects(data, draft.packaging), draft, world.now).unwrap();
    let outside = beside(data, draft.packaging);
    let completed = complete_at(world, &outside, signed(world, prepared, signer), world.now)
        .unwrap_or_else(|(error, _)| told(error));
    assert_eq!(completed.level, draft.level);
    completed.jws.to_text()
}

pub fn sealed(
    world: &World,
    data: &[u8],
    signer: &Signer,
    level: Level,
    (serialization, packaging): (Serialization, Packaging),
) -> String {
    let draft = draft(world, signer, level, serialization, packaging);
    sealed_with(world, data, signer, &draft)
}

/// `text` with one more signature beside the others.
pub fn with_parallel(
    world: &World,
    text: &str,
    data: &[u8],
    signer: &Signer,
    (level, packaging): (Level, Packaging),
) -> String {
    let jws = Jws::parse(text.as_bytes()).unwrap();
    let draft = draft(world, signer, level, Serialization::General, packaging);
    let outside = beside(data, packaging);
    let prepared = prepare_parallel(&jws, &objects(data, packaging), &draft, world.now).unwrap();
    complete_at(world, &outside, signed(world, prepared, signer), world.now)
        .unwrap_or_else(|(error, _)| told(error))
        .jws
        .to_text()
}

pub fn validate(world: &World, text: &str, objects: &[DataObject], at: Timestamp) -> Report {
    let context = Context {
        trust: &world.trust,
        algorithms: &world.algorithms,
        verdict_keys: &[],
        at,
    };
    validate_jws(text.as_bytes(), objects, &context)
}
