//! Causes of what cannot be made: a signature, its picture, an organisation's seal.

use super::Words;

pub(super) const WORDS: &[Words] = &[
    // Making a signature.
    (
        &["ADES_BELOW_LEVEL", "ADES_HASH_LEVEL"],
        [
            "het gevraagde niveau werd niet gehaald",
            "le niveau demandé n'a pas été atteint",
            "die verlangte Stufe wurde nicht erreicht",
            "the level asked for was not reached",
        ],
    ),
    (
        &["ADES_DOCUMENT_CHANGED"],
        [
            "het document is intussen gewijzigd",
            "le document a changé entre-temps",
            "das Dokument hat sich inzwischen geändert",
            "the document changed in the meantime",
        ],
    ),
    (
        &["ASIC_NAME"],
        [
            "bestanden met die namen kunnen niet samen in één container",
            "des fichiers portant ces noms ne peuvent pas figurer dans un même conteneur",
            "Dateien mit diesen Namen können nicht zusammen in einem Container stehen",
            "files of these names cannot stand in one container",
        ],
    ),
    (
        &["ADES_EXISTING_SIGNATURE", "ADES_WOULD_NOT_HOLD"],
        [
            "een handtekening op dit bestand zou niet geldig zijn",
            "une signature sur ce fichier ne serait pas valable",
            "eine Unterschrift auf dieser Datei wäre nicht gültig",
            "a signature on this file would not be valid",
        ],
    ),
    (
        &[
            "ADES_CONTENT",
            "ADES_DIGEST_LENGTH",
            "ADES_EMBED",
            "ADES_FORM",
            "ADES_KEY",
            "ADES_MESSAGE",
            "ADES_PREPARED_EXPIRED",
            "ADES_ROOM",
            "ADES_VALUE_INVALID",
        ],
        [
            "de handtekening kon zo niet gemaakt worden",
            "la signature n'a pas pu être faite ainsi",
            "die Unterschrift konnte so nicht erstellt werden",
            "the signature could not be made like this",
        ],
    ),
    (
        &[
            "PDF_APPEARANCE_FONT",
            "PDF_APPEARANCE_TEXT",
            "PDF_FIELD_NAME",
            "PDF_FIELD_NOWHERE",
            "PDF_FIELD_OUT_OF_BOUNDS",
            "PDF_FIELD_OVERLAP",
        ],
        [
            "de zichtbare handtekening past niet op die plaats",
            "la signature visible ne tient pas à cet endroit",
            "die sichtbare Unterschrift passt nicht an diese Stelle",
            "the visible signature does not fit in that place",
        ],
    ),
    (
        &[
            "PDF_ENCRYPTION_WEAK",
            "PDF_PERMISSIONS",
            "PDF_SEED_VALUE",
            "PDF_SIGNED_ALREADY",
            "PDF_UPDATE_LIMIT",
            "PDF_UPDATE_TWO_SIGNATURES",
            "PDF_USAGE_RIGHTS",
        ],
        [
            "het document laat deze handtekening niet toe",
            "le document n'autorise pas cette signature",
            "das Dokument lässt diese Unterschrift nicht zu",
            "the document does not allow this signature",
        ],
    ),
    (
        &["PDF_MAC"],
        [
            "het document is beveiligd met een code over het hele bestand, die door elke toevoeging ongeldig wordt",
            "le document est protégé par un code portant sur tout le fichier, que tout ajout rendrait non valable",
            "das Dokument ist mit einem Code über die ganze Datei geschützt, den jeder Zusatz ungültig macht",
            "the document is protected by a code over the whole file, which anything added makes invalid",
        ],
    ),
    (
        &["PDF_IMAGE_KIND"],
        [
            "de afbeelding is geen PNG en geen JPEG",
            "l'image n'est ni un PNG ni un JPEG",
            "das Bild ist weder PNG noch JPEG",
            "the picture is neither a PNG nor a JPEG",
        ],
    ),
    (
        &["PDF_IMAGE_LIMIT"],
        [
            "de afbeelding is te groot",
            "l'image est trop grande",
            "das Bild ist zu groß",
            "the picture is too large",
        ],
    ),
    (
        &["PDF_IMAGE_MALFORMED"],
        [
            "de afbeelding is beschadigd",
            "l'image est endommagée",
            "das Bild ist beschädigt",
            "the picture is damaged",
        ],
    ),
    (
        &["PDF_IMAGE_UNSUPPORTED"],
        [
            "deze soort JPEG kan hier niet gebruikt worden",
            "ce type de JPEG ne peut pas être utilisé ici",
            "diese Art von JPEG kann hier nicht verwendet werden",
            "this kind of JPEG cannot be used here",
        ],
    ),
    // The organisation's seal.
    (
        &[
            "CSC_CLIENT",
            "CSC_CREDENTIAL",
            "DEVICE_CERTIFICATE",
            "DEVICE_KEY_AMBIGUOUS",
            "DEVICE_KEY_MISSING",
            "DEVICE_MODULE",
            "DEVICE_TOKEN_AMBIGUOUS",
            "DEVICE_TOKEN_MISSING",
            "SEAL_SETTINGS",
            "SEAL_UNKNOWN",
        ],
        [
            "de zegelsleutel is niet goed ingesteld",
            "la clé du cachet n'est pas bien configurée",
            "der Siegelschlüssel ist nicht richtig eingerichtet",
            "the seal key is not set up correctly",
        ],
    ),
    (
        &["CSC_PIN", "DEVICE_PIN", "DEVICE_PIN_BLOCKED"],
        [
            "de pincode van de zegelsleutel klopt niet of is geblokkeerd",
            "le code PIN de la clé du cachet est faux ou bloqué",
            "die PIN des Siegelschlüssels ist falsch oder gesperrt",
            "the PIN of the seal key is wrong or blocked",
        ],
    ),
    (
        &[
            "CSC_UNAVAILABLE",
            "DEVICE_FAILED",
            "DEVICE_STUCK",
            "DEVICE_TIMEOUT",
        ],
        [
            "de zegelsleutel antwoordt nu niet",
            "la clé du cachet ne répond pas pour l'instant",
            "der Siegelschlüssel antwortet zurzeit nicht",
            "the seal key does not answer now",
        ],
    ),
    (
        &[
            "CSC_ACTIVATION",
            "CSC_ANSWER",
            "CSC_REFUSED",
            "DEVICE_ALGORITHM",
            "DEVICE_COUNT",
        ],
        [
            "de zegelsleutel gaf een antwoord dat niet bruikbaar is",
            "la clé du cachet a donné une réponse inutilisable",
            "der Siegelschlüssel gab eine unbrauchbare Antwort",
            "the seal key gave an answer that cannot be used",
        ],
    ),
    (
        &["CSC_DENIED", "CSC_NEEDS_PERSON"],
        [
            "de aanbieder van de zegelsleutel liet het zegel niet toe",
            "le fournisseur de la clé du cachet n'a pas autorisé le cachet",
            "der Anbieter des Siegelschlüssels ließ das Siegel nicht zu",
            "the provider of the seal key did not allow the seal",
        ],
    ),
];
