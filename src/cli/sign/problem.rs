//! Why `zegel sign` does not go on: the code, the exit code and the way out of each cause.

use std::path::PathBuf;

use super::super::console::{Console, Exit, chain};
use super::super::files::FileProblem;
use super::super::terminal::AskError;
use super::super::{card, password, trust};
use super::adding::AddError;
use crate::ades::asic::zip::write::WriteError;
use crate::ades::augment::error::AugmentError;
use crate::ades::cades::stages::FinishProblem;
use crate::ades::pades::completion::CompletionError;
use crate::ades::pades::finish::FinishError;
use crate::ades::pades::prepare::PrepareError;
use crate::ades::{cades, jades, xades};
use crate::card::CardError;
use crate::crypto::key::KeyError;
use crate::fetch::http::ClientError;
use crate::pdf::image::ImageError;
use crate::pki::certificate::CertificateError;
use crate::pki::refusal::Refusal;

#[derive(Debug, thiserror::Error)]
pub(super) enum Problem {
    #[error("`{}` takes no further signature: {}", .0.display(), .1)]
    Add(PathBuf, #[source] AddError),
    #[error(transparent)]
    Ask(#[from] AskError),
    #[error(transparent)]
    Card(#[from] CardError),
    #[error(transparent)]
    Augment(#[from] AugmentError),
    #[error("`{}`: {}", .0.display(), .1)]
    Cades(PathBuf, #[source] cades::prepare::PrepareError),
    #[error(transparent)]
    CadesFinish(#[from] FinishProblem),
    #[error("another card was put in since the files were shown")]
    CardChanged,
    #[error("`{}`: {}", .0.display(), .1)]
    Jades(PathBuf, #[source] jades::prepare::PrepareError),
    #[error("the signature certificate of the card cannot be read")]
    Certificate(#[source] CertificateError),
    #[error("the key in the signature certificate of the card cannot be used")]
    Key(#[source] KeyError),
    #[error(transparent)]
    Client(#[from] ClientError),
    #[error(transparent)]
    Completion(#[from] CompletionError),
    #[error("`{}`: {}", .0.display(), .1)]
    Document(PathBuf, #[source] PrepareError),
    #[error(transparent)]
    File(#[from] FileProblem),
    #[error(transparent)]
    Finish(#[from] FinishError),
    #[error("`{}`: {}", .0.display(), .1)]
    Image(PathBuf, #[source] ImageError),
    #[error("it was cancelled")]
    Interrupted,
    #[error("it was not signed")]
    NotSigned,
    #[error("the card's certificate is refused: {0}")]
    Refused(#[from] Refusal),
    #[error("the work cannot be started")]
    Runtime(#[source] std::io::Error),
    #[error("`{}` has a name that cannot stand in a container", .0.display())]
    Name(PathBuf),
    #[error("`{}` would be the second file of its name in the container", .0.display())]
    SameName(PathBuf),
    #[error("the signed file cannot be written to stdout")]
    Stdout(#[source] std::io::Error),
    #[error(transparent)]
    Trust(#[from] trust::TrustProblem),
    #[error("the container cannot be written")]
    Write(#[from] WriteError),
    #[error("`{}`: {}", .0.display(), .1)]
    Xades(PathBuf, #[source] xades::prepare::PrepareError),
    #[error("two of the files would both be signed as `{}`", .0.display())]
    Twice(PathBuf),
}

impl Problem {
    pub(super) const fn cause(&self) -> &'static str {
        match self {
            Self::Add(_, error) => error.cause(),
            Self::Ask(AskError::Card(error)) | Self::Card(error) => error.cause(),
            Self::Ask(AskError::Terminal(_)) => "PIN_NO_TERMINAL",
            Self::Augment(error) => error.cause(),
            Self::Cades(_, error) => error.cause(),
            Self::CadesFinish(error) => error.cause(),
            Self::CardChanged => "CARD_CHANGED",
            Self::Certificate(_) => "CERT_PARSE",
            Self::Key(_) => "ADES_KEY",
            Self::Client(_) => "START_HTTP_CLIENT",
            Self::Completion(error) => error.cause(),
            Self::Document(_, error) => error.cause(),
            Self::File(error) => error.cause(),
            Self::Finish(error) => error.cause(),
            Self::Image(_, error) => error.cause(),
            Self::Interrupted => "INTERRUPTED",
            Self::Jades(_, error) => error.cause(),
            Self::NotSigned => "NOT_SIGNED",
            Self::Refused(refusal) => refusal.cause(),
            Self::Runtime(_) => "START_RUNTIME",
            Self::Stdout(_) => "FILE_WRITE",
            Self::Trust(error) => error.cause(),
            Self::Name(_) | Self::SameName(_) | Self::Twice(_) => "USAGE",
            Self::Write(_) => "ADES_IO",
            Self::Xades(_, error) => error.cause(),
        }
    }

    pub(super) const fn exit(&self) -> Exit {
        match self {
            Self::Ask(AskError::Card(CardError::PinCancelled))
            | Self::Card(CardError::PinCancelled)
            | Self::Interrupted => Exit::Cancelled,
            // Nobody's card is at fault when a status service is away.
            Self::Refused(Refusal::StatusUnavailable { .. } | Refusal::StatusUnknown { .. })
            | Self::Ask(AskError::Terminal(_)) => Exit::Failed,
            Self::Ask(AskError::Card(_))
            | Self::Card(_)
            | Self::CardChanged
            | Self::Certificate(_)
            | Self::Key(_)
            | Self::Refused(_) => Exit::Card,
            Self::File(FileProblem::Exists(_)) | Self::Name(_) | Self::SameName(_) | Self::Twice(_) => {
                Exit::Usage
            }
            Self::Add(_, AddError::Beside | AddError::PolicyName | AddError::Unknown(_)) => Exit::Usage,
            Self::Add(..)
            | Self::Augment(_)
            | Self::Cades(..)
            | Self::CadesFinish(_)
            | Self::Client(_)
            | Self::Completion(_)
            | Self::Document(..)
            | Self::File(_)
            | Self::Finish(_)
            | Self::Image(..)
            | Self::Jades(..)
            | Self::NotSigned
            | Self::Runtime(_)
            | Self::Stdout(_)
            | Self::Trust(_)
            | Self::Write(_)
            | Self::Xades(..) => Exit::Failed,
        }
    }

    fn hint(&self) -> Option<&'static str> {
        match self {
            Self::Add(_, error) => error.hint(),
            Self::Ask(AskError::Card(error)) | Self::Card(error) => card::hint(error),
            Self::Ask(AskError::Terminal(_)) => {
                Some("run it in a terminal, or set counter.pin_program to a pinentry program")
            }
            Self::CardChanged => {
                Some("leave the card that was shown in the reader until the files are written")
            }
            Self::Document(_, error) => password::hint(error.cause()).or(match error {
                PrepareError::Pdf(_) if error.cause() == "PDF_NOT_PDF" => Some(
                    "--add signs beside the signatures that a file has; what is no PDF is signed with --signature",
                ),
                _ => None,
            }),
            Self::File(error) => error.hint(),
            Self::Refused(refusal) => match refusal {
                Refusal::Expired { .. } | Refusal::Revoked { .. } | Refusal::Suspended { .. } => {
                    Some("the municipality tells the holder what is wrong with the card")
                }
                Refusal::NoAnchor => Some(
                    "a test card needs a configuration with environment = \"test\" and the laboratory's trust",
                ),
                Refusal::StatusUnavailable { .. } | Refusal::StatusUnknown { .. } => Some(
                    "check the network, and that outside.hosts admits the status service; no PIN was asked",
                ),
                _ => None,
            },
            Self::Name(_) => Some(
                "a name in a container is a plain one in composed Unicode, and neither mimetype nor in META-INF",
            ),
            Self::Cades(_, cades::prepare::PrepareError::Content)
            | Self::Jades(_, jades::prepare::PrepareError::Content) => {
                Some("name what the signatures are over with --detached")
            }
            Self::SameName(_) => {
                Some("files in a container have the last part of their path as name: rename one")
            }
            Self::Xades(_, xades::prepare::PrepareError::Place(_)) => {
                Some("zegel sign --help names the packagings of xades")
            }
            Self::Twice(_) => Some("sign them one by one, each with its own --out"),
            Self::Augment(AugmentError::TimeStamp(_)) | Self::Completion(CompletionError::TimeStamp(_)) => {
                Some("try again later, or name another service with --time-stamp-url")
            }
            _ => None,
        }
    }

    /// Says it with its code and hint, and returns the exit code.
    pub(super) fn tell(&self, console: &mut Console) -> Exit {
        console.fail_with(self.exit(), self.cause(), self);
        if let Some(hint) = self.hint() {
            console.hint(hint);
        }
        self.exit()
    }

    /// As [`Problem::tell`], naming the files it is about.
    pub(super) fn tell_about(&self, files: &[PathBuf], console: &mut Console) -> Exit {
        let names: Vec<String> = files.iter().map(|file| format!("`{}`", file.display())).collect();
        console.fail(
            self.exit(),
            self.cause(),
            format_args!("{}: {}", names.join(", "), chain(self)),
        );
        if let Some(hint) = self.hint() {
            console.hint(hint);
        }
        self.exit()
    }
}
