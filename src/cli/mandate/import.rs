//! `zegel mandate import`.

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::Arc;

use clap::{Args, ValueEnum};

use super::super::console::{Console, Exit};
use super::{Office, Place, latest, read_file};
use crate::base::digest::Sha256Digest;
use crate::base::id::Id;
use crate::base::national::Pseudonym;
use crate::base::random::SystemRandom;
use crate::identity::PersonId;
use crate::mandates::PersonKey;
use crate::mandates::facts::Content;
use crate::sources::{Reading, Rule, reconcile, turtle, upload};
use crate::store::db::StoreError;
use crate::store::facts::{self, Import as Kept};
use crate::store::keys;
use crate::store::persons::{self, BoardPerson};

#[derive(Args, Debug)]
pub(super) struct Import {
    #[command(flatten)]
    place: Place,
    /// The file; `-` is stdin.
    file: PathBuf,
    /// What it is; told from the file's name when left out.
    #[arg(long = "input", value_enum, value_name = "KIND")]
    input: Option<Input>,
    /// CSV: the decision that confirms these holdings. Without one they confer no power to sign.
    #[arg(long, value_name = "REFERENCE")]
    decision: Option<String>,
    /// Let what has ended run again where the file says so. Without it such lines are rejected: an export made before
    /// the end would bring an authority back.
    #[arg(long)]
    reopen: bool,
    /// Report alone; record nothing.
    #[arg(long)]
    dry_run: bool,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Input {
    /// Upload of the local mandate application.
    Csv,
    /// Export of the mandate database.
    Turtle,
}

pub(super) fn run(arguments: Import, console: &mut Console) -> Result<Exit, Exit> {
    let extension = arguments
        .file
        .extension()
        .map(|extension| extension.to_string_lossy().to_lowercase());
    let input = match (arguments.input, extension.as_deref()) {
        (Some(input), _) => input,
        (None, Some("csv")) => Input::Csv,
        (None, Some("ttl" | "turtle" | "nt")) => Input::Turtle,
        (None, _) => {
            console.error("cannot tell what the file is from its name");
            console.hint("say `--input turtle` or `--input csv`");
            return Err(Exit::Usage);
        }
    };
    let office = arguments.place.open(console)?;
    let bytes = read_file(&arguments.file, console)?;
    let register = office.register(console)?;
    let known = register.known_at(latest(&register, office.now));
    let source = arguments
        .file
        .file_name()
        .map_or("stdin".to_owned(), |name| name.to_string_lossy().into_owned());
    let reading = match input {
        Input::Turtle => turtle::read(&bytes, "mandate-database", &known),
        Input::Csv => {
            let key = office.key(console)?;
            let secret = office
                .runtime
                .block_on(keys::secret(
                    &office.db,
                    office.board.id,
                    "person_link",
                    &key,
                    &SystemRandom,
                    office.now,
                ))
                .map_err(|error| console.fail_with(Exit::Failed, error.cause(), &error))?;
            let settings = upload::Settings {
                pseudonym: &|number| number.pseudonym(secret.expose(), "person_link"),
                decision: arguments.decision.as_deref(),
                system: &source,
                known: &known,
            };
            upload::read(&bytes, &settings)
        }
    };
    let strangers = if arguments.dry_run {
        Strangers::StayUnknown
    } else {
        Strangers::BecomeKnown
    };
    let reading = office
        .runtime
        .block_on(own_ids(&office, reading, strangers))
        .map_err(|error| console.fail_with(Exit::Failed, error.cause(), &error))?;
    let mut report = reading.report.clone();
    let mut changes = reconcile::reconcile(reading, &known, office.now);
    if arguments.reopen {
        changes.accept_reopened();
    }
    for fact in &changes.reopened {
        report.reject(
            Rule::Reopened,
            &fact.key,
            "has ended here and goes on in the file; where the file is right, say `--reopen`",
        );
    }
    let (added, corrected, unchanged) = (
        changes.facts.len().saturating_sub(changes.corrections),
        changes.corrections,
        changes.unchanged,
    );
    if !arguments.dry_run {
        let kept = Kept {
            id: Id::new(office.now, &SystemRandom),
            source,
            sha256: Sha256Digest::of(&bytes),
            imported_at: office.now,
            accepted: i64::try_from(changes.facts.len()).unwrap_or(i64::MAX),
            rejected: i64::try_from(report.rejected()).unwrap_or(i64::MAX),
            report: serde_json::json!({ "findings": report.findings }),
        };
        let (board, now, new) = (office.board.id, office.now, changes.facts);
        office
            .runtime
            .block_on(office.db.write(move |unit| {
                let (kept, new) = (kept.clone(), new.clone());
                Box::pin(async move {
                    facts::record_in(unit, board, new, now, &SystemRandom).await?;
                    facts::keep_import(unit, board, &kept).await
                })
            }))
            .map_err(|error| console.fail_with(Exit::Failed, error.cause(), &error))?;
    }
    let mut lines: Vec<String> = report
        .findings
        .iter()
        .map(|finding| {
            let severity = match finding.rejected {
                crate::sources::report::Taken::Rejected => "rejected",
                crate::sources::report::Taken::Taken => "remark",
            };
            format!(
                "{}\t{severity}\t{}\t{}",
                finding.rule, finding.subject, finding.text
            )
        })
        .collect();
    let done = if arguments.dry_run { "would be " } else { "" };
    lines.push(format!(
        "{done}added {added}, {done}corrected {corrected}, unchanged {unchanged}, rejected {}",
        report.rejected()
    ));
    console.result(
        lines.join("\n"),
        &serde_json::json!({ "added": added, "corrected": corrected, "unchanged": unchanged,
            "rejected": report.rejected(), "dry_run": arguments.dry_run, "findings": report.findings }),
    );
    Ok(if report.rejected() == 0 {
        Exit::Good
    } else {
        Exit::ProblemsFound
    })
}

/// What happens to persons that the board does not know yet.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Strangers {
    /// They are added.
    BecomeKnown,
    /// They keep their pseudonym.
    StayUnknown,
}

/// Puts the board's own ids in the place of pseudonyms.
async fn own_ids(office: &Office, reading: Reading, strangers: Strangers) -> Result<Reading, StoreError> {
    let mut people: HashMap<PersonKey, (Pseudonym, String, String)> = HashMap::new();
    for fact in &reading.facts {
        if let Content::PersonName {
            person,
            given,
            family,
        } = &fact.content
            && let Some(pseudonym) = upload::pseudonym_of(person)
        {
            people.insert(person.clone(), (pseudonym, given.clone(), family.clone()));
        }
    }
    let mut ids: HashMap<PersonKey, PersonKey> = HashMap::new();
    for (key, (pseudonym, given_name, family_name)) in people {
        let id =
            if let Some(known) = persons::find_by_pseudonym(&office.db, office.board.id, pseudonym).await? {
                known.id
            } else if strangers == Strangers::StayUnknown {
                continue;
            } else {
                let person = Arc::new(BoardPerson {
                    id: PersonId::new(office.now, &SystemRandom),
                    board: office.board.id,
                    given_name,
                    family_name,
                    created_at: office.now,
                });
                let added = person.clone();
                office
                    .db
                    .write(move |unit| {
                        let person = added.clone();
                        Box::pin(async move { persons::add(unit, &person, Some(pseudonym)).await })
                    })
                    .await?;
                person.id
            };
        ids.insert(key, PersonKey::from(id));
    }
    Ok(reading.with_persons(&|person| ids.get(person).unwrap_or(person).clone()))
}
