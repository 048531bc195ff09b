//! Counter-signatures: each is a property of the signature that it is on, and stands under that one's later archive
//! time-stamps as everything before them does. EN 319 132-1 §5.2.7.2 and §5.5.2.2.

use std::collections::BTreeSet;

use super::super::archive_manifest::Around;
use super::super::general::{self, Basis, Enclosing, Subject, too_many_counters};
use super::super::report::{Format, SignatureReport};
use super::{Judged, Signature};
use crate::ades::signature_name::{COUNTERS_AT_MOST, COUNTERS_DEEP_AT_MOST, SignatureName};
use crate::ades::xades::counter;
use crate::ades::xades::data::Scene;

/// A signature that a counter-signature stands in.
#[derive(Clone, Copy)]
struct Outer<'s> {
    signature: &'s Signature<'s>,
    archives: &'s [Enclosing<'s>],
    /// How many of them stand before it.
    before: usize,
}

impl<'s> Outer<'s> {
    /// Puts what stands in it under the archive time-stamps that follow. What the signature around holds serves it too.
    fn enclose(&self, subject: &mut Subject<'s>) {
        let layer = general::enclose(subject, self.archives, self.before);
        self.signature.add_material(&mut subject.material, layer);
    }
}

impl Signature<'_> {
    /// The counter-signatures on the signature `name`, judged, each followed by those on itself.
    pub(super) fn counters(
        &self,
        scene: &Scene<'_>,
        name: &SignatureName,
        judging: (&Around<'_>, &Basis<'_>),
    ) -> Vec<Judged> {
        let mut judged = Vec::new();
        self.add_counters(scene, name, &[], judging, &mut judged);
        judged
    }

    /// `outer`: the signatures around this one, the nearest first.
    fn add_counters<'s>(
        &'s self,
        scene: &'s Scene<'s>,
        name: &SignatureName,
        outer: &[Outer<'s>],
        (around, basis): (&Around<'_>, &Basis<'_>),
        judged: &mut Vec<Judged>,
    ) {
        let (inside, _) = counter::counters(self.document, &self.properties);
        if inside.is_empty() {
            return;
        }
        let archives: Vec<Enclosing<'_>> = self.tokens(scene).1.into_iter().map(Enclosing::new).collect();
        for (number, one) in inside.iter().enumerate() {
            let name = name.counter(number);
            let push = |judged: &mut Vec<Judged>, report| {
                judged.push(Judged {
                    report,
                    covers: BTreeSet::new(),
                    is_counter: true,
                });
            };
            if judged.len() > COUNTERS_AT_MOST {
                return;
            }
            if judged.len() == COUNTERS_AT_MOST || name.counters.len() > COUNTERS_DEEP_AT_MOST {
                push(judged, too_many_counters(&name, Format::Xades));
                return;
            }
            let counter = match Self::read(self.document, one.element) {
                Ok(counter) => counter,
                Err(failure) => {
                    push(
                        judged,
                        SignatureReport::failed(name.to_string(), Format::Xades, failure),
                    );
                    continue;
                }
            };
            let mut outers = vec![Outer {
                signature: self,
                archives: &archives,
                before: one.archives_before,
            }];
            outers.extend(outer);
            let mut subject = counter.subject(scene, name.to_string(), Some(self.core.value_element));
            for outer in &outers {
                outer.enclose(&mut subject);
            }
            let inside = subject.archive.len();
            subject.archive.extend(around.tokens(inside));
            around.add_material(&mut subject.material, inside);
            push(judged, general::judge(subject, basis));
            counter.add_counters(scene, &name, &outers, (around, basis), judged);
        }
    }
}
