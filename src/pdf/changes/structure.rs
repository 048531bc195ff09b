//! The logical structure: a `Form` element for each new signature, and nothing else.
//!
//! What assistive software reads aloud is another way to show a document. An element of another text, another order, a key
//! of the parent tree that leads elsewhere or a type with another meaning would be a shadow that only some readers meet.
//! ISO 32000-2 §14.7; what zegel, iText and Acrobat add for a signature field of a tagged document.

use std::collections::BTreeSet;

use super::step::{Step, is_type, keys};
use crate::pdf::error::PdfError;
use crate::pdf::number_tree::{NumberTree, Trouble};
use crate::pdf::object::{Dictionary, Name, Object, ObjectId};
use crate::pdf::structure;

/// What a new element may say of itself. No text in the place of another, no attributes.
const ELEMENT_KEYS: [&str; 8] = ["Alt", "K", "Lang", "P", "Pg", "S", "T", "Type"];
/// Elements that hold others and no words of their own: where the field of a signature may be put. ISO 32000-2 §14.8.4.
const GROUPS: [&str; 7] = [
    "Document",
    "DocumentFragment",
    "Part",
    "Art",
    "Sect",
    "Div",
    "NonStruct",
];
/// Keys of a node of a number tree. ISO 32000-2 table 37.
const NODE_KEYS: [&str; 3] = ["Kids", "Limits", "Nums"];
/// What the reference to the widget may say. ISO 32000-2 table 358.
const REFERENCE_KEYS: [&str; 3] = ["Obj", "Pg", "Type"];

impl Step<'_> {
    /// Whether the document was tagged before.
    pub(super) fn is_tagged(&self) -> Result<bool, PdfError> {
        Ok(structure::is_tagged(&self.old, &self.old.catalog()?))
    }

    pub(super) fn check_structure(
        &mut self,
        catalog: u32,
        before: Option<&Object>,
        after: Option<&Object>,
    ) -> Result<(), PdfError> {
        let (Some(before), Some(after)) = (before, after) else {
            self.undefined(None, "the structure was added or taken away");
            return Ok(());
        };
        let (Object::Dictionary(then), Object::Dictionary(now)) =
            (self.old.resolve(before)?, self.new.resolve(after)?)
        else {
            if before != after {
                self.undefined(None, "the structure was replaced by something else");
            }
            return Ok(());
        };
        // Its elements name it as their parent, so it has more holders than the catalog; it is the same object or none.
        let holder = after.as_reference().map_or(catalog, |id| id.number);
        if before.as_reference() != after.as_reference() {
            self.undefined(None, "the catalog names another structure");
            return Ok(());
        }
        if self.modified.contains_key(&holder) {
            self.explain(holder);
        }
        self.check_elements(holder, &now)?;
        let mut next = None;
        for key in keys(&then, &now) {
            let (before, after) = (then.get(&key), now.get(&key));
            match key.as_str() {
                "K" if before != after => self.check_kids(ObjectId::new(holder), &then, &now, &now)?,
                "ParentTree" => next = self.check_parent_tree(holder, before, after)?,
                "K" | "ParentTreeNextKey" => {}
                _ if before != after => self.undefined(Some(holder), "an entry of the structure changed"),
                _ => {}
            }
        }
        let stated = |root: &Dictionary| root.get("ParentTreeNextKey").cloned();
        let (before, after) = (stated(&then), stated(&now));
        if before != after {
            let least = before.as_ref().and_then(Object::as_integer).max(next);
            if after
                .as_ref()
                .and_then(Object::as_integer)
                .is_none_or(|after| Some(after) < least)
            {
                self.undefined(Some(holder), "the next key of the structure went back");
            }
        }
        Ok(())
    }

    /// Each widget that names a key of the parent tree has an element there.
    pub(super) fn check_structure_keys(&mut self) {
        let widgets: Vec<ObjectId> = self.new_widgets.iter().copied().collect();
        for widget in widgets {
            let key = self.key_of(widget);
            let is_there = key.as_ref().is_none_or(|key| {
                key.as_integer()
                    .is_some_and(|key| self.new_elements.contains_key(&key))
            });
            if !is_there {
                self.undefined(
                    Some(widget.number),
                    "a signature field was added that takes another's place in the structure",
                );
            }
        }
    }

    fn key_of(&self, widget: ObjectId) -> Option<Object> {
        let widget = self.added.get(&widget.number)?.as_dictionary()?;
        widget.get("StructParent").cloned()
    }

    /// Elements that were there and are written again, themselves or the list of what stands in them.
    fn check_elements(&mut self, root: u32, now_root: &Dictionary) -> Result<(), PdfError> {
        let mut elements: BTreeSet<u32> = BTreeSet::new();
        for (number, (then, now)) in &self.modified {
            if is_element(then) && is_element(now) {
                elements.insert(*number);
            } else if let (Object::Array(_), Object::Array(_)) = (then, now) {
                for referrer in self.old_referrers(*number) {
                    let holder = self.old.get(ObjectId::new(referrer));
                    let lists = |holder: &Object| {
                        let list = holder.as_dictionary().and_then(|holder| holder.get("K"));
                        list.and_then(Object::as_reference).map(|id| id.number) == Some(*number)
                    };
                    if holder.is_ok_and(|holder| lists(&holder) && (is_element(&holder) || referrer == root))
                    {
                        elements.insert(referrer);
                    }
                }
            }
        }
        for number in elements {
            let id = ObjectId::new(number);
            let (then, now) = (self.old.get(id)?, self.new.get(id)?);
            let (Some(then), Some(now)) = (then.as_dictionary(), now.as_dictionary()) else {
                continue;
            };
            if number != root
                && keys(then, now)
                    .iter()
                    .any(|key| key != "K" && then.get(key) != now.get(key))
            {
                self.undefined(Some(number), "an element of the structure was changed");
                continue;
            }
            self.explain(number);
            self.check_kids(id, then, now, now_root)?;
        }
        Ok(())
    }

    /// What stood in an element stands there in the same order; what came is for new signatures.
    fn check_kids(
        &mut self,
        id: ObjectId,
        then: &Dictionary,
        now: &Dictionary,
        root: &Dictionary,
    ) -> Result<(), PdfError> {
        let (before, _) = structure::kids(&self.old, then)?;
        let (after, list) = structure::kids(&self.new, now)?;
        if let (Some(_), Some(value)) = (list, now.get("K"))
            && self.follow(then.get("K"), value, id.number).is_none()
        {
            return Ok(());
        }
        let mut old = before.iter().peekable();
        let mut is_behind = false;
        for item in &after {
            if !is_behind && old.peek() == Some(&item) {
                old.next();
                continue;
            }
            is_behind = true;
            let is_place = self.is_place(then, &before, root)?;
            if !self.take_element(id, item, root)? {
                self.undefined(
                    Some(id.number),
                    "the structure got something else than the field of a new signature",
                );
                return Ok(());
            }
            if !is_place {
                self.undefined(
                    Some(id.number),
                    "the structure got a signature within a text or where content stands",
                );
                return Ok(());
            }
        }
        if old.peek().is_some() {
            self.undefined(
                Some(id.number),
                "elements of the structure were taken away or moved",
            );
        }
        Ok(())
    }

    /// Whether the field of a signature may be put behind `before`, what stands in the element `then` or in the root.
    fn is_place(&self, then: &Dictionary, before: &[Object], root: &Dictionary) -> Result<bool, PdfError> {
        // WHY: `/K` of a picture's parameters or of a group is a number or a flag, and those look like an element to whoever
        // gives them its other keys. What holds elements alone means nothing there.
        for item in before {
            if !matches!(self.old.resolve(item)?, Object::Dictionary(_)) {
                return Ok(false);
            }
        }
        // A field among the words of a text would be read aloud within them.
        let roles = self.new.dictionary(root, "RoleMap")?.unwrap_or_default();
        Ok(match then.get("S") {
            Some(Object::Name(kind)) => structure::standard_type(&self.new, &roles, kind)
                .is_ok_and(|kind| GROUPS.iter().any(|group| kind.is(group))),
            Some(_) => false,
            // The root: an element says what it is.
            None => true,
        })
    }

    /// Whether `item` is a new `Form` element in `parent` for the widget of a new signature; explains it if so.
    fn take_element(&mut self, parent: ObjectId, item: &Object, root: &Dictionary) -> Result<bool, PdfError> {
        let Some(id) = item.as_reference() else {
            return Ok(false);
        };
        let Some(Object::Dictionary(element)) = self.added.get(&id.number).cloned() else {
            return Ok(false);
        };
        let roles = self.new.dictionary(root, "RoleMap")?.unwrap_or_default();
        let form = Name::from("Form");
        let is_form = element.is_name("S", "Form")
            && structure::standard_type(&self.new, &roles, &form).is_ok_and(|kind| kind == form);
        if !is_form
            || !only(&element, &ELEMENT_KEYS)
            || !is_type(&Object::Dictionary(element.clone()), "StructElem")
            || element.get("P") != Some(&Object::Reference(parent))
        {
            return Ok(false);
        }
        let (content, _) = structure::kids(&self.new, &element)?;
        let [content] = content.as_slice() else {
            return Ok(false);
        };
        let Object::Dictionary(reference) = self.new.resolve(content)? else {
            return Ok(false);
        };
        let widget = reference.get("Obj").and_then(Object::as_reference);
        let Some(widget) = widget.filter(|widget| self.new_widgets.contains(widget)) else {
            return Ok(false);
        };
        if !reference.is_name("Type", "OBJR") || !only(&reference, &REFERENCE_KEYS) {
            return Ok(false);
        }
        let shown_on = self
            .added
            .get(&widget.number)
            .and_then(Object::as_dictionary)
            .and_then(|widget| widget.get("P").cloned());
        let elsewhere = |holder: &Dictionary| {
            holder
                .get("Pg")
                .is_some_and(|page| Some(page) != shown_on.as_ref())
        };
        if elsewhere(&element) || elsewhere(&reference) {
            return Ok(false);
        }
        let Some(Object::Integer(key)) = self.key_of(widget) else {
            return Ok(false);
        };
        if !self.referrers.is_key_of(key, widget.number) || self.new_elements.insert(key, id).is_some() {
            return Ok(false);
        }
        self.accept_new(item);
        Ok(true)
    }

    /// The parent tree has what it had, and the new elements under their keys. Gives the key after its last.
    fn check_parent_tree(
        &mut self,
        root: u32,
        before: Option<&Object>,
        after: Option<&Object>,
    ) -> Result<Option<i64>, PdfError> {
        if before == after && !self.touches_number_tree(root) {
            if !self.new_elements.is_empty() {
                self.undefined(
                    Some(root),
                    "the parent tree does not know a new element of the structure",
                );
            }
            return Ok(None);
        }
        let Some(after) = after else {
            self.undefined(Some(root), "the parent tree of the structure was taken away");
            return Ok(None);
        };
        let read = |view, tree: Option<&Object>| {
            tree.map_or(Ok(NumberTree::default()), |tree| NumberTree::read(view, tree))
        };
        let (then, now) = match (read(&self.old, before), read(&self.new, Some(after))) {
            (Ok(then), Ok(now)) => (then, now),
            (Err(Trouble::Unreadable(error)), _) | (_, Err(Trouble::Unreadable(error))) => return Err(error),
            _ => {
                self.undefined(
                    Some(root),
                    "the parent tree of a changed structure contradicts itself",
                );
                return Ok(None);
            }
        };
        let mut missing: BTreeSet<i64> = self.new_elements.keys().copied().collect();
        for (key, value) in &now.entries {
            let known = if let Some(before) = then.entries.get(key) {
                before == value || self.is_same_list(before, value)?
            } else {
                missing.remove(key);
                let element = self.new_elements.get(key);
                element.is_some_and(|id| value == &Object::Reference(*id))
            };
            if !known {
                self.undefined(Some(root), "an entry of the parent tree leads elsewhere");
                return Ok(None);
            }
        }
        if then.entries.keys().any(|key| !now.entries.contains_key(key)) {
            self.undefined(Some(root), "an entry of the parent tree was taken away");
        }
        if !missing.is_empty() {
            self.undefined(
                Some(root),
                "the parent tree does not know a new element of the structure",
            );
        }
        let mut holders: Vec<u32> = then.objects.iter().copied().collect();
        holders.push(root);
        for number in &now.objects {
            if self.added.contains_key(number) {
                self.explain(*number);
            } else if let Some((then, now)) = self.modified.get(number) {
                let others = |object: &Object| {
                    let mut node = object.as_dictionary().cloned().unwrap_or_default();
                    for key in NODE_KEYS {
                        node.remove(key);
                    }
                    node
                };
                if *number != root && others(then) != others(now) {
                    self.undefined(
                        Some(*number),
                        "a part of the parent tree has another use, which changed",
                    );
                    return Ok(None);
                }
                self.explain_held_by(*number, &holders);
            }
        }
        Ok(Some(now.next))
    }

    /// Two lists of the same elements, the one after written anew.
    fn is_same_list(&mut self, before: &Object, after: &Object) -> Result<bool, PdfError> {
        let (Object::Array(then), Object::Array(now)) = (self.old.resolve(before)?, self.new.resolve(after)?)
        else {
            return Ok(false);
        };
        if let Some(id) = after.as_reference()
            && self.added.contains_key(&id.number)
        {
            self.explain(id.number);
        }
        Ok(then == now)
    }

    /// Whether this revision wrote what may be a part of a number tree again.
    fn touches_number_tree(&self, root: u32) -> bool {
        let is_node = |object: &Object| {
            let node = object.as_dictionary();
            let others = is_type(object, "Page") || is_type(object, "Pages");
            !others && node.is_some_and(|node| node.contains("Nums") || node.contains("Kids"))
        };
        let holds_list = |referrer: u32| {
            let holder = self.old.get(ObjectId::new(referrer));
            referrer == root || holder.is_ok_and(|holder| is_node(&holder))
        };
        self.modified.iter().any(|(number, (then, _))| {
            is_node(then)
                || (then.as_array().is_some() && self.old_referrers(*number).into_iter().any(holds_list))
        })
    }
}

fn only(dictionary: &Dictionary, allowed: &[&str]) -> bool {
    dictionary
        .iter()
        .all(|(key, _)| allowed.iter().any(|allowed| key.is(allowed)))
}

/// A structure element, by what table 355 requires of one.
fn is_element(object: &Object) -> bool {
    let element = object.as_dictionary();
    element.is_some_and(|element| {
        element.get("S").and_then(Object::as_name).is_some()
            && element.contains("P")
            && (is_type(object, "StructElem") || !element.contains("Type"))
    })
}
