//! One signature outside PDF, whatever its format: what the format found becomes the objects, layers and time-stamps of
//! [`process`], with what this room asks beyond it.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};

use super::attested::{self, About};
use super::existence::{Below, Existence, Placed, Proof};
use super::file::Context;
use super::format::Failure;
use super::indication::SubIndication;
use super::material::Material;
use super::policy::ValidationPolicy;
use super::process;
use super::qualified;
use super::report::{Finding, Format, SignatureReport};
use super::revocation::{Judge, Memory};
use super::signature::{Reading, certificate_says, read_chain};
use super::signature_policy::{self, Stated};
use super::stamp::{self, Stamp};
use super::structure;
use crate::ades::level::{self, Evidence};
use crate::ades::signature_name::{COUNTERS_AT_MOST, COUNTERS_DEEP_AT_MOST, SignatureName};
use crate::base::digest::{HashAlgorithm, Sha256Digest};
use crate::base::time::{Day, Timestamp};
use crate::crypto::algorithm::SignatureAlgorithm;
use crate::pki::certificate::Certificate;
use crate::pki::path::Pool;
use crate::pki::purpose;
use crate::pki::timestamp::TimeStampToken;

/// What signatures are judged against, and how.
pub(super) struct Basis<'a> {
    pub(super) context: Context<'a>,
    pub(super) policy: &'a ValidationPolicy,
    /// Whether only what came along counts, and the pinned roots.
    pub(super) embedded_only: bool,
    /// Where moments are noted at which the outcome may change.
    pub(super) turning_points: Option<&'a RefCell<BTreeSet<Timestamp>>>,
    /// Of documents of signature policies, for all signatures of a file.
    policy_digests: signature_policy::Digests,
}

impl<'a> Basis<'a> {
    /// Judges under `policy` with everything that is known.
    pub(super) fn new(context: &Context<'a>, policy: &'a ValidationPolicy) -> Self {
        Self {
            context: *context,
            policy,
            embedded_only: false,
            turning_points: None,
            policy_digests: signature_policy::Digests::default(),
        }
    }

    /// A judge over `material`, with what is proven already.
    pub(super) fn judge<'s>(
        &'s self,
        material: &'s Material,
        existence: &'s Existence,
        memory: &'s Memory,
    ) -> Judge<'s> {
        Judge {
            material,
            existence,
            trust: self.context.trust,
            algorithms: self.context.algorithms,
            policy: self.policy,
            memory,
            now: self.context.at,
            embedded_only: self.embedded_only,
        }
    }

    /// Notes the ends of everything that the outcome may hang on.
    fn note_ends(&self, material: &Material) {
        let Some(points) = self.turning_points else { return };
        let mut points = points.borrow_mut();
        let stored = material.certificates().iter().cloned();
        points.extend(
            stored
                .chain(material.responders())
                .map(|certificate| certificate.not_after()),
        );
        points.extend(self.context.algorithms.ends().map(Day::start));
    }
}

/// How the name of an archive time-stamp begins.
pub(super) const ARCHIVE: &str = "archive time-stamp";
/// The name of a time-stamp over all of the content, signed with it.
pub(super) const CONTENT: &str = "content time-stamp";
/// The name of one over some of the objects that are signed.
pub(super) const SOME_CONTENT: &str = "content time-stamp over some objects";
/// Most signatures of one file that are judged: each is over some of the content of its own.
pub(super) const SIGNATURES_AT_MOST: usize = 256;
/// Most content time-stamps of one signature: each may cost a reading of the content.
pub(super) const CONTENT_STAMPS_AT_MOST: usize = 32;
/// Most time-stamps over the value of one signature.
pub(super) const STAMPS_AT_MOST: usize = 32;
/// Most archive time-stamps over one signature, renewed every year for longer than anybody keeps it.
pub(super) const ARCHIVES_AT_MOST: usize = 128;

/// Makes the digest, with the hash asked for, of what a time-stamp should be over; none when that is not at hand.
pub(super) type Imprint<'a> = Box<dyn Fn(HashAlgorithm) -> Option<Vec<u8>> + 'a>;

/// A time-stamp token and what it should be over.
///
/// Where PDF has revisions, these formats have objects that archive time-stamps cover one after the other, each of
/// them all that the one before covers. Layers tell the order: what archive time-stamp number k (from 0) covers first
/// stands in layer 2k, the time-stamp itself in 2k + 1.
pub(super) struct Token<'a> {
    pub(super) der: Vec<u8>,
    pub(super) name: String,
    pub(super) layer: usize,
    pub(super) imprint: Imprint<'a>,
    /// What the format found wrong with it.
    pub(super) fault: Option<Failure>,
    /// What it is over by way of a list of digests.
    pub(super) listing: Listing,
}

/// How a time-stamp over a list of digests refers to what that list names.
#[derive(Clone, Debug, Default)]
pub(super) struct Listing {
    /// The hashes of the list, each weighed as that of the imprint is.
    pub(super) hashes: BTreeSet<HashAlgorithm>,
    /// Whether it names the signature, and not all that the signature is over.
    pub(super) leaves_out_data: bool,
}

impl<'a> Token<'a> {
    /// A token that is over what `imprint` makes, and is as the format asks.
    pub(super) fn new(der: Vec<u8>, name: impl Into<String>, layer: usize, imprint: Imprint<'a>) -> Self {
        Self {
            der,
            name: name.into(),
            layer,
            imprint,
            fault: None,
            listing: Listing::default(),
        }
    }

    fn place(&self) -> Placed {
        Placed {
            id: Sha256Digest::of(&self.der),
            layer: self.layer,
        }
    }
}

/// An archive time-stamp of a signature, for as many counter-signatures on it as it covers: what it is over is read once.
pub(super) struct Enclosing<'s> {
    token: Token<'s>,
    imprints: RefCell<BTreeMap<HashAlgorithm, Option<Vec<u8>>>>,
}

impl<'s> Enclosing<'s> {
    pub(super) fn new(token: Token<'s>) -> Self {
        Self {
            token,
            imprints: RefCell::default(),
        }
    }

    /// The same token where the layers are others.
    fn at(&'s self, layer: usize) -> Token<'s> {
        Token {
            der: self.token.der.clone(),
            name: self.token.name.clone(),
            layer,
            imprint: Box::new(move |hash| {
                let mut known = self.imprints.borrow_mut();
                known
                    .entry(hash)
                    .or_insert_with(|| (self.token.imprint)(hash))
                    .clone()
            }),
            fault: self.token.fault.clone(),
            listing: self.token.listing.clone(),
        }
    }
}

/// Puts a counter-signature that stands behind `before` of the archive time-stamps of the signature around under those
/// that follow: above its own, each of which they cover. Gives the layer of what stands in the signature around behind so
/// many of its archive time-stamps.
pub(super) fn enclose<'s>(
    subject: &mut Subject<'s>,
    archives: &'s [Enclosing<'s>],
    before: usize,
) -> impl Fn(usize) -> usize + use<> {
    let own = subject.archive.len();
    subject.own_archives.get_or_insert(own);
    let layer = move |archives: usize| {
        own.saturating_add(archives.saturating_sub(before))
            .saturating_mul(2)
    };
    for (number, one) in archives.iter().enumerate().skip(before) {
        subject.archive.push(one.at(layer(number).saturating_add(1)));
    }
    layer
}

/// What the format found of one signature.
pub(super) struct Subject<'a> {
    /// The report so far: name, claims, findings of the format.
    pub(super) report: SignatureReport,
    /// Where the signature stands among what archive time-stamps cover: 0 when each of them covers it.
    pub(super) layer: usize,
    /// The certificate that the signed attributes name.
    pub(super) certificate: Result<Certificate, Failure>,
    /// Whether content and value verify under it.
    pub(super) intact: Result<(), Failure>,
    pub(super) algorithm: Option<SignatureAlgorithm>,
    /// Hashes by which the signed value refers to the data, where they may differ from the value's own.
    pub(super) hashes: BTreeSet<HashAlgorithm>,
    /// What breaks the baseline of the format.
    pub(super) violations: Vec<Finding>,
    /// The signature policy that the signer names.
    pub(super) policy: Option<Stated>,
    /// The verdicts of authority among the claims.
    pub(super) verdicts: Vec<String>,
    /// What they may be about.
    pub(super) about: About,
    /// Everything that came along, each object with its layer.
    pub(super) material: Material,
    /// Time-stamps over the content, signed with it.
    pub(super) content_stamps: Vec<Token<'a>>,
    /// Time-stamps over the value.
    pub(super) own: Vec<Token<'a>>,
    /// Archive time-stamps, oldest first.
    pub(super) archive: Vec<Token<'a>>,
    /// How many of those, from the first, belong to a counter-signature itself: what stands around it proves it and gives
    /// it no level. None for a signature over the content.
    pub(super) own_archives: Option<usize>,
}

/// In place of the counter-signature `name` and all that follow it: no more are judged of one signature, nor deeper ones.
/// The standards set no bound; a file must not make its reader work without one.
pub(super) fn too_many_counters(name: &SignatureName, format: Format) -> SignatureReport {
    let detail = format!(
        "more than {COUNTERS_AT_MOST} counter-signatures on one signature, or more than {COUNTERS_DEEP_AT_MOST} on one \
         another"
    );
    let failure = Failure::new(SubIndication::FormatFailure, "COUNTER_SIGNATURE_LIMIT", detail);
    SignatureReport::failed(name.to_string(), format, failure)
}

/// Judges one signature.
pub(super) fn judge(subject: Subject<'_>, basis: &Basis<'_>) -> SignatureReport {
    let mut report = subject.report.clone();
    if let Err(failure) = judge_subject(subject, basis, &mut report) {
        report.fail(failure);
    }
    report
}

fn judge_subject(
    mut subject: Subject<'_>,
    basis: &Basis<'_>,
    report: &mut SignatureReport,
) -> Result<(), Failure> {
    report.covers_whole_revision = true;
    report.algorithm = subject.algorithm.map(|algorithm| algorithm.to_string());
    let wrong_policy = signature_policy::judge(
        subject.policy.as_ref(),
        basis.policy,
        &basis.policy_digests,
        report,
    );
    let certificate = subject.certificate?;
    report.certificate = Some(certificate_says(&certificate));
    if let Some(failure) = wrong_policy {
        report.fail(failure);
    }
    let is_intact = subject.intact.is_ok();
    if let Err(failure) = subject.intact {
        // What was stated is not shown to be the content's.
        report.signed_data = None;
        report.fail(failure);
    }
    check_count(
        &mut subject.content_stamps,
        (CONTENT_STAMPS_AT_MOST, "CONTENT_TIME_STAMP_LIMIT"),
        report,
    );
    check_count(&mut subject.own, (STAMPS_AT_MOST, "TIME_STAMP_LIMIT"), report);
    check_count(
        &mut subject.archive,
        (ARCHIVES_AT_MOST, "TIME_STAMP_LIMIT"),
        report,
    );
    let tokens = subject.content_stamps.iter().chain(&subject.own);
    for token in tokens.chain(&subject.archive) {
        add_certificates(token, &mut subject.material);
    }
    let material = &subject.material;
    // WHY: a sealed file carries its roots. Where one came from says nothing; only a pin lets it in.
    for known in material.certificates() {
        basis.context.trust.add_anchor(known);
    }
    basis.note_ends(material);
    let memory = Memory::default();
    let (existence, archived) = judge_archive(&subject.archive, material, &memory, basis);
    let judge = basis.judge(material, &existence, &memory);
    let judged = |tokens: &[Token<'_>]| -> Vec<Stamp> {
        tokens
            .iter()
            .map(|token| judge_token(&judge, token, existence.of(&token.place())))
            .collect()
    };
    let (content, own) = (judged(&subject.content_stamps), judged(&subject.own));
    stamp::note(content.iter().chain(&own).chain(&archived), report);
    if subject.archive.iter().any(|token| token.listing.leaves_out_data) {
        report.findings.push(Finding::warning(
            "ASIC_ARCHIVE_PARTIAL",
            "an archive time-stamp names the signature and not all that it is over, of which it proves nothing",
        ));
    }

    let of_level = subject.own_archives.unwrap_or(usize::MAX);
    let archive: Vec<(&Token<'_>, &Stamp)> = subject
        .archive
        .iter()
        .zip(&archived)
        .filter(|(token, _)| token.layer > subject.layer)
        .collect();
    let stamps: Vec<&Stamp> = archive.iter().map(|(_, stamp)| *stamp).collect();
    let outcome = process::judge(
        &judge,
        &process::Input {
            certificate: &certificate,
            extra: &Pool::default(),
            algorithm: subject.algorithm,
            hashes: &subject.hashes,
            content: &content,
            own: &own,
            archive: &stamps,
            claimed: report.claimed.time,
        },
    );
    report.best_signature_time = Some(outcome.best);
    report.process = outcome.process;
    report.findings.extend(outcome.findings);
    let made = attested::Made {
        certificate: certificate.fingerprint(),
        proven: outcome.best,
        keys: basis.context.verdict_keys,
    };
    attested::judge(&subject.verdicts, &subject.about, made, report);
    if let Some(failure) = outcome.failure {
        report.fail(failure);
    }
    let evidence = |reading: Reading, signer_needs| {
        // Outside PDF, B-T asks for a time-stamp over the value; one over everything does not stand in for it.
        let has_own = own.iter().any(|stamp| reading.stamp(stamp).whole);
        Evidence {
            baseline: is_intact && subject.violations.is_empty(),
            own_stamps: own.iter().map(|stamp| reading.stamp(stamp)).collect(),
            covering: archive
                .iter()
                .take(of_level)
                .filter(|(token, _)| has_own && !token.listing.leaves_out_data)
                .map(|(token, stamp)| (reading.stamp(stamp), covers(material, token.layer)))
                .collect(),
            signer_needs,
        }
    };
    let needs = outcome.chain.as_ref().and_then(|chain| chain.needs.clone());
    let purpose = purpose::of_signer(&certificate);
    let held = structure::needs(&judge, &certificate, &Pool::default(), purpose);
    report.tell_levels(
        level::shown(&evidence(Reading::Shown, held)),
        level::shown(&evidence(Reading::Proven, needs)),
    );
    if let Some(chain) = outcome.chain {
        report.qualified = qualified::of_signature(&judge, &chain.certificates, outcome.best);
        read_chain(chain, report);
    }
    if basis.policy.baseline_required
        && let Some(broken) = subject.violations.first()
    {
        let sub = SubIndication::SigConstraintsFailure;
        report.fail(Failure::new(sub, &broken.cause, broken.detail.clone()));
    }
    report.findings.extend(subject.violations);
    report.content_time_stamps = content.into_iter().map(|stamp| stamp.report).collect();
    report.time_stamps = own
        .into_iter()
        .chain(archived)
        .map(|stamp| stamp.report)
        .collect();
    Ok(())
}

/// The standard sets no bound; a file must not make its reader work without one.
fn check_count(
    stamps: &mut Vec<Token<'_>>,
    (at_most, cause): (usize, &'static str),
    report: &mut SignatureReport,
) {
    if stamps.len() > at_most {
        stamps.clear();
        report.fail(Failure::new(
            SubIndication::FormatFailure,
            cause,
            format!("the signature stands under more than {at_most} time-stamps of one kind"),
        ));
    }
}

/// What stands inside a token is covered with it.
fn add_certificates(token: &Token<'_>, material: &mut Material) {
    let parsed = TimeStampToken::parse(&token.der);
    for certificate in parsed.map(|parsed| parsed.certificates).unwrap_or_default() {
        material.add_certificate(certificate.der(), token.layer);
    }
}

/// What an archive time-stamp in `layer` covers.
fn covers(material: &Material, layer: usize) -> level::Covers<'_> {
    let coverage = Below(layer);
    Box::new(move |id| coverage.has(&material.place(*id)))
}

/// Judges archive time-stamps from the newest to the oldest: each one that passes proves what it covers, the older
/// ones included. EN 319 102-1 §5.6.2.3.
pub(super) fn judge_archive(
    archive: &[Token<'_>],
    material: &Material,
    memory: &Memory,
    basis: &Basis<'_>,
) -> (Existence, Vec<Stamp>) {
    let mut existence = Existence::new(basis.context.at);
    let mut judged = Vec::with_capacity(archive.len());
    for token in archive.iter().rev() {
        let exists_at = existence.of(&token.place());
        let stamp = judge_token(&basis.judge(material, &existence, memory), token, exists_at);
        if let Some(gen_time) = stamp.proven() {
            existence.add(Proof {
                coverage: Below(token.layer),
                gen_time,
            });
        }
        judged.push(stamp);
    }
    judged.reverse();
    (existence, judged)
}

fn judge_token(judge: &Judge<'_>, token: &Token<'_>, exists_at: Timestamp) -> Stamp {
    let mut stamp = stamp::validate(judge, &token.der, Some(&token.name), &token.imprint, exists_at);
    if let Some(fault) = &token.fault {
        stamp.whole = None;
        stamp.fail(fault.clone());
    }
    stamp.weigh_listing(judge, &token.listing.hashes, exists_at);
    stamp
}
