//! Number trees: what a number stands for, in nodes of nodes. ISO 32000-2 §7.9.7.
//!
//! Read strictly, for a reader that searches by the limits and one that reads everything must find the same.

use std::collections::{BTreeMap, BTreeSet};

use super::document::View;
use super::error::{PdfError, PdfErrorKind};
use super::object::{Dictionary, Object, ObjectId};

/// Deepest tree.
const DEPTH_LIMIT: usize = 32;
/// Most nodes of a tree.
const NODE_LIMIT: usize = 100_000;
/// Most entries of a tree.
const ENTRY_LIMIT: usize = 2_000_000;

/// Why a structure cannot be followed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Trouble {
    /// It contradicts itself, in words.
    Damaged(&'static str),
    /// Its bytes cannot be read.
    Unreadable(PdfError),
}

impl From<PdfError> for Trouble {
    fn from(error: PdfError) -> Self {
        if error.kind == PdfErrorKind::Io {
            Self::Unreadable(error)
        } else {
            Self::Damaged("a part of the structure cannot be read")
        }
    }
}

/// A number tree, read.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct NumberTree {
    /// What each number stands for, as it stands there.
    pub(super) entries: BTreeMap<i64, Object>,
    /// The objects it is made of: nodes, and lists of their own.
    pub(super) objects: BTreeSet<u32>,
    /// One more than every number in it and in the limits of its nodes; 0 for an empty tree.
    pub(super) next: i64,
}

impl NumberTree {
    /// The tree whose root is `root` as it stands in its holder.
    ///
    /// # Errors
    /// `Damaged` for numbers that are not in order, limits that do not hold, a loop, and a tree too large.
    pub(super) fn read(view: &View, root: &Object) -> Result<Self, Trouble> {
        let mut tree = Self::default();
        let mut nodes = 0;
        tree.node(view, root, 0, &mut nodes)?;
        Ok(tree)
    }

    fn node(&mut self, view: &View, node: &Object, depth: usize, nodes: &mut usize) -> Result<(), Trouble> {
        *nodes = nodes.saturating_add(1);
        if depth > DEPTH_LIMIT || *nodes > NODE_LIMIT {
            return Err(Trouble::Damaged(
                "a number tree is too deep, too large, or a loop",
            ));
        }
        if let Some(id) = node.as_reference() {
            self.own(id)?;
        }
        let Object::Dictionary(node) = view.resolve(node)? else {
            return Err(Trouble::Damaged("a node of a number tree is no dictionary"));
        };
        let limits = if depth == 0 {
            None
        } else {
            Some(self.limits(view, &node)?)
        };
        match (node.get("Kids"), node.get("Nums")) {
            (Some(kids), None) => {
                for kid in self.list(view, kids)? {
                    self.node(view, &kid, depth.saturating_add(1), nodes)?;
                }
            }
            (None, Some(numbers)) => {
                let numbers = self.list(view, numbers)?;
                self.leaf(&numbers)?;
            }
            (None, None) if depth == 0 => {}
            _ => {
                return Err(Trouble::Damaged(
                    "a node of a number tree is neither one nor the other",
                ));
            }
        }
        if let Some((_, last)) = limits {
            if self.next.saturating_sub(1) > last {
                return Err(Trouble::Damaged("a number stands outside the limits of its node"));
            }
            self.next = last.saturating_add(1);
        }
        Ok(())
    }

    /// The limits of a node, which begin behind all that was read.
    fn limits(&mut self, view: &View, node: &Dictionary) -> Result<(i64, i64), Trouble> {
        let limits = view.array(node, "Limits")?;
        let [Object::Integer(first), Object::Integer(last)] = limits.as_slice() else {
            return Err(Trouble::Damaged("a node of a number tree has no limits"));
        };
        if *first < self.next || last < first {
            return Err(Trouble::Damaged("the nodes of a number tree are not in order"));
        }
        self.next = *first;
        Ok((*first, *last))
    }

    fn leaf(&mut self, numbers: &[Object]) -> Result<(), Trouble> {
        for pair in numbers.chunks(2) {
            let [Object::Integer(number), value] = pair else {
                return Err(Trouble::Damaged("an entry of a number tree is no pair"));
            };
            if *number < self.next || *number == i64::MAX || self.entries.len() >= ENTRY_LIMIT {
                return Err(Trouble::Damaged("the entries of a number tree are not in order"));
            }
            self.entries.insert(*number, value.clone());
            self.next = number.saturating_add(1);
        }
        Ok(())
    }

    fn list(&mut self, view: &View, list: &Object) -> Result<Vec<Object>, Trouble> {
        if let Some(id) = list.as_reference() {
            self.own(id)?;
        }
        match view.resolve(list)? {
            Object::Array(items) => Ok(items),
            _ => Err(Trouble::Damaged("a list of a number tree is none")),
        }
    }

    fn own(&mut self, id: ObjectId) -> Result<(), Trouble> {
        if self.objects.insert(id.number) {
            Ok(())
        } else {
            Err(Trouble::Damaged(
                "a number tree is too deep, too large, or a loop",
            ))
        }
    }
}
