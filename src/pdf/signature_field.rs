//! Putting a signature into a document: the field, its widget, and everything that must point to them.
//! ISO 32000-2 §12.7.5.5, §12.8.1; EN 319 142-1 §5.

use std::collections::HashSet;

use super::appearance::{self, AppearanceError, Block};
use super::archive::is_pdf_a_1;
use super::document::View;
use super::error::PdfError;
use super::field::Field;
use super::object::{Dictionary, Object, ObjectId};
use super::page::{Page, Rect};
use super::permission::{Certification, Lock, SigningRefusal};
use super::placement::locate;
pub use super::placement::{Placement, free_place};
use super::seed::{Planned, SignerFacts};
use super::signature::{CADES_DETACHED, FieldState, RFC3161, is_signature_field};
use super::structure::{Structure, Tagging};
use super::text_string;
use super::update::{Update, UpdateError};
use crate::base::time::Timestamp;

/// Print and Locked. ISO 32000-2 table 167.
const WIDGET_FLAGS: i64 = 132;
/// Signatures exist, and the file is only appended to. ISO 32000-2 table 225.
const SIGNATURE_FLAGS: i64 = 3;
/// Font size wished for in a visible block, in points.
const FONT_SIZE: f64 = 9.0;

/// Why a signature cannot be put where it was asked.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum FieldError {
    /// The visible block cannot be drawn.
    #[error(transparent)]
    Appearance(#[from] AppearanceError),
    /// The document does not allow it.
    #[error("the document does not allow a signature here: {}{}", .0.cause(), about(.0))]
    Forbidden(SigningRefusal),
    /// A field name is taken, empty, or has a period.
    #[error("a signature field cannot have this name")]
    Name,
    /// There is no such field or page, or no free place on the page.
    #[error("there is no {0}")]
    Nowhere(&'static str),
    /// The block would reach outside the page.
    #[error("the visible block reaches outside the page")]
    OutOfBounds,
    /// The block would cover another annotation or field.
    #[error("the visible block covers another field")]
    Overlap,
    /// The document could not be read.
    #[error(transparent)]
    Pdf(#[from] PdfError),
    /// The update cannot hold it.
    #[error(transparent)]
    Update(#[from] UpdateError),
}

/// The key of the seed value that is not met.
fn about(refusal: &SigningRefusal) -> String {
    let key = refusal.detail();
    key.map(|key| format!(", the field requires its seed value {key}"))
        .unwrap_or_default()
}

impl FieldError {
    /// The stable code for logs and tables.
    pub const fn cause(&self) -> &'static str {
        match self {
            Self::Appearance(error) => error.cause(),
            Self::Forbidden(refusal) => refusal.cause(),
            Self::Name => "PDF_FIELD_NAME",
            Self::Nowhere(_) => "PDF_FIELD_NOWHERE",
            Self::OutOfBounds => "PDF_FIELD_OUT_OF_BOUNDS",
            Self::Overlap => "PDF_FIELD_OVERLAP",
            Self::Pdf(error) => error.cause(),
            Self::Update(error) => error.cause(),
        }
    }
}

/// The dictionary of the signature to come.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Content {
    /// A document time-stamp, which has no further entries. EN 319 142-1 §5.4.3.
    DocTimeStamp,
    /// A signature at any PAdES level. EN 319 142-1 §5.3.
    Signature {
        /// `/M`: the time claimed, the one that is fixed for the whole operation.
        signed_at: Timestamp,
        /// `/Name`.
        name: Option<String>,
        /// `/Location`.
        location: Option<String>,
        /// `/Reason`: absent when the CMS has a commitment type or a policy.
        reason: Option<String>,
        /// Makes it the certification signature, and says what may change afterwards. ISO 32000-2 §12.8.2.2.
        certify: Option<Certification>,
        /// Which fields nobody may change afterwards. A field that has a lock of its own keeps that one.
        lock: Option<Lock>,
    },
}

/// What is asked for.
#[derive(Clone, Debug, PartialEq)]
pub struct FieldRequest {
    /// Where.
    pub placement: Placement,
    /// Name of a new field, without periods; one that is free is made up when absent.
    pub name: Option<String>,
    /// `/TU`: what a screen reader says of the field.
    pub tooltip: Option<String>,
    /// What.
    pub content: Content,
    /// Room to keep for `/Contents`, in bytes.
    pub contents_bytes: usize,
    /// Who signs, to be held against what an existing field requires; what is not known is not met.
    pub signer: Option<SignerFacts>,
}

impl FieldRequest {
    fn planned(&self) -> Planned<'_> {
        match &self.content {
            Content::Signature { reason, certify, .. } => Planned {
                signer: self.signer.as_ref(),
                reason: reason.as_deref(),
                certify: *certify,
            },
            Content::DocTimeStamp => Planned::default(),
        }
    }
}

/// What was put into the update.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AddedField {
    /// The field with its widget.
    pub field: ObjectId,
    /// The signature dictionary.
    pub signature: ObjectId,
    /// Full name of the field.
    pub name: String,
    /// Whether and how it stands in the structure that assistive software reads.
    pub tagging: Tagging,
}

/// Puts a signature, still without value, into `update`; only what changes is written.
///
/// A document time-stamp is not asked whether it may be added: it is allowed under every certification
/// (ISO 32000-2 §12.8.2.2.2).
///
/// # Errors
/// `Forbidden` with the reason; `Overlap`, `OutOfBounds`, `Nowhere`, `Name` for the place; `Appearance`; `Pdf`.
pub fn add(update: &mut Update, request: &FieldRequest) -> Result<AddedField, FieldError> {
    let view = update.view().clone();
    let fields = view.fields()?;
    if let Placement::Existing { name, block } = &request.placement {
        let field = fields
            .iter()
            .find(|field| field.full_name == *name && is_signature_field(field));
        let field = field.ok_or(FieldError::Nowhere("signature field of this name"))?;
        check(&view, request, Some(field))?;
        return fill(update, request, field, block.as_ref());
    }
    check(&view, request, None)?;
    let name = free_name(&fields, request)?;
    let mut structure = Structure::of(&view)?;
    let (page, rect, block) = locate(&view, &request.placement)?;
    let (page, rect) = match block {
        None if structure.is_tagged() => out_of_sight(&view, page)?,
        _ => (page, rect),
    };
    update.avoid(&page.dictionary);
    let signature = update.reserve();
    let mut widget = Dictionary::new()
        .with("Type", Object::name("Annot"))
        .with("Subtype", Object::name("Widget"))
        .with("FT", Object::name("Sig"))
        .with("T", Object::String(text_string::encode(&name)))
        .with("F", WIDGET_FLAGS)
        .with("Rect", rect.to_object())
        .with("P", page.id)
        .with("V", signature);
    if let Some(tooltip) = spoken(request, &structure, &name) {
        widget.set("TU", Object::String(text_string::encode(tooltip)));
    }
    // WHY: a later signature that shows nothing needs no element (ISO 14289-1 §7.18.1), and some validators take any change
    // of the structure after a signature for a forgery.
    let shows = block.is_some() || view.signatures()?.is_empty();
    if shows {
        structure = structure.with_free_key(view.document());
    }
    if let (Structure::Sound(structure), true) = (&structure, shows) {
        widget.set("StructParent", structure.key());
    }
    if let Some(block) = block {
        let form = draw(update, block, rect, page.rotate, page.user_unit)?;
        widget.set("AP", Dictionary::new().with("N", form));
    } else if is_pdf_a_1(&view) {
        // There every field has an appearance, one that shows nothing too (ISO 19005-1 §6.9).
        widget.set("AP", Dictionary::new().with("N", appearance::nothing(update)));
    }
    let lock = ordered_lock(request).map(|lock| lock_dictionary(lock, &fields, &name));
    let lock = lock.transpose()?;
    if let Some(lock) = &lock {
        // An indirect reference: ISO 32000-2 table 235.
        widget.set("Lock", update.add(lock.clone()));
    }
    let field = update.add(widget);
    put_signature(update, signature, request, lock.as_ref())?;
    put_permission(update, request, signature)?;
    append_annotation(update, &page, field, structure.is_tagged())?;
    append_field(update, field)?;
    let tagging = match structure {
        Structure::Untagged => Tagging::Untagged,
        Structure::Damaged(why) => Tagging::Damaged(why),
        Structure::Sound(_) if !shows => Tagging::Unshown,
        Structure::Sound(mut structure) => {
            let element = structure.add_field(update, page.id, field);
            structure.write(update)?;
            Tagging::Tagged(element)
        }
    };
    Ok(AddedField {
        field,
        signature,
        name,
        tagging,
    })
}

/// What is spoken of the field; a tagged document needs some words (ISO 14289-1 §7.18.1).
fn spoken<'r>(request: &'r FieldRequest, structure: &Structure, name: &'r str) -> Option<&'r str> {
    let signer = match &request.content {
        Content::Signature { name, .. } => name.as_deref(),
        Content::DocTimeStamp => None,
    };
    request
        .tooltip
        .as_deref()
        .or_else(|| structure.is_tagged().then(|| signer.unwrap_or(name)))
}

/// Where a field that shows nothing goes in a tagged document: a point that is not within a page. ISO 14289-1 §7.18.1.
///
/// `page`: where it would go; one with a signature, whose tabs have their order already, is taken instead, so that a later
/// revision changes no more of a page than its annotations.
fn out_of_sight(view: &View, page: Page) -> Result<(Page, Rect), FieldError> {
    let has_order = |page: &Page| page.dictionary.contains("Tabs");
    let mut page = page;
    if !has_order(&page) {
        for field in view.signature_fields()? {
            let signed = matches!(field.state, FieldState::Signed(_));
            let widget = field.field.widgets.first().filter(|_| signed);
            if let Some(widget) = widget
                && let Some(other) = page_of(view, *widget)?.filter(has_order)
            {
                page = other;
                break;
            }
        }
    }
    let sheet = page.crop_box;
    let inside = sheet.x0 < 0.0 && sheet.x1 > 0.0 && sheet.y0 < 0.0 && sheet.y1 > 0.0;
    let (x, y) = if inside { (sheet.x0, sheet.y0) } else { (0.0, 0.0) };
    Ok((page, Rect::new(x, y, x, y)))
}

fn check(view: &View, request: &FieldRequest, field: Option<&Field>) -> Result<(), FieldError> {
    if request.content == Content::DocTimeStamp && field.is_none() {
        return Ok(());
    }
    view.may_sign_as(field, &request.planned())?
        .map_err(FieldError::Forbidden)?;
    // Only the first signature certifies (ISO 32000-2 §12.8.2.2.1): a later one would bind those before it.
    let certifies = matches!(&request.content, Content::Signature { certify: Some(_), .. });
    if certifies && !view.signatures()?.is_empty() {
        return Err(FieldError::Forbidden(SigningRefusal::SignedAlready));
    }
    Ok(())
}

fn put_signature(
    update: &mut Update,
    id: ObjectId,
    request: &FieldRequest,
    lock: Option<&Dictionary>,
) -> Result<(), UpdateError> {
    let catalog = update.view().catalog_id()?;
    let mut references: Vec<Dictionary> = lock.map(|lock| field_lock(lock, catalog)).into_iter().collect();
    let mut dictionary = match &request.content {
        Content::DocTimeStamp => Dictionary::new()
            .with("Type", Object::name("DocTimeStamp"))
            .with("Filter", Object::name("Adobe.PPKLite"))
            .with("SubFilter", Object::name(RFC3161)),
        Content::Signature {
            signed_at,
            name,
            location,
            reason,
            certify,
            lock: _,
        } => {
            let mut dictionary = Dictionary::new()
                .with("Type", Object::name("Sig"))
                .with("Filter", Object::name("Adobe.PPKLite"))
                .with("SubFilter", Object::name(CADES_DETACHED))
                .with("M", Object::String(text_string::date(*signed_at).into_bytes()));
            references.extend(certify.map(certification));
            for (key, value) in [("Name", name), ("Location", location), ("Reason", reason)] {
                if let Some(value) = value {
                    dictionary.set(key, Object::String(text_string::encode(value)));
                }
            }
            dictionary
        }
    };
    if !references.is_empty() {
        dictionary.set(
            "Reference",
            Object::Array(references.into_iter().map(Object::from).collect()),
        );
    }
    update.put_signature(id, dictionary, request.contents_bytes)
}

/// The reference by which a signature certifies. ISO 32000-2 table 257.
fn certification(level: Certification) -> Dictionary {
    let allowed = match level {
        Certification::NoChanges => 1,
        Certification::FormsAndSigning => 2,
        Certification::Annotations => 3,
    };
    let parameters = Dictionary::new()
        .with("Type", Object::name("TransformParams"))
        .with("P", allowed)
        .with("V", Object::name("1.2"));
    Dictionary::new()
        .with("Type", Object::name("SigRef"))
        .with("TransformMethod", Object::name("DocMDP"))
        .with("TransformParams", parameters)
}

/// Names the certifying signature in the catalog, where a reader looks for it.
fn put_permission(
    update: &mut Update,
    request: &FieldRequest,
    signature: ObjectId,
) -> Result<(), FieldError> {
    let Content::Signature { certify: Some(_), .. } = &request.content else {
        return Ok(());
    };
    let mut catalog = update.catalog()?;
    let present = catalog.get("Perms").cloned().unwrap_or(Object::Null);
    let mut permissions = update
        .resolve(&present)?
        .as_dictionary()
        .cloned()
        .unwrap_or_default();
    permissions.set("DocMDP", signature);
    catalog.set("Perms", permissions);
    update.put_catalog(catalog)?;
    Ok(())
}

const fn ordered_lock(request: &FieldRequest) -> Option<&Lock> {
    match &request.content {
        Content::Signature { lock, .. } => lock.as_ref(),
        Content::DocTimeStamp => None,
    }
}

/// The lock as the field carries it. ISO 32000-2 table 236.
///
/// `own`: the full name of the field that carries it.
///
/// # Errors
/// `Nowhere` for a name that no field has: a lock that binds nothing would promise what it does not keep.
fn lock_dictionary(lock: &Lock, fields: &[Field], own: &str) -> Result<Dictionary, FieldError> {
    let (action, names) = match lock {
        Lock::All => ("All", &[][..]),
        Lock::Exclude(names) => ("Exclude", names.as_slice()),
        Lock::Include(names) => ("Include", names.as_slice()),
    };
    let is_there = |name: &String| {
        let one = Lock::Include(vec![name.clone()]);
        one.covers(own) || fields.iter().any(|field| one.covers(&field.full_name))
    };
    if !names.iter().all(is_there) {
        return Err(FieldError::Nowhere("field of the name that is to be locked"));
    }
    let mut dictionary = Dictionary::new()
        .with("Type", Object::name("SigFieldLock"))
        .with("Action", Object::name(action));
    if !names.is_empty() {
        let names = names.iter().map(|name| Object::String(text_string::encode(name)));
        dictionary.set("Fields", Object::Array(names.collect()));
    }
    Ok(dictionary)
}

/// The lock of a field as the signature repeats it, so that it is signed. ISO 32000-2 §12.8.2.4.
///
/// `catalog`: what the lock is about, the whole document; table 256 requires it.
fn field_lock(lock: &Dictionary, catalog: ObjectId) -> Dictionary {
    let mut parameters = Dictionary::new()
        .with("Type", Object::name("TransformParams"))
        .with("V", Object::name("1.2"));
    for key in ["Action", "Fields", "P"] {
        if let Some(value) = lock.get(key) {
            parameters.set(key, value.clone());
        }
    }
    Dictionary::new()
        .with("Type", Object::name("SigRef"))
        .with("TransformMethod", Object::name("FieldMDP"))
        .with("Data", catalog)
        .with("TransformParams", parameters)
}

/// Fills an empty field: its widget and rectangle stay, only `/V`, `/AP` and the flags change.
fn fill(
    update: &mut Update,
    request: &FieldRequest,
    field: &Field,
    block: Option<&Block>,
) -> Result<AddedField, FieldError> {
    let view = update.view().clone();
    let signature = update.reserve();
    let widget_id = field.widgets.first().copied().unwrap_or(field.id);
    let Object::Dictionary(mut widget) = view.get(widget_id)? else {
        return Err(FieldError::Nowhere("widget of the signature field"));
    };
    let rect = widget
        .get("Rect")
        .map(|rect| Rect::from_object(&view, rect))
        .transpose()?
        .flatten();
    if let (Some(block), Some(rect)) = (block, rect.filter(|rect| !rect.is_empty())) {
        let page = page_of(&view, widget_id)?;
        let (rotate, unit) = page.map_or((0, 1.0), |page| (page.rotate, page.user_unit));
        let form = draw(update, block, rect, rotate, unit)?;
        widget.set("AP", Dictionary::new().with("N", form));
    }
    let flags = view.value(&widget, "F")?.as_integer().unwrap_or(0);
    widget.set("F", flags | WIDGET_FLAGS);
    let own_lock = view.dictionary(&field.dictionary, "Lock")?;
    let (lock, added_lock) = match (own_lock, ordered_lock(request)) {
        (None, Some(lock)) => {
            let lock = lock_dictionary(lock, &view.fields()?, &field.full_name)?;
            let added = update.add(lock.clone());
            (Some(lock), Some(added))
        }
        (own, _) => (own, None),
    };
    if widget_id == field.id {
        widget.set("V", signature);
        if let Some(lock) = added_lock {
            widget.set("Lock", lock);
        }
        update.put(widget_id, widget)?;
    } else {
        update.put(widget_id, widget)?;
        let mut dictionary = field.dictionary.clone();
        dictionary.set("V", signature);
        if let Some(lock) = added_lock {
            dictionary.set("Lock", lock);
        }
        update.put(field.id, dictionary)?;
    }
    put_signature(update, signature, request, lock.as_ref())?;
    put_permission(update, request, signature)?;
    set_flags(update)?;
    Ok(AddedField {
        field: field.id,
        signature,
        name: field.full_name.clone(),
        tagging: Tagging::Prepared,
    })
}

fn draw(
    update: &mut Update,
    block: &Block,
    rect: Rect,
    rotate: u16,
    unit: f64,
) -> Result<ObjectId, AppearanceError> {
    let turned = rotate == 90 || rotate == 270;
    let (width, height) = if turned {
        (rect.height(), rect.width())
    } else {
        (rect.width(), rect.height())
    };
    // PDF/A-1 knows no transparency (ISO 19005-1 §6.4): what would show through lies on white there.
    let flat = (block.is_transparent() && is_pdf_a_1(update.view())).then(|| block.on_white());
    let block = flat.as_ref().unwrap_or(block);
    appearance::draw(update, block, width, height, rotate, FONT_SIZE / unit)
}

/// The page whose `/Annots` lists `widget`.
fn page_of(view: &View, widget: ObjectId) -> Result<Option<Page>, PdfError> {
    let mut found = None;
    let mut failed = None;
    view.for_each_page(&mut |page| {
        match view.array(&page.dictionary, "Annots") {
            Ok(annotations) if annotations.contains(&Object::Reference(widget)) => found = Some(page),
            Ok(_) => {}
            Err(error) => failed = Some(error),
        }
        found.is_none() && failed.is_none()
    })?;
    failed.map_or(Ok(found), Err)
}

fn free_name(fields: &[Field], request: &FieldRequest) -> Result<String, FieldError> {
    // WHY: every part of every name counts; a name equal to an inner node of the tree would collide as well.
    let taken: HashSet<&str> = fields
        .iter()
        .filter_map(|field| field.full_name.split('.').next())
        .collect();
    match &request.name {
        Some(name) if name.is_empty() || name.contains('.') || taken.contains(name.as_str()) => {
            Err(FieldError::Name)
        }
        Some(name) => Ok(name.clone()),
        None => {
            let stem = if request.content == Content::DocTimeStamp {
                "TimeStamp"
            } else {
                "Signature"
            };
            let free = (1..=fields.len().saturating_add(1)).map(|number| format!("{stem}{number}"));
            free.into_iter()
                .find(|name| !taken.contains(name.as_str()))
                .ok_or(FieldError::Name)
        }
    }
}

/// An array of its own is rewritten alone, one inside the page with its page.
///
/// `tagged`: the tabulator key follows the structure where no order is said. ISO 14289-1 §7.18.3.
fn append_annotation(
    update: &mut Update,
    page: &Page,
    field: ObjectId,
    tagged: bool,
) -> Result<(), FieldError> {
    let present = page.dictionary.get("Annots").cloned().unwrap_or(Object::Null);
    let mut items = update
        .resolve(&present)?
        .as_array()
        .map(<[Object]>::to_vec)
        .unwrap_or_default();
    items.push(field.into());
    let mut dictionary = page.dictionary.clone();
    match update.place(Some(&present))? {
        Some(id) => update.put(id, Object::Array(items))?,
        None => dictionary.set("Annots", Object::Array(items)),
    }
    if tagged && !dictionary.contains("Tabs") {
        dictionary.set("Tabs", Object::name("S"));
    }
    update.put(page.id, dictionary)?;
    Ok(())
}

fn append_field(update: &mut Update, field: ObjectId) -> Result<(), FieldError> {
    let mut catalog = update.catalog()?;
    let place = update.place(catalog.get("AcroForm"))?;
    let in_catalog = catalog
        .get("AcroForm")
        .filter(|value| value.as_reference().is_none());
    let form_value = place.map(Object::Reference).or_else(|| in_catalog.cloned());
    let mut form = match &form_value {
        Some(value) => update
            .resolve(value)?
            .as_dictionary()
            .cloned()
            .unwrap_or_default(),
        None => Dictionary::new(),
    };
    let present = form.get("Fields").cloned().unwrap_or(Object::Null);
    let mut items = update
        .resolve(&present)?
        .as_array()
        .map(<[Object]>::to_vec)
        .unwrap_or_default();
    items.push(field.into());
    match update.place(Some(&present))? {
        Some(id) => update.put(id, Object::Array(items))?,
        None => form.set("Fields", Object::Array(items)),
    }
    raise_flags(&mut form);
    match (place, form_value) {
        (Some(id), _) => update.put(id, form)?,
        (None, Some(_)) => {
            catalog.set("AcroForm", form);
            update.put_catalog(catalog)?;
        }
        (None, None) => {
            let id = update.add(form);
            catalog.set("AcroForm", id);
            update.put_catalog(catalog)?;
        }
    }
    Ok(())
}

fn set_flags(update: &mut Update) -> Result<(), FieldError> {
    let mut catalog = update.catalog()?;
    let Some(value) = catalog.get("AcroForm").cloned() else {
        return Ok(());
    };
    let mut form = update
        .resolve(&value)?
        .as_dictionary()
        .cloned()
        .unwrap_or_default();
    raise_flags(&mut form);
    if let Some(id) = value.as_reference() {
        update.put(id, form)?;
    } else {
        catalog.set("AcroForm", form);
        update.put_catalog(catalog)?;
    }
    Ok(())
}

fn raise_flags(form: &mut Dictionary) {
    let flags = form.get("SigFlags").and_then(Object::as_integer).unwrap_or(0);
    form.set("SigFlags", flags | SIGNATURE_FLAGS);
}
