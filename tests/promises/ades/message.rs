//! Messages of CMS made in the laboratory: prepared, signed, stored, completed.

use std::sync::Arc;
use std::time::Duration;

use zegel::ades::augment::error::{AugmentError, Step};
use zegel::ades::cades::completion::{Carried, Completed, Completion};
use zegel::ades::cades::prepare::{prepare, prepare_counter, prepare_parallel};
use zegel::ades::cades::stages::{Draft, Packaging, Prepared, Signed};
use zegel::ades::cms::open::{Message, open};
use zegel::ades::content::Content;
use zegel::ades::level::Level;
use zegel::ades::signature_name::SignatureName;
use zegel::ades::validate::report::Report;
use zegel::ades::validate::{Context, validate_cms};
use zegel::base::bytes::ReadAt;
use zegel::base::time::Timestamp;
use zegel::pki::certificate::Certificate;

use super::world::{Signer, World};

pub fn bytes(data: &[u8]) -> Content {
    Content::Bytes(Arc::new(data.to_vec()))
}

pub fn draft(world: &World, signer: &Signer, level: Level, packaging: Packaging) -> Draft {
    let issuer = Certificate::parse(world.pki().citizen.certificate_der().to_vec()).unwrap();
    Draft {
        level,
        packaging,
        certificate: signer.certificate.clone(),
        chain: vec![issuer],
        algorithm: None,
        claimed: Vec::new(),
        commitment: None,
        place: None,
        policy: None,
        mime_type: Some("text/plain".to_owned()),
        description: None,
        expires_at: world.now.plus(Duration::from_mins(5)),
    }
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
    carried: &Carried,
    signed: Signed,
    now: Timestamp,
) -> Result<Completed, (AugmentError, Signed)> {
    let mut completion = Completion::new(carried.clone(), signed, world.settings());
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

pub fn complete(world: &World, carried: &Carried, signed: Signed) -> Completed {
    complete_at(world, carried, signed, world.now).unwrap_or_else(|(error, _)| told(error))
}

pub fn told(error: AugmentError) -> ! {
    if let AugmentError::BelowLevel { report, .. } = &error {
        panic!("{error}: {}", serde_json::to_string_pretty(report).unwrap());
    }
    panic!("{error}")
}

pub fn carried(data: &[u8], packaging: Packaging) -> Carried {
    match packaging {
        Packaging::Attached => Carried::Attached(Arc::new(data.to_vec())),
        Packaging::Detached => Carried::Detached(bytes(data)),
    }
}

pub fn written(completed: &Completed, carried: &Carried) -> Vec<u8> {
    let mut out = Vec::new();
    let raw: Option<&dyn ReadAt> = match carried {
        Carried::Attached(raw) => Some(raw),
        Carried::Detached(_) => None,
    };
    completed.write(raw, &mut out).unwrap();
    out
}

/// The message over `data` by `signer` as `draft` says.
pub fn sealed_with(world: &World, data: &[u8], signer: &Signer, draft: &Draft) -> Vec<u8> {
    let carried = carried(data, draft.packaging);
    let prepared = prepare(&bytes(data), draft, world.now).unwrap();
    let completed = complete(world, &carried, signed(world, prepared, signer));
    assert_eq!(completed.level, draft.level);
    written(&completed, &carried)
}

pub fn sealed(world: &World, data: &[u8], signer: &Signer, level: Level, packaging: Packaging) -> Vec<u8> {
    sealed_with(world, data, signer, &draft(world, signer, level, packaging))
}

pub fn opened(file: &[u8]) -> Message {
    open(Arc::new(file.to_vec())).unwrap()
}

/// What a message carries or is about.
pub fn carried_by(message: &Message, data: &[u8]) -> Carried {
    match &message.raw_content {
        Some(raw) => Carried::Attached(Arc::clone(raw)),
        None => Carried::Detached(bytes(data)),
    }
}

/// `file` with one more signature beside the others.
pub fn with_parallel(world: &World, file: &[u8], data: &[u8], signer: &Signer, level: Level) -> Vec<u8> {
    let message = opened(file);
    let draft = draft(world, signer, level, Packaging::Detached);
    let prepared = prepare_parallel(&message, Some(&bytes(data)), &draft, world.now).unwrap();
    let carried = carried_by(&message, data);
    written(
        &complete(world, &carried, signed(world, prepared, signer)),
        &carried,
    )
}

/// `file` with a counter-signature on its first signature.
pub fn with_counter(world: &World, file: &[u8], data: &[u8], signer: &Signer, level: Level) -> Vec<u8> {
    let message = opened(file);
    let draft = draft(world, signer, level, Packaging::Detached);
    let prepared = prepare_counter(&message, &SignatureName::signer(0), &draft, world.now).unwrap();
    let carried = carried_by(&message, data);
    written(
        &complete(world, &carried, signed(world, prepared, signer)),
        &carried,
    )
}

pub fn validate(world: &World, file: &[u8], data: Option<&[u8]>, at: Timestamp) -> Report {
    let context = Context {
        trust: &world.trust,
        algorithms: &world.algorithms,
        verdict_keys: &[],
        at,
    };
    let detached = data.map(bytes);
    validate_cms(Arc::new(file.to_vec()), detached.as_ref(), &context)
}

/// The content as the validator of a message in `packaging` is given it.
pub fn beside(data: &[u8], packaging: Packaging) -> Option<&[u8]> {
    (packaging == Packaging::Detached).then_some(data)
}
