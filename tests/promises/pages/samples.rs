//! Every page with sample data, for the tests and for looking at.

use std::sync::{Arc, OnceLock};

use askama::Template;
use zegel::ades::level::Level;
use zegel::base::clock::FixedClock;
use zegel::base::code::PersonCode;
use zegel::base::digest::Sha256Digest;
use zegel::base::lang::Language;
use zegel::base::random::SeededRandom;
use zegel::base::time::{Day, Timestamp};
use zegel::http::i18n::Value;
use zegel::http::page::{Page, Steps};
use zegel::http::pages::card::CardSigning;
use zegel::http::pages::interaction::{
    Capacity, CapacityOption, CardWay, ClientView, Failed, StandingIn, Start, Waiting, WaitingState,
};
use zegel::http::pages::list::{
    LeftOut, ListAsk, ListConfirm, ListDocument, ListItem, ListOutcome, ListProgress, ListResult,
    ListTogether, Together,
};
use zegel::http::pages::problem::Problem;
use zegel::http::pages::sign::{
    Ask, Confirm, Decline, Declined, DocumentView, Done, DoneDocument, Finishing, PageView, SignatureLine,
    SigningCapacity, SlotState, SlotView,
};
use zegel::http::pages::start;
use zegel::http::problem::Failure;
use zegel::http::session::{Known, LoggedOut};
use zegel::http::site::{Origin, Site};
use zegel::http::visit::Visit;
use zegel::oidc::claims::Shared;

use super::checks;

pub fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

/// A test installation whose clock stands still.
pub fn site() -> Site {
    let clock = Arc::new(FixedClock::new(at("2026-03-03T13:05:00Z")));
    let origin = Origin::parse("https://aanmelden.zegelgem.example").unwrap();
    let mut site = Site::new(origin, clock, Arc::new(SeededRandom::new(7)));
    site.is_test = true;
    site.contact = "helpdesk@zegelgem.example".to_owned();
    site
}

pub fn visit(language: Language, path: &str) -> Visit {
    Visit {
        reference: "3f9a1c07d2e4b856".to_owned(),
        language,
        path: path.to_owned(),
        query: String::new(),
        is_at_this_computer: true,
        wants_json: false,
        known: Arc::default(),
    }
}

/// Every page of zegel in the language of `visit`: its name and its HTML.
pub fn every_page(site: &Site, visit: &Visit) -> Vec<(String, String)> {
    let inside = logged_in(visit);
    let mut pages = beside_the_journeys(site, visit, &inside);
    pages.extend(log_in(site, visit, &inside));
    pages.extend(sign(site, &inside));
    pages.extend(list(site, &inside));
    pages.extend(checks::checks(site, visit));
    pages.extend(every_problem(site, visit));
    pages
}

/// The same request by somebody who is logged in, with a name that is hard to fit.
fn logged_in(visit: &Visit) -> Visit {
    let known = OnceLock::new();
    let name = "Wilhelmina Vanderspiegelenbroeck-Specimen".to_owned();
    let csrf = "0a".to_owned();
    known.set(Known { name, csrf }).unwrap();
    Visit {
        known: Arc::new(known),
        ..visit.clone()
    }
}

pub(super) fn page(name: &str, view: &impl Template) -> (String, String) {
    (name.to_owned(), view.render().unwrap())
}

fn beside_the_journeys(site: &Site, visit: &Visit, inside: &Visit) -> Vec<(String, String)> {
    vec![
        page(
            "start-logged-in",
            &start::Start {
                page: Page::new(site, inside, "start-title"),
            },
        ),
        page(
            "logged-out",
            &LoggedOut {
                page: Page::new(site, visit, LoggedOut::TITLE),
            },
        ),
        page(
            "start",
            &start::Start {
                page: Page::new(site, visit, "start-title"),
            },
        ),
        page(
            "accessibility",
            &start::Accessibility {
                page: Page::new(site, visit, "accessibility-title"),
            },
        ),
    ]
}

fn client() -> ClientView {
    ClientView {
        name: "Besluitenbeheer".to_owned(),
        organisation: "Gemeente Zegelgem".to_owned(),
    }
}

fn every_shared() -> Vec<Shared> {
    vec![
        Shared::LogIn,
        Shared::Names,
        Shared::Capacity,
        Shared::NationalNumber,
    ]
}

fn options() -> Vec<CapacityOption> {
    vec![
        CapacityOption {
            key: "a".to_owned(),
            role: "Burgemeester".to_owned(),
            body: "College van burgemeester en schepenen, Gemeente Zegelgem".to_owned(),
            until: Day::new(2030, 12, 1),
            standing_in: None,
            is_preselected: true,
        },
        CapacityOption {
            key: "b".to_owned(),
            role: "Waarnemend burgemeester".to_owned(),
            body: "Gemeente Zegelgem".to_owned(),
            until: Day::new(2026, 3, 20),
            standing_in: Some(StandingIn::Acting {
                holder: "An Specimen".to_owned(),
            }),
            is_preselected: false,
        },
        CapacityOption {
            key: "c".to_owned(),
            role: "Diensthoofd secretariaat".to_owned(),
            body: "OCMW Zegelgem".to_owned(),
            until: None,
            standing_in: Some(StandingIn::Delegated {
                holder: "Dirk Specimen".to_owned(),
            }),
            is_preselected: false,
        },
    ]
}

fn log_in(site: &Site, visit: &Visit, inside: &Visit) -> Vec<(String, String)> {
    let t = site.catalog.texts(visit.language);
    let text = |value: &str| value.to_owned();
    let waiting = |state, is_signing: bool| Waiting {
        page: Page::new(site, visit, Waiting::TITLE).at_step(
            if is_signing { Steps::SIGN } else { Steps::LOGIN },
            if is_signing { 3 } else { 2 },
        ),
        short_code: text("K7 QX"),
        is_signing,
        state,
        state_href: text("/interaction/int_1/state"),
        self_href: text("/interaction/int_1"),
        until: Some(at("2026-03-03T13:08:00Z")),
        cancel: Some(text("/interaction/int_1/cancel")),
        csrf: text("0a"),
        documents: if is_signing { fingerprints() } else { Vec::new() },
    };
    let capacity = |options: Vec<CapacityOption>, is_choice_missing| Capacity {
        page: Page::new(site, inside, Capacity::title_key(options.len())).at_step(Steps::LOGIN, 3),
        name: text("An Specimen"),
        client: client(),
        shared: every_shared(),
        options,
        is_choice_missing,
        action: text("/interaction/int_1/capacity"),
        cancel: text("/interaction/int_1/cancel"),
        csrf: text("0a"),
    };
    let start = |client: Option<ClientView>, counter: Option<&str>| Start {
        page: Page::titled(site, visit, Start::title(t, client.as_ref())).at_step(Steps::LOGIN, 1),
        shared: if client.is_some() {
            every_shared()
        } else {
            Vec::new()
        },
        client,
        counter: counter.map(str::to_owned),
        card: CardWay {
            challenge: text("/interaction/int_1/web-eid/challenge"),
            token: text("/interaction/int_1/web-eid/token"),
        },
        cancel: text("/interaction/int_1/cancel"),
        csrf: text("0a"),
    };
    let failed = |code: PersonCode, left: Option<u64>| {
        let values: Vec<_> = left
            .into_iter()
            .map(|left| ("left", Value::Count(left)))
            .collect();
        Failed {
            page: Page::titled(site, visit, t.heading(code, &values)).at_step(Steps::LOGIN, 2),
            code,
            detail: t.detail(code, &values),
            again: Some(text("/interaction/int_1/counter")),
            seen: None,
            is_last_attempt: left == Some(1),
            cancel: text("/interaction/int_1/cancel"),
            csrf: text("0a"),
            state_href: (code == PersonCode::CardMissing).then(|| text("/interaction/int_1/state")),
            self_href: text("/interaction/int_1"),
        }
    };
    vec![
        page(
            "login-1-start",
            &start(Some(client()), Some("/interaction/int_1/counter")),
        ),
        page("login-1-start-elsewhere", &start(Some(client()), None)),
        page(
            "login-1-start-own",
            &start(None, Some("/interaction/int_1/counter")),
        ),
        page("login-2-waiting-card", &waiting(WaitingState::Card, false)),
        page("login-2-waiting-pin", &waiting(WaitingState::Pin, false)),
        page(
            "login-2-waiting-checking",
            &waiting(WaitingState::Checking, false),
        ),
        page("login-2-failed-card", &failed(PersonCode::CardMissing, None)),
        page("login-2-failed-pin", &failed(PersonCode::PinWrong, Some(2))),
        page("login-2-failed-last", &failed(PersonCode::PinWrong, Some(1))),
        page(
            "login-2-failed-cancelled",
            &failed(PersonCode::PinCancelled, None),
        ),
        page("login-2-failed-blocked", &failed(PersonCode::PinBlocked, None)),
        page("login-3-capacity", &capacity(options(), false)),
        page("login-3-capacity-missing", &capacity(options(), true)),
        page(
            "login-3-share",
            &capacity(options().into_iter().take(1).collect(), false),
        ),
        page("sign-3-waiting-pin", &waiting(WaitingState::Pin, true)),
    ]
}

fn fingerprints() -> Vec<(String, String)> {
    vec![(
        "Besluit speelstraten.pdf".to_owned(),
        Sha256Digest::of(b"1").to_string(),
    )]
}

fn signing_capacity(is_standing_in: bool) -> SigningCapacity {
    SigningCapacity {
        role: "Waarnemend burgemeester".to_owned(),
        body: "College van burgemeester en schepenen, Gemeente Zegelgem".to_owned(),
        basis: vec!["Decreet over het lokaal bestuur, artikel 279".to_owned()],
        mention: is_standing_in.then(|| "Namens de burgemeester, afwezig".to_owned()),
    }
}

fn document(name: &str, signatures: Vec<SignatureLine>) -> DocumentView {
    DocumentView {
        name: name.to_owned(),
        kind: Some("Besluit van het college".to_owned()),
        size_bytes: 183_422,
        sha256: Sha256Digest::of(name.as_bytes()).to_string(),
        base_sha256: (!signatures.is_empty()).then(|| Sha256Digest::of(b"base").to_string()),
        original: "/sign/req_1/documents/1/original".to_owned(),
        pages: vec![
            PageView {
                picture: Some("/sample.png".to_owned()),
                text: "Besluit\nHet college keurt de speelstraten voor de zomer goed.".to_owned(),
            },
            PageView {
                picture: Some("/sample.png".to_owned()),
                text: String::new(),
            },
        ],
        signatures,
    }
}

fn sign(site: &Site, visit: &Visit) -> Vec<(String, String)> {
    let t = site.catalog.texts(visit.language);
    let text = |value: &str| value.to_owned();
    let signed = SignatureLine {
        name: text("An Specimen"),
        at: Some(at("2026-03-03T09:12:00Z")),
    };
    let ask = |documents: Vec<DocumentView>| Ask {
        page: Page::titled(site, visit, Ask::title(t, documents.len())).at_step(Steps::SIGN, 1),
        requester: text("Besluitenbeheer (Gemeente Zegelgem)"),
        until: Some(at("2026-03-10T22:00:00Z")),
        capacity: signing_capacity(true),
        slots: vec![
            SlotView {
                role: text("Burgemeester"),
                state: SlotState::Signed {
                    name: text("An Specimen"),
                    at: at("2026-03-03T09:12:00Z"),
                },
            },
            SlotView {
                role: text("Algemeen directeur"),
                state: SlotState::You,
            },
            SlotView {
                role: text("Financieel directeur"),
                state: SlotState::Waiting,
            },
        ],
        documents,
        next: text("/sign/req_1/confirm"),
        decline: text("/sign/req_1/decline"),
    };
    let confirm = |action: Option<&str>| Confirm {
        page: Page::new(site, visit, Confirm::TITLE).at_step(Steps::SIGN, 2),
        capacity: signing_capacity(false),
        documents: fingerprints(),
        action: action.map(str::to_owned),
        card: CardSigning {
            base: text("/sign/req_1"),
            seen: text("{\"req_1\":\"00\"}"),
        },
        seen: text("00"),
        back: text("/sign/req_1"),
        csrf: text("0a"),
    };
    let own_container = t.with(
        "sign-done-container",
        "name",
        text("Besluiten van het college.asice"),
    );
    let done =
        |next: Option<&str>, ended: Option<&str>, below: Option<Level>, container: Option<String>| Done {
            page: Page::new(site, visit, Done::TITLE).at_step(Steps::SIGN, 4),
            lead: if container.as_ref() == Some(&own_container) {
                "together-done-lead"
            } else {
                "sign-done-lead"
            },
            documents: vec![DoneDocument {
                name: text("Besluit speelstraten.pdf"),
                container,
                download: text("/sign/req_1/documents/1/signed"),
                proof: Some(text("/sign/req_1/documents/1/proof")),
                publication: Some(text("/sign/req_1/publication")),
            }],
            ended: ended.map(|key| t.get(key)),
            all_stand: next.is_none(),
            below: below.map(|shown| (shown, Level::Lta)),
            next: next.map(str::to_owned),
            back: Some((client().name, text("https://app.example/back"))),
        };
    let others_container = t.get("sign-done-container-others");
    let director = Some("algemeen directeur");
    let requester = [("requester", Value::from("Gemeente Zegelgem"))];
    vec![
        page(
            "sign-1-ask",
            &ask(vec![document("Besluit speelstraten.pdf", vec![signed])]),
        ),
        page(
            "sign-1-ask-two",
            &ask(vec![
                document("Besluit 1.pdf", Vec::new()),
                document("Besluit 2.pdf", Vec::new()),
            ]),
        ),
        page("sign-2-confirm", &confirm(Some("/sign/req_1/counter"))),
        page("sign-2-confirm-elsewhere", &confirm(None)),
        page(
            "sign-3-finishing",
            &Finishing {
                page: Page::new(site, visit, Finishing::TITLE).at_step(Steps::SIGN, 3),
                state_href: text("/sign/req_1/state"),
                self_href: text("/sign/req_1/finishing"),
            },
        ),
        page("sign-4-done", &done(director, None, None, None)),
        page("sign-4-done-all", &done(None, None, None, None)),
        page("sign-4-done-below", &done(director, None, Some(Level::T), None)),
        page("sign-4-done-raising", &done(None, None, Some(Level::T), None)),
        page(
            "sign-4-done-together",
            &done(None, None, None, Some(own_container.clone())),
        ),
        page(
            "sign-4-done-together-by-another",
            &done(None, None, None, Some(others_container)),
        ),
        page(
            "sign-4-done-withdrawn",
            &done(director, Some("ended-withdrawn"), Some(Level::T), None),
        ),
        page(
            "sign-decline",
            &Decline {
                page: Page::new(site, visit, Decline::TITLE),
                requester: text("Gemeente Zegelgem"),
                action: text("/sign/req_1/decline"),
                back: text("/sign/req_1"),
                csrf: text("0a"),
            },
        ),
        page(
            "sign-declined",
            &Declined {
                page: Page::titled(site, visit, t.heading(PersonCode::RequestDeclined, &requester)),
                detail: t.detail(PersonCode::RequestDeclined, &requester),
                back: Some((client().name, text("https://app.example/back"))),
            },
        ),
    ]
}

/// Signing several documents in one go.
fn list(site: &Site, visit: &Visit) -> Vec<(String, String)> {
    let t = site.catalog.texts(visit.language);
    let text = |value: &str| value.to_owned();
    let back = || Some((client().name, text("https://app.example/back")));
    let titles = [
        "Besluit speelstraten",
        "Tijdelijk politiereglement op het verkeer in de Burgemeestersstraat en omgeving",
        "Notulen",
    ];
    let ask = |waiting: usize| ListAsk {
        page: Page::titled(
            site,
            visit,
            if waiting == 0 {
                t.get("list-title")
            } else {
                Ask::title(t, waiting)
            },
        )
        .at_step(Steps::SIGN, 1),
        requester: text("Besluitenbeheer (Gemeente Zegelgem)"),
        title: text("Besluiten van het college van 3 maart"),
        waiting,
        items: titles
            .iter()
            .enumerate()
            .map(|(number, title)| ListItem {
                title: text(title),
                chosen: (number < waiting).then(|| format!("srq_{number}")),
                state: match number {
                    number if number < waiting => "list-state-you",
                    0 => "list-state-signed",
                    1 => "list-state-later",
                    _ => "list-state-closed",
                },
                role: (number < waiting).then(|| text("waarnemend burgemeester, Gemeente Zegelgem")),
                mention: (number == 1).then(|| text("Namens de burgemeester, afwezig")),
                href: format!("/sign/srq_{number}"),
            })
            .collect(),
        others: waiting,
        next: text("/list/lst_1/confirm"),
        back: back(),
    };
    let documents = || -> Vec<ListDocument> {
        let documents = titles.iter().map(|title| ListDocument {
            id: text("srq_1"),
            title: text(title),
            role: text("burgemeester, Gemeente Zegelgem"),
            sha256: Sha256Digest::of(title.as_bytes()).to_string(),
            seen: text("00"),
        });
        documents.collect()
    };
    let card = |base: &str| CardSigning {
        base: text(base),
        seen: text("{\"srq_1\":\"00\"}"),
    };
    let confirm = |action: Option<&str>, one_pin: bool| ListConfirm {
        page: Page::new(site, visit, Confirm::TITLE).at_step(Steps::SIGN, 2),
        documents: documents(),
        fingerprint: Sha256Digest::of(b"list").to_string(),
        one_pin,
        together: one_pin.then(|| Together {
            href: text("/list/lst_1/together?only=srq_1&only=srq_2"),
            is_needed: action.is_some(),
        }),
        action: action.map(str::to_owned),
        card: card("/list/lst_1"),
        back: text("/list/lst_1"),
        is_last_attempt: !one_pin,
        csrf: text("0a"),
    };
    let left_out = [
        "together-out-application",
        "together-out-later_signers",
        "together-out-mention",
        "together-out-raised_at_end",
        "list-state-signed",
        "list-state-later",
        "list-state-closed",
    ];
    let together = |action: Option<&str>, left_out: &[&'static str]| ListTogether {
        page: Page::new(site, visit, Confirm::TITLE).at_step(Steps::SIGN, 2),
        documents: documents(),
        left_out: left_out
            .iter()
            .map(|why| LeftOut {
                title: text(titles[1]),
                why,
                href: text("/sign/srq_2"),
            })
            .collect(),
        fingerprint: Sha256Digest::of(b"list").to_string(),
        action: action.map(str::to_owned),
        card: card("/list/lst_1/together"),
        is_last_attempt: left_out.is_empty(),
        one_by_one: text("/list/lst_1/confirm?only=srq_1"),
        back: text("/list/lst_1"),
        csrf: text("0a"),
    };
    let progress = |state: &'static str, signed: usize| ListProgress {
        page: Page::new(
            site,
            visit,
            if signed == 0 {
                "waiting-title"
            } else {
                "list-signing-title"
            },
        )
        .at_step(Steps::SIGN, 3),
        short_code: (signed == 0).then(|| text("KX4T")),
        fingerprint: (signed == 0).then(|| Sha256Digest::of(b"list").to_string()),
        state,
        signed,
        total: 80,
        state_href: text("/list/lst_1/state"),
        self_href: text("/list/lst_1/progress"),
    };
    let result = |code: Option<PersonCode>, container: Option<&str>| ListResult {
        page: Page::titled(
            site,
            visit,
            code.map_or_else(
                || t.with("list-done-title", "count", titles.len()),
                |code| t.heading(code, &[]),
            ),
        )
        .at_step(Steps::SIGN, 4),
        code,
        detail: code.map(|code| t.detail(code, &[])),
        is_last_attempt: code.is_some(),
        signed: if code.is_some() { 1 } else { titles.len() },
        container: container.map(|name| (text(name), text("/sign/srq_1/document"))),
        results: titles
            .iter()
            .enumerate()
            .map(|(number, title)| ListOutcome {
                title: text(title),
                outcome: match code {
                    Some(code) if number > 0 => t.heading(code, &[]),
                    _ => t.get("list-state-signed"),
                },
                href: text("/sign/srq_1"),
            })
            .collect(),
        rest: vec![text("srq_2"), text("srq_3")],
        again: code.map(|_| text("/list/lst_1/confirm")),
        list: text("/list/lst_1"),
        back: back(),
    };
    vec![
        page("list-1-ask", &ask(2)),
        page("list-1-nothing", &ask(0)),
        page("list-2-confirm", &confirm(Some("/list/lst_1/counter"), true)),
        page(
            "list-2-confirm-each",
            &confirm(Some("/list/lst_1/counter"), false),
        ),
        page("list-2-confirm-elsewhere", &confirm(None, true)),
        page("list-3-pin", &progress("pin", 0)),
        page("list-3-signing", &progress("signing", 34)),
        page("list-3-finishing", &progress("finishing", 80)),
        page(
            "list-2-together",
            &together(Some("/list/lst_1/together/counter"), &left_out),
        ),
        page("list-2-together-elsewhere", &together(None, &[])),
        page("list-4-done", &result(None, None)),
        page(
            "list-4-together",
            &result(None, Some("Besluiten van 3 maart.asice")),
        ),
        page("list-4-changed", &result(Some(PersonCode::ListChanged), None)),
        page("list-4-partly", &result(Some(PersonCode::CardRemoved), None)),
    ]
}

/// Every code as a page of its own, without any value and with all of them.
fn every_problem(site: &Site, visit: &Visit) -> Vec<(String, String)> {
    PersonCode::ALL
        .iter()
        .flat_map(|&code| {
            let bare = Failure::new(code).back_to("/");
            let mut full =
                Failure::new(code).for_developers("redirect_uri `https://app.example/c` is not registered");
            for (name, value) in every_value(visit.language) {
                full = full.with(name, value);
            }
            [
                page(&format!("problem-{code}"), &Problem::of(&bare, visit, site)),
                page(&format!("problem-{code}-full"), &Problem::of(&full, visit, site)),
            ]
        })
        .collect()
}

pub fn every_value(language: Language) -> Vec<(&'static str, Value)> {
    let own = |nl: &str, fr: &str, de: &str, en: &str| {
        Value::from(match language {
            Language::Nl => nl,
            Language::Fr => fr,
            Language::De => de,
            Language::En => en,
        })
    };
    vec![
        ("act", own("aanmelden", "se connecter", "anmelden", "log in")),
        ("authority", Value::from("Gemeente Zegelgem")),
        ("body", Value::from("Gemeente Zegelgem")),
        ("browsers", Value::from("Firefox, Chrome")),
        (
            "capacity",
            own("burgemeester", "bourgmestre", "Bürgermeister", "mayor"),
        ),
        (
            "cards",
            own(
                "een identiteitskaart",
                "une carte d'identité",
                "einen Personalausweis",
                "an eID card",
            ),
        ),
        ("channel", own("e-mail", "e-mail", "E-Mail", "e-mail")),
        ("client", Value::from("Besluitenbeheer")),
        ("date", Value::Day(Day::new(2026, 3, 1).unwrap())),
        ("found", Value::from("1.0")),
        ("left", Value::Count(2)),
        ("limit", Value::Bytes(100_000_000)),
        ("max", Value::Count(12)),
        ("min", Value::Count(4)),
        ("name", Value::from("An Specimen")),
        ("needed", Value::from("1.2")),
        (
            "reason",
            own(
                "De termijn is voorbij.",
                "Le délai est dépassé.",
                "Die Frist ist vorbei.",
                "The time is over.",
            ),
        ),
        ("requester", Value::from("Gemeente Zegelgem")),
        ("role", own("schepen", "échevin", "Schöffe", "alderman")),
        ("size", Value::Bytes(104_857_600)),
        ("time", Value::Time(at("2026-03-03T14:00:00Z"))),
        (
            "types",
            own("pdf-bestanden", "des fichiers PDF", "PDF-Dateien", "PDF files"),
        ),
    ]
}
