//! Causes of reports: why a signature does not hold, or what to know of one that does.

use super::Words;

pub(super) const WORDS: &[Words] = &[
    // What was signed, and whether it is whole.
    (
        &[
            "ASIC_DIGEST",
            "CMS_MESSAGE_DIGEST",
            "JWS_OBJECT_DIGEST",
            "XSIG_DIGEST",
        ],
        [
            "wat ondertekend werd, is daarna gewijzigd",
            "ce qui a été signé a été modifié depuis",
            "was unterschrieben wurde, ist danach geändert worden",
            "what was signed has been changed since",
        ],
    ),
    (
        &[
            "CMS_SIGNATURE_VALUE",
            "DEVICE_VALUE",
            "JWS_SIGNATURE_VALUE",
            "XSIG_VALUE",
        ],
        [
            "de handtekening past niet bij het certificaat",
            "la signature ne correspond pas au certificat",
            "die Unterschrift passt nicht zum Zertifikat",
            "the signature does not belong to the certificate",
        ],
    ),
    (
        &[
            "ASIC_FILE_MISSING",
            "CMS_CONTENT_MISSING",
            "JWS_CONTENT_MISSING",
            "XSIG_MISSING",
        ],
        [
            "iets dat ondertekend werd, is er niet bij",
            "un élément signé n'est pas joint",
            "etwas, das unterschrieben wurde, ist nicht dabei",
            "something that was signed is not there",
        ],
    ),
    (
        &[
            "ASIC_UNSIGNED_FILE",
            "CMS_CONTENT_PRESENT",
            "CONTENT_NOT_COVERED",
            "JWS_CONTENT_PRESENT",
            "XADES_NOT_COVERED",
        ],
        [
            "er is inhoud bij die niet ondertekend is",
            "du contenu n'est pas couvert par la signature",
            "es ist Inhalt dabei, der nicht unterschrieben ist",
            "there is content that was not signed",
        ],
    ),
    (
        &["ASIC_PARTIAL", "PDF_SIGNATURE_COVERAGE", "PDF_SIGNATURE_GAP"],
        [
            "de handtekening dekt niet het hele bestand",
            "la signature ne couvre pas tout le fichier",
            "die Unterschrift deckt nicht die ganze Datei ab",
            "the signature does not cover the whole file",
        ],
    ),
    (
        &["XADES_NO_DATA"],
        [
            "de handtekening dekt niets dan haar eigen gegevens",
            "la signature ne couvre que ses propres données",
            "die Unterschrift deckt nur ihre eigenen Angaben ab",
            "the signature covers nothing but its own details",
        ],
    ),
    (
        &["ASIC_UNKNOWN_FILE"],
        [
            "er is een bestand bij waarvan niet bekend is waarvoor het dient",
            "un fichier joint n'a pas d'usage connu",
            "eine Datei ist dabei, deren Zweck nicht bekannt ist",
            "there is a file whose purpose is not known",
        ],
    ),
    (
        &[
            "PDF_CERTIFIED_FINAL",
            "PDF_CHANGE_NOT_ALLOWED",
            "PDF_FIELD_LOCKED",
        ],
        [
            "na de handtekening is iets gewijzigd dat niet mocht wijzigen",
            "un élément qui ne pouvait pas changer a été modifié après la signature",
            "nach der Unterschrift wurde etwas geändert, das nicht geändert werden durfte",
            "something was changed after the signature that was not allowed to change",
        ],
    ),
    (
        &["PDF_CHANGE_VISIBLE"],
        [
            "na de handtekening is iets gewijzigd dat te zien is",
            "un élément visible a été modifié après la signature",
            "nach der Unterschrift wurde etwas Sichtbares geändert",
            "something that can be seen was changed after the signature",
        ],
    ),
    (
        &["PDF_MAC_NOT_CHECKED"],
        [
            "de code die het versleutelde bestand tegen wijzigingen beschermt, is niet gecontroleerd",
            "le code qui protège le fichier chiffré contre les modifications n'a pas été vérifié",
            "der Code, der die verschlüsselte Datei vor Änderungen schützt, wurde nicht geprüft",
            "the code that protects the encrypted file against changes was not checked",
        ],
    ),
    // How the file is built.
    (
        &[
            "ASIC_ARCHIVE",
            "ASIC_FILES",
            "ASIC_LIST",
            "ASIC_MANIFEST",
            "ASIC_MIMETYPE",
            "ASIC_SIGNATURES",
            "ZIP_AMBIGUOUS",
            "ZIP_CONTENT",
            "ZIP_DUPLICATE",
            "ZIP_IO",
            "ZIP_MALFORMED",
            "ZIP_NAME",
            "ZIP_NOT_ZIP",
        ],
        [
            "de container is beschadigd of fout opgebouwd",
            "le conteneur est endommagé ou mal construit",
            "der Container ist beschädigt oder falsch aufgebaut",
            "the container is damaged or wrongly built",
        ],
    ),
    (
        &["ASIC_COVERED"],
        [
            "een archieftijdstempel dekt deze handtekening al",
            "un horodatage d'archivage couvre déjà cette signature",
            "ein Archiv-Zeitstempel deckt diese Unterschrift bereits ab",
            "an archive time-stamp covers this signature already",
        ],
    ),
    (
        &[
            "CMS_CONTENT_TYPE",
            "CMS_MALFORMED",
            "CMS_PEM",
            "CMS_SIGNED_ATTRIBUTES",
            "CMS_SIGNER_COUNT",
            "CMS_SIGNER_IDENTIFIER",
            "CMS_VERSION",
            "JWS_HEADER",
            "JWS_HEADER_SPLIT",
            "JWS_MALFORMED",
            "JWS_TIME",
            "JWS_UNSIGNED",
            "PDF_SIGNATURE_BYTE_RANGE",
            "PDF_SIGNATURE_CERTIFICATION",
            "PDF_SIGNATURE_CONTENTS",
            "PDF_SIGNATURE_KIND",
            "PDF_SIGNATURE_NOT_INDIRECT",
            "PDF_SIGNATURE_NOT_IN_REVISION",
            "PDF_SIGNATURE_SHARED",
            "XADES_PLACE",
            "XSIG_MALFORMED",
        ],
        [
            "de handtekening is beschadigd of fout opgebouwd",
            "la signature est endommagée ou mal construite",
            "die Unterschrift ist beschädigt oder falsch aufgebaut",
            "the signature is damaged or wrongly built",
        ],
    ),
    (
        &["FILE_TYPE_UNKNOWN"],
        [
            "dit is geen soort bestand dat hier gelezen wordt",
            "ce n'est pas un type de fichier lu ici",
            "das ist keine Art von Datei, die hier gelesen wird",
            "this is not a kind of file that is read here",
        ],
    ),
    (
        &[
            "PDF_EMPTY",
            "PDF_MALFORMED",
            "PDF_NOT_PDF",
            "XML_DOCUMENT_TYPE",
            "XML_ENCODING",
            "XML_INSTRUCTION",
            "XML_MALFORMED",
            "XML_NAMESPACE",
        ],
        [
            "het bestand is beschadigd, of van een soort die hier niet gelezen wordt",
            "le fichier est endommagé ou d'un type qui n'est pas lu ici",
            "die Datei ist beschädigt oder von einer Art, die hier nicht gelesen wird",
            "the file is damaged, or of a kind that is not read here",
        ],
    ),
    (
        &[
            "PDF_ACTIVE",
            "PDF_ENCRYPTED",
            "PDF_UNSUPPORTED",
            "PDF_XFA",
            "ZIP_ENCRYPTED",
            "ZIP_UNSUPPORTED",
        ],
        [
            "het bestand gebruikt iets dat hier niet gelezen wordt",
            "le fichier utilise une fonction qui n'est pas lue ici",
            "die Datei nutzt etwas, das hier nicht gelesen wird",
            "the file uses something that is not read here",
        ],
    ),
    (
        &["PDF_SUB_FILTER"],
        [
            "de handtekening is van een soort die hier niet gelezen wordt",
            "la signature est d'un type qui n'est pas lu ici",
            "die Unterschrift ist von einer Art, die hier nicht gelesen wird",
            "the signature is of a kind that is not read here",
        ],
    ),
    (
        &["PDF_PASSWORD", "PDF_PASSWORD_WRONG"],
        [
            "het wachtwoord ontbreekt of klopt niet",
            "le mot de passe manque ou n'est pas correct",
            "das Passwort fehlt oder stimmt nicht",
            "the password is missing or wrong",
        ],
    ),
    (
        &[
            "CONTENT_TIME_STAMP_LIMIT",
            "COUNTER_SIGNATURE_LIMIT",
            "TIME_STAMP_LIMIT",
            "PATH_LIMIT",
            "PDF_LIMIT",
            "XADES_LIMIT",
            "XML_LIMIT",
            "ZIP_LIMIT",
        ],
        [
            "het bestand vraagt meer werk dan hier gedaan wordt",
            "le fichier demande plus de travail qu'il n'en est fait ici",
            "die Datei verlangt mehr Arbeit, als hier geleistet wird",
            "the file asks for more work than is done here",
        ],
    ),
    (
        &["ADES_IO", "PDF_IO", "XML_IO"],
        [
            "het bestand kon niet gelezen worden",
            "le fichier n'a pas pu être lu",
            "die Datei konnte nicht gelesen werden",
            "the file could not be read",
        ],
    ),
    (
        &["XADES_REPEATED_ID", "XSIG_TARGET"],
        [
            "het is niet eenduidig wat ondertekend werd",
            "ce qui a été signé n'est pas univoque",
            "es ist nicht eindeutig, was unterschrieben wurde",
            "it is not clear what was signed",
        ],
    ),
    (
        &["CRITICAL_EXT", "JWS_CRITICAL", "XSIG_TRANSFORM"],
        [
            "de handtekening of een certificaat eist iets dat hier niet bekend is",
            "la signature ou un certificat exige une fonction inconnue ici",
            "die Unterschrift oder ein Zertifikat verlangt etwas, das hier unbekannt ist",
            "the signature or a certificate demands something that is not known here",
        ],
    ),
    (
        &[
            "CADES_BASELINE",
            "JADES_BASELINE",
            "PADES_BASELINE",
            "XADES_BASELINE",
        ],
        [
            "de handtekening houdt zich niet in alles aan het Europese basisprofiel",
            "la signature ne suit pas en tout point le profil de base européen",
            "die Unterschrift folgt nicht in allem dem europäischen Basisprofil",
            "the signature does not follow the European baseline profile in everything",
        ],
    ),
    (
        &["PDF_PADDING"],
        [
            "achter de handtekening staan bytes die daar niet horen",
            "des octets superflus suivent la signature",
            "hinter der Unterschrift stehen Bytes, die nicht dorthin gehören",
            "bytes that do not belong there stand behind the signature",
        ],
    ),
    (
        &[
            "ALG_FORBIDDEN",
            "CMS_ALGORITHM",
            "CMS_ALGORITHM_PROTECTION",
            "CMS_DIGEST_ALGORITHMS",
            "JWS_ALGORITHM",
            "XSIG_ALGORITHM",
        ],
        [
            "een algoritme of sleutel wordt niet aanvaard",
            "un algorithme ou une clé n'est pas accepté",
            "ein Algorithmus oder Schlüssel wird nicht anerkannt",
            "an algorithm or key is not accepted",
        ],
    ),
    // Who signed.
    (
        &[
            "CMS_CERTIFICATE_MISSING",
            "JWS_CERTIFICATE_MISSING",
            "XADES_CERTIFICATE_MISSING",
        ],
        [
            "het certificaat van de ondertekenaar zit er niet bij",
            "le certificat du signataire n'est pas joint",
            "das Zertifikat des Unterzeichners ist nicht dabei",
            "the signer's certificate is not there",
        ],
    ),
    (
        &[
            "CMS_CERTIFICATE_REFERENCE",
            "CMS_CERTIFICATE_UNSIGNED",
            "JWS_CERTIFICATE_REFERENCE",
            "XADES_CERTIFICATE_REFERENCE",
        ],
        [
            "de handtekening legt niet vast van welk certificaat zij is",
            "la signature ne fixe pas à quel certificat elle appartient",
            "die Unterschrift legt nicht fest, zu welchem Zertifikat sie gehört",
            "the signature does not fix to which certificate it belongs",
        ],
    ),
    (
        &["SIG_INVALID"],
        [
            "een certificaat komt niet van de uitgever die het noemt",
            "un certificat ne vient pas de l'autorité qu'il nomme",
            "ein Zertifikat stammt nicht von der Stelle, die es nennt",
            "a certificate does not come from the authority that it names",
        ],
    ),
    (
        &["CERT_PARSE"],
        [
            "een certificaat is beschadigd",
            "un certificat est endommagé",
            "ein Zertifikat ist beschädigt",
            "a certificate is damaged",
        ],
    ),
    (
        &["PATH_NO_ANCHOR"],
        [
            "het certificaat komt niet van een uitgever die hier vertrouwd wordt",
            "le certificat ne vient pas d'une autorité reconnue ici",
            "das Zertifikat stammt von keiner hier anerkannten Stelle",
            "the certificate comes from no authority that is trusted here",
        ],
    ),
    (
        &[
            "CA_CONSTRAINT",
            "NAME_CONSTRAINT",
            "POLICY_CONSTRAINT",
            "PURPOSE_EKU",
            "PURPOSE_KU",
            "PURPOSE_POLICY",
            "SUBJECT_PROFILE",
        ],
        [
            "een certificaat mag hier niet voor dienen",
            "un certificat ne peut pas servir à cela",
            "ein Zertifikat darf hierfür nicht verwendet werden",
            "a certificate may not be used for this",
        ],
    ),
    (
        &["SEAL_NOT_ORGANISATION"],
        [
            "het certificaat noemt geen organisatie",
            "le certificat ne désigne aucune organisation",
            "das Zertifikat nennt keine Organisation",
            "the certificate names no organisation",
        ],
    ),
    (
        &["ADES_CERTIFICATE_TIME", "TIME_EXPIRED"],
        [
            "het certificaat was verlopen",
            "le certificat avait expiré",
            "das Zertifikat war abgelaufen",
            "the certificate had expired",
        ],
    ),
    (
        &["TIME_NOT_YET"],
        [
            "het certificaat gold nog niet",
            "le certificat n'était pas encore valable",
            "das Zertifikat galt noch nicht",
            "the certificate was not valid yet",
        ],
    ),
    (
        &[
            "NOT_QSCD",
            "NOT_QUALIFIED",
            "QUAL_CONFLICT",
            "QUAL_NOT_DETERMINED",
            "TST_NOT_QUALIFIED",
        ],
        [
            "uit de vertrouwenslijst volgt niet dat dit gekwalificeerd is",
            "la liste de confiance n'établit pas que ceci est qualifié",
            "aus der Vertrauensliste folgt nicht, dass dies qualifiziert ist",
            "the trusted list does not make this qualified",
        ],
    ),
    // Whether the certificate was revoked.
    (
        &["REVOKED"],
        [
            "het certificaat is ingetrokken",
            "le certificat est révoqué",
            "das Zertifikat ist widerrufen",
            "the certificate is revoked",
        ],
    ),
    (
        &["SUSPENDED"],
        [
            "het certificaat is geschorst",
            "le certificat est suspendu",
            "das Zertifikat ist ausgesetzt",
            "the certificate is suspended",
        ],
    ),
    (
        &["REVOKED_LATER"],
        [
            "het certificaat werd pas na de handtekening ingetrokken",
            "le certificat n'a été révoqué qu'après la signature",
            "das Zertifikat wurde erst nach der Unterschrift widerrufen",
            "the certificate was revoked only after the signature",
        ],
    ),
    (
        &[
            "CRL_SCOPE",
            "OCSP_MISMATCH",
            "OCSP_STATUS",
            "REV_UNAVAILABLE",
            "REV_UNKNOWN",
        ],
        [
            "niets zegt of het certificaat ingetrokken was",
            "rien n'indique si le certificat était révoqué",
            "nichts sagt, ob das Zertifikat widerrufen war",
            "nothing tells whether the certificate was revoked",
        ],
    ),
    (
        &[
            "CRL_ROLLBACK",
            "CRL_STALE",
            "OCSP_NONCE",
            "OCSP_STALE",
            "REV_STALE",
            "REV_TIME",
        ],
        [
            "de gegevens over intrekking zijn te oud, of van een ander tijdstip",
            "les données de révocation sont trop anciennes ou d'un autre moment",
            "die Sperrdaten sind zu alt oder von einem anderen Zeitpunkt",
            "the revocation data is too old, or of another moment",
        ],
    ),
    (
        &["CRL_PARSE", "EVIDENCE_UNREADABLE", "OCSP_PARSE"],
        [
            "gegevens over intrekking zijn beschadigd",
            "des données de révocation sont endommagées",
            "Sperrdaten sind beschädigt",
            "revocation data is damaged",
        ],
    ),
    (
        &["CRL_SIGNER", "OCSP_SIGNER", "OCSP_SIGNER_REVOKED"],
        [
            "de gegevens over intrekking komen niet van wie ze mag geven",
            "les données de révocation n'émanent pas de qui peut les donner",
            "die Sperrdaten stammen nicht von einer dazu berechtigten Stelle",
            "the revocation data does not come from whoever may give it",
        ],
    ),
    // When it was signed.
    (
        &["NO_PROOF_OF_TIME"],
        [
            "geen tijdstempel bewijst wanneer de handtekening bestond",
            "aucun horodatage ne prouve quand la signature existait",
            "kein Zeitstempel beweist, wann die Unterschrift bestand",
            "no time-stamp proves when the signature existed",
        ],
    ),
    (
        &[
            "CLAIMED_TIME_LATER",
            "TST_DELAY",
            "TST_FUTURE",
            "TST_ORDER",
            "TST_TIME",
        ],
        [
            "de tijdstippen spreken elkaar tegen",
            "les moments indiqués se contredisent",
            "die Zeitangaben widersprechen einander",
            "the times contradict each other",
        ],
    ),
    (
        &[
            "JWS_TIME_STAMP",
            "TST_BROKEN",
            "TST_IMPRINT",
            "TST_NONCE",
            "TST_PARSE",
            "XADES_TIME_STAMP",
        ],
        [
            "een tijdstempel is beschadigd of hoort bij iets anders",
            "un horodatage est endommagé ou porte sur autre chose",
            "ein Zeitstempel ist beschädigt oder gehört zu etwas anderem",
            "a time-stamp is damaged or belongs to something else",
        ],
    ),
    (
        &["TST_IGNORED", "TST_POLICY", "TST_PROFILE", "TST_SIGNER"],
        [
            "een tijdstempel wordt niet aanvaard en bewijst niets",
            "un horodatage n'est pas accepté et ne prouve rien",
            "ein Zeitstempel wird nicht anerkannt und beweist nichts",
            "a time-stamp is not accepted and proves nothing",
        ],
    ),
    (
        &["TST_DATA_MISSING"],
        [
            "waar een tijdstempel over gaat, is er niet bij",
            "ce sur quoi porte un horodatage n'est pas joint",
            "das, worauf sich ein Zeitstempel bezieht, ist nicht dabei",
            "what a time-stamp is over is not there",
        ],
    ),
    (
        &["TST_STATUS", "TST_UNAVAILABLE"],
        [
            "de tijdstempeldienst gaf geen tijdstempel",
            "le service d'horodatage n'a pas donné d'horodatage",
            "der Zeitstempeldienst gab keinen Zeitstempel",
            "the time-stamp service gave no time-stamp",
        ],
    ),
    (
        &["ATS_INDEX", "ATS_V2"],
        [
            "een archieftijdstempel telt niet mee",
            "un horodatage d'archivage ne compte pas",
            "ein Archiv-Zeitstempel zählt nicht",
            "an archive time-stamp does not count",
        ],
    ),
    // The signature policy that the signer names.
    (
        &["SIGNATURE_POLICY_HASH"],
        [
            "het document van het handtekeningbeleid is niet dat waarvoor getekend werd",
            "le document de la politique de signature n'est pas celui qui a été signé",
            "das Dokument der Signaturrichtlinie ist nicht das, für das unterschrieben wurde",
            "the document of the signature policy is not the one that was signed for",
        ],
    ),
    (
        &["SIGNATURE_POLICY_NOT_AVAILABLE"],
        [
            "het document van het handtekeningbeleid is er niet bij",
            "le document de la politique de signature n'est pas joint",
            "das Dokument der Signaturrichtlinie liegt nicht vor",
            "the document of the signature policy is not at hand",
        ],
    ),
    (
        &["SIGNATURE_POLICY_OTHER"],
        [
            "de handtekening noemt niet het handtekeningbeleid dat gevraagd wordt",
            "la signature ne cite pas la politique de signature demandée",
            "die Unterschrift nennt nicht die verlangte Signaturrichtlinie",
            "the signature does not name the signature policy that is required",
        ],
    ),
    (
        &["SIGNATURE_POLICY_UNDECIDED"],
        [
            "of het document van het handtekeningbeleid het juiste is, kon niet nagegaan worden",
            "il n'a pas pu être vérifié que le document de la politique de signature est le bon",
            "ob das Dokument der Signaturrichtlinie das richtige ist, konnte nicht geprüft werden",
            "whether the document of the signature policy is the right one could not be checked",
        ],
    ),
    // What stands beside the signature.
    (
        &["JWS_COUNTER_SIGNATURE", "XADES_COUNTER_SIGNATURE"],
        [
            "een medeondertekening is niet van de handtekening waarbij ze staat",
            "une contresignature n'est pas celle de la signature où elle se trouve",
            "eine Gegenzeichnung gehört nicht zu der Unterschrift, bei der sie steht",
            "a counter-signature is not one of the signature that it stands in",
        ],
    ),
    (
        &["CMS_ATTRIBUTE_CERTIFICATE", "JWS_POINTER"],
        [
            "er staat iets bij dat niet beoordeeld is",
            "un élément joint n'a pas été jugé",
            "es steht etwas dabei, das nicht beurteilt wurde",
            "something beside it was not judged",
        ],
    ),
    (
        &["VERDICT_SURPLUS"],
        [
            "er staan meer bevestigingen van een bestuur in dan er te bevestigen is",
            "il s'y trouve plus d'attestations d'une administration qu'il n'y a à attester",
            "es stehen mehr Bestätigungen einer Verwaltung darin, als zu bestätigen ist",
            "it holds more attestations by an authority than there is to attest",
        ],
    ),
    (
        &["ASIC_ARCHIVE_PARTIAL"],
        [
            "een archieftijdstempel noemt niet alles wat ondertekend is",
            "un horodatage d'archivage ne cite pas tout ce qui est signé",
            "ein Archiv-Zeitstempel nennt nicht alles, was unterschrieben ist",
            "an archive time-stamp does not name all that is signed",
        ],
    ),
    (
        &["ADES_SIGNATURE_UNKNOWN"],
        [
            "er is geen handtekening met die naam",
            "il n'y a pas de signature de ce nom",
            "es gibt keine Unterschrift dieses Namens",
            "there is no signature of that name",
        ],
    ),
];
