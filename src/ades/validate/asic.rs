//! Containers: what is in them, each signature judged for itself, and that no file stands there that nobody signed.
//! EN 319 162-1.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::archive_manifest::Archive;
use super::cades;
use super::chain::algorithm_sub_indication;
use super::existence::Existence;
use super::file::{Context, empty, settle, whole_digest};
use super::format::Failure;
use super::general::Basis;
use super::indication::{Indication, SubIndication};
use super::material::Material;
use super::policy::ValidationPolicy;
use super::report::{Finding, Format, ObjectReport, Report, SignatureReport};
use super::revocation::Memory;
use super::stamp::{self, Stamp};
use super::xades::judge_document;
use crate::ades::asic::container::{Container, Kind, Role};
use crate::ades::asic::create::outside_of;
use crate::ades::asic::manifest::{ASIC, AsicManifest, listed_files};
use crate::ades::asic::uri;
use crate::ades::asic::zip::Entry;
use crate::ades::content::Content;
use crate::ades::xades::data::{Datum, outline_of};
use crate::base::bytes::ReadAt;
use crate::base::digest::HashAlgorithm;

/// Judges every signature and time-stamp of the container `source`. Never fails: what cannot be read is in the report.
///
/// Strict where many are not: a file that no signature which holds covers fails them all, for it looks signed and is
/// not.
pub fn validate_asic(source: Arc<dyn ReadAt>, context: &Context<'_>) -> Report {
    let policy = ValidationPolicy::strict();
    report_of(source, &Basis::new(context, &policy))
}

/// The same on any basis.
pub(super) fn report_of(source: Arc<dyn ReadAt>, basis: &Basis<'_>) -> Report {
    let mut report = empty(source.len(), &basis.context, basis.policy);
    report.document.sha256 = whole_digest(&*source);
    report.document.revisions = 1;
    match Container::open(source) {
        Ok(container) => Judging::of(&container, basis).fill(&mut report),
        Err(error) => report.document.format_failure = Some(format!("{error} ({})", error.cause())),
    }
    settle(&mut report);
    if report.signatures.is_empty() && report.document.format_failure.is_none() {
        let stamps = report.document_time_stamps.iter().map(|stamp| stamp.indication);
        report.indication = stamps.max().unwrap_or(Indication::Indeterminate);
    }
    report
}

/// What a signature or time-stamp of the container is over.
struct Over {
    content: Content,
    /// The files that this covers.
    files: BTreeSet<String>,
    /// The entry of the manifest between, and the hashes by which it refers to the files.
    manifest: Option<(String, BTreeSet<HashAlgorithm>)>,
    /// What is wrong with one of the files.
    broken: Option<Failure>,
}

impl Over {
    /// The hashes that stand between what is signed and the files.
    fn hashes(&self) -> BTreeSet<HashAlgorithm> {
        let manifest = self.manifest.as_ref();
        manifest.map(|(_, hashes)| hashes.clone()).unwrap_or_default()
    }

    /// Every entry that it is over, the manifest too.
    fn entries(&self) -> BTreeSet<String> {
        let manifest = self.manifest.iter().map(|(name, _)| name);
        manifest.chain(&self.files).cloned().collect()
    }
}

/// A signature that was judged, and the files it covers.
struct Covering {
    report: SignatureReport,
    files: BTreeSet<String>,
    /// A counter-signature covers no file and need not.
    is_counter: bool,
}

struct Judging<'a> {
    container: &'a Container,
    basis: &'a Basis<'a>,
    found: Vec<Covering>,
    /// Files under a time-stamp that holds.
    stamped: BTreeSet<String>,
    archive: Archive,
}

fn failure(cause: &str, detail: impl Into<String>) -> Failure {
    Failure::new(SubIndication::FormatFailure, cause, detail)
}

impl<'a> Judging<'a> {
    fn of(container: &'a Container, basis: &'a Basis<'a>) -> Self {
        let mut judging = Self {
            container,
            basis,
            found: Vec::new(),
            stamped: BTreeSet::new(),
            archive: Archive::default(),
        };
        judging.archive = Archive::read(container, |manifest| judging.check_manifest(manifest));
        judging
    }

    fn fill(mut self, report: &mut Report) {
        for entry in self.container.with_role(Role::Xades) {
            self.xades(entry);
        }
        for entry in self.container.with_role(Role::Cades) {
            self.cades(entry);
        }
        let mut stamps = Vec::new();
        for entry in self.container.with_role(Role::TimeStamp) {
            // What an archive time-stamp covers is proven, and signed by nobody.
            if !self.archive.has_stamp(entry.name()) {
                stamps.push(self.time_stamp(entry));
            }
        }
        let archived = self.archive.judge(self.basis);
        self.stamped.extend(self.archive.covered(&archived).cloned());
        stamps.extend(archived);
        // WHY in this order: a file is unsigned when no signature that holds for itself covers it. That something else is wrong
        // with the container makes it no more so.
        self.check_files();
        self.check_stamps(&stamps);
        let reports = stamps.into_iter().map(|stamp| stamp.report);
        report.document_time_stamps.extend(reports);
        if self.found.is_empty() {
            report.document.format_failure = self.unstamped();
        }
        report.signatures = self.found.into_iter().map(|found| found.report).collect();
    }

    fn push(&mut self, name: &str, mut report: SignatureReport, files: BTreeSet<String>, is_counter: bool) {
        report.field = format!("{name}, {}", report.field);
        report.covered_files = files.iter().cloned().collect();
        self.found.push(Covering {
            report,
            files,
            is_counter,
        });
    }

    fn push_failed(&mut self, name: &str, format: Format, failure: Failure) {
        let report = SignatureReport::failed("signer 1".to_owned(), format, failure);
        self.push(name, report, BTreeSet::new(), false);
    }

    fn xades(&mut self, entry: &Entry) {
        let name = entry.name();
        let bytes = match self.container.read(entry) {
            Ok(bytes) => bytes,
            Err(error) => {
                return self.push_failed(name, Format::Xades, failure(error.cause(), error.to_string()));
            }
        };
        let file: Arc<dyn ReadAt> = Arc::new(bytes);
        let is_root = outline_of(&file).is_ok_and(|outline| {
            outline
                .document
                .is(outline.document.root(), ASIC, "XAdESSignatures")
        });
        if !is_root {
            let fault = failure(
                "ASIC_SIGNATURES",
                "the file of signatures does not hold XAdESSignatures",
            );
            return self.push_failed(name, Format::Xades, fault);
        }
        let outside = outside_of(self.container);
        let around = self.archive.over(name);
        let judged = judge_document(&file, &|uri| outside(uri), (&around, self.basis));
        match judged {
            Ok(judged) if judged.is_empty() => {
                self.push_failed(
                    name,
                    Format::Xades,
                    failure("ASIC_SIGNATURES", "the file of signatures holds none"),
                );
            }
            Ok(judged) => {
                for judged in judged {
                    let files = judged.covers.iter().filter_map(|uri| uri::to_name(uri)).collect();
                    self.push(name, judged.report, files, judged.is_counter);
                }
            }
            Err(fault) => self.push_failed(name, Format::Xades, fault),
        }
    }

    fn cades(&mut self, entry: &Entry) {
        let name = entry.name();
        let message = match self.container.read(entry) {
            Ok(bytes) => bytes,
            Err(error) => {
                return self.push_failed(name, Format::Cades, failure(error.cause(), error.to_string()));
            }
        };
        let over = match self.content_of(name) {
            Ok(over) => over,
            Err(fault) => return self.push_failed(name, Format::Cades, fault),
        };
        let around = self.archive.over(name).with_data(over.entries());
        let judged = cades::report_within(Arc::new(message), Some(&over.content), &around, self.basis);
        if let Some(detail) = judged.document.format_failure {
            return self.push_failed(name, Format::Cades, failure("CMS_MALFORMED", detail));
        }
        if judged.signatures.is_empty() {
            return self.push_failed(
                name,
                Format::Cades,
                failure("CMS_MALFORMED", "the message holds no signature"),
            );
        }
        for mut report in judged.signatures {
            if let Some(broken) = &over.broken {
                report.fail(broken.clone());
            }
            self.check_hashes(&over.hashes(), &mut report);
            self.push(name, report, over.files.clone(), false);
        }
    }

    /// What the signature or time-stamp `name` is over.
    fn content_of(&self, name: &str) -> Result<Over, Failure> {
        if self.container.kind == Kind::Simple {
            let only = self
                .container
                .data()
                .next()
                .ok_or_else(|| failure("ASIC_FILES", "there is no file"))?;
            return Ok(Over {
                content: self.digests(only)?,
                files: BTreeSet::from([only.name().to_owned()]),
                manifest: None,
                broken: None,
            });
        }
        let (entry, bytes, manifest) = self.manifest_of(name)?;
        let hashes = manifest.files.iter().map(|file| file.hash).collect();
        Ok(Over {
            content: Content::Bytes(Arc::new(bytes)),
            broken: self.check_manifest(&manifest).err(),
            files: manifest.files.into_iter().map(|file| file.name).collect(),
            manifest: Some((entry.name().to_owned(), hashes)),
        })
    }

    /// The one manifest for the signature or time-stamp `name`, with its entry and its bytes.
    fn manifest_of(&self, name: &str) -> Result<(&Entry, Vec<u8>, AsicManifest), Failure> {
        let mut manifests = Vec::new();
        for entry in self.container.with_role(Role::AsicManifest) {
            let bytes = self
                .container
                .read(entry)
                .map_err(|error| failure(error.cause(), error.to_string()))?;
            if let Some(manifest) = AsicManifest::parse(&bytes)
                && manifest.signature == name
            {
                manifests.push((entry, bytes, manifest));
            }
        }
        let (Some(found), true) = (manifests.pop(), manifests.is_empty()) else {
            return Err(failure(
                "ASIC_MANIFEST",
                "there is not exactly one manifest that can be read for the signature",
            ));
        };
        Ok(found)
    }

    /// The hash that stands for a file must have been accepted when the signature is first proven, as its own must.
    fn check_hashes(&self, hashes: &BTreeSet<HashAlgorithm>, report: &mut SignatureReport) {
        let at = report.best_signature_time.unwrap_or(self.basis.context.at);
        for hash in hashes {
            if let Err(refusal) = self.basis.context.algorithms.check_hash(*hash, at) {
                let sub = algorithm_sub_indication(&refusal);
                report.fail(Failure::new(sub, "ALG_FORBIDDEN", refusal.to_string()));
            }
        }
    }

    fn check_manifest(&self, manifest: &AsicManifest) -> Result<(), Failure> {
        for listed in &manifest.files {
            let entry = self.container.archive.entry(&listed.name).ok_or_else(|| {
                Failure::new(
                    SubIndication::SignedDataNotFound,
                    "ASIC_FILE_MISSING",
                    "a file that the manifest names is not in the container",
                )
                .about(ObjectReport::signed_data(listed.name.clone()))
            })?;
            let datum = Datum::Entry(self.container.archive.clone(), entry.clone());
            let digest = datum
                .digest(listed.hash)
                .map_err(|error| failure("ZIP_CONTENT", error.to_string()))?;
            if digest.as_ref() != Some(&listed.digest) {
                return Err(Failure::new(
                    SubIndication::HashFailure,
                    "ASIC_DIGEST",
                    "a file has another digest than the manifest names",
                ));
            }
        }
        Ok(())
    }

    /// The digests of an entry's content with every hash a signature may ask for.
    fn digests(&self, entry: &Entry) -> Result<Content, Failure> {
        let datum = Datum::Entry(self.container.archive.clone(), entry.clone());
        let mut known = BTreeMap::new();
        for hash in HashAlgorithm::ALL {
            let digest = datum
                .digest(hash)
                .map_err(|error| failure("ZIP_CONTENT", error.to_string()))?;
            known.extend(digest.map(|digest| (hash, digest)));
        }
        Ok(Content::Digests(known))
    }

    fn time_stamp(&mut self, entry: &Entry) -> Stamp {
        let name = entry.name();
        let token = self.container.read(entry).unwrap_or_default();
        let at = self.basis.context.at;
        let (material, existence, memory) = (Material::default(), Existence::new(at), Memory::default());
        let judge = self.basis.judge(&material, &existence, &memory);
        let content = self.content_of(name);
        let digest = |hash: HashAlgorithm| match &content {
            Ok(over) if over.broken.is_none() => over.content.digest(hash).ok().flatten(),
            _ => None,
        };
        let mut stamp = stamp::validate(&judge, &token, Some(name), &digest, at);
        if let Ok(over) = content {
            stamp.weigh_listing(&judge, &over.hashes(), at);
            if stamp.whole.is_some() {
                self.stamped.extend(over.files);
            }
        }
        stamp
    }

    /// A time-stamp that is not whole shows that the container was changed, or was never one: no signature passes
    /// beside it.
    fn check_stamps(&mut self, stamps: &[Stamp]) {
        let fault = self.archive.fault().cloned().or_else(|| {
            let broken = stamps.iter().find(|stamp| stamp.whole.is_none())?;
            let name = broken.report.field.clone().unwrap_or_default();
            Some(Failure::new(
                SubIndication::SigConstraintsFailure,
                "TST_BROKEN",
                format!("{name} is not intact: the container was changed, or it never fitted"),
            ))
        });
        if let Some(fault) = fault {
            for found in &mut self.found {
                found.report.fail(fault.clone());
            }
        }
    }

    /// Why a container without signatures, but with a time-stamp that holds, is none: its archive is broken, or it holds
    /// files that none covers.
    fn unstamped(&self) -> Option<String> {
        if let Some(fault) = self.archive.fault() {
            return Some(format!("{} ({})", fault.finding.detail, fault.finding.cause));
        }
        let data = self.container.data();
        let left = data.filter(|entry| !self.stamped.contains(entry.name())).count();
        (!self.stamped.is_empty() && left > 0).then(|| {
            format!("{left} of the files are covered by no time-stamp that holds (ASIC_UNSIGNED_FILE)")
        })
    }

    /// Every file must be covered by something that holds; a signature that leaves out what another covers says so.
    fn check_files(&mut self) {
        let data: BTreeSet<String> = self
            .container
            .data()
            .map(|entry| entry.name().to_owned())
            .collect();
        // A time-stamp has no signer: anybody has one made over a file that he adds.
        let mut covered = if self.found.is_empty() {
            self.stamped.clone()
        } else {
            BTreeSet::new()
        };
        for found in &self.found {
            if found.report.indication != Indication::TotalFailed {
                covered.extend(found.files.iter().cloned());
            }
        }
        let unsigned = data.difference(&covered).count();
        let has_xades = !self.container.with_role(Role::Xades).is_empty();
        let list_fault = match self.container.kind {
            Kind::Extended if has_xades => self.check_list(&data).err(),
            Kind::Extended | Kind::Simple => None,
        };
        for found in self.found.iter_mut().filter(|found| !found.is_counter) {
            if unsigned > 0 {
                found.report.fail(failure(
                    "ASIC_UNSIGNED_FILE",
                    format!("{unsigned} of the files are covered by no signature that holds"),
                ));
            } else if found.files != data && found.report.indication != Indication::TotalFailed {
                found.report.findings.push(Finding::warning(
                    "ASIC_PARTIAL",
                    "the signature does not cover every file of the container",
                ));
            }
            if let Some(fault) = &list_fault {
                found.report.fail(fault.clone());
            }
        }
        if !self.container.with_role(Role::Other).is_empty() {
            for found in &mut self.found {
                found.report.findings.push(Finding::warning(
                    "ASIC_UNKNOWN_FILE",
                    "a file beside the signatures is of no known kind and signed by nobody",
                ));
            }
        }
    }

    /// The list of files names each one, and no other: what shows the list must show what is signed.
    fn check_list(&self, data: &BTreeSet<String>) -> Result<(), Failure> {
        let lists = self.container.with_role(Role::FileList);
        let [list] = lists.as_slice() else {
            return Err(failure("ASIC_LIST", "there is not exactly one list of files"));
        };
        let listed = self
            .container
            .read(list)
            .ok()
            .and_then(|bytes| listed_files(&bytes));
        let is_same = listed.is_some_and(|listed| {
            listed.len() == data.len() && listed.into_iter().collect::<BTreeSet<_>>() == *data
        });
        if is_same {
            Ok(())
        } else {
            Err(failure(
                "ASIC_LIST",
                "the list of files names other files than there are",
            ))
        }
    }
}
