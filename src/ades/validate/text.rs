//! The report as text for people, in the four languages. The names of the standard stay as they are.

use std::fmt::{Display, Write as _};

use super::indication::Indication;
use super::report::{
    AuthorityAttests, CapacityWords, Finding, Format, KeySource, Maintainability, Report, SignatureReport,
    TimeStampReport, VerdictStatus, Weight,
};
use super::words::about;
use crate::base::lang::Language;
use crate::base::text::one_line;
use crate::base::time::Timestamp;

/// One label in four languages: nl, fr, de, en.
#[derive(Clone, Copy)]
pub(super) struct Label(pub(super) [&'static str; 4]);

impl Label {
    pub(super) const fn in_(self, language: Language) -> &'static str {
        let [nl, fr, de, en] = self.0;
        match language {
            Language::De => de,
            Language::En => en,
            Language::Fr => fr,
            Language::Nl => nl,
        }
    }

    /// What this names, behind it.
    fn with(self, language: Language, value: impl Display) -> String {
        language.labelled(self.in_(language), value)
    }
}

const PASSED: Label = Label(["geldig", "valable", "gültig", "valid"]);
const INDETERMINATE: Label = Label([
    "niet vast te stellen",
    "indéterminée",
    "nicht feststellbar",
    "indeterminate",
]);
const FAILED: Label = Label(["ongeldig", "non valable", "ungültig", "not valid"]);
const NO_SIGNATURE: Label = Label([
    "geen handtekening",
    "aucune signature",
    "keine Unterschrift",
    "no signature",
]);
const SIGNATURE: Label = Label(["handtekening", "signature", "Unterschrift", "signature"]);
const DOCUMENT_TIME_STAMP: Label = Label([
    "documenttijdstempel",
    "horodatage du document",
    "Dokument-Zeitstempel",
    "document time-stamp",
]);
const CONTENT_TIME_STAMP: Label = Label([
    "tijdstempel over de inhoud",
    "horodatage du contenu",
    "Zeitstempel über den Inhalt",
    "time-stamp over the content",
]);
const LEVEL: Label = Label(["niveau", "niveau", "Stufe", "level"]);
const PROVEN_LEVEL: Label = Label([
    "waarvan nu bewezen:",
    "dont prouvé à présent :",
    "davon derzeit nachgewiesen:",
    "of which proven now:",
]);
const NONE: Label = Label(["geen", "aucun", "keine", "none"]);
const QUALIFICATION: Label = Label(["kwalificatie", "qualification", "Qualifikation", "qualification"]);
const PROVEN: Label = Label([
    "bestond zeker op",
    "existait au plus tard le",
    "bestand spätestens am",
    "proven to exist at",
]);
const CERTIFICATE: Label = Label([
    "het certificaat zegt",
    "le certificat indique",
    "das Zertifikat besagt",
    "the certificate says",
]);
const ISSUED_BY: Label = Label(["uitgegeven door", "émis par", "ausgestellt von", "issued by"]);
const CLAIMED: Label = Label([
    "de ondertekenaar verklaart",
    "le signataire déclare",
    "der Unterzeichner erklärt",
    "the signer claims",
]);
const ATTESTED: Label = Label([
    "de overheid bevestigt",
    "l'autorité atteste",
    "die Behörde bestätigt",
    "the authority attests",
]);
const POLICY: Label = Label([
    "handtekeningbeleid",
    "politique de signature",
    "Signaturrichtlinie",
    "signature policy",
]);
const BY_DECISION: Label = Label(["op grond van", "en vertu de", "aufgrund von", "by"]);
const KEY_FROM_PROOF: Label = Label([
    "sleutel uit het bewijsbestand, niet van elders bekend",
    "clé tirée du fichier de preuve, non connue par ailleurs",
    "Schlüssel aus der Nachweisdatei, nicht anderweitig bekannt",
    "key from the proof file, not known from elsewhere",
]);
const VERDICT_INVALID: Label = Label([
    "de bevestiging klopt niet",
    "l'attestation n'est pas valable",
    "die Bestätigung ist ungültig",
    "the attestation does not verify",
]);
const VERDICT_KEY_MISSING: Label = Label([
    "de bevestiging kon niet nagekeken worden: geen sleutel van de overheid",
    "l'attestation n'a pu être vérifiée : clé de l'autorité absente",
    "die Bestätigung konnte nicht geprüft werden: kein Schlüssel der Behörde",
    "the attestation could not be checked: no key of the authority",
]);
const NOT_ATTESTED: Label = Label([
    "geen bevestiging van een bestuur",
    "aucune attestation d'une administration",
    "keine Bestätigung einer Verwaltung",
    "no attestation by an authority",
]);
const VERDICT_OTHER: Label = Label([
    "de bevestiging gaat over een ander document of een andere ondertekenaar",
    "l'attestation concerne un autre document ou un autre signataire",
    "die Bestätigung betrifft ein anderes Dokument oder einen anderen Unterzeichner",
    "the attestation speaks of another document or another signer",
]);
const VERDICT_TIME: Label = Label([
    "niet op het bewezen tijdstip nagegaan",
    "non vérifié à l'heure prouvée",
    "nicht zum nachgewiesenen Zeitpunkt geprüft",
    "not checked at the proven time",
]);
const PLAN: Label = Label([
    "{present} van {required} vereiste handtekeningen",
    "{present} des {required} signatures requises",
    "{present} von {required} verlangten Unterschriften",
    "{present} of {required} required signatures",
]);
const MISSING: Label = Label(["ontbreekt", "manque", "fehlt", "missing"]);
const FORMAT: Label = Label(["vorm", "format", "Format", "format"]);
const NOT_PADES: Label = Label([
    "CMS in een pdf, geen PAdES",
    "CMS dans un PDF, pas PAdES",
    "CMS in einem PDF, kein PAdES",
    "CMS in a PDF, not PAdES",
]);
const LATER: Label = Label([
    "beoordeeld voor {at} met enkel wat het bestand bevat",
    "jugé pour le {at} avec le seul contenu du fichier",
    "beurteilt für {at} allein nach dem Inhalt der Datei",
    "judged for {at} by nothing but what the file contains",
]);
const GOOD_UNTIL: Label = Label([
    "blijft geldig tot {at}; te vernieuwen voordien",
    "reste valable jusqu'au {at} ; à renouveler avant",
    "bleibt gültig bis {at}; vorher zu erneuern",
    "stays valid until {at}; to be renewed before",
]);
const GOOD_FOREVER: Label = Label([
    "niets in het bestand stelt een einde",
    "rien dans le fichier ne fixe de fin",
    "nichts in der Datei setzt ein Ende",
    "nothing in the file sets an end",
]);
const COVERS: Label = Label([
    "gaat over het bestand",
    "porte sur le fichier",
    "gilt für die Datei",
    "is over the file",
]);
const NOTHING: Label = Label(["niets", "rien", "nichts", "nothing"]);
const CHANGES: Label = Label([
    "later gewijzigd",
    "modifié ensuite",
    "später geändert",
    "changed afterwards",
]);
const ALLOWED: Label = Label(["toegelaten", "autorisé", "erlaubt", "allowed"]);
const NOT_ALLOWED: Label = Label(["niet toegelaten", "non autorisé", "nicht erlaubt", "not allowed"]);
const LABORATORY: Label = Label([
    "TEST: beoordeeld met het vertrouwen van het laboratorium; telt nergens anders",
    "TEST : jugé avec la confiance du laboratoire ; ne vaut nulle part ailleurs",
    "TEST: mit dem Vertrauen des Labors beurteilt; gilt nirgendwo sonst",
    "TEST: judged with the laboratory's trust; counts nowhere else",
]);
const WARNING: Label = Label(["let op", "attention", "Achtung", "warning"]);
const REASON: Label = Label(["reden", "raison", "Grund", "reason"]);
const NOTE: Label = Label(["opmerking", "remarque", "Hinweis", "note"]);

impl Report {
    /// The report as lines of text in `language`, times in Brussels; a capacity that an authority attested in its own word.
    pub fn to_text(&self, language: Language) -> String {
        self.to_text_naming(language, &|_| None)
    }

    /// The same, with `capacity` for the words of a capacity in that language, from the claims of a verdict that verified.
    pub fn to_text_naming(&self, language: Language, capacity: &CapacityWords<'_>) -> String {
        let mut out = String::new();
        let mut line = |text: String| {
            // Whatever a signer wrote stays on the line that names it. INVARIANT: writing to a String does not fail.
            let _ = writeln!(out, "{}", one_line(&text));
        };
        if self.laboratory {
            line(LABORATORY.in_(language).to_owned());
        }
        line(format!(
            "{} ({})",
            word(self.indication).in_(language),
            self.indication
        ));
        for text in finding_lines(self.document.failure().as_slice(), language) {
            line(format!("  {text}"));
        }
        if self.signatures.is_empty() {
            line(format!("  {}", NO_SIGNATURE.in_(language)));
        }
        for plan in &self.plans {
            let text = PLAN
                .in_(language)
                .replace("{present}", &plan.present.to_string())
                .replace("{required}", &plan.required.to_string());
            let warning = if plan.is_complete() {
                String::new()
            } else {
                WARNING.with(language, "")
            };
            line(format!("  {warning}{text}"));
        }
        for (index, signature) in self.signatures.iter().enumerate() {
            line(String::new());
            line(format!(
                "{} {} ({})",
                SIGNATURE.in_(language),
                index.saturating_add(1),
                signature.field
            ));
            for text in signature_lines(signature, language, capacity) {
                line(format!("  {text}"));
            }
        }
        for (index, stamp) in self.document_time_stamps.iter().enumerate() {
            line(String::new());
            line(format!(
                "{} {} ({})",
                DOCUMENT_TIME_STAMP.in_(language),
                index.saturating_add(1),
                stamp.field.as_deref().unwrap_or_default()
            ));
            line(format!("  {}", stamp_line(stamp, language)));
            for text in finding_lines(&stamp.findings, language) {
                line(format!("  {text}"));
            }
        }
        if let Some(later) = &self.maintainability {
            line(String::new());
            for (depth, text) in later.lines(language, &|at| at.to_brussels_text()) {
                line(format!("{}{text}", "  ".repeat(depth)));
            }
        }
        out
    }
}

impl Maintainability {
    /// What is said of the later moment, in `language`, moments as `show` writes them: each line with how deep it stands
    /// below the first.
    pub fn lines(&self, language: Language, show: &dyn Fn(Timestamp) -> String) -> Vec<(usize, String)> {
        let with = |label: Label, at: Timestamp| label.in_(language).replace("{at}", &show(at));
        let outcome = outcome(self.indication, self.sub_indication, language);
        let mut lines = vec![(0, language.labelled(with(LATER, self.at), outcome))];
        let findings = finding_lines(&self.findings, language).into_iter();
        lines.extend(findings.map(|text| (1, text)));
        match self.good_until {
            Some(until) => lines.push((1, with(GOOD_UNTIL, until))),
            None if self.passes_now => lines.push((1, GOOD_FOREVER.in_(language).to_owned())),
            None => {}
        }
        lines
    }
}

fn word(indication: Indication) -> Label {
    match indication {
        Indication::Indeterminate => INDETERMINATE,
        Indication::TotalFailed => FAILED,
        Indication::TotalPassed => PASSED,
    }
}

fn outcome(
    indication: Indication,
    sub: Option<super::indication::SubIndication>,
    language: Language,
) -> String {
    let words = word(indication).in_(language);
    match sub {
        Some(sub) => format!("{words} ({indication}, {sub})"),
        None => format!("{words} ({indication})"),
    }
}

fn signature_lines(
    signature: &SignatureReport,
    language: Language,
    capacity: &CapacityWords<'_>,
) -> Vec<String> {
    let mut lines = vec![outcome(signature.indication, signature.sub_indication, language)];
    if let Some(missing) = signature.missing(language) {
        lines.push(MISSING.with(language, missing));
    }
    lines.extend(finding_lines(&signature.findings, language));
    let level = signature
        .level
        .map_or(NONE.in_(language), crate::ades::level::Level::name);
    lines.push(match signature.proven_level {
        proven if proven == signature.level => LEVEL.with(language, level),
        proven => {
            let proven = proven.map_or(NONE.in_(language), crate::ades::level::Level::name);
            LEVEL.with(
                language,
                format!("{level} ({} {proven})", PROVEN_LEVEL.in_(language)),
            )
        }
    });
    if signature.format == Format::CmsInPdf {
        lines.push(FORMAT.with(language, NOT_PADES.in_(language)));
    }
    lines.push(QUALIFICATION.with(language, signature.qualification_in(language)));
    if let Some(time) = signature.best_signature_time {
        lines.push(PROVEN.with(language, time.to_brussels_text()));
    }
    if let Some(says) = &signature.certificate {
        lines.push(CERTIFICATE.with(language, &says.common_name));
        lines.push(ISSUED_BY.with(language, &says.issuer));
    }
    let claims = signature.claimed.labelled(language);
    if claims.is_empty() {
        lines.push(CLAIMED.with(language, NOTHING.in_(language)));
    }
    for file in &signature.covered_files {
        lines.push(COVERS.with(language, file));
    }
    for (label, text) in claims {
        lines.push(language.labelled(format!("{} ({label})", CLAIMED.in_(language)), text));
    }
    if let Some(policy) = &signature.signature_policy {
        lines.push(POLICY.with(language, policy.words(language)));
    }
    let bindings = signature.binds.iter().flat_map(|binds| binds.labelled(language));
    lines.extend(bindings.map(|(label, text)| language.labelled(label, text)));
    if let Some(attested) = &signature.attested {
        lines.push(ATTESTED.with(language, attestation(attested, language, capacity)));
    }
    for one in &signature.attested_files {
        let file = one.file.as_ref().map(|file| format!(" ({file})"));
        let label = format!("{}{}", ATTESTED.in_(language), file.unwrap_or_default());
        lines.push(language.labelled(label, attestation(&one.attested, language, capacity)));
    }
    for file in &signature.unattested_files {
        let label = format!("{} ({file})", ATTESTED.in_(language));
        lines.push(language.labelled(label, NOT_ATTESTED.in_(language)));
    }
    let content = signature.content_time_stamps.iter();
    let content = content.map(|stamp| (CONTENT_TIME_STAMP.in_(language), stamp));
    let inside = signature.time_stamps.iter();
    let inside = inside.map(|stamp| (stamp.kind(language), stamp));
    for (label, stamp) in content.chain(inside) {
        lines.push(language.labelled(label, stamp_line(stamp, language)));
    }
    for change in &signature.changes {
        let allowed = if change.allowed { ALLOWED } else { NOT_ALLOWED };
        let what = match change.words(language) {
            Some(words) => format!("{words} ({})", change.kind),
            None => change.kind.clone(),
        };
        let detail = if change.detail.is_empty() {
            String::new()
        } else {
            format!(": {}", change.detail)
        };
        let label = format!("{} ({})", CHANGES.in_(language), allowed.in_(language));
        lines.push(language.labelled(label, format!("{what}{detail}")));
    }
    lines
}

fn attestation(attested: &AuthorityAttests, language: Language, capacity: &CapacityWords<'_>) -> String {
    match attested.status {
        VerdictStatus::Invalid => VERDICT_INVALID.in_(language).to_owned(),
        VerdictStatus::KeyMissing => VERDICT_KEY_MISSING.in_(language).to_owned(),
        VerdictStatus::OtherSubject => VERDICT_OTHER.in_(language).to_owned(),
        VerdictStatus::OtherTime | VerdictStatus::Verified => {
            let known = attested.claims.as_ref().and_then(capacity);
            let mut text = known.or_else(|| attested.capacity.clone()).unwrap_or_default();
            if attested.status == VerdictStatus::OtherTime {
                let _ = write!(text, ", {}", VERDICT_TIME.in_(language));
            }
            if !attested.decisions.is_empty() {
                let _ = write!(
                    text,
                    ", {} {}",
                    BY_DECISION.in_(language),
                    attested.decisions.join(", ")
                );
            }
            if attested.key_source == Some(KeySource::ProofFile) {
                let _ = write!(text, " ({})", KEY_FROM_PROOF.in_(language));
            }
            text
        }
    }
}

/// The unit's name comes last: it is what its certificate says, whoever issued that.
fn stamp_line(stamp: &TimeStampReport, language: Language) -> String {
    let time = stamp.gen_time.map(Timestamp::to_brussels_text);
    let outcome = Some(outcome(stamp.indication, stamp.sub_indication, language));
    let parts: Vec<String> = [time, outcome, stamp.qualified_in(language), stamp.unit.clone()]
        .into_iter()
        .flatten()
        .collect();
    parts.join(", ")
}

fn finding_lines(findings: &[Finding], language: Language) -> Vec<String> {
    let lines = findings.iter().map(|finding| {
        let label = match finding.weight {
            Weight::Error => REASON,
            Weight::Note => NOTE,
            Weight::Warning => WARNING,
        };
        let mut text = label.with(language, "");
        if let Some(words) = finding.words(language) {
            let _ = write!(text, "{words} ");
        }
        let _ = write!(text, "({}: {})", finding.cause, finding.detail);
        if let Some(about) = about(finding, language) {
            let _ = write!(text, "; {about}");
        }
        text
    });
    lines.collect()
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::base::text::is_plain;

    /// Ends a line and forges one, colours it, and turns the next around.
    const HOSTILE: &str =
        "x\n  qualification: qualified\r\u{1b}[31m\u{9b}\u{7f}\u{202e}\u{2066}\u{200f}\u{2028}\u{2029}";

    fn report() -> Value {
        let finding = json!({
            "weight": "warning", "cause": "PATH_NO_ANCHOR", "detail": "d",
            "object": {"kind": "signer_certificate", "name": "n"},
        });
        let stamp = json!({
            "field": "archive time-stamp 1", "indication": "TOTAL-PASSED", "findings": [finding],
            "gen_time": "2026-03-03T09:00:00Z", "unit": "u", "process": "basic", "sha256": "00".repeat(32),
            "claims_qualified": false,
        });
        let time = "2026-03-03T09:00:00Z";
        json!({
            "validator": "v", "validated_at": time, "algorithm_policy": "a", "validation_policy": "p",
            "laboratory": false, "indication": "TOTAL-FAILED",
            "document": {"sha256": "00".repeat(32), "length_bytes": 1, "revisions": 1, "format_failure": "f (PDF_X)"},
            "signatures": [{
                "field": "META-INF/signatures001.xml, signer 1", "indication": "INDETERMINATE",
                "sub_indication": "NO_CERTIFICATE_CHAIN_FOUND", "findings": [finding], "process": "basic",
                "format": "PAdES", "level": null, "proven_level": null, "qualification": "q", "best_signature_time": time,
                "certificate": {
                    "common_name": "c", "issuer": "i", "not_before": time, "not_after": time,
                    "sha256": "00".repeat(32),
                },
                "claimed": {
                    "time": time, "name": "n", "reason": "r", "location": "l", "commitment": "1.2", "roles": ["r"],
                    "other_attributes": ["1.3"],
                },
                "binds": {"certifies": true, "allows": "no_changes", "locks": [{"action": "include", "fields": ["A"]}]},
                "signature_policy": {"id": "1.2.3", "uri": "u", "document": "absent"},
                "attested": {
                    "status": "verified", "key_source": "proof_file", "capacity": "mayor", "decisions": ["d"],
                },
                "attested_files": [{"file": "a.pdf", "attested": {"status": "invalid"}}], "unattested_files": ["c.pdf"],
                "content_time_stamps": [stamp], "time_stamps": [stamp], "covers_whole_revision": true,
                "covered_files": ["besluit.pdf"],
                "changes": [{"allowed": true, "kind": "form_filled", "detail": "Field: `a` → `b`"}],
            }],
            "document_time_stamps": [stamp],
            "maintainability": {"at": time, "indication": "INDETERMINATE", "findings": [finding], "passes_now": false},
            "plans": [{"request": "r", "required": 2, "present": 1}],
        })
    }

    /// The pointer of every text in `value`.
    fn texts(value: &Value, at: &str, found: &mut Vec<String>) {
        match value {
            Value::Array(items) => items
                .iter()
                .enumerate()
                .for_each(|(index, item)| texts(item, &format!("{at}/{index}"), found)),
            Value::Object(members) => members
                .iter()
                .for_each(|(name, item)| texts(item, &format!("{at}/{name}"), found)),
            Value::String(_) => found.push(at.to_owned()),
            _ => {}
        }
    }

    fn lines(value: &Value) -> Option<Vec<String>> {
        let report: Report = serde_json::from_value(value.clone()).ok()?;
        let text = report.to_text(Language::En);
        Some(text.split('\n').map(str::to_owned).collect())
    }

    #[test]
    fn no_text_of_a_file_makes_a_line_of_its_own() {
        let mut found = Vec::new();
        texts(&report(), "", &mut found);
        let mut shown = 0;
        for pointer in found {
            let mut forged = report();
            *forged.pointer_mut(&pointer).unwrap() = HOSTILE.into();
            // What is no text of the file does not parse then.
            let (Some(lines), Some(plain)) = (lines(&forged), lines(&report())) else {
                continue;
            };
            assert!(lines.iter().all(|line| is_plain(line)), "{pointer}: {lines:#?}");
            assert_eq!(lines.len(), plain.len(), "{pointer}: {lines:#?}");
            shown += usize::from(lines != plain);
        }
        assert!(shown > 20, "so many texts are shown: {shown}");
    }

    #[test]
    fn each_claim_stands_after_what_it_is_a_claim_of() {
        let report: Report = serde_json::from_value(report()).unwrap();
        for (language, claims) in [
            (Language::Nl, "de ondertekenaar verklaart (plaats): l"),
            (Language::Fr, "le signataire déclare (motif) : r"),
            (Language::De, "der Unterzeichner erklärt (Eigenschaft): r"),
            (Language::En, "the signer claims (time): 2026-03-03 10:00"),
        ] {
            let text = report.to_text(language);
            assert!(text.lines().any(|line| line.trim() == claims), "{text}");
        }
    }

    #[test]
    fn a_capacity_is_said_in_the_words_of_whoever_knows_it() {
        let mut report = report();
        report["signatures"][0]["attested"]["claims"] = json!({"capacity": "mayor"});
        let report: Report = serde_json::from_value(report).unwrap();
        let known = |claims: &Value| (claims["capacity"] == "mayor").then(|| "burgemeester".to_owned());
        let text = report.to_text_naming(Language::Nl, &known);
        assert!(text.contains("de overheid bevestigt: burgemeester,"), "{text}");
        let text = report.to_text(Language::Nl);
        assert!(text.contains("de overheid bevestigt: mayor,"), "{text}");
    }

    #[test]
    fn a_file_of_which_nothing_is_attested_has_a_line_of_its_own() {
        let report: Report = serde_json::from_value(report()).unwrap();
        for (language, line) in [
            (
                Language::Nl,
                "de overheid bevestigt (c.pdf): geen bevestiging van een bestuur",
            ),
            (
                Language::En,
                "the authority attests (c.pdf): no attestation by an authority",
            ),
        ] {
            let text = report.to_text(language);
            assert!(text.lines().any(|shown| shown.trim() == line), "{text}");
        }
    }

    #[test]
    fn an_object_is_named_wherever_something_is_missing() {
        let report: Report = serde_json::from_value(report()).unwrap();
        let text = report.to_text(Language::Nl);
        let (_, later) = text.split_once("enkel wat het bestand bevat").unwrap();
        assert!(later.contains("certificaat van de ondertekenaar: n"), "{text}");
        assert!(text.contains("archieftijdstempel: 2026"), "{text}");
        assert!(
            text.contains("een formulierveld is ingevuld (form_filled): Field"),
            "{text}"
        );
    }
}
