//! Certificate policy processing, RFC 5280 §6.1 with the graph of RFC 9618.

use std::collections::{BTreeMap, BTreeSet};

use super::certificate::Certificate;
use crate::asn1::oid::Oid;

/// anyPolicy, 2.5.29.32.0.
const ANY: &[u8] = &[0x55, 0x1D, 0x20, 0x00];

/// What the relying party asks of policies, RFC 5280 §6.1.1 (c) to (g). The default asks nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PolicyInputs {
    /// user-initial-policy-set; `None` is any policy.
    pub initial: Option<Vec<Oid>>,
    /// initial-explicit-policy.
    pub explicit: bool,
    /// initial-policy-mapping-inhibit.
    pub inhibit_mapping: bool,
    /// initial-any-policy-inhibit.
    pub inhibit_any: bool,
}

impl PolicyInputs {
    /// Nothing is asked.
    pub const NONE: &'static Self = &Self {
        initial: None,
        explicit: false,
        inhibit_mapping: false,
        inhibit_any: false,
    };
}

/// The policy rules are broken: no acceptable policy is left where one is required, or anyPolicy was mapped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct PolicyFailure;

/// A policy valid at one depth.
#[derive(Clone, Debug, Default)]
struct Node {
    expected: BTreeSet<Oid>,
    parents: BTreeSet<Oid>,
}

type Level = BTreeMap<Oid, Node>;

/// The state carried from the anchor down.
///
/// WHY: RFC 5280's tree grows exponentially under hostile mappings. One node a policy and depth, with several
/// parents, holds the same truth in linear space (RFC 9618).
pub(super) struct PolicyState {
    levels: Vec<Level>,
    explicit: usize,
    mapping: usize,
    inhibit_any: usize,
}

#[expect(
    clippy::expect_used,
    reason = "the constant above is a well-formed identifier"
)]
fn any() -> Oid {
    Oid::from_content(ANY).expect("anyPolicy is well-formed")
}

fn is_any(policy: &Oid) -> bool {
    policy.content() == ANY
}

impl PolicyState {
    /// The state before the first certificate of a path of `count` certificates below the anchor.
    pub(super) fn new(inputs: &PolicyInputs, count: usize) -> Self {
        let start = count.saturating_add(1);
        let root = Node {
            expected: BTreeSet::from([any()]),
            parents: BTreeSet::new(),
        };
        Self {
            levels: vec![Level::from([(any(), root)])],
            explicit: if inputs.explicit { 0 } else { start },
            mapping: if inputs.inhibit_mapping { 0 } else { start },
            inhibit_any: if inputs.inhibit_any { 0 } else { start },
        }
    }

    fn is_null(&self) -> bool {
        self.levels.is_empty()
    }

    /// RFC 5280 §6.1.3 (d) to (f) for one certificate.
    pub(super) fn visit(&mut self, certificate: &Certificate, is_last: bool) -> Result<(), PolicyFailure> {
        let policies = &certificate.extensions().policies;
        if policies.is_empty() {
            self.levels.clear();
        } else if let Some(previous) = self.levels.last() {
            let any_counts = self.inhibit_any > 0 || (!is_last && certificate.is_self_issued());
            let level = next_level(previous, policies, any_counts);
            if level.is_empty() {
                self.levels.clear();
            } else {
                self.levels.push(level);
            }
        }
        if self.explicit == 0 && self.is_null() {
            Err(PolicyFailure)
        } else {
            Ok(())
        }
    }

    /// RFC 5280 §6.1.4 (a), (b) and (h) to (j) for one intermediate certificate.
    pub(super) fn prepare(&mut self, certificate: &Certificate) -> Result<(), PolicyFailure> {
        let extensions = certificate.extensions();
        self.map(&extensions.policy_mappings)?;
        if !certificate.is_self_issued() {
            self.explicit = self.explicit.saturating_sub(1);
            self.mapping = self.mapping.saturating_sub(1);
            self.inhibit_any = self.inhibit_any.saturating_sub(1);
        }
        let lower = |counter: &mut usize, limit: Option<u64>| {
            if let Some(limit) = limit.and_then(|limit| usize::try_from(limit).ok()) {
                *counter = (*counter).min(limit);
            }
        };
        if let Some(constraints) = extensions.policy_constraints {
            lower(&mut self.explicit, constraints.require_explicit_policy);
            lower(&mut self.mapping, constraints.inhibit_policy_mapping);
        }
        lower(&mut self.inhibit_any, extensions.inhibit_any_policy);
        Ok(())
    }

    fn map(&mut self, mappings: &[(Oid, Oid)]) -> Result<(), PolicyFailure> {
        if mappings.iter().any(|(from, to)| is_any(from) || is_any(to)) {
            return Err(PolicyFailure);
        }
        let Some(level) = self.levels.last_mut() else {
            return Ok(());
        };
        if self.mapping > 0 {
            let mut targets: BTreeMap<&Oid, BTreeSet<Oid>> = BTreeMap::new();
            for (from, to) in mappings {
                targets.entry(from).or_default().insert(to.clone());
            }
            let has_any = level.contains_key(&any());
            for (from, expected) in targets {
                if let Some(node) = level.get_mut(from) {
                    node.expected = expected;
                } else if has_any {
                    level.insert(
                        from.clone(),
                        Node {
                            expected,
                            parents: BTreeSet::from([any()]),
                        },
                    );
                }
            }
        } else {
            for (from, _) in mappings {
                level.remove(from);
            }
            if level.is_empty() {
                self.levels.clear();
            }
        }
        Ok(())
    }

    /// RFC 5280 §6.1.5 (a), (b), (g): ends with the end entity. Returns the policies the path is valid for, in
    /// the relying party's words; empty when none and none was required.
    pub(super) fn finish(
        mut self,
        leaf: &Certificate,
        inputs: &PolicyInputs,
    ) -> Result<Vec<Oid>, PolicyFailure> {
        self.explicit = self.explicit.saturating_sub(1);
        if leaf
            .extensions()
            .policy_constraints
            .and_then(|constraints| constraints.require_explicit_policy)
            == Some(0)
        {
            self.explicit = 0;
        }
        let valid = self.valid_for(inputs.initial.as_deref());
        if self.explicit == 0 && valid.is_empty() {
            Err(PolicyFailure)
        } else {
            Ok(valid)
        }
    }

    fn valid_for(&self, initial: Option<&[Oid]>) -> Vec<Oid> {
        let Some(last) = self.levels.last() else {
            return Vec::new();
        };
        let wanted =
            |policy: &Oid| initial.is_none_or(|set| set.iter().any(|known| known == policy || is_any(known)));
        let mut valid = BTreeSet::new();
        let mut visited: BTreeSet<(usize, &Oid)> = BTreeSet::new();
        let mut open: Vec<(usize, &Oid)> = last
            .keys()
            .map(|policy| (self.levels.len().saturating_sub(1), policy))
            .collect();
        while let Some((depth, policy)) = open.pop() {
            if !visited.insert((depth, policy)) {
                continue;
            }
            if is_any(policy) {
                // anyPolicy still stands at the end: every policy the relying party asks for is valid.
                if depth.saturating_add(1) == self.levels.len() {
                    valid.extend(initial.map_or_else(|| vec![policy.clone()], <[Oid]>::to_vec));
                }
                continue;
            }
            let Some(node) = self.levels.get(depth).and_then(|level| level.get(policy)) else {
                continue;
            };
            for parent in &node.parents {
                if is_any(parent) {
                    if wanted(policy) {
                        valid.insert(policy.clone());
                    }
                } else {
                    open.push((depth.saturating_sub(1), parent));
                }
            }
        }
        valid.into_iter().collect()
    }
}

/// RFC 5280 §6.1.3 (d) (1) and (2).
fn next_level(previous: &Level, policies: &[Oid], any_counts: bool) -> Level {
    let mut level = Level::new();
    for policy in policies.iter().filter(|policy| !is_any(policy)) {
        let mut parents: BTreeSet<Oid> = previous
            .iter()
            .filter(|(_, node)| node.expected.contains(policy))
            .map(|(name, _)| name.clone())
            .collect();
        if parents.is_empty() && previous.contains_key(&any()) {
            parents.insert(any());
        }
        if !parents.is_empty() {
            level.insert(
                policy.clone(),
                Node {
                    expected: BTreeSet::from([policy.clone()]),
                    parents,
                },
            );
        }
    }
    if any_counts && policies.iter().any(is_any) {
        let stated: BTreeSet<Oid> = level.keys().cloned().collect();
        for (name, node) in previous {
            for expected in node
                .expected
                .iter()
                .filter(|expected| !stated.contains(*expected))
            {
                let child = level.entry(expected.clone()).or_default();
                child.expected.insert(expected.clone());
                child.parents.insert(name.clone());
            }
        }
    }
    level
}
