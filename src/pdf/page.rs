//! Pages in order, with what they inherit. ISO 32000-2 §7.7.3.

use std::collections::HashSet;
use std::rc::Rc;

use super::document::View;
use super::error::PdfError;
use super::object::{Dictionary, Object, ObjectId};

/// Deepest page tree.
const DEPTH_LIMIT: usize = 64;
/// Most pages walked.
const PAGE_LIMIT: usize = 500_000;

/// A rectangle with its lower left corner first, in the units of the page.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Rect {
    /// Left.
    pub x0: f64,
    /// Bottom.
    pub y0: f64,
    /// Right.
    pub x1: f64,
    /// Top.
    pub y1: f64,
}

impl Rect {
    /// The rectangle spanned by two corners in any order.
    pub const fn new(x0: f64, y0: f64, x1: f64, y1: f64) -> Self {
        Self {
            x0: x0.min(x1),
            y0: y0.min(y1),
            x1: x0.max(x1),
            y1: y0.max(y1),
        }
    }

    /// Reads four numbers. `None` when it is anything else, or a number is not finite.
    pub fn from_object(view: &View, object: &Object) -> Result<Option<Self>, PdfError> {
        let Object::Array(items) = view.resolve(object)? else {
            return Ok(None);
        };
        let mut numbers = Vec::with_capacity(4);
        for item in items.iter().take(5) {
            numbers.push(
                view.resolve(item)?
                    .as_number()
                    .filter(|number| number.is_finite()),
            );
        }
        Ok(match numbers.as_slice() {
            [Some(x0), Some(y0), Some(x1), Some(y1)] => Some(Self::new(*x0, *y0, *x1, *y1)),
            _ => None,
        })
    }

    /// As an array of four numbers.
    pub fn to_object(self) -> Object {
        Object::Array(
            [self.x0, self.y0, self.x1, self.y1]
                .into_iter()
                .map(Object::Real)
                .collect(),
        )
    }

    /// Width, zero or more.
    pub fn width(&self) -> f64 {
        self.x1 - self.x0
    }

    /// Height, zero or more.
    pub fn height(&self) -> f64 {
        self.y1 - self.y0
    }

    /// Whether it covers nothing.
    pub fn is_empty(&self) -> bool {
        self.width() <= 0.0 || self.height() <= 0.0
    }

    /// Whether the two cover some area in common.
    pub fn overlaps(&self, other: &Self) -> bool {
        !self.is_empty()
            && !other.is_empty()
            && self.x0 < other.x1
            && other.x0 < self.x1
            && self.y0 < other.y1
            && other.y0 < self.y1
    }

    /// Whether `other` lies wholly inside.
    pub fn contains(&self, other: &Self) -> bool {
        self.x0 <= other.x0 && self.y0 <= other.y0 && other.x1 <= self.x1 && other.y1 <= self.y1
    }

    /// What both cover, if anything.
    pub fn intersection(&self, other: &Self) -> Option<Self> {
        self.overlaps(other).then(|| Self {
            x0: self.x0.max(other.x0),
            y0: self.y0.max(other.y0),
            x1: self.x1.min(other.x1),
            y1: self.y1.min(other.y1),
        })
    }
}

/// One page.
#[derive(Clone, Debug)]
pub struct Page {
    /// The page object.
    pub id: ObjectId,
    /// The sheet.
    pub media_box: Rect,
    /// What is shown of it: `/CropBox` cut to the sheet. Its origin may be anywhere.
    pub crop_box: Rect,
    /// Clockwise turn when shown: 0, 90, 180 or 270.
    pub rotate: u16,
    /// Size of a unit in 1/72 inch.
    pub user_unit: f64,
    /// The page dictionary as it stands, without what it inherits.
    pub dictionary: Dictionary,
    /// `/Resources`, its own or inherited, as it stands.
    pub resources: Option<Object>,
}

impl Page {
    /// Width and height as a reader sees the page, in points.
    pub fn display_size(&self) -> (f64, f64) {
        let (width, height) = (
            self.crop_box.width() * self.user_unit,
            self.crop_box.height() * self.user_unit,
        );
        if self.rotate == 90 || self.rotate == 270 {
            (height, width)
        } else {
            (width, height)
        }
    }

    /// `place`, in points from the lower left corner as a reader sees the page, in units and axes of the page.
    pub fn place_from_display(&self, place: &Rect) -> Rect {
        let (x0, y0) = self.point_from_display(place.x0, place.y0);
        let (x1, y1) = self.point_from_display(place.x1, place.y1);
        Rect::new(x0, y0, x1, y1)
    }

    /// `place`, in units and axes of the page, in points from the lower left corner as a reader sees it.
    pub fn place_to_display(&self, place: &Rect) -> Rect {
        let (x0, y0) = self.point_to_display(place.x0, place.y0);
        let (x1, y1) = self.point_to_display(place.x1, place.y1);
        Rect::new(x0, y0, x1, y1)
    }

    fn point_to_display(&self, x: f64, y: f64) -> (f64, f64) {
        let sheet = &self.crop_box;
        let (x, y) = match self.rotate {
            90 => (y - sheet.y0, sheet.x1 - x),
            180 => (sheet.x1 - x, sheet.y1 - y),
            270 => (sheet.y1 - y, x - sheet.x0),
            _ => (x - sheet.x0, y - sheet.y0),
        };
        (x * self.user_unit, y * self.user_unit)
    }

    fn point_from_display(&self, x: f64, y: f64) -> (f64, f64) {
        let (x, y) = (x / self.user_unit, y / self.user_unit);
        let sheet = &self.crop_box;
        match self.rotate {
            90 => (sheet.x1 - y, sheet.y0 + x),
            180 => (sheet.x1 - x, sheet.y1 - y),
            270 => (sheet.x0 + y, sheet.y1 - x),
            _ => (sheet.x0 + x, sheet.y0 + y),
        }
    }
}

#[derive(Clone, Copy)]
enum Order {
    Backward,
    Forward,
}

#[derive(Clone, Default)]
struct Inherited {
    media_box: Option<Object>,
    crop_box: Option<Object>,
    rotate: Option<Object>,
    resources: Option<Object>,
}

impl Inherited {
    fn below(&self, node: &Dictionary) -> Self {
        let own = |key: &str, above: &Option<Object>| node.get(key).cloned().or_else(|| above.clone());
        Self {
            media_box: own("MediaBox", &self.media_box),
            crop_box: own("CropBox", &self.crop_box),
            rotate: own("Rotate", &self.rotate),
            resources: own("Resources", &self.resources),
        }
    }
}

impl View {
    /// Calls `visit` with each page in order until it answers `false`.
    ///
    /// # Errors
    /// `Malformed` for a tree that is none; `Limit` for one that is too deep, too long, or has a loop.
    pub fn for_each_page(&self, visit: &mut dyn FnMut(Page) -> bool) -> Result<(), PdfError> {
        self.walk_pages(Order::Forward, visit)
    }

    fn walk_pages(&self, order: Order, visit: &mut dyn FnMut(Page) -> bool) -> Result<(), PdfError> {
        let catalog = self.catalog()?;
        let root = catalog.get("Pages").and_then(Object::as_reference);
        let root = root.ok_or(PdfError::malformed(0, "a catalog with `/Pages`"))?;
        let mut seen = HashSet::new();
        let mut stack = vec![(root, Rc::new(Inherited::default()), 0_usize)];
        while let Some((id, above, depth)) = stack.pop() {
            if !seen.insert(id) {
                return Err(PdfError::limit(0, "a page tree that holds each node once"));
            }
            if depth > DEPTH_LIMIT || seen.len() > PAGE_LIMIT.saturating_mul(2) {
                return Err(PdfError::limit(0, "a smaller page tree"));
            }
            let Object::Dictionary(node) = self.get(id)? else {
                return Err(PdfError::malformed(0, "a page or a node of the page tree"));
            };
            let inherited = above.below(&node);
            let kids = self.value(&node, "Kids")?;
            match self.value(&node, "Type")? {
                Object::Name(name) if name.is("Pages") => {
                    let Object::Array(kids) = kids else {
                        return Err(PdfError::malformed(0, "`/Kids` of a node of the page tree"));
                    };
                    let first_in = stack.len();
                    let inherited = Rc::new(inherited);
                    for kid in &kids {
                        let kid = kid
                            .as_reference()
                            .ok_or(PdfError::malformed(0, "references in `/Kids`"))?;
                        stack.push((kid, Rc::clone(&inherited), depth.saturating_add(1)));
                    }
                    if let (Order::Forward, Some(new)) = (order, stack.get_mut(first_in..)) {
                        new.reverse();
                    }
                }
                Object::Name(name) if name.is("Page") => {
                    if !visit(self.page_of(id, node, inherited)?) {
                        return Ok(());
                    }
                }
                _ => return Err(PdfError::malformed(0, "a node of type `Page` or `Pages`")),
            }
        }
        Ok(())
    }

    fn page_of(&self, id: ObjectId, dictionary: Dictionary, inherited: Inherited) -> Result<Page, PdfError> {
        let rect = |object: &Option<Object>| match object {
            Some(object) => Rect::from_object(self, object),
            None => Ok(None),
        };
        let media_box = rect(&inherited.media_box)?.filter(|rect| !rect.is_empty());
        let media_box = media_box.ok_or(PdfError::malformed(0, "a page with a `/MediaBox`"))?;
        let crop_box = rect(&inherited.crop_box)?
            .and_then(|crop| crop.intersection(&media_box))
            .unwrap_or(media_box);
        let turn = match &inherited.rotate {
            Some(rotate) => self.resolve(rotate)?.as_integer().unwrap_or(0),
            None => 0,
        };
        let rotate = u16::try_from(turn.rem_euclid(360)).unwrap_or(0);
        if !rotate.is_multiple_of(90) {
            return Err(PdfError::malformed(
                0,
                "a page turned by a multiple of 90 degrees",
            ));
        }
        let user_unit = self.value(&dictionary, "UserUnit")?.as_number();
        let user_unit = user_unit
            .filter(|unit| unit.is_finite() && *unit > 0.0)
            .unwrap_or(1.0);
        Ok(Page {
            id,
            media_box,
            crop_box,
            rotate,
            user_unit,
            dictionary,
            resources: inherited.resources,
        })
    }

    /// The page at `index`, 0 for the first; `None` behind the last.
    ///
    /// # Errors
    /// As [`Self::for_each_page`].
    pub fn page(&self, index: usize) -> Result<Option<Page>, PdfError> {
        let (mut found, mut before) = (None, 0);
        self.for_each_page(&mut |page| {
            let is_it = before == index;
            if is_it {
                found = Some(page);
            }
            before = before.saturating_add(1);
            !is_it
        })?;
        Ok(found)
    }

    /// The last page. The tree is read from its end, so of those before it nothing is said.
    ///
    /// # Errors
    /// As [`Self::for_each_page`]; `Malformed` when there is no page at all.
    pub fn last_page(&self) -> Result<Page, PdfError> {
        let mut found = None;
        self.walk_pages(Order::Backward, &mut |page| {
            found = Some(page);
            false
        })?;
        found.ok_or(PdfError::malformed(0, "at least one page"))
    }

    /// Number of pages, counted.
    ///
    /// # Errors
    /// As [`Self::for_each_page`].
    pub fn page_count(&self) -> Result<usize, PdfError> {
        let mut count = 0_usize;
        self.for_each_page(&mut |_| {
            count = count.saturating_add(1);
            true
        })?;
        Ok(count)
    }
}
