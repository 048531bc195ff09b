//! What the windows say, in four languages. They stand beside pages and must read like them (`web/locales`).

use crate::base::lang::Language;

/// The words of one language. `{…}` stand for what is filled in.
pub(super) struct Texts {
    /// Titles: the two acts look different at a glance.
    pub(super) login_title: &'static str,
    pub(super) sign_title: &'static str,
    /// Who asks; `{origin}`.
    pub(super) login_line: &'static str,
    pub(super) sign_line: &'static str,
    /// `{count}` documents, for `{origin}`.
    pub(super) sign_list_line: &'static str,
    /// Whose card; `{name}`.
    pub(super) holder_line: &'static str,
    /// What is signed; `{print}`.
    pub(super) print_line: &'static str,
    /// The documents were shown in the windows before.
    pub(super) shown_line: &'static str,
    /// Which documents of how many; `{first}`, `{last}`, `{count}`.
    pub(super) page_line: &'static str,
    /// Buttons.
    pub(super) login: &'static str,
    pub(super) sign: &'static str,
    pub(super) cancel: &'static str,
    pub(super) next: &'static str,
    /// A site wants the certificate.
    pub(super) certificate_title: &'static str,
    /// `{origin}`, `{name}`.
    pub(super) certificate_line: &'static str,
    pub(super) certificate: &'static str,
    /// Several cards.
    pub(super) choose_title: &'static str,
    /// `{name}`.
    pub(super) choose_line: &'static str,
    pub(super) this_card: &'static str,
    pub(super) other_card: &'static str,
    /// The field.
    pub(super) prompt: &'static str,
    /// The reader has keys; `{count}` times.
    pub(super) keypad_line: &'static str,
    pub(super) keypad_times_line: &'static str,
    /// `{left}` tries.
    pub(super) tries_line: &'static str,
    pub(super) wrong_line: &'static str,
    pub(super) last_line: &'static str,
    /// `{min}`, `{max}`.
    pub(super) length_line: &'static str,
    pub(super) last_title: &'static str,
    pub(super) go_on: &'static str,
    /// What is waited for.
    pub(super) wait_title: &'static str,
    pub(super) no_service: &'static str,
    pub(super) no_reader: &'static str,
    pub(super) no_card: &'static str,
    pub(super) mute_card: &'static str,
}

pub(super) const fn texts(language: Language) -> &'static Texts {
    match language {
        Language::De => &DE,
        Language::En => &EN,
        Language::Fr => &FR,
        Language::Nl => &NL,
    }
}

/// `text` with each name in braces replaced.
pub(super) fn filled(text: &str, values: &[(&str, &str)]) -> String {
    let mut filled = String::new();
    let mut rest = text;
    // WHY one pass: a value from elsewhere may hold braces of its own.
    while let Some((before, after)) = rest.split_once('{') {
        filled.push_str(before);
        let Some((name, after)) = after.split_once('}') else {
            break;
        };
        let value = values.iter().find(|(known, _)| *known == name);
        filled.push_str(value.map_or("", |(_, value)| value));
        rest = after;
    }
    filled.push_str(rest);
    filled
}

const NL: Texts = Texts {
    login_title: "Aanmelden",
    sign_title: "Ondertekenen",
    login_line: "U meldt zich aan bij:\n{origin}",
    sign_line: "U ONDERTEKENT een document bij:\n{origin}",
    sign_list_line: "U ONDERTEKENT {count} documenten bij:\n{origin}",
    holder_line: "Kaart van {name}",
    print_line: "Vingerafdruk: {print}",
    shown_line: "De lijst stond in de vorige vensters.",
    page_line: "Documenten {first} tot {last} van {count}:",
    login: "Aanmelden",
    sign: "Ondertekenen",
    cancel: "Annuleren",
    next: "Volgende",
    certificate_title: "Gegevens delen",
    certificate_line: "{origin}\nvraagt het handtekeningcertificaat van {name}. Daarin staan naam en rijksregisternummer.",
    certificate: "Delen",
    choose_title: "Kies een kaart",
    choose_line: "Wilt u de kaart van {name} gebruiken?",
    this_card: "Deze kaart",
    other_card: "Een andere kaart",
    prompt: "Pincode:",
    keypad_line: "Geef uw pincode in op de kaartlezer.",
    keypad_times_line: "Geef uw pincode {count} keer in op de kaartlezer, voor elk document.",
    tries_line: "U hebt nog {left} pogingen.",
    wrong_line: "Verkeerde pincode. U hebt nog {left} pogingen.",
    last_line: "Let op: dit is uw laatste poging. Is de pincode nu fout, dan wordt uw kaart geblokkeerd.",
    length_line: "De pincode heeft {min} tot {max} cijfers. Dit kostte u geen poging.",
    last_title: "Laatste poging",
    go_on: "Doorgaan",
    wait_title: "Kaartlezer",
    no_service: "De smartcarddienst van deze computer werkt niet. Sluit uw kaartlezer opnieuw aan of start de computer opnieuw.",
    no_reader: "Geen kaartlezer gevonden. Sluit uw kaartlezer aan op deze computer. Dit venster gaat vanzelf verder.",
    no_card: "Steek uw identiteitskaart in de kaartlezer, met de chip naar voren. Dit venster gaat vanzelf verder.",
    mute_card: "De kaart antwoordt niet. Haal ze uit de kaartlezer en steek ze er opnieuw in, met de chip naar voren.",
};

const FR: Texts = Texts {
    login_title: "Connexion",
    sign_title: "Signature",
    login_line: "Vous vous connectez à :\n{origin}",
    sign_line: "Vous SIGNEZ un document sur :\n{origin}",
    sign_list_line: "Vous SIGNEZ {count} documents sur :\n{origin}",
    holder_line: "Carte de {name}",
    print_line: "Empreinte : {print}",
    shown_line: "La liste figurait dans les fenêtres précédentes.",
    page_line: "Documents {first} à {last} sur {count} :",
    login: "Se connecter",
    sign: "Signer",
    cancel: "Annuler",
    next: "Suivant",
    certificate_title: "Partager des données",
    certificate_line: "{origin}\ndemande le certificat de signature de {name}. Il contient le nom et le numéro de registre national.",
    certificate: "Partager",
    choose_title: "Choisissez une carte",
    choose_line: "Voulez-vous utiliser la carte de {name} ?",
    this_card: "Cette carte",
    other_card: "Une autre carte",
    prompt: "Code PIN :",
    keypad_line: "Saisissez votre code PIN sur le lecteur.",
    keypad_times_line: "Saisissez votre code PIN {count} fois sur le lecteur, pour chaque document.",
    tries_line: "Il vous reste {left} tentatives.",
    wrong_line: "Code PIN incorrect. Il vous reste {left} tentatives.",
    last_line: "Attention : c'est votre dernière tentative. Si le code PIN est incorrect, votre carte sera bloquée.",
    length_line: "Le code PIN comporte de {min} à {max} chiffres. Cela ne compte pas comme une tentative.",
    last_title: "Dernière tentative",
    go_on: "Continuer",
    wait_title: "Lecteur de carte",
    no_service: "Le service de carte à puce de cet ordinateur ne fonctionne pas. Rebranchez votre lecteur de carte ou redémarrez l'ordinateur.",
    no_reader: "Aucun lecteur de carte trouvé. Branchez votre lecteur de carte à cet ordinateur. Cette fenêtre continue automatiquement.",
    no_card: "Insérez votre carte d'identité dans le lecteur, la puce en avant. Cette fenêtre continue automatiquement.",
    mute_card: "La carte ne répond pas. Retirez-la du lecteur et réinsérez-la, la puce en avant.",
};

const DE: Texts = Texts {
    login_title: "Anmelden",
    sign_title: "Unterschreiben",
    login_line: "Sie melden sich an bei:\n{origin}",
    sign_line: "Sie UNTERSCHREIBEN ein Dokument bei:\n{origin}",
    sign_list_line: "Sie UNTERSCHREIBEN {count} Dokumente bei:\n{origin}",
    holder_line: "Karte von {name}",
    print_line: "Fingerabdruck: {print}",
    shown_line: "Die Liste stand in den vorigen Fenstern.",
    page_line: "Dokumente {first} bis {last} von {count}:",
    login: "Anmelden",
    sign: "Unterschreiben",
    cancel: "Abbrechen",
    next: "Weiter",
    certificate_title: "Daten weitergeben",
    certificate_line: "{origin}\nfragt nach dem Signaturzertifikat von {name}. Es enthält Namen und Nationalregisternummer.",
    certificate: "Weitergeben",
    choose_title: "Karte wählen",
    choose_line: "Möchten Sie die Karte von {name} verwenden?",
    this_card: "Diese Karte",
    other_card: "Eine andere Karte",
    prompt: "PIN-Code:",
    keypad_line: "Geben Sie Ihren PIN-Code am Lesegerät ein.",
    keypad_times_line: "Geben Sie Ihren PIN-Code {count}-mal am Lesegerät ein, für jedes Dokument.",
    tries_line: "Sie haben noch {left} Versuche.",
    wrong_line: "Falscher PIN-Code. Sie haben noch {left} Versuche.",
    last_line: "Achtung: Das ist Ihr letzter Versuch. Ist der PIN-Code falsch, wird Ihre Karte gesperrt.",
    length_line: "Der PIN-Code hat {min} bis {max} Ziffern. Das zählt nicht als Versuch.",
    last_title: "Letzter Versuch",
    go_on: "Weiter",
    wait_title: "Kartenlesegerät",
    no_service: "Der Smartcard-Dienst dieses Computers läuft nicht. Schließen Sie Ihr Kartenlesegerät neu an oder starten Sie den Computer neu.",
    no_reader: "Kein Kartenlesegerät gefunden. Schließen Sie Ihr Kartenlesegerät an diesen Computer an. Dieses Fenster fährt automatisch fort.",
    no_card: "Stecken Sie Ihren Personalausweis mit dem Chip voran in das Lesegerät. Dieses Fenster fährt automatisch fort.",
    mute_card: "Die Karte antwortet nicht. Nehmen Sie sie heraus und stecken Sie sie mit dem Chip voran wieder ein.",
};

const EN: Texts = Texts {
    login_title: "Log in",
    sign_title: "Sign",
    login_line: "You log in to:\n{origin}",
    sign_line: "You SIGN a document at:\n{origin}",
    sign_list_line: "You SIGN {count} documents at:\n{origin}",
    holder_line: "Card of {name}",
    print_line: "Fingerprint: {print}",
    shown_line: "The list was in the windows before this one.",
    page_line: "Documents {first} to {last} of {count}:",
    login: "Log in",
    sign: "Sign",
    cancel: "Cancel",
    next: "Next",
    certificate_title: "Share data",
    certificate_line: "{origin}\nasks for the signing certificate of {name}. It holds the name and the national register number.",
    certificate: "Share",
    choose_title: "Choose a card",
    choose_line: "Do you want to use the card of {name}?",
    this_card: "This card",
    other_card: "Another card",
    prompt: "PIN code:",
    keypad_line: "Enter your PIN code on the card reader.",
    keypad_times_line: "Enter your PIN code {count} times on the card reader, for each document.",
    tries_line: "You have {left} attempts left.",
    wrong_line: "Wrong PIN code. You have {left} attempts left.",
    last_line: "Careful: this is your last attempt. If the PIN code is wrong now, your card is blocked.",
    length_line: "The PIN code has {min} to {max} digits. This did not cost an attempt.",
    last_title: "Last attempt",
    go_on: "Continue",
    wait_title: "Card reader",
    no_service: "The smart card service of this computer is not running. Reconnect your card reader, or restart the computer.",
    no_reader: "No card reader found. Connect your card reader to this computer. This window continues by itself.",
    no_card: "Put your eID card in the reader, chip first. This window continues by itself.",
    mute_card: "The card does not respond. Take it out and put it back, chip first.",
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_acts_look_different_in_every_language() {
        for language in Language::ALL {
            let words = texts(language);
            assert_ne!(words.login_title, words.sign_title);
            assert_ne!(words.login_line, words.sign_line);
            assert_ne!(words.login, words.sign);
            for (text, names) in [
                (words.login_line, &["{origin}"][..]),
                (words.sign_list_line, &["{count}", "{origin}"]),
                (words.certificate_line, &["{origin}", "{name}"]),
                (words.page_line, &["{first}", "{last}", "{count}"]),
                (words.wrong_line, &["{left}"]),
                (words.length_line, &["{min}", "{max}"]),
            ] {
                assert!(names.iter().all(|name| text.contains(name)), "{text}");
            }
        }
    }

    #[test]
    fn a_value_is_never_read_as_a_name() {
        assert_eq!(filled("a {x} b {y}", &[("x", "{y}"), ("y", "2")]), "a {y} b 2");
        assert_eq!(filled("{z}!", &[]), "!");
    }
}
