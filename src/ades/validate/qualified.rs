//! What may be said of qualification, in four languages. The lists decide ([`crate::pki::lists::qualification`]); here
//! stand the question and the words. The one place of this room through which "qualified" comes into a report.

use super::report::{QUALIFICATION, Qualified, StampQualified};
use super::revocation::Judge;
use crate::base::lang::Language;
use crate::base::time::Timestamp;
use crate::pki::anchors::Environment;
use crate::pki::certificate::Certificate;
use crate::pki::lists::qualification::{ListNamed, Outcome, determine, determine_stamp};

/// What the trusted lists say of the signer's path, end entity first, for a signature proven at `best`; nothing when no
/// list is at hand. TS 119 615 §4.4 to §4.6.
pub(super) fn of_signature(judge: &Judge<'_>, path: &[Certificate], best: Timestamp) -> Option<Qualified> {
    let lists = judge.trust.lists();
    if lists.is_empty() {
        return None;
    }
    let found = determine(&lists, path, best);
    Some(Qualified {
        outcome: found.outcome,
        cause: found.outcome.cause().map(str::to_owned),
        list: found.list,
        is_test: judge.trust.data().environment() == Environment::Test,
    })
}

/// The same of a time-stamping unit's path, for the moment its token states. TS 119 615 §4.7.
pub(super) fn of_stamp(
    judge: &Judge<'_>,
    path: &[Certificate],
    stamped: Timestamp,
) -> Option<StampQualified> {
    let lists = judge.trust.lists();
    if lists.is_empty() {
        return None;
    }
    let found = determine_stamp(&lists, path, stamped);
    Some(StampQualified {
        is_qualified: found.is_qualified?,
        cause: found.cause().map(str::to_owned),
        list: found.list,
        is_test: judge.trust.data().environment() == Environment::Test,
    })
}

const fn pick(words: [&'static str; 4], language: Language) -> &'static str {
    let [nl, fr, de, en] = words;
    match language {
        Language::Nl => nl,
        Language::Fr => fr,
        Language::De => de,
        Language::En => en,
    }
}

/// What is said when no list decided, or the signature did not pass.
pub(super) const fn not_determined(language: Language) -> &'static str {
    pick(
        [
            "geavanceerd; kwalificatie niet bepaald",
            "avancée ; qualification non déterminée",
            "fortgeschritten; Qualifikation nicht bestimmt",
            QUALIFICATION,
        ],
        language,
    )
}

/// The outcome, with the list that decided: its territory, number and date.
pub(super) fn sentence(qualified: &Qualified, language: Language) -> String {
    let words = match qualified.outcome {
        Outcome::QualifiedSignature => [
            "gekwalificeerde elektronische handtekening",
            "signature électronique qualifiée",
            "qualifizierte elektronische Signatur",
            "qualified electronic signature",
        ],
        Outcome::QualifiedSeal => [
            "gekwalificeerd elektronisch zegel",
            "cachet électronique qualifié",
            "qualifiziertes elektronisches Siegel",
            "qualified electronic seal",
        ],
        Outcome::QualifiedCertificateForSignatures | Outcome::QualifiedCertificateForSeals => [
            "geavanceerd, met een gekwalificeerd certificaat",
            "avancée, avec un certificat qualifié",
            "fortgeschritten, mit qualifiziertem Zertifikat",
            "advanced, with a qualified certificate",
        ],
        Outcome::NotQualified | Outcome::QualifiedCertificateForWebSites => [
            "geavanceerd; niet gekwalificeerd",
            "avancée ; non qualifiée",
            "fortgeschritten; nicht qualifiziert",
            "advanced; not qualified",
        ],
        Outcome::Conflict => [
            "geavanceerd; kwalificatie onbeslist, de vertrouwenslijst spreekt zichzelf tegen",
            "avancée ; qualification indécise, la liste de confiance se contredit",
            "fortgeschritten; Qualifikation unentschieden, die Vertrauensliste widerspricht sich",
            "advanced; qualification undecided, the trusted list contradicts itself",
        ],
        Outcome::NotDetermined => return not_determined(language).to_owned(),
    };
    let test = if qualified.is_test { "TEST: " } else { "" };
    let words = pick(words, language);
    let Some(list) = &qualified.list else {
        let none = pick(
            [
                "geen vertrouwenslijst noemt de uitgever",
                "aucune liste de confiance ne nomme l'émetteur",
                "keine Vertrauensliste nennt den Aussteller",
                "no trusted list names its issuer",
            ],
            language,
        );
        return format!("{test}{words} ({none})");
    };
    format!("{test}{words} ({})", list_words(list, language))
}

/// Whether a time-stamp is qualified, with the list that decided.
pub(super) fn stamp_sentence(qualified: &StampQualified, language: Language) -> String {
    let words = if qualified.is_qualified {
        [
            "gekwalificeerde tijdstempel",
            "horodatage qualifié",
            "qualifizierter Zeitstempel",
            "qualified time-stamp",
        ]
    } else {
        [
            "geen gekwalificeerde tijdstempel",
            "horodatage non qualifié",
            "kein qualifizierter Zeitstempel",
            "not a qualified time-stamp",
        ]
    };
    let test = if qualified.is_test { "TEST: " } else { "" };
    let words = pick(words, language);
    match &qualified.list {
        Some(list) => format!("{test}{words} ({})", list_words(list, language)),
        None => format!("{test}{words}"),
    }
}

/// A list's territory, number and date.
fn list_words(list: &ListNamed, language: Language) -> String {
    let (named, of) = (
        pick(
            [
                "vertrouwenslijst",
                "liste de confiance",
                "Vertrauensliste",
                "trusted list",
            ],
            language,
        ),
        pick(["nr.", "n°", "Nr.", "number"], language),
    );
    format!(
        "{named} {}, {of} {}, {}",
        list.territory,
        list.sequence,
        list.issued_at.to_brussels_text()
    )
}
