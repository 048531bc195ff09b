//! Every page in every language, with every text in place.

use std::collections::BTreeSet;
use std::path::Path;

use zegel::base::cause_words;
use zegel::base::lang::Language;
use zegel::http::i18n::CODE_VALUES;

use super::samples;

#[test]
fn every_page_renders_in_every_language_with_nothing_missing() {
    let site = samples::site();
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/pages");
    let _ = std::fs::remove_dir_all(&folder);
    std::fs::create_dir_all(folder.join("static")).unwrap();
    for asset in site.assets.iter() {
        std::fs::write(folder.join(&asset.path[1..]), asset.bytes).unwrap();
    }
    for language in Language::ALL {
        let visit = samples::visit(language, "/sample");
        for (name, html) in samples::every_page(&site, &visit) {
            check(&format!("{name}.{language}"), &html, language);
            std::fs::write(folder.join(format!("{name}.{language}.html")), &html).unwrap();
        }
    }
}

/// What is wrong with a file or signature is said in the reader's language; the numbers behind it stand beside, marked as
/// English.
#[test]
fn why_a_check_failed_is_said_in_the_language_of_the_page() {
    let site = samples::site();
    for language in Language::ALL {
        let visit = samples::visit(language, "/sample");
        let pages = samples::every_page(&site, &visit);
        let (_, html) = pages.iter().find(|(name, _)| name == "verify-failed").unwrap();
        for (cause, detail) in [
            ("PDF_MALFORMED", "the cross-reference table is damaged"),
            ("PDF_CHANGE_NOT_ALLOWED", "object 7 0 was changed"),
        ] {
            let words = cause_words::words(cause, language).unwrap();
            let told = html.to_lowercase();
            let written = words.to_lowercase().replace('\'', "&#39;");
            assert!(told.contains(&written), "{language}: {words}");
            let technical = format!("lang=\"en\">{cause}: {detail}");
            assert!(html.contains(&technical), "{language}: {technical}");
            assert_eq!(
                html.matches(detail).count(),
                1,
                "{language}: English stands alone"
            );
        }
        // What could not be read is not called unsigned.
        let shown = |page: &str| &pages.iter().find(|(name, _)| name == page).unwrap().1;
        let unsigned = site
            .catalog
            .texts(language)
            .get("verify-none")
            .replace('\'', "&#39;");
        assert!(!shown("verify-unread").contains(&unsigned), "{language}");
        assert!(shown("verify-none").contains(&unsigned), "{language}");
    }
}

/// The page says of a signature that passed whether it is qualified and by which list, and of no other anything of it.
#[test]
fn whether_a_signature_is_qualified_is_said_of_what_passed_alone() {
    let site = samples::site();
    for (language, qualified, open) in [
        (
            Language::Nl,
            "TEST: gekwalificeerde elektronische handtekening (vertrouwenslijst BE, nr. 7,",
            "Geavanceerd; kwalificatie niet bepaald.",
        ),
        (
            Language::Fr,
            "TEST: signature électronique qualifiée (liste de confiance BE, n° 7,",
            "Avancée ; qualification non déterminée.",
        ),
        (
            Language::De,
            "TEST: qualifizierte elektronische Signatur (Vertrauensliste BE, Nr. 7,",
            "Fortgeschritten; Qualifikation nicht bestimmt.",
        ),
        (
            Language::En,
            "TEST: qualified electronic signature (trusted list BE, number 7,",
            "Advanced; qualification not determined.",
        ),
    ] {
        let visit = samples::visit(language, "/sample");
        let pages = samples::every_page(&site, &visit);
        for (name, said) in [
            ("verify-qualified", Some(qualified)),
            ("verify-passed-real", Some(open)),
            ("verify-undecided", None),
            ("verify-failed", None),
        ] {
            let (_, html) = pages.iter().find(|(page, _)| page == name).unwrap();
            for text in [qualified, open] {
                assert_eq!(
                    html.contains(text),
                    said == Some(text),
                    "{name}.{language}: {text}"
                );
            }
        }
    }
}

fn check(name: &str, html: &str, language: Language) {
    assert!(
        !html.contains('⟦'),
        "{name}: a text is missing: {}",
        around(html, "⟦")
    );
    assert!(
        !html.contains("[unknown]") && !html.contains(">unknown") && !html.contains(" unknown."),
        "{name}"
    );
    assert!(
        !html.contains("{$") && !html.contains("{ $"),
        "{name}: a value is missing"
    );
    assert!(html.contains(&format!("<html lang=\"{language}\">")), "{name}");
    assert_eq!(html.matches("<h1").count(), 1, "{name}: one heading");
    assert_eq!(html.matches("<main").count(), 1, "{name}: one main part");
    for four in Language::ALL {
        assert!(
            html.contains(&format!("hreflang=\"{four}\"")),
            "{name}: link to {four}"
        );
    }
    assert!(html.contains("TEST"), "{name}: a test installation says so");
    for inline in ["<style", " style=", "onclick", "onload", "javascript:", "http://"] {
        assert!(!html.contains(inline), "{name}: {inline}");
    }
    for script in html.split("<script").skip(1) {
        assert!(
            script.starts_with(" type=\"module\" src=\"/static/"),
            "{name}: {}",
            &script[..60.min(script.len())]
        );
    }
    assert!(
        !html.contains("\"/static/\""),
        "{name}: an asset that is not embedded"
    );
    let ids: Vec<&str> = html
        .split(" id=\"")
        .skip(1)
        .filter_map(|rest| rest.split('"').next())
        .collect();
    let distinct: BTreeSet<&str> = ids.iter().copied().collect();
    assert_eq!(ids.len(), distinct.len(), "{name}: an id occurs twice: {ids:?}");
    for form in html
        .split("<form")
        .skip(1)
        .filter(|form| !form.contains("multipart/form-data") && !form.starts_with(" method=\"get\""))
    {
        let form = form.split("</form>").next().unwrap();
        assert!(form.contains("name=\"csrf\""), "{name}: a form without its token");
    }
}

fn around<'a>(text: &'a str, mark: &str) -> &'a str {
    text.split(mark)
        .nth(1)
        .map_or("", |rest| rest.split('⟧').next().unwrap_or(""))
}

#[test]
fn every_value_a_code_may_mention_has_a_sample() {
    let sampled: BTreeSet<&str> = samples::every_value(Language::Nl)
        .iter()
        .map(|(name, _)| *name)
        .collect();
    assert_eq!(sampled, CODE_VALUES.iter().copied().collect());
}

#[test]
fn what_people_typed_is_shown_as_text_never_as_markup() {
    use askama::Template;
    use zegel::http::page::Page;
    use zegel::http::pages::sign::Decline;

    let site = samples::site();
    let visit = samples::visit(Language::Nl, "/sign/\"><script>x</script>");
    let html = Decline {
        page: Page::new(&site, &visit, Decline::TITLE),
        requester: "<img src=x onerror=alert(1)>".to_owned(),
        action: "\"><script>".to_owned(),
        back: "/".to_owned(),
        csrf: String::new(),
    }
    .render()
    .unwrap();
    assert!(!html.contains("<img") && !html.contains("<script>"), "{html}");
}

#[test]
fn of_each_of_several_files_the_page_says_what_is_attested_and_by_which_decision() {
    let site = samples::site();
    let visit = samples::visit(Language::Nl, "/sample");
    let pages = samples::every_page(&site, &visit);
    let (_, page) = pages
        .iter()
        .find(|(name, _)| name == "verify-incomplete")
        .unwrap();
    for line in [
        "<dd>bijlage.pdf: Geen bevestiging van een bestuur.</dd>",
        "<dd>besluit.pdf: FL-CBS</dd>",
    ] {
        assert!(page.contains(line), "{line}: {page}");
    }
}
