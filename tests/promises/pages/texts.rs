//! The texts of the four languages say the same things.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use zegel::base::code::PersonCode;
use zegel::base::lang::Language;
use zegel::http::i18n::{CODE_VALUES, source};
use zegel::journeys::codes::CERTIFICATE;

/// Texts of one file: key (with `.attribute`) to its whole source.
fn texts(language: Language) -> BTreeMap<String, String> {
    let mut texts: BTreeMap<String, String> = BTreeMap::new();
    let (mut message, mut key) = (String::new(), String::new());
    for line in source(language).lines().filter(|line| !line.starts_with('#')) {
        let named = |text: &str| {
            text.split_once(" =")
                .map(|(name, rest)| (name.to_owned(), rest.to_owned()))
        };
        if let Some((name, rest)) =
            named(line).filter(|_| line.starts_with(|first: char| first.is_ascii_lowercase()))
        {
            message.clone_from(&name);
            assert!(
                texts.insert(name.clone(), rest).is_none(),
                "{language}: `{name}` stands twice"
            );
            key = name;
        } else if let Some((name, rest)) = line.strip_prefix("    .").and_then(named) {
            key = format!("{message}.{name}");
            assert!(
                texts.insert(key.clone(), rest).is_none(),
                "{language}: `{key}` stands twice"
            );
        } else if let Some(text) = texts.get_mut(&key) {
            text.push('\n');
            text.push_str(line);
        }
    }
    texts
}

fn variables(text: &str) -> BTreeSet<&str> {
    text.split('$')
        .skip(1)
        .map(|rest| {
            rest.split(|c: char| !c.is_ascii_alphanumeric() && c != '_')
                .next()
                .unwrap_or("")
        })
        .collect()
}

#[test]
fn every_language_has_the_same_texts_with_the_same_values() {
    let english = texts(Language::En);
    for language in Language::ALL {
        let own = texts(language);
        let (ours, theirs): (BTreeSet<_>, BTreeSet<_>) = (own.keys().collect(), english.keys().collect());
        assert_eq!(
            ours.symmetric_difference(&theirs).collect::<Vec<_>>(),
            Vec::<&&String>::new(),
            "{language}"
        );
        for (key, text) in &own {
            assert_eq!(variables(text), variables(&english[key]), "{language}: {key}");
        }
    }
}

/// Texts that happen to be written the same in English.
const SAME_AS_ENGLISH: &[(Language, &[&str])] = &[
    (
        Language::Nl,
        &[
            "accessibility-contact",
            "details",
            "problem-code",
            "size-byte",
            "size-kilo",
            "size-mega",
        ],
    ),
    (
        Language::Fr,
        &[
            "detail-indication",
            "document-pages",
            "document-text-page",
            "problem-code",
            "verify-signature",
        ],
    ),
    (Language::De, &["problem-code", "size-kilo", "size-mega"]),
];

#[test]
fn no_text_was_left_in_english() {
    let english = texts(Language::En);
    for language in Language::ALL
        .into_iter()
        .filter(|language| *language != Language::En)
    {
        let listed: BTreeSet<&str> = SAME_AS_ENGLISH
            .iter()
            .filter(|(known, _)| *known == language)
            .flat_map(|(_, keys)| keys.iter().copied())
            .collect();
        let own = texts(language);
        let same: BTreeSet<&str> = own
            .iter()
            .filter(|(key, text)| **text == english[*key])
            .map(|(key, _)| key.as_str())
            .collect();
        assert_eq!(same, listed, "{language}");
    }
}

#[test]
fn every_code_has_its_heading_and_text_and_mentions_only_known_values() {
    for language in Language::ALL {
        let own = texts(language);
        for code in PersonCode::ALL {
            for key in [format!("code-{code}"), format!("code-{code}.detail")] {
                let text = own.get(&key).unwrap_or_else(|| panic!("{language}: {key}"));
                for name in variables(text) {
                    assert!(CODE_VALUES.contains(&name), "{language}: {key} mentions {name}");
                }
            }
        }
        let codes = own
            .keys()
            .filter(|key| key.starts_with("code-") && !key.contains('.'))
            .count();
        assert_eq!(
            codes,
            PersonCode::ALL.len(),
            "{language}: a text for a code that does not exist"
        );
    }
}

/// Whatever a certificate is refused for, a citizen reads one of three messages: the card cannot be used now, it has expired,
/// or the check is not possible now. What a code says more is for the operator, who has it with the reference in the log.
#[test]
fn a_refused_certificate_is_told_in_one_of_three_messages() {
    use PersonCode as C;
    let messages = [
        &[
            C::CertificateNotYetValid,
            C::CertificateRevoked,
            C::CertificateSuspended,
            C::CertificateUntrusted,
        ][..],
        &[C::CertificateExpired],
        &[C::RevocationUnavailable],
    ];
    let codes: BTreeSet<C> = messages.iter().flat_map(|codes| codes.iter().copied()).collect();
    let refused: BTreeSet<C> = CERTIFICATE.rows.iter().map(|(_, _, code)| *code).collect();
    assert_eq!(refused, codes, "what a refused certificate can be told as");
    for language in Language::ALL {
        let own = texts(language);
        let said = |code: &C| {
            (
                own[&format!("code-{code}")].clone(),
                own[&format!("code-{code}.detail")].clone(),
            )
        };
        let mut all = BTreeSet::new();
        for codes in messages {
            let one: BTreeSet<_> = codes.iter().map(said).collect();
            assert_eq!(one.len(), 1, "{language}: {codes:?} are one message");
            all.extend(one);
        }
        assert_eq!(all.len(), 3, "{language}");
    }
}

#[test]
fn no_text_is_unused_and_none_that_is_used_lacks() {
    let mut sources = String::new();
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    gather(&root.join("web/templates"), &mut sources);
    gather(&root.join("src/http"), &mut sources);
    let own = texts(Language::En);
    let unused: Vec<&String> = own
        .keys()
        .filter(|key| !key.starts_with("code-"))
        .filter(|key| !sources.contains(&format!("\"{key}\"")))
        .collect();
    assert_eq!(unused, Vec::<&String>::new(), "texts that nothing uses");
    for call in ["t.get(\"", "t.with(\"", "t.with2(\"", "t.format(\""] {
        for rest in sources.split(call).skip(1) {
            let key = rest.split('"').next().unwrap_or("");
            assert!(own.contains_key(key), "`{key}` is used and not there");
        }
    }
}

fn gather(folder: &Path, into: &mut String) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            gather(&path, into);
        } else {
            into.push_str(&std::fs::read_to_string(path).unwrap());
        }
    }
}

#[test]
fn forms_of_address_and_plain_words_are_kept() {
    for (language, banned) in [
        (
            Language::Nl,
            &[
                "gelieve",
                "indien ",
                "enkel ",
                " dient ",
                "dienen te",
                " je ",
                " jouw ",
                " jij ",
            ][..],
        ),
        (Language::Fr, &[" tu ", " ton ", " tes ", "veuillez"][..]),
        (Language::De, &[" du ", " dein", " dir "][..]),
    ] {
        let all = source(language).to_lowercase();
        for word in banned {
            assert!(!all.contains(word), "{language}: `{word}`");
        }
    }
}
