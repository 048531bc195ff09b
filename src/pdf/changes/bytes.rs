//! Every byte of a later revision belongs to an object it lists, to its cross-reference section, or is white space.

use super::step::Step;
use crate::pdf::lexer::Lexer;
use crate::pdf::object::ObjectId;
use crate::pdf::xref::Entry;

impl Step<'_> {
    pub(super) fn check_bytes(&mut self) {
        let document = self.new.document().clone();
        let (Some(before), Some(own)) = (
            document.revisions().get(self.old.revision()),
            document.revisions().get(self.new.revision()),
        ) else {
            return;
        };
        let mut extents = own.extents.clone();
        for (number, entry) in document.entries_of(self.new.revision()) {
            let Entry::InFile { offset, generation } = entry else {
                continue;
            };
            if offset < before.end {
                continue;
            }
            if let Ok(Some(indirect)) = self.new.indirect(ObjectId { number, generation }, 0) {
                extents.push((offset, indirect.end));
            }
        }
        extents.sort_unstable();
        let mut at = before.end;
        for (start, end) in extents {
            if !is_blank(document.source().as_ref(), at, start) {
                self.undefined(None, "a later revision has bytes that belong to no object");
                return;
            }
            at = at.max(end);
        }
    }
}

fn is_blank(source: &dyn crate::base::bytes::ReadAt, from: u64, to: u64) -> bool {
    if from >= to {
        return true;
    }
    let mut lexer = Lexer::new(source, from, to);
    lexer.skip_blanks().is_ok() && lexer.position() >= to
}
