//! One shape for all that asks for what it needs and is resumed: who drives one drives any.

use super::error::{AugmentError, Step};
use crate::ades::asic;
use crate::ades::asic::archive::Archiving;
use crate::ades::extend;
use crate::ades::{cades, jades, pades, xades};
use crate::base::bytes::ReadAt;
use crate::base::time::Timestamp;
use crate::pki::need::Answer;

/// Something that asks for what it needs and is resumed with the answer.
pub trait Asking {
    /// What comes out.
    type Done;
    /// Why nothing does.
    type Error;

    /// What is needed next, or what came out.
    ///
    /// # Errors
    /// Why nothing comes out.
    fn step(&mut self, now: Timestamp) -> Result<Step<Self::Done>, Self::Error>;

    /// Takes the answer to the need of the last [`Self::step`].
    ///
    /// # Errors
    /// When what was got cannot be used.
    fn answer(&mut self, answer: Answer, now: Timestamp) -> Result<(), Self::Error>;
}

macro_rules! asks {
    ($machine:ty, $done:ty, $error:ty) => {
        impl Asking for $machine {
            type Done = $done;
            type Error = $error;

            fn step(&mut self, now: Timestamp) -> Result<Step<$done>, $error> {
                <$machine>::step(self, now)
            }

            fn answer(&mut self, answer: Answer, now: Timestamp) -> Result<(), $error> {
                <$machine>::answer(self, answer, now)
            }
        }
    };
}

asks!(
    cades::completion::Completion,
    cades::completion::Completed,
    AugmentError
);
asks!(
    jades::completion::Completion,
    jades::completion::Completed,
    AugmentError
);
asks!(
    xades::completion::Completion,
    xades::completion::Completed,
    AugmentError
);
asks!(Archiving, std::sync::Arc<dyn ReadAt>, AugmentError);
impl Asking for pades::extend::Extension {
    type Done = pades::stages::Completed;
    type Error = pades::completion::CompletionError;

    fn step(&mut self, now: Timestamp) -> Result<Step<Self::Done>, Self::Error> {
        Ok(match Self::step(self, now)? {
            pades::completion::Step::Done(done) => Step::Done(done),
            pades::completion::Step::Need(need) => Step::Need(need),
        })
    }

    fn answer(&mut self, answer: Answer, now: Timestamp) -> Result<(), Self::Error> {
        Self::answer(self, answer, now)
    }
}

asks!(
    asic::extend::Extension,
    asic::extend::Extended,
    asic::extend::ExtendError
);
asks!(extend::Extension, extend::Extended, extend::ExtendError);
