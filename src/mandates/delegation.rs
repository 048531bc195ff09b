//! Whether a delegation of signature may be used at a moment: the grant, its chain, its giver and its receiver.

use std::collections::HashSet;

use super::explain::{Code, Line};
use super::facts::{Allowed, Content, Decision, FactId, Grant, ScopeItem};
use super::key::{Key, PersonKey};
use super::rules::{DelegationRule, Grantees};
use super::snapshot::{Entry, Snapshot};
use super::standing::Purpose;
use crate::base::time::{Day, Timestamp};

/// A grant that may be used.
#[derive(Debug)]
pub(super) struct Usable {
    pub(super) lines: Vec<Line>,
    pub(super) facts: Vec<FactId>,
    pub(super) decisions: Vec<Decision>,
    /// The writing of the grant itself, and its day, for the mention.
    pub(super) decision: Decision,
    pub(super) decided_on: Day,
    /// The holder of the post at the head of the chain.
    pub(super) on_behalf_of: PersonKey,
}

impl Snapshot {
    /// Whether `grant` may be used at `at` under `rule`, in `organisation`; the refusing line otherwise.
    ///
    /// Every link must hold at `at`, be in writing, be neither revoked nor suspended, and lie inside the link above
    /// it; the giver at the head held the post when it was given and holds it now; the receiver is of the class
    /// the rule allows.
    ///
    /// Source: reference roles-and-mandates §7 step 3, §8.2.
    pub(super) fn usable(
        &self,
        entry: &Entry,
        grant: &Grant,
        rule: &DelegationRule,
        organisation: &Key,
        at: Timestamp,
    ) -> Result<Usable, Line> {
        let article = format!("art. {} {}", rule.article, self.rules.law_short);
        let mut facts = Vec::new();
        let mut decisions = Vec::new();
        let mut head = (entry, grant);
        let mut seen: HashSet<&Key> = HashSet::new();
        let mut links = 0_u8;
        let decision = loop {
            let (link, stated) = head;
            let fact = Some(link.id());
            if !seen.insert(link.key()) {
                return Err(Line::new(Code::GrantCycle, fact));
            }
            let decision = self.link(link, stated, &article, at)?;
            facts.push(link.id());
            decisions.push(decision.clone());
            let Some(parent_key) = &stated.parent else {
                break decision;
            };
            let Some((parent, above)) = self
                .grant(parent_key)
                .iter()
                .find_map(|parent| parent.grant().map(|above| (parent, above)))
            else {
                return Err(Line::new(Code::GrantParentUnknown, fact));
            };
            // WHY before the rest: in a circle each link is both above and below, so no other reason makes sense.
            if seen.contains(parent.key()) {
                return Err(Line::new(Code::GrantCycle, fact));
            }
            links = links.saturating_add(1);
            if !link.span.within(parent.span) {
                return Err(Line::new(Code::GrantLongerThanParent, fact));
            }
            let covered = |item: &ScopeItem| above.scope.iter().any(|wide| wide.covers(item));
            if !stated.scope.iter().all(covered) {
                return Err(Line::new(Code::GrantWiderThanParent, fact));
            }
            if links > rule.max_depth || links > above.depth {
                return Err(Line::new(Code::GrantTooDeep, fact).with("article", &article));
            }
            if above.post != stated.post || self.canonical(&above.grantee) != self.canonical(&stated.grantor)
            {
                return Err(Line::new(Code::GrantorWithoutCapacity, fact)
                    .with("role", self.role_word(&stated.post, at)));
            }
            head = (parent, above);
        };
        let own_decision = decisions.first().cloned().unwrap_or(decision);
        let decided_on = own_decision
            .date
            .ok_or_else(|| Line::new(Code::GrantNotInWriting, Some(entry.id())).with("article", &article))?;
        let mut lines = Vec::new();
        self.grantor(head.0, head.1, at, &mut lines, &mut facts)?;
        self.grantee(
            entry,
            grant,
            rule,
            organisation,
            &article,
            at,
            &mut lines,
            &mut facts,
            &mut decisions,
        )?;
        lines.push(
            Line::new(Code::GrantConfers, Some(entry.id()))
                .with("role", self.role_word(&grant.post, at))
                .with("article", &article)
                .with("decision", &own_decision.reference)
                .with("date", decided_on),
        );
        Ok(Usable {
            lines,
            facts,
            decisions,
            decision: own_decision,
            decided_on,
            on_behalf_of: self.canonical(&head.1.grantor),
        })
    }

    fn role_word(&self, post: &Key, at: Timestamp) -> &'static str {
        self.post(post, at).map_or("?", |post| post.role.slug())
    }

    /// One link by itself.
    fn link(&self, entry: &Entry, grant: &Grant, article: &str, at: Timestamp) -> Result<Decision, Line> {
        let fact = Some(entry.id());
        if !entry.span.contains(at) {
            let (from, to) = entry.fact.stated.valid.days();
            return Err(Line::new(Code::GrantNotInPeriod, fact)
                .with("from", from)
                .with("to", to.map_or("…".to_owned(), |to| to.previous().to_string())));
        }
        if let Some(revocation) = self.revoked(entry.key(), at) {
            return Err(Line::new(Code::GrantRevoked, Some(revocation.id()))
                .with("time", revocation.fact.stated.valid.start()));
        }
        if let Some(suspension) = self.suspended(entry.key().as_str(), at) {
            return Err(Line::new(Code::GrantSuspended, Some(suspension.id())));
        }
        grant
            .decision
            .clone()
            .ok_or_else(|| Line::new(Code::GrantNotInWriting, fact).with("article", article))
    }

    /// The giver held the post when the grant began and holds it now.
    fn grantor(
        &self,
        entry: &Entry,
        grant: &Grant,
        at: Timestamp,
        lines: &mut Vec<Line>,
        facts: &mut Vec<FactId>,
    ) -> Result<(), Line> {
        let person = self.canonical(&grant.grantor);
        let role = self.role_word(&grant.post, at);
        let without = || Line::new(Code::GrantorWithoutCapacity, Some(entry.id())).with("role", role);
        if let Some(death) = self.died(&person, at) {
            return Err(Line::new(Code::PersonDeceased, Some(death.id())));
        }
        let began = Timestamp::from_micros(entry.span.from).map_err(|_| without())?;
        let mut held_then = None;
        let mut held_now = None;
        let mut open = None;
        for holding in self.holdings_of_person(&person) {
            let Some(stated) = holding.holding().filter(|stated| stated.post == grant.post) else {
                continue;
            };
            if self.standing(holding, stated, began, Purpose::Sign).is_ok() {
                held_then = Some(holding.id());
            }
            match self.standing(holding, stated, at, Purpose::Sign) {
                Ok(_) => held_now = Some(holding.id()),
                Err(line) if line.code == Code::HolderImpeded => {
                    if self.rules.policies.grants_on_replacement {
                        held_now = Some(holding.id());
                    } else {
                        open = Some(Line::new(Code::GrantorReplaced, line.fact).with("role", role));
                    }
                }
                Err(line) if matches!(line.code, Code::TooManyHolders | Code::HoldingUnconfirmed) => {
                    open = Some(line);
                }
                Err(_) => {}
            }
        }
        match (held_then, held_now) {
            (Some(then), Some(now)) => {
                facts.push(then);
                if now != then {
                    facts.push(now);
                }
                lines.push(Line::new(Code::GrantorHeld, Some(now)).with("role", role));
                Ok(())
            }
            // Held it when giving, and what stands in the way now is not the law.
            (Some(_), None) => Err(open.unwrap_or_else(without)),
            (None, _) => Err(without()),
        }
    }

    /// The receiver is of a class that the rule allows.
    #[expect(
        clippy::too_many_arguments,
        reason = "the answer is gathered in the caller's lists"
    )]
    fn grantee(
        &self,
        entry: &Entry,
        grant: &Grant,
        rule: &DelegationRule,
        organisation: &Key,
        article: &str,
        at: Timestamp,
        lines: &mut Vec<Line>,
        facts: &mut Vec<FactId>,
        decisions: &mut Vec<Decision>,
    ) -> Result<(), Line> {
        let person = self.canonical(&grant.grantee);
        let not_eligible = || Line::new(Code::GranteeNotEligible, Some(entry.id())).with("article", article);
        match &rule.to {
            Grantees::MembersOf(bodies) => {
                for holding in self.holdings_of_person(&person) {
                    let Some(stated) = holding.holding() else { continue };
                    let Some(post) = self.post(&stated.post, at) else {
                        continue;
                    };
                    let member = post.terms.iter().any(|term| {
                        term.organisation == *organisation
                            && bodies.contains(&term.kind)
                            && term.span.contains(at)
                    });
                    if member && let Ok(standing) = self.standing(holding, stated, at, Purpose::Login) {
                        lines
                            .push(Line::new(Code::GranteeMember, Some(holding.id())).with("role", post.role));
                        facts.push(holding.id());
                        facts.extend(standing.facts);
                        return Ok(());
                    }
                }
                Err(not_eligible())
            }
            Grantees::Staff => {
                let mut refusal = not_eligible();
                for employment in self.employments(&person) {
                    let Content::Employment {
                        organisation: employer,
                        function,
                        ..
                    } = employment.content()
                    else {
                        continue;
                    };
                    if !employment.span.contains(at) {
                        continue;
                    }
                    if employer != organisation {
                        match self.agreement(organisation, employer, article, at) {
                            Ok((fact, decision)) => {
                                lines.push(
                                    Line::new(Code::AgreementAllows, Some(fact))
                                        .with("decision", &decision.reference),
                                );
                                facts.push(fact);
                                decisions.push(decision);
                            }
                            Err(line) => {
                                refusal = line;
                                continue;
                            }
                        }
                    }
                    let name = self
                        .organisation(employer, at)
                        .map_or_else(|| employer.to_string(), |organisation| organisation.name);
                    lines.push(
                        Line::new(Code::GranteeStaff, Some(employment.id()))
                            .with("function", function)
                            .with("organisation", name),
                    );
                    facts.push(employment.id());
                    return Ok(());
                }
                Err(refusal)
            }
        }
    }

    /// The agreement that lets staff of `employer` sign for `organisation`.
    fn agreement(
        &self,
        organisation: &Key,
        employer: &Key,
        article: &str,
        at: Timestamp,
    ) -> Result<(FactId, Decision), Line> {
        let mut refusal = Line::new(Code::AgreementUnknown, None).with("article", article);
        for entry in self.agreements(organisation, employer, at) {
            if let Content::ManagementAgreement {
                signature, decision, ..
            } = entry.content()
            {
                match signature {
                    Allowed::Yes => return Ok((entry.id(), decision.clone())),
                    Allowed::No => refusal = Line::new(Code::AgreementExcludes, Some(entry.id())),
                }
            }
        }
        Err(refusal)
    }
}
