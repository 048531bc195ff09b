//! A state that stops the person: first sentence, what to do, a way on, and the small print.

use askama::Template;

use crate::base::code::PersonCode;
use crate::http::page::Page;
use crate::http::problem::Failure;
use crate::http::site::Site;
use crate::http::visit::Visit;

/// The page of a [`Failure`].
#[derive(Debug, Template)]
#[template(path = "problem.html")]
pub struct Problem<'a> {
    /// The frame; its title is the code's first sentence.
    pub page: Page<'a>,
    /// The code.
    pub code: PersonCode,
    /// What it means and what to do.
    pub detail: String,
    /// Where to go on, if anywhere.
    pub back: Option<Back>,
    /// For the people who run the application.
    pub developer: Option<String>,
}

/// The way on from a state.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Back {
    /// Address.
    pub href: String,
    /// Words on the button.
    pub label: String,
}

impl<'a> Problem<'a> {
    /// The page of `failure` for `visit`.
    pub fn of(failure: &Failure, visit: &'a Visit, site: &'a Site) -> Self {
        let t = site.catalog.texts(visit.language);
        let label = if failure.code.can_be_retried() {
            t.get("action-try-again")
        } else {
            t.get("action-back")
        };
        Self {
            page: Page::titled(site, visit, t.heading(failure.code, &failure.values)),
            code: failure.code,
            detail: t.detail(failure.code, &failure.values),
            back: failure.back.clone().map(|href| Back { href, label }),
            developer: failure.developer.clone(),
        }
    }

    /// Whether this is the person's own choice rather than an error: then the page is calm.
    pub fn is_neutral(&self) -> bool {
        matches!(
            self.code,
            PersonCode::PinCancelled | PersonCode::RequestDeclined | PersonCode::AlreadySigned
        )
    }
}

/// What the page says about trying again.
pub(crate) trait Retry {
    /// Whether the same step may end better when tried again.
    fn can_be_retried(self) -> bool;
}

impl Retry for PersonCode {
    fn can_be_retried(self) -> bool {
        !matches!(
            self,
            Self::BrowserUnsupported
                | Self::CardNotActivated
                | Self::CertificateExpired
                | Self::CertificateMissing
                | Self::CertificateNotYetValid
                | Self::CertificateRevoked
                | Self::CertificateSuspended
                | Self::CertificateUntrusted
                | Self::ClientUnknown
                | Self::DocumentFinal
                | Self::LoginElsewhereFinished
                | Self::LoginExpired
                | Self::MandateExpired
                | Self::NotAuthorised
                | Self::NotFound
                | Self::PinBlocked
                | Self::RedirectUriUnknown
                | Self::RequestClosed
                | Self::RequestDeclined
                | Self::SamePerson
                | Self::SignerWithoutAuthority
        )
    }
}
