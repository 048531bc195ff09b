//! Whether a holding confers the powers of its post at a moment.

use std::collections::HashSet;

use super::explain::{Code, Line};
use super::facts::{AbsenceKind, Content, FactId, Holding, Publication, Status};
use super::key::{Key, PersonKey};
use super::posts::Post;
use super::snapshot::{Entry, Snapshot};
use super::validity::Span;
use crate::base::time::{Day, Timestamp};

/// A holding that confers the powers of its post.
#[derive(Debug)]
pub(super) struct Standing {
    /// What makes it so beside the holding itself.
    pub(super) lines: Vec<Line>,
    /// The facts used beside the holding itself.
    pub(super) facts: Vec<FactId>,
    /// The temporary absence during which the holder signs in person.
    pub(super) absence: Option<FactId>,
}

/// What the answer is for: a name in a token asks less than a signature.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Purpose {
    /// To show in a choice and in a token.
    Login,
    /// To sign, as the one holder of a post.
    Sign,
}

impl Snapshot {
    /// Whether `entry`, a holding, confers the powers of its post at `at`; the refusing line otherwise.
    ///
    /// Only an effective or acting holding confers; a draft never does. An acting one does while somebody is away
    /// or the post is vacant. A period outside every term of the post's bodies is cut off.
    ///
    /// Source: reference roles-and-mandates §4 (exercising rule), §5.
    pub(super) fn standing(
        &self,
        entry: &Entry,
        holding: &Holding,
        at: Timestamp,
        purpose: Purpose,
    ) -> Result<Standing, Line> {
        let fact = Some(entry.id());
        let Some(post) = self.post(&holding.post, at) else {
            return Err(Line::new(Code::NoCapacity, fact).with("roles", &holding.post));
        };
        let refuse = |code: Code| Line::new(code, fact).with("role", post.role);
        let mut standing = Standing {
            lines: Vec::new(),
            facts: vec![post.fact],
            absence: None,
        };
        if holding.publication == Publication::Draft {
            return Err(refuse(Code::HoldingDraft));
        }
        match self.in_period(entry.span, post, at) {
            Period::Within => {}
            Period::Continues => standing.lines.push(refuse(Code::HolderContinues)),
            Period::Outside => {
                let (from, to) = entry.fact.stated.valid.days();
                return Err(refuse(Code::HoldingNotInPeriod)
                    .with("from", from)
                    .with("to", to.map_or("…".to_owned(), |to| to.previous().to_string())));
            }
        }
        match holding.status {
            Status::Impeded => return Err(refuse(Code::HolderImpeded)),
            Status::Titular => return Err(refuse(Code::HolderTitular)),
            Status::Acting | Status::Effective => {}
        }
        if let Some(suspension) = self.suspended(entry.key().as_str(), at) {
            return Err(Line::new(Code::HoldingSuspended, Some(suspension.id())).with("role", post.role));
        }
        if purpose == Purpose::Sign {
            if holding.publication == Publication::Unconfirmed && !self.rules.policies.unconfirmed_may_sign {
                return Err(refuse(Code::HoldingUnconfirmed));
            }
            if let Some(oath) = holding.oath
                && oath.start() > at
                && !self.rules.policies.sign_before_oath
            {
                return Err(refuse(Code::BeforeOath).with("date", oath));
            }
        }
        if holding.status == Status::Effective {
            self.effective(entry, holding, post, at, purpose, &mut standing)?;
        } else {
            self.acting(entry, holding, post, at, &mut standing)?;
        }
        Ok(standing)
    }

    fn effective(
        &self,
        entry: &Entry,
        holding: &Holding,
        post: &Post,
        at: Timestamp,
        purpose: Purpose,
        standing: &mut Standing,
    ) -> Result<(), Line> {
        // The source records an impediment as one more holding of the same person; the day they meet, it wins.
        let me = self.canonical(&holding.person);
        for other in self.holdings_of_person(&me) {
            let Some(impeded) = other.holding() else { continue };
            if impeded.post == holding.post
                && impeded.status == Status::Impeded
                && impeded.publication != Publication::Draft
                && self.in_period(other.span, post, at) != Period::Outside
            {
                return Err(Line::new(Code::HolderImpeded, Some(other.id())).with("role", post.role));
            }
        }
        for absence in self.absences_of_post(&holding.post) {
            let Content::Absence(stated) = absence.content() else {
                continue;
            };
            if !absence.span.contains(at) || !self.same_holder(&stated.holding, entry, holding) {
                continue;
            }
            match stated.absence {
                AbsenceKind::Impediment => {
                    return Err(Line::new(Code::HolderImpeded, Some(absence.id())).with("role", post.role));
                }
                AbsenceKind::Temporary => {
                    standing
                        .lines
                        .push(Line::new(Code::AbsenceTemporary, Some(absence.id())).with("role", post.role));
                    standing.facts.push(absence.id());
                    standing.absence = Some(absence.id());
                }
            }
        }
        // WHY none counts as one for a signature: the posts that fill slots have one holder each.
        let single = post.max == Some(1) || (post.max.is_none() && purpose == Purpose::Sign);
        if single {
            let count = self.holders(&holding.post, Status::Effective, at).len();
            if count > 1 {
                return Err(Line::new(Code::TooManyHolders, Some(entry.id()))
                    .with("role", post.role)
                    .with("count", count));
            }
        }
        Ok(())
    }

    fn acting(
        &self,
        entry: &Entry,
        holding: &Holding,
        post: &Post,
        at: Timestamp,
        standing: &mut Standing,
    ) -> Result<(), Line> {
        let me = self.canonical(&holding.person);
        let line = |fact: FactId| Line::new(Code::ActingReplaces, Some(fact)).with("role", post.role);
        // Whose absence names this holding, and whose names nobody.
        let mut unnamed = None;
        for other in self.holdings_of_post(&holding.post) {
            let Some(absent) = other.holding() else { continue };
            if absent.status != Status::Impeded
                || absent.publication == Publication::Draft
                || self.in_period(other.span, post, at) == Period::Outside
                || self.canonical(&absent.person) == me
            {
                continue;
            }
            match &absent.replaced_by {
                Some(key) if key == entry.key() => {
                    standing.lines.push(line(other.id()));
                    standing.facts.push(other.id());
                    return Ok(());
                }
                Some(_) => {}
                None => unnamed = Some(other.id()),
            }
        }
        for absence in self.absences_of_post(&holding.post) {
            let Content::Absence(stated) = absence.content() else {
                continue;
            };
            if !absence.span.contains(at)
                || self.holder_of(&stated.holding).is_some_and(|holder| holder == me)
            {
                continue;
            }
            match &stated.replaced_by {
                Some(key) if key == entry.key() => {
                    standing.lines.push(line(absence.id()));
                    standing.facts.push(absence.id());
                    return Ok(());
                }
                Some(_) => {}
                None => unnamed = Some(absence.id()),
            }
        }
        let holders = self.holders(&holding.post, Status::Effective, at).len();
        let seats = post.max.and_then(|max| usize::try_from(max).ok()).unwrap_or(1);
        if unnamed.is_none() && holders >= seats {
            return Err(Line::new(Code::HolderPresent, Some(entry.id())).with("role", post.role));
        }
        let acting = self.holders(&holding.post, Status::Acting, at).len();
        if acting > 1 && seats == 1 {
            return Err(Line::new(Code::TooManyHolders, Some(entry.id()))
                .with("role", post.role)
                .with("count", acting));
        }
        standing.lines.push(line(unnamed.unwrap_or(entry.id())));
        standing.facts.extend(unnamed);
        Ok(())
    }

    /// The natural persons that hold `post` with `status` at `at`, drafts left out.
    fn holders(&self, post: &Key, status: Status, at: Timestamp) -> HashSet<PersonKey> {
        let Some(resolved) = self.post(post, at) else {
            return HashSet::new();
        };
        self.holdings_of_post(post)
            .iter()
            .filter(|entry| self.in_period(entry.span, resolved, at) != Period::Outside)
            .filter_map(Entry::holding)
            .filter(|holding| holding.status == status && holding.publication != Publication::Draft)
            .map(|holding| self.canonical(&holding.person))
            .collect()
    }

    /// Whether an absence reported for the holding `reported` is one of the holder of `entry`.
    ///
    /// WHY by person as well: when the source makes a new record of the same holder, the absence stays.
    fn same_holder(&self, reported: &Key, entry: &Entry, holding: &Holding) -> bool {
        reported == entry.key()
            || self
                .holder_of(reported)
                .is_some_and(|holder| holder == self.canonical(&holding.person))
    }

    fn in_period(&self, span: Span, post: &Post, at: Timestamp) -> Period {
        if span.contains(at) && post.terms.iter().any(|term| term.span.contains(at)) {
            return Period::Within;
        }
        // Outgoing: the holding lasted to the end of the term, and that body goes on.
        let continues = post.terms.iter().any(|term| {
            span.from < term.span.to && span.to >= term.span.to && self.continues(&term.body, term.span, at)
        });
        if continues {
            Period::Continues
        } else {
            Period::Outside
        }
    }

    /// First day and the day after the last on which a holding can confer: its own period cut by the term.
    pub(super) fn shown_period(entry: &Entry, post: &Post, at: Timestamp) -> (Day, Option<Day>) {
        let (from, to) = entry.fact.stated.valid.days();
        let term_end = post
            .terms
            .iter()
            .filter(|term| term.span.contains(at) && term.span.to != i64::MAX)
            .filter_map(|term| Timestamp::from_micros(term.span.to).ok())
            .map(Timestamp::day)
            .max();
        match (to, term_end) {
            (Some(to), Some(end)) => (from, Some(to.min(end))),
            (to, end) => (from, to.or(end)),
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Period {
    Continues,
    Outside,
    Within,
}
