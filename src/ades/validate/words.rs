//! What a sub-indication means and what is missing, in words of the four languages.

use super::indication::SubIndication;
use super::report::{Finding, ObjectKind, SignatureReport, Weight};
use super::text::Label;
use crate::base::lang::Language;

impl SubIndication {
    /// What it means for whoever wants to rely on the signature, in one sentence.
    pub fn explanation(self, language: Language) -> &'static str {
        meaning(self).in_(language)
    }
}

impl SignatureReport {
    /// For a signature that is undecided: what is missing, and of what, in one sentence.
    pub fn missing(&self, language: Language) -> Option<String> {
        let sub = self
            .sub_indication
            .filter(|sub| sub.indication() == super::indication::Indication::Indeterminate)?;
        let decisive = self
            .findings
            .iter()
            .find(|finding| finding.weight == Weight::Error);
        let mut text = sub.explanation(language).to_owned();
        if let Some(about) = decisive.and_then(|finding| about(finding, language)) {
            text = format!("{text} ({about})");
        }
        Some(text)
    }
}

/// The object of a finding, with the moment after which to ask again.
pub(super) fn about(finding: &Finding, language: Language) -> Option<String> {
    let object = finding.object.as_ref()?;
    let kind = kind(object.kind).in_(language);
    let name = if object.name.is_empty() {
        kind.to_owned()
    } else {
        language.labelled(kind, &object.name)
    };
    Some(match finding.try_after {
        Some(moment) => format!(
            "{name}; {} {}",
            TRY_AFTER.in_(language),
            moment.to_brussels_text()
        ),
        None => name,
    })
}

const TRY_AFTER: Label = Label([
    "opnieuw te proberen na",
    "à réessayer après le",
    "erneut zu versuchen nach dem",
    "to be tried again after",
]);

const fn kind(kind: ObjectKind) -> Label {
    match kind {
        ObjectKind::AuthorityCertificate => Label([
            "certificaat van een uitgever",
            "certificat d'une autorité",
            "Zertifikat einer Zertifizierungsstelle",
            "certificate of an authority",
        ]),
        ObjectKind::RevocationData => Label([
            "intrekkingsgegevens over",
            "données de révocation concernant",
            "Sperrdaten zu",
            "revocation data about",
        ]),
        ObjectKind::SignedData => Label([
            "ondertekende inhoud",
            "contenu signé",
            "unterschriebener Inhalt",
            "signed content",
        ]),
        ObjectKind::SignerCertificate => Label([
            "certificaat van de ondertekenaar",
            "certificat du signataire",
            "Zertifikat des Unterzeichners",
            "certificate of the signer",
        ]),
        ObjectKind::TimeStamp => Label(["tijdstempel", "horodatage", "Zeitstempel", "time-stamp"]),
        ObjectKind::TimeStampCertificate => Label([
            "certificaat van de tijdstempeldienst",
            "certificat du service d'horodatage",
            "Zertifikat des Zeitstempeldienstes",
            "certificate of the time-stamping unit",
        ]),
    }
}

const fn meaning(sub: SubIndication) -> Label {
    match sub {
        SubIndication::CertificateChainGeneralFailure => Label([
            "de keten van certificaten klopt niet",
            "la chaîne de certificats n'est pas correcte",
            "die Zertifikatskette stimmt nicht",
            "the chain of certificates does not hold",
        ]),
        SubIndication::ChainConstraintsFailure => Label([
            "een certificaat van de keten mag dit niet",
            "un certificat de la chaîne n'y est pas habilité",
            "ein Zertifikat der Kette ist dazu nicht berechtigt",
            "a certificate of the chain is not entitled to this",
        ]),
        SubIndication::CryptoConstraintsFailure => Label([
            "een algoritme of sleutel wordt niet aanvaard",
            "un algorithme ou une clé n'est pas accepté",
            "ein Algorithmus oder Schlüssel wird nicht anerkannt",
            "an algorithm or key is not accepted",
        ]),
        SubIndication::CryptoConstraintsFailureNoPoe => Label([
            "een algoritme wordt niet meer aanvaard; er ontbreekt een bewijs van toen het dat nog was",
            "un algorithme n'est plus accepté ; il manque une preuve datant de quand il l'était",
            "ein Algorithmus wird nicht mehr anerkannt; es fehlt ein Nachweis aus der Zeit, als er es war",
            "an algorithm is no longer accepted; a proof from when it was is missing",
        ]),
        SubIndication::Expired => Label([
            "gezet nadat het certificaat verlopen was",
            "apposée après l'expiration du certificat",
            "nach Ablauf des Zertifikats geleistet",
            "made after the certificate expired",
        ]),
        SubIndication::FormatFailure => Label([
            "de vorm klopt niet, of het bestand is op een niet toegelaten manier gewijzigd",
            "la forme n'est pas correcte, ou le fichier a été modifié d'une manière non autorisée",
            "die Form stimmt nicht, oder die Datei wurde unerlaubt geändert",
            "the form is wrong, or the file was changed in a way that is not allowed",
        ]),
        SubIndication::HashFailure => Label([
            "de ondertekende gegevens zijn gewijzigd",
            "les données signées ont été modifiées",
            "die unterschriebenen Daten wurden geändert",
            "the signed data was changed",
        ]),
        SubIndication::NoCertificateChainFound => Label([
            "geen keten naar een vertrouwde uitgever gevonden",
            "aucune chaîne vers une autorité de confiance n'a été trouvée",
            "keine Kette zu einer vertrauenswürdigen Stelle gefunden",
            "no chain to a trusted authority was found",
        ]),
        SubIndication::NoCertificateChainFoundNoPoe => Label([
            "de uitgever wordt niet meer vertrouwd; er ontbreekt een bewijs van voordien",
            "l'autorité n'est plus de confiance ; il manque une preuve antérieure",
            "der Stelle wird nicht mehr vertraut; es fehlt ein Nachweis von vorher",
            "the authority is no longer trusted; a proof from before is missing",
        ]),
        SubIndication::NoPoe => Label([
            "er ontbreekt een bewijs dat dit bestond voor het zijn waarde verloor",
            "il manque une preuve que ceci existait avant de perdre sa valeur",
            "es fehlt ein Nachweis, dass dies bestand, bevor es seinen Wert verlor",
            "a proof that this existed before it lost its worth is missing",
        ]),
        SubIndication::NoSigningCertificateFound => Label([
            "het certificaat van de ondertekenaar ontbreekt",
            "le certificat du signataire manque",
            "das Zertifikat des Unterzeichners fehlt",
            "the signer's certificate is missing",
        ]),
        SubIndication::NotYetValid => Label([
            "gezet voor het certificaat geldig was",
            "apposée avant que le certificat soit valable",
            "geleistet, bevor das Zertifikat gültig war",
            "made before the certificate was valid",
        ]),
        SubIndication::OutOfBoundsNoPoe => Label([
            "het certificaat is niet geldig op dit ogenblik; er ontbreekt een bewijs dat de handtekening er toen al was",
            "le certificat n'est pas valable à ce moment ; il manque une preuve que la signature existait pendant sa validité",
            "das Zertifikat ist jetzt nicht gültig; es fehlt ein Nachweis, dass die Unterschrift während seiner Gültigkeit bestand",
            "the certificate is not valid now; a proof that the signature existed while it was is missing",
        ]),
        SubIndication::OutOfBoundsNotRevoked => Label([
            "het certificaat is verlopen zonder ingetrokken te zijn; er ontbreekt een bewijs dat de handtekening er toen al was",
            "le certificat a expiré sans avoir été révoqué ; il manque une preuve que la signature existait déjà",
            "das Zertifikat ist abgelaufen, ohne gesperrt zu sein; es fehlt ein Nachweis, dass die Unterschrift schon bestand",
            "the certificate expired without having been revoked; a proof that the signature existed by then is missing",
        ]),
        SubIndication::PolicyProcessingError => Label([
            "het beleid van de handtekening is niet te verwerken",
            "la politique de signature ne peut être traitée",
            "die Signaturrichtlinie kann nicht verarbeitet werden",
            "the signature policy cannot be processed",
        ]),
        SubIndication::RevocationOutOfBoundsNoPoe => Label([
            "wie de intrekkingsgegevens tekende is niet meer geldig; er ontbreekt een bewijs dat ze ouder zijn",
            "le signataire des données de révocation n'est plus valable ; il manque une preuve qu'elles sont antérieures",
            "der Aussteller der Sperrdaten ist nicht mehr gültig; es fehlt ein Nachweis, dass sie älter sind",
            "whoever signed the revocation data is no longer valid; a proof that the data is older is missing",
        ]),
        SubIndication::Revoked => Label([
            "gezet nadat het certificaat ingetrokken was",
            "apposée après la révocation du certificat",
            "nach der Sperrung des Zertifikats geleistet",
            "made after the certificate was revoked",
        ]),
        SubIndication::RevokedCaNoPoe => Label([
            "een uitgever is ingetrokken; er ontbreekt een bewijs van voordien",
            "une autorité est révoquée ; il manque une preuve antérieure",
            "eine Zertifizierungsstelle ist gesperrt; es fehlt ein Nachweis von vorher",
            "an authority is revoked; a proof from before is missing",
        ]),
        SubIndication::RevokedNoPoe => Label([
            "het certificaat is ingetrokken; er ontbreekt een bewijs dat de handtekening ouder is",
            "le certificat est révoqué ; il manque une preuve que la signature est antérieure",
            "das Zertifikat ist gesperrt; es fehlt ein Nachweis, dass die Unterschrift älter ist",
            "the certificate is revoked; a proof that the signature is older is missing",
        ]),
        SubIndication::SigConstraintsFailure => Label([
            "de handtekening voldoet niet aan wat gevraagd wordt",
            "la signature ne répond pas à ce qui est demandé",
            "die Unterschrift erfüllt nicht, was verlangt wird",
            "the signature does not meet what is asked",
        ]),
        SubIndication::SigCryptoFailure => Label([
            "de handtekening hoort niet bij dit certificaat",
            "la signature ne correspond pas à ce certificat",
            "die Unterschrift gehört nicht zu diesem Zertifikat",
            "the signature was not made with this certificate",
        ]),
        SubIndication::SignaturePolicyNotAvailable => Label([
            "het beleid van de handtekening ontbreekt",
            "la politique de signature manque",
            "die Signaturrichtlinie fehlt",
            "the signature policy is missing",
        ]),
        SubIndication::SignedDataNotFound => Label([
            "de ondertekende gegevens ontbreken",
            "les données signées manquent",
            "die unterschriebenen Daten fehlen",
            "the signed data is missing",
        ]),
        SubIndication::TimestampOrderFailure => Label([
            "tijdstempels spreken elkaar tegen",
            "des horodatages se contredisent",
            "Zeitstempel widersprechen sich",
            "time-stamps contradict each other",
        ]),
        SubIndication::TryLater => Label([
            "er ontbreken intrekkingsgegevens die vers genoeg zijn",
            "il manque des données de révocation assez récentes",
            "es fehlen Sperrdaten, die aktuell genug sind",
            "revocation data that is fresh enough is missing",
        ]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_sub_indication_is_explained_differently_in_each_language() {
        let languages = [Language::Nl, Language::Fr, Language::De, Language::En];
        for language in languages {
            let mut seen: Vec<&str> = SubIndication::ALL
                .iter()
                .map(|sub| sub.explanation(language))
                .collect();
            seen.sort_unstable();
            let count = seen.len();
            seen.dedup();
            assert_eq!(seen.len(), count, "{language:?}");
        }
        for sub in SubIndication::ALL {
            let texts: std::collections::BTreeSet<_> = languages
                .iter()
                .map(|language| sub.explanation(*language))
                .collect();
            assert_eq!(texts.len(), 4, "{sub}");
        }
    }
}
