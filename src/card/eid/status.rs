//! What a status word means as the answer to a command: one cause each, and no number left to look up.

use crate::card::apdu::StatusWord;
use crate::card::error::CardError;

/// Which command was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Asked {
    /// GET CARD DATA.
    CardData,
    /// CHANGE REFERENCE DATA.
    Change,
    /// MSE SET.
    Environment,
    /// INTERNAL AUTHENTICATE.
    InternalAuthenticate,
    /// LOG OFF.
    LogOff,
    /// READ BINARY of this file.
    Read(&'static str),
    /// SELECT of this file.
    Select(&'static str),
    /// SELECT of the applet.
    SelectApplet,
    /// PSO: COMPUTE DIGITAL SIGNATURE.
    Sign,
    /// RESET RETRY COUNTER with the PUK.
    Unblock,
    /// VERIFY.
    Verify,
}

impl Asked {
    /// What errors and logs call the command.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::CardData => "GET CARD DATA",
            Self::Change => "CHANGE REFERENCE DATA",
            Self::Environment => "MSE SET",
            Self::InternalAuthenticate => "INTERNAL AUTHENTICATE",
            Self::LogOff => "LOG OFF",
            Self::Read(_) => "READ BINARY",
            Self::Select(_) => "SELECT file",
            Self::SelectApplet => "SELECT applet",
            Self::Sign => "PSO",
            Self::Unblock => "RESET RETRY COUNTER",
            Self::Verify => "VERIFY",
        }
    }

    /// Whether a PIN or a PUK went out with the command, so that it counted tries.
    const fn counts_tries(self) -> bool {
        matches!(self, Self::Change | Self::Unblock | Self::Verify)
    }
}

/// The cause of an answer that is not `90 00`, after every repeat that is allowed.
///
/// Source: reference §13, and the lists of status words of §5.1, §8.2, §10.2, §11.2 and §11.3.
pub(super) const fn cause(asked: Asked, status: StatusWord) -> CardError {
    use CardError::{
        AlgorithmUnsupported, CardFailed, CardNotActivated, CardUnsupported, Communication, FileMissing,
        KeyMissing, KeyUnusable, MemoryFailure, PinBlocked, PinRightMissing, PinWrong, PukBlocked, PukWrong,
        ShortRead, Status,
    };
    let command = asked.name();
    if let (true, Some(left)) = (asked.counts_tries(), status.tries_left()) {
        return match (asked, left) {
            (Asked::Unblock, 0) => PukBlocked,
            (Asked::Unblock, left) => PukWrong { left },
            (_, 0) => PinBlocked,
            (_, left) => PinWrong { left },
        };
    }
    match (status.0, asked) {
        // An applet that has just understood its commands and now knows one no longer: the reader's doing.
        (0x6D00, Asked::Sign | Asked::Verify | Asked::Change | Asked::LogOff | Asked::Read(_)) => {
            Communication
        }
        (0x6283, Asked::Select(_)) | (0x6D00, _) => CardNotActivated,
        (0x6400, _) => CardFailed(command),
        (0x6581, _) => MemoryFailure,
        // The applet cannot be selected, or class and channel are unknown: something else listens.
        (0x6999, Asked::Select(_) | Asked::SelectApplet)
        | (0x6A82, Asked::SelectApplet)
        | (0x6881 | 0x6E00, _) => CardUnsupported,
        (0x6982, Asked::Sign | Asked::InternalAuthenticate) => PinRightMissing,
        (0x6983 | 0x6984, Asked::Unblock) => PukBlocked,
        (0x6983 | 0x6984, Asked::Change | Asked::Verify) => PinBlocked,
        (0x6985, Asked::Environment | Asked::InternalAuthenticate | Asked::Sign | Asked::Verify) => {
            KeyUnusable
        }
        // After all repeats: the reader loses the file, or ends it where its content goes on.
        (0x6986 | 0x6B00, Asked::Read(file)) => ShortRead(file),
        (0x6A80, Asked::Environment) => AlgorithmUnsupported(0),
        (0x6A82, Asked::Select(file)) => FileMissing(file),
        (0x6A88, _) => KeyMissing,
        _ => Status { command, status },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use CardError::{
        AlgorithmUnsupported, CardFailed, CardNotActivated, CardUnsupported, Communication, FileMissing,
        KeyMissing, KeyUnusable, MemoryFailure, PinBlocked, PinRightMissing, PinWrong, PukBlocked, PukWrong,
        ShortRead,
    };

    const ALL: [Asked; 11] = [
        Asked::CardData,
        Asked::Change,
        Asked::Environment,
        Asked::InternalAuthenticate,
        Asked::LogOff,
        Asked::Read("photo"),
        Asked::Select("photo"),
        Asked::SelectApplet,
        Asked::Sign,
        Asked::Unblock,
        Asked::Verify,
    ];

    /// Every status word of §13 for every command it is listed for there, and its cause.
    #[test]
    fn each_status_word_of_each_command_has_its_cause() {
        let rows: [(u16, &[Asked], CardError); 22] = [
            (0x6283, &[Asked::Select("photo")], CardNotActivated),
            (0x63C2, &[Asked::Verify, Asked::Change], PinWrong { left: 2 }),
            (0x63C0, &[Asked::Verify, Asked::Change], PinBlocked),
            (0x63CA, &[Asked::Unblock], PukWrong { left: 10 }),
            (0x63C0, &[Asked::Unblock], PukBlocked),
            (0x6581, &ALL, MemoryFailure),
            (0x6881, &ALL, CardUnsupported),
            (0x6982, &[Asked::Sign], PinRightMissing),
            (0x6983, &[Asked::Verify, Asked::Change], PinBlocked),
            (0x6983, &[Asked::Unblock], PukBlocked),
            (
                0x6985,
                &[Asked::Sign, Asked::Environment, Asked::InternalAuthenticate],
                KeyUnusable,
            ),
            (0x6986, &[Asked::Read("photo")], ShortRead("photo")),
            (
                0x6999,
                &[Asked::Select("photo"), Asked::SelectApplet],
                CardUnsupported,
            ),
            (0x6A80, &[Asked::Environment], AlgorithmUnsupported(0)),
            (0x6A82, &[Asked::Select("photo")], FileMissing("photo")),
            (0x6A82, &[Asked::SelectApplet], CardUnsupported),
            (
                0x6A88,
                &[Asked::Verify, Asked::Environment, Asked::InternalAuthenticate],
                KeyMissing,
            ),
            (0x6B00, &[Asked::Read("photo")], ShortRead("photo")),
            (
                0x6D00,
                &[
                    Asked::CardData,
                    Asked::Environment,
                    Asked::Select("photo"),
                    Asked::SelectApplet,
                ],
                CardNotActivated,
            ),
            (
                0x6D00,
                &[Asked::Sign, Asked::Verify, Asked::Change],
                Communication,
            ),
            (0x6E00, &ALL, CardUnsupported),
            (0x6400, &[Asked::Verify], CardFailed("VERIFY")),
        ];
        for (status, commands, expected) in rows {
            for asked in commands {
                assert_eq!(
                    cause(*asked, StatusWord(status)),
                    expected,
                    "{status:04x} to {}",
                    asked.name()
                );
            }
        }
    }

    /// What is left is a command of ours that was wrong: it keeps its name and number.
    #[test]
    fn a_wrong_command_is_named_with_its_answer() {
        for status in [0x6700, 0x6981, 0x6A83, 0x6A86, 0x6A87, 0x6C10, 0x6F00] {
            for asked in ALL {
                let status = StatusWord(status);
                let command = asked.name();
                assert_eq!(cause(asked, status), CardError::Status { command, status });
            }
        }
    }

    /// Only an answer that counted a try may say so: the tries of a command without a PIN are nobody's.
    #[test]
    fn tries_are_told_by_the_commands_that_cost_them() {
        for asked in ALL {
            let told = matches!(
                cause(asked, StatusWord(0x63C1)),
                PinWrong { left: 1 } | PukWrong { left: 1 }
            );
            assert_eq!(told, asked.counts_tries(), "{}", asked.name());
        }
    }
}
