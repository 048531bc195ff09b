//! The page that tells what was found in a signed file, with reports of every kind.

use zegel::ades::level::Level;
use zegel::ades::validate::indication::{Indication, SubIndication};
use zegel::ades::validate::report::{
    Allowed, AttestedFile, AuthorityAttests, Binding, CertificateSays, ChangeReport, DocumentFacts,
    FieldLock, Finding, Format, Maintainability, PlanReport, PolicyDocumentSource, Process, QUALIFICATION,
    Qualified, Report, SignaturePolicyReport, SignatureReport, SignerClaims, TimeStampReport, VerdictStatus,
};
use zegel::base::code::PersonCode;
use zegel::base::digest::Sha256Digest;
use zegel::http::page::Page;
use zegel::http::pages::verify;
use zegel::http::site::Site;
use zegel::http::visit::Visit;
use zegel::pki::lists::qualification::{ListNamed, Outcome};

use super::samples::{at, page};

fn signature(indication: Indication, sub: Option<SubIndication>, allowed: Option<bool>) -> SignatureReport {
    SignatureReport {
        field: "Signature1".to_owned(),
        indication,
        sub_indication: sub,
        findings: sub
            .map(|sub| Finding::error("PATH_NO_ANCHOR", format!("{sub}: no anchor")))
            .into_iter()
            .collect(),
        process: Process::LongTerm,
        format: Format::Pades,
        level: Some(Level::Lta),
        proven_level: Some(Level::Lta),
        qualification: QUALIFICATION.to_owned(),
        qualified: None,
        best_signature_time: Some(at("2026-03-03T13:00:00Z")),
        certificate: Some(CertificateSays {
            common_name: "An Specimen (Signature)".to_owned(),
            given_name: Some("An".to_owned()),
            surname: Some("Specimen".to_owned()),
            issuer: "eID TEST EC Citizen CA".to_owned(),
            not_before: at("2025-01-01T00:00:00Z"),
            not_after: at("2035-01-01T00:00:00Z"),
            sha256: Sha256Digest::of(b"certificate"),
        }),
        claimed: SignerClaims {
            time: Some(at("2026-03-03T12:59:58Z")),
            reason: Some("Besluit van het college".to_owned()),
            ..SignerClaims::default()
        },
        attested_files: Vec::new(),
        unattested_files: Vec::new(),
        binds: allowed.map(|certifies| Binding {
            certifies,
            allows: Some(Allowed::FormsAndSigning),
            locks: vec![FieldLock::Exclude(vec!["opmerking".to_owned()])],
        }),
        signature_policy: allowed.map(|is_allowed| SignaturePolicyReport {
            id: Some("2.16.56.13.6.1".to_owned()),
            implied: false,
            uri: Some("https://beleid.zegel.example/handtekening".to_owned()),
            digest: None,
            document: PolicyDocumentSource::Store,
            matches: Some(is_allowed),
        }),
        attested: allowed.map(|is_allowed| AuthorityAttests {
            status: if is_allowed {
                VerdictStatus::Verified
            } else {
                VerdictStatus::Invalid
            },
            key_id: None,
            key_source: None,
            capacity: Some("Burgemeester, Gemeente Zegelgem".to_owned()),
            decisions: vec!["FL-CBS".to_owned()],
            rules: Vec::new(),
            request: None,
            slot: None,
            slots: None,
            claims: None,
        }),
        content_time_stamps: Vec::new(),
        content_by_digest: false,
        time_stamps: Vec::new(),
        covers_whole_revision: true,
        covered_files: Vec::new(),
        changes: allowed
            .map(|allowed| ChangeReport {
                allowed,
                kind: "added".to_owned(),
                detail: "Signature2".to_owned(),
            })
            .into_iter()
            .collect(),
        algorithm: Some("ES384".to_owned()),
        chain: Vec::new(),
        revocation_data: Vec::new(),
        signed_data: None,
        to_be_signed: None,
        value: None,
    }
}

fn report(signatures: Vec<SignatureReport>, laboratory: bool) -> Report {
    Report {
        validator: "zegel 0.1.0".to_owned(),
        validated_at: at("2026-03-03T13:05:00Z"),
        algorithm_policy: "2026".to_owned(),
        validation_policy: "strict".to_owned(),
        laboratory,
        document: DocumentFacts {
            sha256: Sha256Digest::of(b"document"),
            length_bytes: 241_883,
            revisions: 5,
            format_failure: None,
        },
        indication: Indication::TotalPassed,
        signatures,
        document_time_stamps: vec![TimeStampReport {
            field: Some("Stamp1".to_owned()),
            indication: Indication::TotalPassed,
            sub_indication: None,
            findings: Vec::new(),
            gen_time: Some(at("2026-03-03T13:00:01Z")),
            unit: Some("TEST TSU".to_owned()),
            process: Process::Basic,
            sha256: Sha256Digest::of(b"stamp"),
            claims_qualified: false,
            qualified: None,
        }],
        maintainability: None,
        plans: Vec::new(),
    }
}

pub fn checks(site: &Site, visit: &Visit) -> Vec<(String, String)> {
    use Indication::{Indeterminate, TotalFailed, TotalPassed};
    let t = site.catalog.texts(visit.language);
    let form = |error: Option<verify::FormError>| verify::Form {
        page: Page::new(site, visit, verify::Form::TITLE),
        limit_bytes: 100_000_000,
        error,
    };
    let result = |name: &str, report: &Report| {
        let view = verify::Outcome {
            page: Page::new(site, visit, verify::Outcome::TITLE),
            file_name: Some("Besluit speelstraten.pdf".to_owned()),
            report,
        };
        page(name, &view)
    };
    let mut unknown = signature(Indeterminate, Some(SubIndication::NoCertificateChainFound), None);
    unknown.certificate = None;
    unknown.claimed = SignerClaims::default();
    let mut keyless = signature(TotalPassed, None, Some(true));
    keyless.changes.clear();
    keyless.attested.as_mut().unwrap().status = VerdictStatus::KeyMissing;
    let mut other = keyless.clone();
    other.attested.as_mut().unwrap().status = VerdictStatus::OtherSubject;
    let mut late = signature(TotalPassed, None, Some(true));
    late.attested.as_mut().unwrap().status = VerdictStatus::OtherTime;
    let mut several = signature(TotalPassed, None, Some(true));
    several.attested_files = vec![AttestedFile {
        file: Some("besluit.pdf".to_owned()),
        attested: several.attested.take().unwrap(),
    }];
    several.unattested_files = vec!["bijlage.pdf".to_owned()];
    let mut qualified = signature(TotalPassed, None, None);
    qualified.qualified = Some(Qualified {
        outcome: Outcome::QualifiedSignature,
        cause: None,
        list: Some(ListNamed {
            territory: "BE".to_owned(),
            sequence: 7,
            issued_at: at("2026-02-27T10:00:00Z"),
            next_update: None,
        }),
        is_test: true,
    });
    let mut half = report(vec![late, several], false);
    half.plans = vec![PlanReport {
        request: "srq_1".to_owned(),
        required: 2,
        present: 1,
    }];
    let mut damaged = report(
        vec![signature(
            TotalFailed,
            Some(SubIndication::HashFailure),
            Some(false),
        )],
        false,
    );
    damaged.signatures[0].findings = vec![Finding::error("PDF_CHANGE_NOT_ALLOWED", "object 7 0 was changed")];
    damaged.document.format_failure = Some("the cross-reference table is damaged (PDF_MALFORMED)".to_owned());
    let mut lasting = report(vec![signature(TotalPassed, None, None)], false);
    lasting.maintainability = Some(Maintainability {
        at: at("2036-03-03T13:05:00Z"),
        indication: TotalPassed,
        sub_indication: None,
        findings: Vec::new(),
        passes_now: true,
        good_until: Some(at("2041-12-31T23:59:59Z")),
    });
    let mut fading = lasting.clone();
    fading.maintainability = Some(Maintainability {
        at: at("2046-03-03T13:05:00Z"),
        indication: Indeterminate,
        sub_indication: Some(SubIndication::NoPoe),
        findings: vec![Finding::error(
            "PATH_NO_ANCHOR",
            "the unit's certificate has ended",
        )],
        passes_now: true,
        good_until: Some(at("2041-12-31T23:59:59Z")),
    });
    let mut unread = report(Vec::new(), true);
    unread.document_time_stamps.clear();
    unread.document.format_failure = Some(
        "the file is neither PDF, XML, a container, CMS nor a signature in JSON (FILE_TYPE_UNKNOWN)"
            .to_owned(),
    );
    vec![
        page("verify-form", &form(None)),
        page(
            "verify-form-error",
            &form(Some(verify::FormError {
                field: "file",
                text: t.get(verify::Form::FILE_MISSING),
            })),
        ),
        page(
            "verify-form-password",
            &form(Some(verify::FormError {
                field: "password",
                text: t.heading(PersonCode::DocumentPassword, &[]),
            })),
        ),
        result(
            "verify-passed",
            &report(
                vec![signature(TotalPassed, None, Some(true)), keyless, other],
                true,
            ),
        ),
        result(
            "verify-passed-real",
            &report(vec![signature(TotalPassed, None, Some(true))], false),
        ),
        result("verify-qualified", &report(vec![qualified], true)),
        result("verify-lasting", &lasting),
        result("verify-fading", &fading),
        result("verify-undecided", &report(vec![unknown], true)),
        result("verify-failed", &damaged),
        result("verify-incomplete", &half),
        result("verify-unread", &unread),
        result("verify-none", &report(Vec::new(), false)),
    ]
}
