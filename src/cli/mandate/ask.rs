//! `zegel mandate list`, `who-may` and `explain`.

use clap::Args;

use super::super::console::{Console, Exit};
use super::{Place, latest, moment};
use crate::base::lang::Language;
use crate::base::time::Timestamp;
use crate::mandates::verdict::Ground;
use crate::mandates::{Action, DocumentKind, Key, Object, PersonKey, Question};

#[derive(Args, Debug)]
pub(super) struct List {
    #[command(flatten)]
    place: Place,
    /// One kind alone: `holding`, `grant`, `absence`, `post`, …
    #[arg(long, value_name = "KIND")]
    kind: Option<String>,
    /// In force at this moment [default: now].
    #[arg(long, value_parser = moment, value_name = "TIME")]
    at: Option<Timestamp>,
    /// As known at this moment [default: now].
    #[arg(long, value_parser = moment, value_name = "TIME")]
    known_at: Option<Timestamp>,
}

/// What is to be signed.
#[derive(Args, Debug)]
struct Document {
    /// Kind of document: decision, regulation, minutes, …
    #[arg(long, value_name = "KIND")]
    document: DocumentKind,
    /// The body whose document it is, by its key or its kind: `college`, `municipal_council`, …
    #[arg(long, value_name = "BODY")]
    body: Key,
    /// The moment of signing [default: now].
    #[arg(long, value_parser = moment, value_name = "TIME")]
    at: Option<Timestamp>,
    /// As known at this moment [default: now].
    #[arg(long, value_parser = moment, value_name = "TIME")]
    known_at: Option<Timestamp>,
    /// Language of the texts.
    #[arg(long, default_value = "en", value_name = "nl|fr|de|en")]
    language: Language,
}

#[derive(Args, Debug)]
pub(super) struct WhoMay {
    #[command(flatten)]
    place: Place,
    #[command(flatten)]
    document: Document,
}

#[derive(Args, Debug)]
pub(super) struct Explain {
    #[command(flatten)]
    place: Place,
    #[command(flatten)]
    document: Document,
    /// The person: the board's id `per_…`, or a name from a source.
    #[arg(long, value_name = "PERSON")]
    person: PersonKey,
    /// Which signature of the plan.
    #[arg(long, default_value_t = 1)]
    slot: u8,
}

pub(super) fn list(arguments: List, console: &mut Console) -> Result<Exit, Exit> {
    let office = arguments.place.open(console)?;
    let register = office.register(console)?;
    let known_at = arguments
        .known_at
        .unwrap_or_else(|| latest(&register, office.now));
    let facts: Vec<_> = register
        .as_of(arguments.at.unwrap_or(office.now), known_at)
        .into_iter()
        .filter(|fact| {
            arguments
                .kind
                .as_ref()
                .is_none_or(|kind| fact.stated.content.kind() == kind)
        })
        .collect();
    let lines: Vec<String> = facts
        .iter()
        .map(|fact| {
            let (from, to) = fact.stated.valid.days();
            let to = to.map_or(String::new(), |to| to.previous().to_string());
            let kind = fact.stated.content.kind();
            format!("{}\t{kind}\t{from}\t{to}\t{}", fact.id, fact.stated.key)
        })
        .collect();
    console.result(
        lines.join("\n"),
        &serde_json::json!({ "items": facts.iter().map(AsRef::as_ref).collect::<Vec<_>>() }),
    );
    Ok(Exit::Good)
}

pub(super) fn who_may(arguments: WhoMay, console: &mut Console) -> Result<Exit, Exit> {
    let office = arguments.place.open(console)?;
    let document = arguments.document;
    let snapshot = office.snapshot(document.known_at, console)?;
    let plan = match snapshot.plan(
        document.document,
        &document.body,
        document.at.unwrap_or(office.now),
    ) {
        Ok(plan) => plan,
        Err(error) => return Err(console.fail_with(Exit::Indeterminate, error.cause(), &error)),
    };
    if plan.adopted_by.is_none() {
        console.warn(format_args!(
            "the board has not adopted rule {}; this is advice alone",
            plan.rule.rule
        ));
        console.hint("`zegel mandate adopt` records the board's decision");
    }
    let mut lines = vec![format!("{} ({})", plan.rule.rule, plan.rule.article)];
    for slot in &plan.slots {
        let roles: Vec<&str> = slot
            .roles
            .iter()
            .map(|role| role.name(document.language))
            .collect();
        lines.push(format!("{}. {}", slot.number, roles.join(", ")));
        for candidate in &slot.candidates {
            let name = candidate
                .name
                .clone()
                .unwrap_or_else(|| candidate.person.to_string());
            lines.push(format!(
                "   {name}: {}",
                candidate.capacity.label(document.language)
            ));
            if let Some(mention) = &candidate.mention {
                lines.push(format!("   {}", mention.text(document.language)));
            }
        }
    }
    let empty = plan.slots.iter().any(|slot| slot.candidates.is_empty());
    console.result(lines.join("\n"), &serde_json::json!(plan));
    Ok(if empty { Exit::Indeterminate } else { Exit::Good })
}

pub(super) fn explain(arguments: Explain, console: &mut Console) -> Result<Exit, Exit> {
    let office = arguments.place.open(console)?;
    let document = arguments.document;
    let snapshot = office.snapshot(document.known_at, console)?;
    let object = Object {
        document: document.document,
        body: document.body,
        domain: None,
        signed: Vec::new(),
    };
    let mut verdict = snapshot.may(&Question {
        person: &arguments.person,
        action: Action::Sign { slot: arguments.slot },
        object: &object,
        capacity: None,
        at: document.at.unwrap_or(office.now),
    });
    // Whether it is the person's turn is not asked here, so the signatures before are taken as given.
    if verdict.cause() == Some(crate::mandates::explain::Code::SlotNotItsTurn.cause()) {
        let before = (1..arguments.slot).filter_map(|slot| {
            let person: PersonKey = format!("urn:zegel:somebody:{slot}").parse().ok()?;
            Some(crate::mandates::Signed {
                slot,
                person,
                on_behalf_of: None,
            })
        });
        let object = Object {
            signed: before.collect(),
            ..object
        };
        verdict = snapshot.may(&Question {
            person: &arguments.person,
            action: Action::Sign { slot: arguments.slot },
            object: &object,
            capacity: None,
            at: document.at.unwrap_or(office.now),
        });
    }
    let answer = match (verdict.is_permit(), document.language) {
        (true, Language::De | Language::Nl) => "ja",
        (true, Language::En) => "yes",
        (true, Language::Fr) => "oui",
        (false, Language::De) => "nein",
        (false, Language::En) => "no",
        (false, Language::Fr) => "non",
        (false, Language::Nl) => "neen",
    };
    let mut lines = vec![answer.to_owned()];
    lines.extend(verdict.explanation.iter().map(|line| {
        let fact = line.fact.map_or(String::new(), |fact| format!(" [{fact}]"));
        format!("- {}{fact}", line.text(document.language))
    }));
    console.result(lines.join("\n"), &serde_json::json!(verdict));
    Ok(match verdict.refusal() {
        None => Exit::Good,
        Some(refusal) if refusal.ground == Ground::ClearLaw => Exit::NotValid,
        Some(_) => Exit::Indeterminate,
    })
}
