//! Answers: may, who may, the plan, and the capacities of a person.

use super::capacity::{Capacity, CapacityKind};
use super::codes::{BodyKind, Role};
use super::delegation::Usable;
use super::explain::{Code, Line};
use super::facts::{Content, Decision, FactId, ScopeItem, Status};
use super::key::{Key, PersonKey};
use super::plan::{Candidate, DocumentKind, Object, PlanError, SigningPlan, Slot};
use super::rules::{Citation, DelegationRule, Duty, PlanRule, SlotRule};
use super::snapshot::{Entry, FoundBody, Snapshot};
use super::standing::{Purpose, Standing};
use super::verdict::{Action, Ground, Obligation, Outcome, Question, Refusal, Verdict};
use crate::base::time::Timestamp;

/// What the law's rule says about a document, found once for all persons.
struct Frame<'a> {
    body: FoundBody,
    rule: &'a PlanRule,
}

/// One way in which a person may fill a slot.
struct Way {
    capacity: Capacity,
    lines: Vec<Line>,
    facts: Vec<FactId>,
    decisions: Vec<Decision>,
    rules: Vec<Citation>,
    obligations: Vec<Obligation>,
    /// Ids of the rules that the board must have adopted.
    needs: Vec<String>,
}

/// The answer while it is being gathered.
#[derive(Default)]
struct Draft {
    lines: Vec<Line>,
    facts: Vec<FactId>,
    decisions: Vec<Decision>,
    rules: Vec<Citation>,
    obligations: Vec<Obligation>,
    capacity: Option<Capacity>,
}

impl Snapshot {
    /// May this person do this, as known at the snapshot's record time?
    ///
    /// Never fails: what is not known is a refusal that says so. The steps are those of reference
    /// roles-and-mandates §7.
    pub fn may(&self, question: &Question<'_>) -> Verdict {
        let mut draft = Draft::default();
        let outcome = match self.weigh(question, &mut draft) {
            Ok(()) if draft.obligations.is_empty() => Outcome::Permit,
            Ok(()) => Outcome::PermitWithObligations {
                obligations: std::mem::take(&mut draft.obligations),
            },
            Err(line) => {
                let refusal = Refusal {
                    code: line.code,
                    ground: line.code.ground().unwrap_or(Ground::WantOfData),
                };
                if !draft.lines.contains(&line) {
                    draft.lines.push(line);
                }
                Outcome::Deny(refusal)
            }
        };
        let mut facts = draft.facts;
        let mut seen = std::collections::HashSet::new();
        facts.retain(|fact| seen.insert(*fact));
        let mut decisions: Vec<Decision> = Vec::new();
        for decision in draft.decisions {
            if !decisions.contains(&decision) {
                decisions.push(decision);
            }
        }
        Verdict {
            board: self.board,
            person: self.canonical(question.person),
            action: question.action,
            document: question.object.document,
            body: question.object.body.clone(),
            outcome,
            capacity: draft.capacity,
            rules: draft.rules,
            facts,
            decisions,
            at: question.at,
            known_at: self.known_at,
            snapshot: self.digest,
            explanation: draft.lines,
        }
    }

    /// Everybody who may put the signature of `slot` on `object` at `at`, with the verdict that says so.
    pub fn who_may(&self, slot: u8, object: &Object, at: Timestamp) -> Vec<Verdict> {
        let Ok(frame) = self.frame(object.document, &object.body, at) else {
            return Vec::new();
        };
        let Some(rule) = slot_rule(frame.rule, slot) else {
            return Vec::new();
        };
        self.people_of(rule, &frame)
            .iter()
            .map(|person| {
                self.may(&Question {
                    person,
                    action: Action::Sign { slot },
                    object,
                    capacity: None,
                    at,
                })
            })
            .filter(Verdict::is_permit)
            .collect()
    }

    /// The signatures that a document needs, with those who may put them at `at`.
    ///
    /// # Errors
    /// When the body is not known or no rule speaks about such a document. A plan whose rule the board has not
    /// adopted has no `adopted_by`: it is advice.
    pub fn plan(&self, document: DocumentKind, body: &Key, at: Timestamp) -> Result<SigningPlan, PlanError> {
        let frame = self.frame(document, body, at).map_err(|line| match line.code {
            Code::RuleUnknown => PlanError::Rule {
                document,
                body: body.clone(),
            },
            _ => PlanError::Body(body.clone()),
        })?;
        let object = Object {
            document,
            body: body.clone(),
            domain: None,
            signed: Vec::new(),
        };
        let slots = (1_u8..)
            .zip(&frame.rule.slots)
            .map(|(number, rule)| Slot {
                number,
                roles: self.slot_roles(rule),
                delegation: self
                    .delegation_of(rule, document, at)
                    .ok()
                    .flatten()
                    .map(|rule| self.rules.cite(&rule.id, &rule.article, &rule.state)),
                candidates: self.candidates(&frame, number, rule, &object, at),
            })
            .collect();
        Ok(SigningPlan {
            board: self.board,
            document,
            body: frame.body.key.clone(),
            body_kind: frame.body.kind,
            rule: self
                .rules
                .cite(&frame.rule.id, &frame.rule.article, &frame.rule.state),
            adopted_by: self.adopted(&frame.rule.id, at),
            at,
            known_at: self.known_at,
            slots,
        })
    }

    /// As what the person may act at `at`: posts exercised first, then delegations, then employment.
    pub fn capacities(&self, person: &PersonKey, at: Timestamp) -> Vec<Capacity> {
        let person = self.canonical(person);
        if self.is_expired(at)
            || self.died(&person, at).is_some()
            || self.suspended(person.as_str(), at).is_some()
        {
            return Vec::new();
        }
        let mut found = Vec::new();
        for entry in self.holdings_of_person(&person) {
            if let Some(holding) = entry.holding()
                && let Ok(standing) = self.standing(entry, holding, at, Purpose::Login)
            {
                found.extend(self.holding_capacity(entry, &standing, at));
            }
        }
        for entry in self.grants_to(&person) {
            let Some(grant) = entry.grant() else { continue };
            let Some(post) = self.post(&grant.post, at) else {
                continue;
            };
            let rule = self
                .rules
                .delegations
                .iter()
                .find(|rule| rule.from.contains(&post.role) && rule.valid.contains(at));
            let organisation = post.terms.iter().find(|term| term.span.contains(at));
            if let (Some(rule), Some(term)) = (rule, organisation)
                && let Ok(usable) = self.usable(entry, grant, rule, &term.organisation, at)
            {
                found.extend(self.delegate_capacity(entry, rule, &usable, &term.organisation, at));
            }
        }
        for entry in self.employments(&person) {
            if let Content::Employment {
                organisation,
                function,
                unit,
                ..
            } = entry.content()
                && entry.span.contains(at)
                && let Some(summary) = self.organisation(organisation, at)
            {
                let (from, to) = entry.fact.stated.valid.days();
                found.push(Capacity {
                    id: entry.id(),
                    kind: CapacityKind::Employee {
                        function: function.clone(),
                        unit: unit.clone(),
                    },
                    organisation: summary,
                    from,
                    to,
                    facts: vec![entry.id()],
                });
            }
        }
        found
    }

    fn weigh(&self, question: &Question<'_>, draft: &mut Draft) -> Result<(), Line> {
        let Action::Sign { slot } = question.action;
        let (object, at) = (question.object, question.at);
        if self.is_expired(at) {
            return Err(Line::new(Code::SnapshotExpired, None).with("time", self.known_at));
        }
        let frame = self.frame(object.document, &object.body, at)?;
        let rule = frame.rule;
        let citation = self.rules.cite(&rule.id, &rule.article, &rule.state);
        draft.lines.push(
            Line::new(Code::RuleFound, None)
                .with("rule", &citation.rule)
                .with("article", &citation.article),
        );
        draft.rules.push(citation);
        draft.facts.push(frame.body.fact);
        let slot_rule =
            slot_rule(rule, slot).ok_or_else(|| Line::new(Code::SlotUnknown, None).with("slot", slot))?;
        let person = self.canonical(question.person);
        self.turn(slot, object)?;
        self.separation(slot, &person, object)?;
        if let Some(death) = self.died(&person, at) {
            return Err(Line::new(Code::PersonDeceased, Some(death.id())));
        }
        if let Some(suspension) = self.suspended(person.as_str(), at) {
            return Err(Line::new(Code::PersonSuspended, Some(suspension.id())));
        }
        let way = self.best_way(&frame, slot, slot_rule, question, &person, draft)?;
        draft.lines.extend(way.lines);
        draft.facts.extend(way.facts);
        draft.decisions.extend(way.decisions);
        draft.rules.extend(way.rules);
        draft.capacity = Some(way.capacity);
        if !object.signed.is_empty() {
            draft.lines.push(Line::new(Code::SeparationKept, None));
        }
        for name in std::iter::once(&rule.id).chain(&way.needs) {
            let adopted = self
                .adopted(name, at)
                .ok_or_else(|| Line::new(Code::RuleNotAdopted, None).with("rule", name))?;
            let line = Line::new(Code::RuleAdopted, Some(adopted.fact))
                .with("decision", &adopted.decision.reference);
            if !draft.lines.contains(&line) {
                draft.lines.push(line);
            }
            draft.facts.push(adopted.fact);
            draft.decisions.push(adopted.decision);
        }
        draft.obligations = way.obligations;
        let later = (1_u8..).zip(&rule.slots).filter(|(number, _)| *number > slot);
        for (number, later) in later {
            if !object.signed.iter().any(|signed| signed.slot == number) {
                draft.obligations.push(Obligation::CoSign {
                    slot: number,
                    roles: self.slot_roles(later),
                });
            }
        }
        Ok(())
    }

    /// Step 1: the body and the rule.
    fn frame(&self, document: DocumentKind, body: &Key, at: Timestamp) -> Result<Frame<'_>, Line> {
        let found = self
            .body(body, at)
            .ok_or_else(|| Line::new(Code::BodyUnknown, None).with("name", body))?;
        if !self.body_in_force(&found.key, at) {
            return Err(Line::new(Code::BodyNotInForce, Some(found.fact)));
        }
        let (_, organisation) = self
            .organisation_entry(&found.organisation, at)
            .ok_or_else(|| Line::new(Code::BodyNotInForce, Some(found.fact)))?;
        let rule = self
            .rules
            .plan_rule(document, found.kind, organisation.organisation, at)
            .ok_or_else(|| {
                Line::new(Code::RuleUnknown, Some(found.fact))
                    .with("document", document)
                    .with("body", found.kind)
            })?;
        Ok(Frame { body: found, rule })
    }

    /// Slots are filled in order, each once.
    #[expect(clippy::unused_self, reason = "reads beside the other steps")]
    fn turn(&self, slot: u8, object: &Object) -> Result<(), Line> {
        let filled = |number: u8| object.signed.iter().any(|signed| signed.slot == number);
        if filled(slot) {
            return Err(Line::new(Code::SlotFilled, None).with("slot", slot));
        }
        match (1..slot).find(|number| !filled(*number)) {
            Some(first) => Err(Line::new(Code::SlotNotItsTurn, None).with("slot", first)),
            None => Ok(()),
        }
    }

    /// One natural person fills one slot, in whatever capacities; nor does the giver of a delegation stand beside
    /// the delegate.
    fn separation(&self, slot: u8, person: &PersonKey, object: &Object) -> Result<(), Line> {
        if self.rules.policies.same_person_two_slots {
            return Ok(());
        }
        for signed in object.signed.iter().filter(|signed| signed.slot != slot) {
            if self.canonical(&signed.person) == *person {
                return Err(Line::new(Code::SamePerson, None).with("slot", signed.slot));
            }
            let behalf = signed.on_behalf_of.as_ref().map(|person| self.canonical(person));
            if behalf.as_ref() == Some(person) {
                return Err(Line::new(Code::GrantorSignsToo, None).with("slot", signed.slot));
            }
        }
        Ok(())
    }

    /// Steps 2 to 4: every way in which the person could fill the slot; the first that holds, or the reason that
    /// tells most.
    fn best_way(
        &self,
        frame: &Frame<'_>,
        slot: u8,
        rule: &SlotRule,
        question: &Question<'_>,
        person: &PersonKey,
        draft: &mut Draft,
    ) -> Result<Way, Line> {
        let (object, at) = (question.object, question.at);
        let mut refusals = Vec::new();
        let mut other_capacity = false;
        let wanted = |id: FactId| question.capacity.is_none_or(|capacity| capacity == id);
        for entry in self.holdings_of_person(person) {
            match self.way_by_holding(frame, rule, entry, at) {
                Some(Ok(way)) if wanted(entry.id()) => return Ok(way),
                Some(Ok(_)) => other_capacity = true,
                Some(Err(line)) => refusals.push(line),
                None => {}
            }
        }
        for entry in self.grants_to(person) {
            match self.way_by_grant(frame, slot, rule, entry, object, at) {
                Some(Ok(way)) if wanted(entry.id()) => return Ok(way),
                Some(Ok(_)) => other_capacity = true,
                Some(Err(line)) => refusals.push(line),
                None => {}
            }
        }
        if other_capacity {
            return Err(Line::new(Code::CapacityNotFitting, question.capacity));
        }
        let roles: Vec<&str> = rule.roles.iter().map(|role| role.slug()).collect();
        let telling = refusals
            .iter()
            .max_by_key(|line| telling(line.code))
            .cloned()
            .unwrap_or_else(|| Line::new(Code::NoCapacity, None).with("roles", roles.join(",")));
        draft.lines.extend(refusals);
        Err(telling)
    }

    /// None when the holding has nothing to do with the slot.
    fn way_by_holding(
        &self,
        frame: &Frame<'_>,
        rule: &SlotRule,
        entry: &Entry,
        at: Timestamp,
    ) -> Option<Result<Way, Line>> {
        let holding = entry.holding()?;
        let post = self.post(&holding.post, at)?;
        let fits = self.slot_roles(rule).contains(&post.role) && post.is_of(&frame.body.organisation);
        if !fits {
            return None;
        }
        Some(
            self.standing(entry, holding, at, Purpose::Sign)
                .and_then(|standing| {
                    let capacity = self
                        .holding_capacity(entry, &standing, at)
                        .ok_or_else(|| Line::new(Code::BodyNotInForce, Some(entry.id())))?;
                    let mut lines = standing.lines.clone();
                    lines.push(
                        Line::new(Code::HoldingConfers, Some(entry.id()))
                            .with("role", post.role)
                            .with("organisation", &capacity.organisation.name),
                    );
                    let obligations = standing
                        .absence
                        .map(|absence| Obligation::RecordAbsence { absence })
                        .into_iter()
                        .collect();
                    let decisions = holding
                        .confirmed_by
                        .iter()
                        .map(|reference| Decision {
                            reference: reference.clone(),
                            date: None,
                        })
                        .collect();
                    Ok(Way {
                        facts: capacity.facts.clone(),
                        capacity,
                        lines,
                        decisions,
                        rules: Vec::new(),
                        obligations,
                        needs: Vec::new(),
                    })
                }),
        )
    }

    /// None when the grant has nothing to do with the slot.
    fn way_by_grant(
        &self,
        frame: &Frame<'_>,
        slot: u8,
        rule: &SlotRule,
        entry: &Entry,
        object: &Object,
        at: Timestamp,
    ) -> Option<Result<Way, Line>> {
        let grant = entry.grant()?;
        let post = self.post(&grant.post, at)?;
        let fits = self.slot_roles(rule).contains(&post.role) && post.is_of(&frame.body.organisation);
        if !fits {
            return None;
        }
        let forbidden = |article: String| {
            Line::new(Code::DelegationForbidden, Some(entry.id()))
                .with("document", object.document)
                .with("article", article)
        };
        let law = &self.rules.law_short;
        let delegation = match self.delegation_of(rule, object.document, at) {
            Ok(Some(delegation)) => delegation,
            Ok(None) => return Some(Err(forbidden(format!("art. {} {law}", frame.rule.article)))),
            Err(delegation) => return Some(Err(forbidden(format!("art. {} {law}", delegation.article)))),
        };
        let asked = ScopeItem {
            documents: Some(object.document),
            body: Some(frame.body.kind),
            domain: object.domain.clone(),
        };
        // A grant limited to a domain covers nothing whose domain is not stated.
        if !grant.scope.iter().any(|item| item.covers(&asked)) {
            return Some(Err(
                Line::new(Code::GrantOutOfScope, Some(entry.id())).with("document", object.document)
            ));
        }
        Some(
            self.usable(entry, grant, delegation, &frame.body.organisation, at)
                .and_then(|usable| {
                    let grantor_signed = object.signed.iter().any(|signed| {
                        signed.slot != slot && self.canonical(&signed.person) == usable.on_behalf_of
                    });
                    if grantor_signed && !self.rules.policies.same_person_two_slots {
                        return Err(Line::new(Code::GrantorSignsToo, Some(entry.id())).with("slot", slot));
                    }
                    let capacity = self
                        .delegate_capacity(entry, delegation, &usable, &frame.body.organisation, at)
                        .ok_or_else(|| Line::new(Code::BodyNotInForce, Some(entry.id())))?;
                    let citation = self
                        .rules
                        .cite(&delegation.id, &delegation.article, &delegation.state);
                    let mut obligations = vec![Obligation::Mention(
                        delegation.mention.fill(usable.decided_on, &citation.article),
                    )];
                    obligations.extend(delegation.duties.iter().map(|duty| match duty {
                        Duty::InformCouncil => Obligation::InformCouncil,
                    }));
                    Ok(Way {
                        facts: capacity.facts.clone(),
                        capacity,
                        lines: usable.lines,
                        decisions: usable.decisions,
                        rules: vec![citation],
                        obligations,
                        needs: vec![delegation.id.clone()],
                    })
                }),
        )
    }

    /// The delegation rule of a slot; `Ok(None)` when there is none, `Err` with the rule that excludes the document.
    fn delegation_of<'a>(
        &'a self,
        rule: &SlotRule,
        document: DocumentKind,
        at: Timestamp,
    ) -> Result<Option<&'a DelegationRule>, &'a DelegationRule> {
        let Some(delegation) = rule
            .delegation
            .as_ref()
            .and_then(|name| self.rules.delegation_rule(name, at))
        else {
            return Ok(None);
        };
        if delegation.not_for.contains(&document) {
            return Err(delegation);
        }
        Ok(Some(delegation))
    }

    fn slot_roles(&self, rule: &SlotRule) -> Vec<Role> {
        let mut roles = rule.roles.clone();
        if self.rules.policies.designated_mayor_may_sign
            && roles.iter().any(|role| role.slug() == "mayor")
            && let Ok(designated) = "designated_mayor".parse::<Role>()
        {
            roles.push(designated);
        }
        roles
    }

    /// Everybody who has, had or will have something to do with a slot.
    fn people_of(&self, rule: &SlotRule, frame: &Frame<'_>) -> Vec<PersonKey> {
        let mut people: Vec<PersonKey> = Vec::new();
        let mut add = |person: PersonKey| {
            if !people.contains(&person) {
                people.push(person);
            }
        };
        for role in self.slot_roles(rule) {
            for post in self.posts_by_role(&frame.body.organisation, role) {
                for holding in self.holdings_of_post(post).iter().filter_map(Entry::holding) {
                    add(self.canonical(&holding.person));
                }
                for grant in self.grants_of_post(post).iter().filter_map(Entry::grant) {
                    add(self.canonical(&grant.grantee));
                }
            }
        }
        people
    }

    fn candidates(
        &self,
        frame: &Frame<'_>,
        slot: u8,
        rule: &SlotRule,
        object: &Object,
        at: Timestamp,
    ) -> Vec<Candidate> {
        let mut found: Vec<Candidate> = self
            .people_of(rule, frame)
            .into_iter()
            .filter(|person| self.died(person, at).is_none() && self.suspended(person.as_str(), at).is_none())
            .filter_map(|person| {
                let question = Question {
                    person: &person,
                    action: Action::Sign { slot },
                    object,
                    capacity: None,
                    at,
                };
                let way = self
                    .best_way(frame, slot, rule, &question, &person, &mut Draft::default())
                    .ok()?;
                Some(Candidate {
                    name: self.name(&person),
                    mention: way
                        .obligations
                        .into_iter()
                        .find_map(|obligation| match obligation {
                            Obligation::Mention(mention) => Some(mention),
                            _ => None,
                        }),
                    capacity: way.capacity,
                    person,
                })
            })
            .collect();
        found.sort_by_key(|candidate| match &candidate.capacity.kind {
            CapacityKind::Holding {
                status: Status::Effective,
                ..
            } => 0,
            CapacityKind::Holding { .. } => 1,
            _ => 2,
        });
        found
    }

    fn holding_capacity(&self, entry: &Entry, standing: &Standing, at: Timestamp) -> Option<Capacity> {
        let holding = entry.holding()?;
        let post = self.post(&holding.post, at)?;
        let term = post
            .terms
            .iter()
            .find(|term| term.span.contains(at))
            .or_else(|| post.terms.last())?;
        let mut bodies: Vec<BodyKind> = post.terms.iter().map(|term| term.kind).collect();
        bodies.sort();
        bodies.dedup();
        let (from, to) = Self::shown_period(entry, post, at);
        let mut facts = vec![entry.id()];
        facts.extend(&standing.facts);
        Some(Capacity {
            id: entry.id(),
            kind: CapacityKind::Holding {
                role: post.role,
                post: holding.post.clone(),
                status: holding.status,
                bodies,
            },
            organisation: self.organisation(&term.organisation, at)?,
            from,
            to,
            facts,
        })
    }

    fn delegate_capacity(
        &self,
        entry: &Entry,
        rule: &DelegationRule,
        usable: &Usable,
        organisation: &Key,
        at: Timestamp,
    ) -> Option<Capacity> {
        let grant = entry.grant()?;
        let post = self.post(&grant.post, at)?;
        let (from, to) = entry.fact.stated.valid.days();
        Some(Capacity {
            id: entry.id(),
            kind: CapacityKind::Delegate {
                grant: entry.key().clone(),
                role: post.role,
                post: grant.post.clone(),
                on_behalf_of: usable.on_behalf_of.clone(),
                basis: self.rules.cite(&rule.id, &rule.article, &rule.state),
                decision: usable.decision.clone(),
                scope: grant.scope.clone(),
            },
            organisation: self.organisation(organisation, at)?,
            from,
            to,
            facts: usable.facts.clone(),
        })
    }
}

fn slot_rule(rule: &PlanRule, slot: u8) -> Option<&SlotRule> {
    usize::from(slot)
        .checked_sub(1)
        .and_then(|index| rule.slots.get(index))
}

/// How much a reason tells: one that is merely over and done with tells least, one for want of data most, because
/// more data may turn it.
fn telling(code: Code) -> (u8, u8) {
    let over = matches!(code, Code::HoldingNotInPeriod | Code::GrantNotInPeriod);
    let open = code.ground() == Some(Ground::WantOfData);
    (u8::from(!over), u8::from(open))
}
