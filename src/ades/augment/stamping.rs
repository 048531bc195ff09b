//! Asking time-stamp services one after the other until one gives a token that holds.

use std::time::Duration;

use super::settings::Settings;
use crate::base::digest::HashAlgorithm;
use crate::base::time::Timestamp;
use crate::pki::need::{Answer, FetchFailure, Need};
use crate::pki::purpose::Purpose;
use crate::pki::timestamp::{self, TimeStampDefect, TimeStampRequest, TimeStampToken};

/// How far a time-stamping unit's clock may be from ours. Reference ades-signing §9.
const SKEW: Duration = Duration::from_mins(5);

/// A time-stamp that was asked for.
pub(in crate::ades) struct Stamping {
    request: TimeStampRequest,
    service: usize,
    failures: Vec<&'static str>,
}

impl Stamping {
    /// Wants a time-stamp over `imprint`, made with `hash`.
    pub(in crate::ades) fn new(hash: HashAlgorithm, imprint: &[u8], settings: &Settings) -> Self {
        Self {
            request: TimeStampRequest::new(hash, imprint, &*settings.random),
            service: 0,
            failures: Vec::new(),
        }
    }

    /// The request for the service whose turn it is.
    ///
    /// # Errors
    /// When none is left: the causes, one a service.
    pub(in crate::ades) fn need(&self, settings: &Settings) -> Result<Need, Vec<&'static str>> {
        let url = settings
            .time_stamp_urls
            .get(self.service)
            .ok_or_else(|| self.failures.clone())?;
        Ok(Need::TimeStamp {
            url: url.clone(),
            request: self.request.der(),
        })
    }

    /// The token in `answer`; none when it is not usable, and the next service's turn has come.
    pub(in crate::ades) fn answer(
        &mut self,
        answer: Answer,
        settings: &Settings,
        now: Timestamp,
    ) -> Option<TimeStampToken> {
        match read_token(settings, answer, &self.request, now) {
            Ok(token) => Some(token),
            Err(cause) => {
                self.failures.push(cause);
                self.service = self.service.saturating_add(1);
                None
            }
        }
    }
}

/// Checks a reply against what was asked, down to a path for the unit that signed.
fn read_token(
    settings: &Settings,
    answer: Answer,
    request: &TimeStampRequest,
    now: Timestamp,
) -> Result<TimeStampToken, &'static str> {
    let reply = answer.map_err(FetchFailure::as_str)?;
    let token = timestamp::token_of_reply(&reply).map_err(TimeStampDefect::cause)?;
    token
        .check_reply(request, SKEW, now)
        .and_then(|()| token.check_policy(&settings.time_stamp_policies))
        .map_err(TimeStampDefect::cause)?;
    let algorithms = &settings.algorithms;
    let unit = token.verify(&[], algorithms).map_err(TimeStampDefect::cause)?;
    settings
        .trust
        .validate(
            &unit,
            &token.certificates,
            Purpose::TimeStamping,
            algorithms,
            token.gen_time,
        )
        .map_err(|refusal| refusal.cause())?;
    Ok(token)
}
