//! Counter-signatures made in the laboratory, the same way in every format that has them.

use std::sync::Arc;

use zegel::ades::augment::error::Step;
use zegel::ades::cades;
use zegel::ades::extend::{Extension, Order};
use zegel::ades::jades;
use zegel::ades::jades::read::{Jws, Serialization};
use zegel::ades::level::Level;
use zegel::ades::signature_name::SignatureName;
use zegel::ades::validate::policy::ValidationPolicy;
use zegel::ades::validate::report::Report;
use zegel::ades::validate::{Context, validate_any};
use zegel::ades::xades;
use zegel::ades::xades::prepare::Moment;
use zegel::base::bytes::ReadAt;
use zegel::base::time::Timestamp;

use super::world::{Signer, World};
use super::{jws, message, xml_world};

pub const DATA: &[u8] = b"besluit van het college, 3 maart 2026";

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    Cms,
    Json,
    Xml,
}

impl Format {
    pub const ALL: [Self; 3] = [Self::Cms, Self::Json, Self::Xml];

    /// A signature that carries its content.
    pub fn sealed(self, world: &World, signer: &Signer, level: Level) -> Vec<u8> {
        match self {
            Self::Cms => message::sealed(world, DATA, signer, level, cades::stages::Packaging::Attached),
            Self::Json => {
                let form = (Serialization::Flattened, jades::stages::Packaging::Attached);
                jws::sealed(world, DATA, signer, level, form).into_bytes()
            }
            Self::Xml => xml_world::sealed(world, xml_world::Packaging::Enveloped, signer, level),
        }
    }

    /// `file` with a counter-signature on its signature `on`, prepared, signed elsewhere and completed; or the cause.
    pub fn countersigned(
        self,
        world: &World,
        file: &[u8],
        on: &SignatureName,
        signer: &Signer,
        level: Level,
    ) -> Result<Vec<u8>, &'static str> {
        match self {
            Self::Cms => {
                let opened = message::opened(file);
                let draft = message::draft(world, signer, level, cades::stages::Packaging::Detached);
                let prepared = cades::prepare::prepare_counter(&opened, on, &draft, world.now)
                    .map_err(|error| error.cause())?;
                let carried = message::carried_by(&opened, DATA);
                let signed = message::signed(world, prepared, signer);
                let completed = message::complete_at(world, &carried, signed, world.now)
                    .map_err(|(error, _)| error.cause())?;
                assert!(completed.level >= level);
                Ok(message::written(&completed, &carried))
            }
            Self::Json => {
                let opened = Jws::parse(file).unwrap();
                let packaging = jades::stages::Packaging::Attached;
                let draft = jws::draft(world, signer, level, Serialization::Flattened, packaging);
                let prepared = jades::counter::prepare_counter(&opened, on, &draft, world.now)
                    .map_err(|error| error.cause())?;
                let signed = jws::signed(world, prepared, signer);
                let completed =
                    jws::complete_at(world, &[], signed, world.now).map_err(|(error, _)| error.cause())?;
                assert!(completed.level >= level);
                Ok(completed.jws.to_text().into_bytes())
            }
            Self::Xml => {
                let base: Arc<dyn ReadAt> = Arc::new(file.to_vec());
                let draft = xml_world::draft(world, signer, level);
                let moment = Moment {
                    now: world.now,
                    random: &*world.random,
                };
                let prepared = xades::counter::prepare_counter(&base, on, &draft, moment)
                    .map_err(|error| error.cause())?;
                let signed = xml_world::signed(world, prepared, signer);
                let outside = xml_world::outside(xml_world::things());
                let completed = xml_world::complete_at(world, &base, &outside, signed, world.now)
                    .map_err(|(error, _)| error.cause())?;
                assert!(completed.level >= level);
                Ok(xml_world::bytes_of(&completed.document(&base)))
            }
        }
    }
}

/// `file` with its signatures raised to `level`, or the one named alone; or the cause.
pub fn extended(
    world: &World,
    file: &[u8],
    name: Option<&SignatureName>,
    level: Level,
) -> Result<Vec<u8>, &'static str> {
    let name = name.map(SignatureName::to_string);
    let order = Order {
        name: name.as_deref(),
        level,
        compact_as: None,
    };
    let (source, now) = (Arc::new(file.to_vec()), world.now);
    let begun = Extension::new(source, Vec::new(), order, world.settings(), now);
    let mut extension = begun.map_err(|error| error.cause())?;
    for _ in 0..200 {
        match extension.step(now).map_err(|error| error.cause())? {
            Step::Done(done) => return Ok(xml_world::bytes_of(&done.file)),
            Step::Need(need) => {
                let answer = world.answer(&need, now);
                extension.answer(answer, now).map_err(|error| error.cause())?;
            }
        }
    }
    panic!("the extension does not end")
}

pub fn validate(world: &World, file: &[u8], at: Timestamp) -> Report {
    let context = Context {
        trust: &world.trust,
        algorithms: &world.algorithms,
        verdict_keys: &[],
        at,
    };
    validate_any(
        Arc::new(file.to_vec()),
        &[],
        &context,
        &ValidationPolicy::strict(),
    )
}
