//! `zegel board add|list|set`: the legal persons this service works for.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::{ArgGroup, Args, Subcommand, ValueEnum};

use super::config::Files;
use super::console::{Console, Exit};
use super::database::{self, DatabaseProblem, finish};
use super::files;
use crate::base::clock::{Clock as _, SystemClock};
use crate::base::random::SystemRandom;
use crate::identity::BoardId;
use crate::journeys::administer::{self, Changes, PictureChange};
use crate::journeys::open::key_encryption_key;
use crate::mandates::codes::OrganisationKind;
use crate::signing::picture::{Picture, PictureError};
use crate::signing::profile::Profile;
use crate::store::boards::{self, Board, Names};

/// Add a board (a municipality, an OCMW, …) with its own keys, list them, or change a setting of one.
///
/// Example: zegel board add zegelgem --name "Gemeente Zegelgem" --kbo 0999900150 --kind municipality
#[derive(Args, Debug)]
pub struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand, Debug)]
enum Command {
    /// Add a board and make its keys.
    ///
    /// Example: zegel board add ocmw-zegelgem --name "OCMW Zegelgem" --kbo 0999900249 --kind ocmw
    Add {
        #[command(flatten)]
        config: Files,
        /// Short name in addresses: lower-case letters, digits and dashes.
        slug: String,
        /// Its name in Dutch.
        #[arg(long, value_name = "NAME")]
        name: String,
        /// Enterprise number, ten digits.
        #[arg(long, value_name = "NUMBER")]
        kbo: String,
        /// What it is: municipality, ocmw, province, police_zone, …
        #[arg(long, default_value = "municipality")]
        kind: OrganisationKind,
        /// Whose rules apply. This version knows those of Flanders.
        #[arg(long, default_value = "flanders", value_parser = ["flanders"])]
        region: String,
    },
    /// List the boards.
    ///
    /// Example: zegel board list --format json
    List {
        #[command(flatten)]
        config: Files,
    },
    /// Change settings of a board.
    ///
    /// Example: zegel board set zegelgem --one-pin off
    #[command(group(ArgGroup::new("setting").required(true).multiple(true)))]
    Set {
        #[command(flatten)]
        config: Files,
        /// The board's short name.
        slug: String,
        /// Whether one PIN entry does for a list that was shown; off asks the PIN for each document.
        #[arg(long, value_enum, group = "setting")]
        one_pin: Option<Switch>,
        /// When the signatures of several signers are raised to B-LTA, where an application does not say: lta_each, each
        /// when it is made; lta_at_end, each to B-T and all of them once, after the last.
        #[arg(long, group = "setting", value_parser = ["lta_each", "lta_at_end"])]
        profile: Option<String>,
        /// The coat of arms or logo that visible signatures of its signing requests carry: a PNG or JPEG of at most
        /// 256 KiB, or none. A file of that name is given as ./none.
        #[arg(long, group = "setting", value_name = "FILE|none")]
        picture: Option<PathBuf>,
    },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Switch {
    Off,
    On,
}

/// Runs the command.
pub fn run(arguments: Arguments, console: &mut Console) -> Exit {
    match arguments.command {
        Command::Add {
            config,
            slug,
            name,
            kbo,
            kind,
            region,
        } => {
            let config = match config.load(console) {
                Ok(config) => config,
                Err(exit) => return exit,
            };
            if !is_slug(&slug) {
                console.error(format_args!(
                    "expected lower-case letters, digits and dashes, found `{slug}`"
                ));
                return Exit::Usage;
            }
            if !is_enterprise_number(&kbo) {
                console.error(format_args!(
                    "`{kbo}` is no enterprise number: its check digits are wrong"
                ));
                return Exit::Usage;
            }
            let kek = match key_encryption_key(&config.key_encryption_key_file) {
                Ok(kek) => kek,
                Err(error) => return console.fail_with(Exit::Failed, "STORE_KEY", &error),
            };
            let (clock, random) = (SystemClock::new(), SystemRandom);
            let board = Board {
                id: BoardId::new(clock.now(), &random),
                slug,
                kind: kind.slug().to_owned(),
                names: Names {
                    nl: Some(name),
                    fr: None,
                    de: None,
                    en: None,
                },
                enterprise_number: kbo,
                region,
                created_at: clock.now(),
                one_pin: true,
                profile: Profile::default(),
            };
            let work = async {
                let db = database::open(&config.database_url).await?;
                administer::add_board(&db, &board, Arc::new(kek), Arc::new(random))
                    .await
                    .map_err(|error| DatabaseProblem::taken(error, "a board", &board.slug))
            };
            finish(console, super::block_on(work), |()| {
                (
                    format!("{} {}", board.id, board.slug),
                    serde_json::json!({"id": board.id, "slug": board.slug}),
                )
            })
        }
        Command::Set {
            config,
            slug,
            one_pin,
            profile,
            picture,
        } => {
            let config = match config.load(console) {
                Ok(config) => config,
                Err(exit) => return exit,
            };
            let picture = match picture.as_deref().map(picture_change).transpose() {
                Ok(picture) => picture,
                Err(problem) => {
                    return console.fail_with(Exit::Failed, problem.cause(), &problem);
                }
            };
            let changes = Changes {
                one_pin: one_pin.map(|switch| switch == Switch::On),
                // The parser lets no other word through.
                profile: profile.and_then(|word| word.parse().ok()),
                picture,
            };
            let made = changes.clone();
            let work = async {
                let db = database::open(&config.database_url).await?;
                let board = database::board_id(&db, &slug).await?;
                let now = SystemClock::new().now();
                Ok(administer::change_board(&db, board, made, &SystemRandom, now).await?)
            };
            finish(console, super::block_on(work), |()| {
                let one_pin = changes.one_pin.map(|is_on| {
                    if is_on {
                        "one PIN entry for a list"
                    } else {
                        "a PIN entry for each document"
                    }
                });
                let profile = changes.profile.map(|profile| match profile {
                    Profile::LtaAtEnd => "B-T for each signer, B-LTA once at the end",
                    Profile::LtaEach => "B-LTA for each signer",
                });
                let picture = changes.picture.as_ref().map(|change| match change {
                    PictureChange::Remove => "no picture in visible signatures",
                    PictureChange::Set(_) => "a picture in visible signatures",
                });
                let words: Vec<&str> = one_pin.into_iter().chain(profile).chain(picture).collect();
                (
                    format!("{slug}: {}", words.join("; ")),
                    serde_json::json!({"slug": slug, "one_pin": changes.one_pin, "profile": changes.profile,
                        "picture": changes.picture}),
                )
            })
        }
        Command::List { config } => {
            let config = match config.load(console) {
                Ok(config) => config,
                Err(exit) => return exit,
            };
            let work = async {
                let db = database::open(&config.database_url).await?;
                Ok((boards::list(&db).await?, boards::pictured(&db).await?))
            };
            finish(console, super::block_on(work), |(boards, pictured)| {
                let lines: Vec<String> = boards
                    .iter()
                    .map(|board| {
                        format!(
                            "{}\t{}\t{}\t{}",
                            board.slug, board.kind, board.enterprise_number, board.id
                        )
                    })
                    .collect();
                let items: Vec<_> = boards
                    .iter()
                    .map(|board| {
                        serde_json::json!({"id": board.id, "slug": board.slug, "kind": board.kind,
                            "enterprise_number": board.enterprise_number, "region": board.region, "names": board.names,
                            "one_pin": board.one_pin, "profile": board.profile.as_str(),
                            "picture": pictured.contains(&board.id)})
                    })
                    .collect();
                (lines.join("\n"), serde_json::json!({"items": items}))
            })
        }
    }
}

#[derive(Debug, thiserror::Error)]
enum PictureProblem {
    #[error(transparent)]
    File(#[from] files::FileProblem),
    #[error("`{}`: {}", .0.display(), .1)]
    Picture(PathBuf, #[source] PictureError),
}

impl PictureProblem {
    const fn cause(&self) -> &'static str {
        match self {
            Self::File(error) => error.cause(),
            Self::Picture(_, error) => error.cause(),
        }
    }
}

fn picture_change(named: &Path) -> Result<PictureChange, PictureProblem> {
    if named.as_os_str() == "none" {
        return Ok(PictureChange::Remove);
    }
    let picture = Picture::parse(files::read(named)?);
    picture
        .map(PictureChange::Set)
        .map_err(|error| PictureProblem::Picture(named.to_owned(), error))
}

fn is_slug(text: &str) -> bool {
    let good = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    (1..=40).contains(&text.len()) && text.bytes().all(good) && !text.starts_with('-') && !text.ends_with('-')
}

/// Ten digits, the first 0 or 1, the last two `97 − (first eight mod 97)` (reference roles-and-mandates §2).
fn is_enterprise_number(text: &str) -> bool {
    let digits = text.len() == 10 && text.bytes().all(|byte| byte.is_ascii_digit()) && text < "2";
    let number = |range: std::ops::Range<usize>| text.get(range).and_then(|part| part.parse::<u64>().ok());
    match (digits, number(0..8), number(8..10)) {
        (true, Some(first), Some(check)) => 97_u64.saturating_sub(first % 97) == check,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn enterprise_numbers() {
        for (text, good) in [
            ("0999900150", true),
            ("0999905197", true),
            ("0999900151", false),
            ("2999900192", false),
            ("999900150", false),
        ] {
            assert_eq!(is_enterprise_number(text), good, "{text}");
        }
    }

    #[test]
    fn slugs() {
        for (text, good) in [
            ("zegelgem", true),
            ("ocmw-zegelgem", true),
            ("-a", false),
            ("Zegelgem", false),
            ("", false),
        ] {
            assert_eq!(is_slug(text), good, "{text}");
        }
    }
}
