//! Which of the verdicts in a signature is about what it covers: one for a document, one for each of several files.
//!
//! Whoever signs can put in any number of them. What is not told is counted.

use std::cell::Cell;
use std::collections::{BTreeMap, BTreeSet};

use super::report::{AttestedFile, AuthorityAttests, Finding, SignatureReport, VerdictStatus};
use super::verdict::{self, VerdictKey};
use crate::base::digest::Sha256Digest;
use crate::base::time::Timestamp;

/// What verdicts in a signature may be about.
pub(super) enum About {
    /// Each of several files by itself, or other things that are signed with them: its name, and the SHA-256 of its octets,
    /// none where no verdict can be about them. Two may have the same octets.
    Files(Vec<(String, Option<Sha256Digest>)>),
    /// All of the content, by its SHA-256; none when it is not at hand.
    Whole(Option<Sha256Digest>),
}

/// By whom a signature was made, and when: what a verdict must be about beside a document.
#[derive(Clone, Copy)]
pub(super) struct Made<'a> {
    /// SHA-256 of the signer's certificate.
    pub(super) certificate: Sha256Digest,
    /// When the signature is proven to have existed.
    pub(super) proven: Timestamp,
    /// Keys that verdicts may verify under.
    pub(super) keys: &'a [VerdictKey],
}

/// How many verdicts are looked at beyond one for each file: each costs a verification, and a signer may write any number.
const SPARE: usize = 16;

/// Puts into `report` what `verdicts`, in the order of the signature, attest of what they may be `about`.
pub(super) fn judge(verdicts: &[String], about: &About, made: Made<'_>, report: &mut SignatureReport) {
    match about {
        About::Whole(content) => {
            let is_document = |digest: &Sha256Digest| content.as_ref() == Some(digest);
            let texts = verdicts.iter().map(String::as_str);
            report.attested = whole(texts, &is_document, made, &mut report.findings);
        }
        About::Files(files) if !verdicts.is_empty() => by_file(verdicts, files, made, report),
        About::Files(_) => {}
    }
}

/// What the one verdict of `verdicts` attests that is told: the best of them. More than one is a finding.
pub(super) fn whole<'a>(
    verdicts: impl Iterator<Item = &'a str>,
    is_document: &dyn Fn(&Sha256Digest) -> bool,
    made: Made<'_>,
    findings: &mut Vec<Finding>,
) -> Option<AuthorityAttests> {
    let mut all = 0_usize;
    let counted = verdicts.inspect(|_| all = all.saturating_add(1));
    let mut judged: Vec<AuthorityAttests> = Vec::new();
    for (number, text) in counted.enumerate() {
        if number < SPARE {
            judged.push(verdict::check(
                text,
                is_document,
                &made.certificate,
                made.proven,
                made.keys,
            ));
        }
    }
    note_surplus(all.saturating_sub(1), findings);
    judged.into_iter().min_by_key(|one| match one.status {
        VerdictStatus::Verified => 0_u8,
        VerdictStatus::OtherTime => 1,
        _ => 2,
    })
}

fn by_file(
    verdicts: &[String],
    files: &[(String, Option<Sha256Digest>)],
    made: Made<'_>,
    report: &mut SignatureReport,
) {
    let mut open: BTreeSet<usize> = (0..files.len()).collect();
    let mut numbers: BTreeMap<&Sha256Digest, Vec<usize>> = BTreeMap::new();
    for (number, (_, digest)) in files.iter().enumerate().rev() {
        if let Some(digest) = digest {
            numbers.entry(digest).or_default().push(number);
        }
    }
    let (mut told, mut loose) = (Vec::new(), Vec::new());
    let mut known: BTreeSet<(Sha256Digest, Option<String>)> = BTreeSet::new();
    let mut surplus = 0_usize;
    let looked_at = files.len().saturating_add(SPARE);
    surplus = surplus.saturating_add(verdicts.len().saturating_sub(looked_at));
    for (index, text) in verdicts.iter().enumerate().take(looked_at) {
        let about = Cell::new(None);
        let is_file = |digest: &Sha256Digest| {
            let is_covered = numbers.contains_key(digest);
            about.set(is_covered.then_some(*digest));
            is_covered
        };
        let attested = verdict::check(text, &is_file, &made.certificate, made.proven, made.keys);
        let about = about.get().filter(|_| {
            matches!(
                attested.status,
                VerdictStatus::OtherTime | VerdictStatus::Verified
            )
        });
        let Some(digest) = about else {
            loose.push((index, AttestedFile { file: None, attested }));
            continue;
        };
        // A request has one document: of two files of the same octets, each has its own.
        let is_new = known.insert((digest, attested.request.clone()));
        let free = numbers.get_mut(&digest).filter(|_| is_new).and_then(Vec::pop);
        let Some(number) = free else {
            surplus = surplus.saturating_add(1);
            continue;
        };
        open.remove(&number);
        let file = files.get(number).map(|(name, _)| name.clone());
        told.push((index, AttestedFile { file, attested }));
    }
    let room = files.len().max(1).saturating_sub(told.len());
    surplus = surplus.saturating_add(loose.len().saturating_sub(room));
    told.extend(loose.into_iter().take(room));
    told.sort_by_key(|(index, _)| *index);
    report.attested_files = told.into_iter().map(|(_, one)| one).collect();
    let of_them = open.into_iter().filter_map(|number| files.get(number));
    report.unattested_files = of_them.map(|(name, _)| name.clone()).collect();
    note_surplus(surplus, &mut report.findings);
}

fn note_surplus(surplus: usize, findings: &mut Vec<Finding>) {
    if surplus > 0 {
        findings.push(Finding::warning(
            "VERDICT_SURPLUS",
            format!("{surplus} more verdicts of an authority in the signature than there is to attest; they are not told"),
        ));
    }
}

#[cfg(test)]
mod tests {
    use super::super::report::Format;
    use super::*;
    use crate::crypto::jws;
    use crate::crypto::key::{Curve, KeyKind, PrivateKey};

    /// An authority, and a signature of its person at the moment of its verdicts.
    struct Bench {
        key: PrivateKey,
        keys: Vec<VerdictKey>,
    }

    impl Bench {
        fn new() -> Self {
            let key = PrivateKey::generate(KeyKind::Ec(Curve::P256)).unwrap();
            let keys = vec![VerdictKey::trusted(key.public().clone()).unwrap()];
            Self { key, keys }
        }

        fn verdict(&self, document: &[u8], request: &str) -> String {
            let claims = serde_json::json!({
                "document_sha256": Sha256Digest::of(document).to_string(),
                "signer_certificate_sha256": Sha256Digest::of(b"certificate").to_string(),
                "at": "2026-03-03T12:59:58Z",
                "iat": 1_772_542_798,
                "request": request,
                "slot": 1,
                "slots": 1,
            });
            let id = jws::thumbprint(self.key.public()).unwrap();
            let algorithm = self.key.public().kind().default_algorithm();
            let text = claims.to_string();
            jws::sign(
                &self.key,
                algorithm,
                Some(&id),
                verdict::VERDICT_TYPE,
                text.as_bytes(),
            )
            .unwrap()
        }

        fn judged(&self, verdicts: &[String], about: &About) -> SignatureReport {
            let mut report = SignatureReport::empty("x".to_owned(), Format::Xades);
            let made = Made {
                certificate: Sha256Digest::of(b"certificate"),
                proven: Timestamp::from_seconds(1_772_542_798).unwrap(),
                keys: &self.keys,
            };
            judge(verdicts, about, made, &mut report);
            report
        }
    }

    fn files(all: &[(&str, &[u8])]) -> About {
        let all = all
            .iter()
            .map(|(name, octets)| ((*name).to_owned(), Some(Sha256Digest::of(octets))));
        About::Files(all.collect())
    }

    /// Of each verdict that is told: its file, its status and its request; of the rest: the files, and the causes.
    type Told<'a> = (
        Vec<(Option<&'a str>, VerdictStatus, Option<&'a str>)>,
        Vec<&'a str>,
        Vec<&'a str>,
    );

    fn told(report: &SignatureReport) -> Told<'_> {
        let of_files = report.attested_files.iter().map(|one| {
            let attested = &one.attested;
            (one.file.as_deref(), attested.status, attested.request.as_deref())
        });
        (
            of_files.collect(),
            report.unattested_files.iter().map(String::as_str).collect(),
            report.findings.iter().map(|one| one.cause.as_str()).collect(),
        )
    }

    #[test]
    fn each_verdict_is_about_one_file_and_none_is_dropped_unsaid() {
        use VerdictStatus::{Invalid, Verified};
        let bench = Bench::new();
        let (a, b) = (bench.verdict(b"a", "srq_a"), bench.verdict(b"b", "srq_b"));
        let two = files(&[("a.pdf", b"a"), ("b.pdf", b"b")]);
        let both = vec![
            (Some("a.pdf"), Verified, Some("srq_a")),
            (Some("b.pdf"), Verified, Some("srq_b")),
        ];
        let of_a = both[..1].to_vec();
        let junk = || "junk".to_owned();
        let report = bench.judged(&[a.clone(), b.clone()], &two);
        assert_eq!(told(&report), (both.clone(), vec![], vec![]));
        // One is enough to be about one file.
        let report = bench.judged(std::slice::from_ref(&a), &two);
        assert_eq!(told(&report), (of_a.clone(), vec!["b.pdf"], vec![]));
        assert_eq!(report.attested, None);
        // What is nobody's comes first, and hides none.
        let report = bench.judged(&[junk(), junk(), a.clone(), b.clone()], &two);
        assert_eq!(told(&report), (both.clone(), vec![], vec!["VERDICT_SURPLUS"]));
        let report = bench.judged(&[junk(), a.clone()], &two);
        let seen = vec![(None, Invalid, None), of_a[0]];
        assert_eq!(told(&report), (seen, vec!["b.pdf"], vec![]));
        // Said twice.
        let report = bench.judged(&[a.clone(), a.clone(), b], &two);
        assert_eq!(told(&report), (both, vec![], vec!["VERDICT_SURPLUS"]));
        let report = bench.judged(&[], &two);
        assert_eq!(told(&report), (vec![], vec![], vec![]));
    }

    #[test]
    fn two_files_of_the_same_octets_each_have_the_verdict_of_their_own_request() {
        use VerdictStatus::Verified;
        let bench = Bench::new();
        let (first, second) = (bench.verdict(b"a", "srq_1"), bench.verdict(b"a", "srq_2"));
        let same = files(&[("1.pdf", b"a"), ("2.pdf", b"a")]);
        let report = bench.judged(&[first.clone(), second], &same);
        let seen = vec![
            (Some("1.pdf"), Verified, Some("srq_1")),
            (Some("2.pdf"), Verified, Some("srq_2")),
        ];
        assert_eq!(told(&report), (seen.clone(), vec![], vec![]));
        let report = bench.judged(&[first.clone(), first], &same);
        assert_eq!(
            told(&report),
            (seen[..1].to_vec(), vec!["2.pdf"], vec!["VERDICT_SURPLUS"])
        );
    }

    #[test]
    fn of_one_document_the_best_verdict_is_told_and_the_others_are_counted() {
        let bench = Bench::new();
        let right = bench.verdict(b"a", "srq_a");
        let document = About::Whole(Some(Sha256Digest::of(b"a")));
        for (verdicts, status, surplus) in [
            (vec![right.clone()], Some(VerdictStatus::Verified), None),
            (
                vec![bench.verdict(b"b", "srq_b"), right.clone()],
                Some(VerdictStatus::Verified),
                Some("VERDICT_SURPLUS"),
            ),
            (vec!["junk".to_owned()], Some(VerdictStatus::Invalid), None),
            (vec![], None, None),
        ] {
            let report = bench.judged(&verdicts, &document);
            assert_eq!(report.attested.as_ref().map(|one| one.status), status);
            assert_eq!(told(&report), (vec![], vec![], Vec::from_iter(surplus)));
        }
        let report = bench.judged(&[right], &About::Whole(None));
        assert_eq!(report.attested.unwrap().status, VerdictStatus::OtherSubject);
    }

    /// Each costs a verification, and whoever signs may write any number of them.
    #[test]
    fn no_more_verdicts_are_looked_at_than_a_few_beyond_one_for_each_file() {
        let bench = Bench::new();
        let right = bench.verdict(b"a", "srq_a");
        let behind = |count: usize| {
            let mut verdicts = vec!["junk".to_owned(); count];
            verdicts.push(right.clone());
            verdicts
        };
        let document = About::Whole(Some(Sha256Digest::of(b"a")));
        let two = files(&[("a.pdf", b"a"), ("b.pdf", b"b")]);
        let statuses = |verdicts: usize, about: &About| -> Vec<VerdictStatus> {
            let report = bench.judged(&behind(verdicts), about);
            assert!(told(&report).2.contains(&"VERDICT_SURPLUS"));
            let each = report.attested_files.into_iter().map(|one| one.attested);
            each.chain(report.attested).map(|one| one.status).collect()
        };
        let is_verified =
            |verdicts: usize, about: &About| statuses(verdicts, about).contains(&VerdictStatus::Verified);
        assert!(is_verified(SPARE - 1, &document));
        assert!(!is_verified(SPARE, &document));
        assert!(is_verified(SPARE + 1, &two));
        assert!(!is_verified(SPARE + 2, &two));
    }
}
