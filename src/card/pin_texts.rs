//! What the PIN window says, in four languages. Pages have their own texts in `web/locales`; this window stands
//! beside them and must read like them.

use crate::base::lang::Language;

use super::pin::Purpose;

/// The words of one language.
pub(super) struct Texts {
    /// Title for a log-in.
    pub(super) login_title: &'static str,
    /// Title for a signature.
    pub(super) sign_title: &'static str,
    /// First line for a log-in; `{name}` is who asks.
    pub(super) login_line: &'static str,
    /// First line for a signature.
    pub(super) sign_line: &'static str,
    /// What to compare; `{code}`.
    pub(super) code_line: &'static str,
    /// Label of the field.
    pub(super) prompt: &'static str,
    /// `{left}` tries are left.
    pub(super) tries_line: &'static str,
    /// After a wrong PIN with several tries left; `{left}`.
    pub(super) wrong_line: &'static str,
    /// One try is left.
    pub(super) last_line: &'static str,
    /// What was typed is no PIN.
    pub(super) length_line: &'static str,
    /// The PIN is typed on the reader.
    pub(super) keypad_line: &'static str,
    /// The same several times; `{count}`.
    pub(super) keypad_times_line: &'static str,
    /// Button that goes on to the reader's keys.
    pub(super) go_on: &'static str,
    /// Button that goes on.
    pub(super) ok: &'static str,
    /// Button that goes on to sign.
    pub(super) sign_ok: &'static str,
    /// Button that stops.
    pub(super) cancel: &'static str,
}

impl Texts {
    pub(super) const fn title(&self, purpose: Purpose) -> &'static str {
        match purpose {
            Purpose::Login => self.login_title,
            Purpose::Sign => self.sign_title,
        }
    }

    pub(super) const fn line(&self, purpose: Purpose) -> &'static str {
        match purpose {
            Purpose::Login => self.login_line,
            Purpose::Sign => self.sign_line,
        }
    }

    pub(super) const fn button(&self, purpose: Purpose) -> &'static str {
        match purpose {
            Purpose::Login => self.ok,
            Purpose::Sign => self.sign_ok,
        }
    }
}

pub(super) const fn texts(language: Language) -> &'static Texts {
    match language {
        Language::De => &DE,
        Language::En => &EN,
        Language::Fr => &FR,
        Language::Nl => &NL,
    }
}

const NL: Texts = Texts {
    login_title: "Aanmelden",
    sign_title: "Ondertekenen",
    login_line: "U meldt zich aan bij: {name}",
    sign_line: "U ONDERTEKENT: {name}",
    code_line: "Controleer de code op uw scherm: {code}",
    prompt: "Pincode:",
    tries_line: "U hebt nog {left} pogingen.",
    wrong_line: "Verkeerde pincode. U hebt nog {left} pogingen.",
    last_line: "Let op: dit is uw laatste poging. Is de pincode nu fout, dan wordt uw kaart geblokkeerd.",
    length_line: "De pincode heeft {min} tot {max} cijfers. Dit kostte u geen poging.",
    keypad_line: "Druk op “Verder” en geef uw pincode in op de kaartlezer.",
    keypad_times_line: "Druk op “Verder” en geef uw pincode {count} keer in op de kaartlezer, één keer voor elk document.",
    go_on: "Verder",
    ok: "Aanmelden",
    sign_ok: "Ondertekenen",
    cancel: "Annuleren",
};

const FR: Texts = Texts {
    login_title: "Connexion",
    sign_title: "Signature",
    login_line: "Vous vous connectez à : {name}",
    sign_line: "Vous SIGNEZ : {name}",
    code_line: "Vérifiez le code affiché à l'écran : {code}",
    prompt: "Code PIN :",
    tries_line: "Il vous reste {left} tentatives.",
    wrong_line: "Code PIN incorrect. Il vous reste {left} tentatives.",
    last_line: "Attention : c'est votre dernière tentative. Si le code PIN est incorrect, votre carte sera bloquée.",
    length_line: "Le code PIN comporte de {min} à {max} chiffres. Cela ne compte pas comme une tentative.",
    keypad_line: "Appuyez sur « Continuer », puis saisissez votre code PIN sur le lecteur.",
    keypad_times_line: "Appuyez sur « Continuer », puis saisissez votre code PIN {count} fois sur le lecteur, une fois par document.",
    go_on: "Continuer",
    ok: "Se connecter",
    sign_ok: "Signer",
    cancel: "Annuler",
};

const DE: Texts = Texts {
    login_title: "Anmelden",
    sign_title: "Unterschreiben",
    login_line: "Sie melden sich an bei: {name}",
    sign_line: "Sie UNTERSCHREIBEN: {name}",
    code_line: "Prüfen Sie den Code auf dem Bildschirm: {code}",
    prompt: "PIN-Code:",
    tries_line: "Sie haben noch {left} Versuche.",
    wrong_line: "Falscher PIN-Code. Sie haben noch {left} Versuche.",
    last_line: "Achtung: Das ist Ihr letzter Versuch. Ist der PIN-Code falsch, wird Ihre Karte gesperrt.",
    length_line: "Der PIN-Code hat {min} bis {max} Ziffern. Das zählt nicht als Versuch.",
    keypad_line: "Drücken Sie auf „Weiter“ und geben Sie Ihren PIN-Code am Lesegerät ein.",
    keypad_times_line: "Drücken Sie auf „Weiter“ und geben Sie Ihren PIN-Code {count}-mal am Lesegerät ein, einmal für jedes Dokument.",
    go_on: "Weiter",
    ok: "Anmelden",
    sign_ok: "Unterschreiben",
    cancel: "Abbrechen",
};

const EN: Texts = Texts {
    login_title: "Log in",
    sign_title: "Sign",
    login_line: "You log in to: {name}",
    sign_line: "You SIGN: {name}",
    code_line: "Compare the code on your screen: {code}",
    prompt: "PIN code:",
    tries_line: "You have {left} attempts left.",
    wrong_line: "Wrong PIN code. You have {left} attempts left.",
    last_line: "Careful: this is your last attempt. If the PIN code is wrong now, your card is blocked.",
    length_line: "The PIN code has {min} to {max} digits. This did not cost an attempt.",
    keypad_line: "Press “Continue”, then enter your PIN code on the card reader.",
    keypad_times_line: "Press “Continue”, then enter your PIN code {count} times on the card reader, once for each document.",
    go_on: "Continue",
    ok: "Log in",
    sign_ok: "Sign",
    cancel: "Cancel",
};
