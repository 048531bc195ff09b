//! Names, in the four languages, of what a signer claims, of the policy he names, of what may change afterwards and how a
//! file changed, and of time-stamps.

use super::general::ARCHIVE;
use super::report::{
    Allowed, Binding, ChangeReport, FieldLock, PolicyDocumentSource, SignaturePolicyReport, SignerClaims,
    TimeStampReport,
};
use super::text::Label;
use crate::base::lang::Language;

const TIME: Label = Label(["tijdstip", "moment", "Zeitpunkt", "time"]);
const NAME: Label = Label(["naam", "nom", "Name", "name"]);
const PLACE: Label = Label(["plaats", "lieu", "Ort", "place"]);
const REASON: Label = Label(["reden", "motif", "Grund", "reason"]);
const COMMITMENT: Label = Label(["verbintenis", "engagement", "Verpflichtung", "commitment"]);
const ROLE: Label = Label(["hoedanigheid", "qualité", "Eigenschaft", "role"]);
const OTHER: Label = Label([
    "ander attribuut",
    "autre attribut",
    "anderes Attribut",
    "other attribute",
]);

const TIME_STAMP: Label = Label([
    "tijdstempel over de handtekening",
    "horodatage de la signature",
    "Zeitstempel über der Unterschrift",
    "signature time-stamp",
]);
const ARCHIVE_TIME_STAMP: Label = Label([
    "archieftijdstempel",
    "horodatage d'archivage",
    "Archivzeitstempel",
    "archive time-stamp",
]);

const CERTIFIED: Label = Label([
    "gecertificeerd; laat daarna toe",
    "certifié ; autorise ensuite",
    "zertifiziert; erlaubt danach",
    "certified; allows afterwards",
]);
const ALLOWS: Label = Label([
    "laat daarna toe",
    "autorise ensuite",
    "erlaubt danach",
    "allows afterwards",
]);
const NO_CHANGES: Label = Label([
    "geen wijzigingen",
    "aucune modification",
    "keine Änderungen",
    "no changes",
]);
const FORMS: Label = Label([
    "formulieren invullen en ondertekenen",
    "remplir les formulaires et signer",
    "Formulare ausfüllen und unterschreiben",
    "filling in forms and signing",
]);
const ANNOTATIONS: Label = Label([
    "formulieren invullen, ondertekenen en aantekeningen",
    "remplir les formulaires, signer et annoter",
    "Formulare ausfüllen, unterschreiben und anmerken",
    "filling in forms, signing and annotations",
]);
const LOCKS: Label = Label([
    "vergrendelt de velden",
    "verrouille les champs",
    "sperrt die Felder",
    "locks the fields",
]);
const ALL_FIELDS: Label = Label(["alle", "tous", "alle", "all"]);
const ALL_BUT: Label = Label(["alle behalve", "tous sauf", "alle außer", "all but"]);

impl SignerClaims {
    /// What the signer claims, each with what it is a claim of, in `language`. The texts are the signer's own.
    pub fn labelled(&self, language: Language) -> Vec<(&'static str, String)> {
        let time = self.time.map(crate::base::time::Timestamp::to_brussels_text);
        let meaning = self.commitment.as_deref().map(|kind| match commitment(kind) {
            Some(words) => format!("{} ({kind})", words.in_(language)),
            None => kind.to_owned(),
        });
        let single = [
            (TIME, time),
            (NAME, self.name.clone()),
            (PLACE, self.location.clone()),
            (REASON, self.reason.clone()),
            (COMMITMENT, meaning),
        ];
        let single = single
            .into_iter()
            .filter_map(|(label, text)| Some((label, text?)));
        let roles = self.roles.iter().map(|role| (ROLE, role.clone()));
        let others = self.other_attributes.iter().map(|kind| (OTHER, kind.clone()));
        let all = single.chain(roles).chain(others);
        all.map(|(label, text)| (label.in_(language), text)).collect()
    }
}

/// What a commitment type means. The six of ETSI TS 119 172-1 annex B and RFC 5126 §5.11.1, by object identifier.
fn commitment(kind: &str) -> Option<Label> {
    Some(Label(match kind.strip_prefix("1.2.840.113549.1.9.16.6.")? {
        "1" => [
            "erkent het bericht gemaakt, goedgekeurd en verzonden te hebben",
            "reconnaît avoir créé, approuvé et envoyé le message",
            "erkennt an, die Nachricht erstellt, genehmigt und gesendet zu haben",
            "recognises having created, approved and sent the message",
        ],
        "2" => [
            "erkent de inhoud ontvangen te hebben",
            "reconnaît avoir reçu le contenu",
            "erkennt an, den Inhalt empfangen zu haben",
            "recognises having received the content",
        ],
        "3" => [
            "bevestigt dat het bericht afgeleverd is",
            "confirme la remise du message",
            "bestätigt die Zustellung der Nachricht",
            "confirms that the message was delivered",
        ],
        "4" => [
            "heeft het bericht verzonden, niet noodzakelijk gemaakt",
            "a envoyé le message, sans l'avoir nécessairement créé",
            "hat die Nachricht gesendet, nicht unbedingt erstellt",
            "sent the message, not necessarily created it",
        ],
        "5" => [
            "keurt de inhoud goed",
            "approuve le contenu",
            "genehmigt den Inhalt",
            "approves the content",
        ],
        "6" => [
            "heeft de inhoud gemaakt, niet noodzakelijk goedgekeurd",
            "a créé le contenu, sans l'avoir nécessairement approuvé",
            "hat den Inhalt erstellt, nicht unbedingt genehmigt",
            "created the content, not necessarily approved it",
        ],
        _ => return None,
    }))
}

impl SignaturePolicyReport {
    /// Which policy, and what is known of its document, in `language`. Name and address are the signer's own.
    pub fn words(&self, language: Language) -> String {
        let known = Label(match (self.document, self.matches) {
            _ if self.implied => [
                "volgt uit wat ondertekend is",
                "découle de ce qui est signé",
                "ergibt sich aus dem Unterschriebenen",
                "follows from what is signed",
            ],
            _ if self.id.is_none() => ["niet te lezen", "illisible", "nicht lesbar", "cannot be read"],
            (PolicyDocumentSource::Absent, _) => [
                "het document is er niet bij",
                "le document n'est pas joint",
                "das Dokument liegt nicht vor",
                "its document is not at hand",
            ],
            (PolicyDocumentSource::Given, Some(true)) => [
                "het meegegeven document is dat waarvoor getekend werd",
                "le document fourni est celui qui a été signé",
                "das vorgelegte Dokument ist das, für das unterschrieben wurde",
                "the document handed in is the one that was signed for",
            ],
            (PolicyDocumentSource::Store, Some(true)) => [
                "het document in de handtekening is dat waarvoor getekend werd",
                "le document joint à la signature est celui qui a été signé",
                "das Dokument in der Unterschrift ist das, für das unterschrieben wurde",
                "the document in the signature is the one that was signed for",
            ],
            (PolicyDocumentSource::Given, Some(false)) => [
                "geen meegegeven document is dat waarvoor getekend werd",
                "aucun document fourni n'est celui qui a été signé",
                "kein vorgelegtes Dokument ist das, für das unterschrieben wurde",
                "no document handed in is the one that was signed for",
            ],
            (PolicyDocumentSource::Store, Some(false)) => [
                "het document in de handtekening is niet dat waarvoor getekend werd",
                "le document joint à la signature n'est pas celui qui a été signé",
                "das Dokument in der Unterschrift ist nicht das, für das unterschrieben wurde",
                "the document in the signature is not the one that was signed for",
            ],
            (_, None) => [
                "of het document het juiste is, kon niet nagegaan worden",
                "il n'a pas pu être vérifié que le document est le bon",
                "ob das Dokument das richtige ist, konnte nicht geprüft werden",
                "whether the document is the right one could not be checked",
            ],
        });
        let known = known.in_(language);
        match (&self.id, &self.uri) {
            (Some(id), Some(uri)) => format!("{id} ({uri}); {known}"),
            (Some(id), None) => format!("{id}; {known}"),
            (None, _) => known.to_owned(),
        }
    }
}

impl Binding {
    /// What may change after the signature, each with what it is about, in `language`. The names of fields are the file's.
    pub fn labelled(&self, language: Language) -> Vec<(&'static str, String)> {
        let mut all = Vec::new();
        if let Some(allows) = self.allows {
            let label = if self.certifies { CERTIFIED } else { ALLOWS };
            let words = match allows {
                Allowed::Annotations => ANNOTATIONS,
                Allowed::FormsAndSigning => FORMS,
                Allowed::NoChanges => NO_CHANGES,
            };
            all.push((label.in_(language), words.in_(language).to_owned()));
        }
        for lock in &self.locks {
            let text = match lock {
                FieldLock::All => ALL_FIELDS.in_(language).to_owned(),
                FieldLock::Exclude(names) => format!("{} {}", ALL_BUT.in_(language), names.join(", ")),
                FieldLock::Include(names) => names.join(", "),
            };
            all.push((LOCKS.in_(language), text));
        }
        all
    }
}

impl ChangeReport {
    /// What happened, in `language`; none for a kind without words.
    pub fn words(&self, language: Language) -> Option<&'static str> {
        let label = Label(match self.kind.as_str() {
            "document_time_stamp_added" => [
                "een documenttijdstempel is toegevoegd",
                "un horodatage du document a été ajouté",
                "ein Dokument-Zeitstempel wurde hinzugefügt",
                "a document time-stamp was added",
            ],
            "form_filled" => [
                "een formulierveld is ingevuld",
                "un champ de formulaire a été rempli",
                "ein Formularfeld wurde ausgefüllt",
                "a form field was filled in",
            ],
            "metadata" => [
                "de metagegevens zijn gewijzigd",
                "les métadonnées ont été modifiées",
                "die Metadaten wurden geändert",
                "the metadata was changed",
            ],
            "security_store_added" => [
                "bewijsstukken voor later zijn toegevoegd",
                "des éléments de preuve ont été ajoutés",
                "Nachweise für später wurden hinzugefügt",
                "evidence for later was added",
            ],
            "signature_added" => [
                "een handtekening is toegevoegd",
                "une signature a été ajoutée",
                "eine Unterschrift wurde hinzugefügt",
                "a signature was added",
            ],
            "undefined" => [
                "een andere wijziging",
                "une autre modification",
                "eine andere Änderung",
                "another change",
            ],
            _ => return None,
        });
        Some(label.in_(language))
    }
}

impl TimeStampReport {
    /// Whether a time-stamp inside a signature is one of those that renew it, not the one over its value.
    pub fn is_archive(&self) -> bool {
        self.field
            .as_deref()
            .is_some_and(|field| field.starts_with(ARCHIVE))
    }

    /// What kind of time-stamp inside a signature this is, in `language`.
    pub(super) fn kind(&self, language: Language) -> &'static str {
        let label = if self.is_archive() {
            ARCHIVE_TIME_STAMP
        } else {
            TIME_STAMP
        };
        label.in_(language)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ades::cms::attributes::Commitment;

    #[test]
    fn every_commitment_that_a_signer_can_state_has_a_name_in_each_language() {
        let kinds = [
            Commitment::ProofOfApproval,
            Commitment::ProofOfCreation,
            Commitment::ProofOfOrigin,
            Commitment::ProofOfReceipt,
        ];
        for language in [Language::Nl, Language::Fr, Language::De, Language::En] {
            let mut names = std::collections::BTreeSet::new();
            for kind in kinds {
                names.insert(commitment(kind.oid()).unwrap().in_(language));
            }
            for number in 1..=6 {
                names.insert(
                    commitment(&format!("1.2.840.113549.1.9.16.6.{number}"))
                        .unwrap()
                        .in_(language),
                );
            }
            assert_eq!(names.len(), 6, "{language:?}");
        }
        assert!(commitment("1.2.840.113549.1.9.16.6.7").is_none());
    }
}
