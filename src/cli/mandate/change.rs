//! `zegel mandate absence`, `adopt`, `delegate`, `link` and `revoke`: each adds one fact with its evidence.

use clap::{Args, Subcommand, ValueEnum};

use super::super::console::{Console, Exit};
use super::{Office, Place, latest, moment};
use crate::base::id::Id;
use crate::base::random::SystemRandom;
use crate::base::time::{Day, Timestamp};
use crate::identity::PersonId;
use crate::mandates::codes::BodyKind;
use crate::mandates::facts::{
    Absence as AbsenceFact, AbsenceKind, Content, Decision, Evidence, Grant, RevocationReason, ScopeItem,
    Source,
};
use crate::mandates::rules::RuleSet;
use crate::mandates::validity::Validity;
use crate::mandates::{DocumentKind, FactKind, Key, NewFact, PersonKey};
use crate::store::persons;

#[derive(Subcommand, Debug)]
pub(super) enum Absence {
    /// The holder is back.
    ///
    /// Example: zegel mandate absence back --board zegelgem --holding KEY
    Back(Back),
    /// The holder is away.
    ///
    /// Example: zegel mandate absence report --board zegelgem --holding KEY --kind temporary --evidence mail
    Report(Report),
}

#[derive(Args, Debug)]
pub(super) struct Report {
    #[command(flatten)]
    place: Place,
    /// The holding of the person who is away, by its key.
    #[arg(long, value_name = "KEY")]
    holding: Key,
    /// What the law makes of it.
    #[arg(long, value_enum, value_name = "KIND")]
    kind: Away,
    /// From when [default: now].
    #[arg(long, value_parser = moment, value_name = "TIME")]
    from: Option<Timestamp>,
    /// Until when, where known.
    #[arg(long, value_parser = moment, value_name = "TIME")]
    to: Option<Timestamp>,
    /// The holding of the person who acts meanwhile, where one is named.
    #[arg(long, value_name = "KEY")]
    acting: Option<Key>,
    /// What it rests on: a decision, a certificate, a message.
    #[arg(long, value_name = "REFERENCE")]
    evidence: String,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Away {
    /// The holder may not exercise the post meanwhile.
    Impediment,
    /// Illness or leave: who signs all the same is permitted, and it is recorded.
    Temporary,
}

#[derive(Args, Debug)]
pub(super) struct Back {
    #[command(flatten)]
    place: Place,
    /// The holding of the person who is back, by its key.
    #[arg(long, value_name = "KEY")]
    holding: Key,
    /// Since when [default: now].
    #[arg(long, value_parser = moment, value_name = "TIME")]
    at: Option<Timestamp>,
}

#[derive(Args, Debug)]
pub(super) struct Adopt {
    #[command(flatten)]
    place: Place,
    /// Reference of the board's decision.
    #[arg(long, value_name = "REFERENCE")]
    decision: String,
    /// The day of the decision.
    #[arg(long, value_name = "DAY")]
    date: Day,
    /// The first day on which the board works by the rules [default: the day of the decision].
    #[arg(long, value_name = "DAY")]
    from: Option<Day>,
    /// One rule alone; may be given several times [default: all].
    #[arg(long = "rule", value_name = "ID")]
    rules: Vec<String>,
}

#[derive(Args, Debug)]
pub(super) struct Delegate {
    #[command(flatten)]
    place: Place,
    /// Who gives it.
    #[arg(long, value_name = "PERSON")]
    grantor: PersonKey,
    /// In the capacity of which post, by its key.
    #[arg(long, value_name = "KEY")]
    post: Key,
    /// Who may sign.
    #[arg(long, value_name = "PERSON")]
    grantee: PersonKey,
    /// Kind of document covered; may be given several times.
    #[arg(
        long = "document",
        value_name = "KIND",
        required_unless_present = "everything"
    )]
    documents: Vec<DocumentKind>,
    /// Everything that the law lets the post delegate.
    #[arg(long, conflicts_with = "documents")]
    everything: bool,
    /// Documents of this kind of body alone.
    #[arg(long, value_name = "BODY")]
    body: Option<BodyKind>,
    /// First day.
    #[arg(long, value_name = "DAY")]
    from: Day,
    /// Last day, where there is one.
    #[arg(long, value_name = "DAY")]
    through: Option<Day>,
    /// Reference of the writing by which it is given.
    #[arg(long, value_name = "REFERENCE")]
    decision: String,
    /// The day of that writing.
    #[arg(long, value_name = "DAY")]
    date: Day,
}

#[derive(Args, Debug)]
pub(super) struct Revoke {
    #[command(flatten)]
    place: Place,
    /// The delegation, by its key.
    grant: Key,
    /// From when [default: now].
    #[arg(long, value_parser = moment, value_name = "TIME")]
    at: Option<Timestamp>,
    /// What it rests on.
    #[arg(long, value_name = "REFERENCE")]
    evidence: String,
}

#[derive(Args, Debug)]
pub(super) struct Link {
    #[command(flatten)]
    place: Place,
    /// The person's name in the source.
    #[arg(long, value_name = "URI")]
    alias: PersonKey,
    /// The board's own id of the person, `per_…`.
    #[arg(long, value_name = "PERSON")]
    person: PersonId,
    /// Who matched them, and on what.
    #[arg(long, value_name = "REFERENCE")]
    evidence: String,
}

pub(super) fn absence(arguments: Absence, console: &mut Console) -> Result<Exit, Exit> {
    match arguments {
        Absence::Report(report) => {
            let office = report.place.open(console)?;
            known_holding(&office, &report.holding, console)?;
            let from = report.from.unwrap_or(office.now);
            if report.to.is_some_and(|to| to <= from) {
                console.error("the absence ends before it begins");
                return Err(Exit::Usage);
            }
            let fact = new_fact(
                None,
                Validity::Instants { from, to: report.to },
                "report",
                &report.evidence,
                Content::Absence(AbsenceFact {
                    holding: report.holding,
                    absence: match report.kind {
                        Away::Impediment => AbsenceKind::Impediment,
                        Away::Temporary => AbsenceKind::Temporary,
                    },
                    replaced_by: report.acting,
                }),
                &office,
            );
            add(&office, vec![fact], console)
        }
        Absence::Back(back) => {
            let office = back.place.open(console)?;
            let register = office.register(console)?;
            let at = back.at.unwrap_or(office.now);
            let ended: Vec<NewFact> = register
                .as_of(at, latest(&register, office.now))
                .iter()
                .filter_map(|fact| match &fact.stated.content {
                    Content::Absence(absence) if absence.holding == back.holding => {
                        // A correction of the same absence, now with its end.
                        let mut ended = fact.stated.clone();
                        ended.valid = Validity::Instants {
                            from: fact.stated.valid.start(),
                            to: Some(at),
                        };
                        ended.supersedes = Some(fact.id);
                        Some(ended)
                    }
                    _ => None,
                })
                .collect();
            if ended.is_empty() {
                return Err(console.fail(
                    Exit::Failed,
                    "ABSENCE_UNKNOWN",
                    "no absence of that holding is recorded for that moment",
                ));
            }
            add(&office, ended, console)
        }
    }
}

pub(super) fn adopt(arguments: Adopt, console: &mut Console) -> Result<Exit, Exit> {
    let rules = RuleSet::flanders();
    for name in &arguments.rules {
        let known = rules.plans.iter().any(|rule| rule.id == *name)
            || rules.delegations.iter().any(|rule| rule.id == *name);
        if !known {
            console.error(format_args!(
                "there is no rule `{name}` in {} {}",
                rules.id, rules.version
            ));
            return Err(Exit::Usage);
        }
    }
    let office = arguments.place.open(console)?;
    let content = Content::RuleAdoption {
        set: rules.id.clone(),
        version: rules.version.clone(),
        sha256: Some(rules.sha256),
        rules: if arguments.rules.is_empty() {
            vec!["*".to_owned()]
        } else {
            arguments.rules
        },
        decision: Decision {
            reference: arguments.decision.clone(),
            date: Some(arguments.date),
        },
    };
    let valid = Validity::since(arguments.from.unwrap_or(arguments.date));
    let fact = new_fact(None, valid, "decision", &arguments.decision, content, &office);
    add(&office, vec![fact], console)
}

pub(super) fn delegate(arguments: Delegate, console: &mut Console) -> Result<Exit, Exit> {
    let office = arguments.place.open(console)?;
    let snapshot = office.snapshot(None, console)?;
    let scope: Vec<ScopeItem> = if arguments.everything {
        vec![ScopeItem {
            body: arguments.body,
            ..ScopeItem::EVERYTHING
        }]
    } else {
        arguments
            .documents
            .iter()
            .map(|kind| ScopeItem {
                documents: Some(*kind),
                body: arguments.body,
                domain: None,
            })
            .collect()
    };
    let valid = arguments.through.map_or(Validity::since(arguments.from), |last| {
        Validity::through(arguments.from, last)
    });
    if valid.is_empty() {
        console.error("the delegation ends before it begins");
        return Err(Exit::Usage);
    }
    let content = Content::Grant(Grant {
        grantor: snapshot.canonical(&arguments.grantor),
        post: arguments.post,
        grantee: snapshot.canonical(&arguments.grantee),
        scope,
        depth: 0,
        parent: None,
        decision: Some(Decision {
            reference: arguments.decision.clone(),
            date: Some(arguments.date),
        }),
    });
    let fact = new_fact(None, valid, "decision", &arguments.decision, content, &office);
    add(&office, vec![fact], console)
}

pub(super) fn revoke(arguments: Revoke, console: &mut Console) -> Result<Exit, Exit> {
    let office = arguments.place.open(console)?;
    let register = office.register(console)?;
    let known = register
        .known_at(latest(&register, office.now))
        .iter()
        .any(|fact| fact.stated.key == arguments.grant && matches!(fact.stated.content, Content::Grant(_)));
    if !known {
        return Err(console.fail(
            Exit::Failed,
            "GRANT_UNKNOWN",
            format_args!("there is no delegation `{}`", arguments.grant),
        ));
    }
    let valid = Validity::Instants {
        from: arguments.at.unwrap_or(office.now),
        to: None,
    };
    let content = Content::Revocation {
        grant: arguments.grant,
        reason: RevocationReason::PrivilegeWithdrawn,
    };
    let fact = new_fact(None, valid, "decision", &arguments.evidence, content, &office);
    add(&office, vec![fact], console)
}

pub(super) fn link(arguments: Link, console: &mut Console) -> Result<Exit, Exit> {
    let office = arguments.place.open(console)?;
    let known = office
        .runtime
        .block_on(persons::find(&office.db, arguments.person))
        .map_err(|error| console.fail_with(Exit::Failed, error.cause(), &error))?
        .filter(|person| person.board == office.board.id);
    let Some(person) = known else {
        return Err(console.fail(
            Exit::Failed,
            "PERSON_UNKNOWN",
            format_args!("the board does not know the person `{}`", arguments.person),
        ));
    };
    let snapshot = office.snapshot(None, console)?;
    let card = format!("{} {}", person.given_name, person.family_name);
    if let Some(source) = snapshot.name(&arguments.alias)
        && crate::sources::quality::names_differ(&source, &card)
    {
        // Q14: said, never blocking, because the match is by number.
        console.warn("Q14: the name in the source is not the name on the card");
    }
    let key = Some(Key::from(&arguments.alias));
    let content = Content::PersonLink {
        alias: arguments.alias,
        person: arguments.person,
    };
    let valid = Validity::Instants {
        from: office.now,
        to: None,
    };
    let fact = new_fact(key, valid, "match", &arguments.evidence, content, &office);
    add(&office, vec![fact], console)
}

fn known_holding(office: &Office, holding: &Key, console: &mut Console) -> Result<(), Exit> {
    let register = office.register(console)?;
    let known = register
        .known_at(latest(&register, office.now))
        .iter()
        .any(|fact| fact.stated.key == *holding && matches!(fact.stated.content, Content::Holding(_)));
    if known {
        return Ok(());
    }
    let exit = console.fail(
        Exit::Failed,
        "HOLDING_UNKNOWN",
        format_args!("there is no holding `{holding}`"),
    );
    console.hint("`zegel mandate list --kind holding` shows them");
    Err(exit)
}

fn new_fact(
    key: Option<Key>,
    valid: Validity,
    kind: &str,
    evidence: &str,
    content: Content,
    office: &Office,
) -> NewFact {
    NewFact {
        key: key.unwrap_or_else(|| Key::own(content.kind(), Id::<FactKind>::new(office.now, &SystemRandom))),
        valid,
        source: Source {
            system: "zegel".to_owned(),
            reference: "command line".to_owned(),
        },
        evidence: vec![Evidence {
            kind: kind.to_owned(),
            reference: evidence.to_owned(),
            sha256: None,
        }],
        supersedes: None,
        content,
    }
}

fn add(office: &Office, facts: Vec<NewFact>, console: &mut Console) -> Result<Exit, Exit> {
    let recorded = office.record(facts, console)?;
    let lines: Vec<String> = recorded
        .iter()
        .map(|fact| format!("{}\t{}", fact.id, fact.stated.key))
        .collect();
    console.result(lines.join("\n"), &serde_json::json!({ "items": recorded }));
    Ok(Exit::Good)
}
