//! What may be said of qualification, in four languages. The lists decide; here stand only the words.

use super::report::{QUALIFICATION, Qualified};
use crate::base::lang::Language;
use crate::pki::lists::qualification::Outcome;

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
        "{test}{words} ({named} {}, {of} {}, {})",
        list.territory,
        list.sequence,
        list.issued_at.to_brussels_text()
    )
}
