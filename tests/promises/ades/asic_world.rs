//! Containers made in the laboratory.

use std::sync::Arc;

use zegel::ades::asic::archive::Archiving;
use zegel::ades::asic::container::{Container, Kind};
use zegel::ades::asic::create::{
    self, File, cades_manifest, outside_of, outside_of_files, prepare_further, prepare_xades,
    signatures_file, write_cades, write_further, write_time_stamp, write_xades,
};
use zegel::ades::asic::further::{Further, takes_cades};
use zegel::ades::augment::asking::Asking;
use zegel::ades::augment::error::Step;
use zegel::ades::cades::stages::Packaging as CmsPackaging;
use zegel::ades::level::Level;
use zegel::ades::validate::report::Report;
use zegel::ades::validate::{Context, validate_asic};
use zegel::ades::xades::prepare::Moment;
use zegel::ades::xades::stages::Draft;
use zegel::base::digest::HashAlgorithm;
use zegel::base::time::Timestamp;
use zegel::pki::timestamp::{TimeStampRequest, token_of_reply};

use super::message::{self, told};
use super::world::{Signer, World};
use super::xml_world::{bytes_of, complete_at, draft, signed};

/// The kinds of containers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Form {
    ExtendedXades,
    ExtendedCades,
    SimpleXades,
    SimpleCades,
}

impl Form {
    pub const ALL: [Self; 4] = [
        Self::ExtendedXades,
        Self::ExtendedCades,
        Self::SimpleXades,
        Self::SimpleCades,
    ];

    pub fn name(self) -> &'static str {
        match self {
            Self::ExtendedXades => "ASiC-E, XAdES",
            Self::ExtendedCades => "ASiC-E, CAdES",
            Self::SimpleXades => "ASiC-S, XAdES",
            Self::SimpleCades => "ASiC-S, CAdES",
        }
    }

    pub const fn is_simple(self) -> bool {
        matches!(self, Self::SimpleXades | Self::SimpleCades)
    }

    pub const fn is_xades(self) -> bool {
        matches!(self, Self::ExtendedXades | Self::SimpleXades)
    }
}

pub fn file(name: &str, content: &[u8]) -> File {
    File {
        name: name.to_owned(),
        mime_type: "text/plain".to_owned(),
        source: Arc::new(content.to_vec()),
    }
}

pub fn files(form: Form) -> Vec<File> {
    let mut files = vec![file("besluit é 1.txt", b"besluit van het college")];
    if !form.is_simple() {
        files.push(file("bijlagen/kaart.txt", &b"TEST ".repeat(500)));
    }
    files
}

pub fn sealed_over(world: &World, form: Form, files: &[File], signer: &Signer, draft: &Draft) -> Vec<u8> {
    let kind = if form.is_simple() {
        Kind::Simple
    } else {
        Kind::Extended
    };
    if form.is_xades() {
        let prepared = prepare_xades(files, draft, moment(world)).unwrap();
        let signed = signed(world, prepared, signer);
        let outside = outside_of_files(files.to_vec());
        let completed = complete_at(world, &signatures_file(), &outside, signed, world.now)
            .unwrap_or_else(|(error, _)| told(error));
        assert_eq!(completed.level, draft.level);
        return write_xades(kind, files, &completed, Vec::new(), world.now).unwrap();
    }
    let manifest = (!form.is_simple()).then(|| cades_manifest(files, HashAlgorithm::Sha256).unwrap());
    let only = files[0]
        .source
        .read_vec(0, usize::try_from(files[0].source.len()).unwrap());
    let content = manifest.clone().unwrap_or_else(|| only.unwrap());
    // In ASiC-E a time-stamp over everything archives the signature.
    let own = if form.is_simple() {
        draft.level
    } else {
        draft.level.min(Level::Lt)
    };
    let cms = zegel::ades::cades::stages::Draft {
        algorithm: draft.algorithm,
        ..message::draft(world, signer, own, CmsPackaging::Detached)
    };
    let message = message::sealed_with(world, &content, signer, &cms);
    let container = write_cades(files, manifest.as_deref(), &message, Vec::new(), world.now).unwrap();
    if own < draft.level {
        archived(world, &container, world.now)
    } else {
        container
    }
}

/// `container` with one more archive time-stamp over everything.
pub fn archived(world: &World, container: &[u8], now: Timestamp) -> Vec<u8> {
    let container = Container::open(Arc::new(container.to_vec())).unwrap();
    let mut archiving = Archiving::new(container, world.settings()).unwrap();
    let made = asked(&mut archiving, world, now).unwrap_or_else(|error| told(error));
    bytes_of(&made)
}

/// What comes of `machine`, the laboratory answering.
pub fn asked<M: Asking>(machine: &mut M, world: &World, now: Timestamp) -> Result<M::Done, M::Error> {
    for _ in 0..200 {
        match machine.step(now)? {
            Step::Done(done) => return Ok(*done),
            Step::Need(need) => machine.answer(world.answer(&need, now), now)?,
        }
    }
    panic!("it does not end")
}

pub fn moment(world: &World) -> Moment<'_> {
    Moment {
        now: world.now,
        random: &*world.random,
    }
}

pub fn sealed(world: &World, form: Form, signer: &Signer, level: Level) -> Vec<u8> {
    sealed_over(world, form, &files(form), signer, &draft(world, signer, level))
}

/// `container` with one more signature.
pub fn further(world: &World, container: &[u8], signer: &Signer, level: Level) -> Vec<u8> {
    let container = Container::open(Arc::new(container.to_vec())).unwrap();
    assert!(create::takes_further(&container));
    let prepared = prepare_further(&container, &draft(world, signer, level), moment(world)).unwrap();
    let signed = signed(world, prepared, signer);
    let completed = complete_at(
        world,
        &signatures_file(),
        &outside_of(&container),
        signed,
        world.now,
    )
    .unwrap_or_else(|(error, _)| told(error));
    write_further(&container, &completed, Vec::new(), world.now).unwrap()
}

/// `container` with one more CAdES signature, whose name it gives too; or the cause.
pub fn further_cades(
    world: &World,
    container: &[u8],
    signer: &Signer,
    level: Level,
) -> Result<(Vec<u8>, String), &'static str> {
    let container = Container::open(Arc::new(container.to_vec())).unwrap();
    assert!(takes_cades(&container));
    // In ASiC-E a time-stamp over everything archives the signature.
    let own = match container.kind {
        Kind::Extended => level.min(Level::Lt),
        Kind::Simple => level,
    };
    let further = Further::new(container, HashAlgorithm::Sha256).map_err(|error| error.cause())?;
    let draft = message::draft(world, signer, own, CmsPackaging::Detached);
    let prepared = further
        .prepare(&draft, world.now)
        .map_err(|error| error.cause())?;
    let signed = message::signed(world, prepared, signer);
    let completed = message::complete(world, &further.carried(), signed);
    let (made, name) = further.container(&completed, world.now).unwrap();
    let made = bytes_of(&made);
    if own < level {
        Ok((archived(world, &made, world.now), name))
    } else {
        Ok((made, name))
    }
}

/// A file and a time-stamp over it.
pub fn stamped(world: &World) -> Vec<u8> {
    let file = file("besluit.txt", b"besluit van het college");
    let imprint = HashAlgorithm::Sha256.digest(b"besluit van het college");
    let request = TimeStampRequest::new(HashAlgorithm::Sha256, &imprint, &*world.random);
    let answer = world.services.answer("/tsa", &request.der(), world.now);
    let token = token_of_reply(&answer.body).unwrap();
    write_time_stamp(&file, token.der(), Vec::new(), world.now).unwrap()
}

pub fn validate_at(world: &World, file: &[u8], at: Timestamp) -> Report {
    let context = Context {
        trust: &world.trust,
        algorithms: &world.algorithms,
        verdict_keys: &[],
        at,
    };
    validate_asic(Arc::new(file.to_vec()), &context)
}

pub fn validate(world: &World, file: &[u8]) -> Report {
    validate_at(world, file, world.now)
}
