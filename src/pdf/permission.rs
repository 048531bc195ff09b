//! May this document be signed? What earlier signatures and the document itself allow. ISO 32000-2 §12.8.2, §12.8.4.

use super::active::Activity;
use super::document::{Document, View};
use super::error::PdfError;
use super::field::Field;
use super::object::{Dictionary, Object};
use super::seed::Planned;
use super::signature::{FieldState, is_signature_field};
use super::text_string;

/// Most fields named by one lock.
const LOCK_LIMIT: usize = 10_000;

/// Why the document may not be signed, or not in the field asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SigningRefusal {
    /// It shows different things to different people, or at different times.
    Active(Activity),
    /// A message authentication code covers the whole file, and a signature would make it wrong: `/AuthCode`.
    Authenticated,
    /// Certified so that nothing may change any more: `/DocMDP` with `/P 1`.
    CertifiedFinal,
    /// An earlier signature locked the field, or all fields.
    FieldLocked,
    /// The permissions of the encrypted document allow it to its owner alone: `/P`.
    Permissions,
    /// The field demands what is not done here: a seed value that is required, by the name of its key.
    SeedValue(&'static str),
    /// The field already holds a signature.
    SignedAlready,
    /// The document asks for usage rights that signing would break: `/Perms /UR3`.
    UsageRights,
    /// The document is encrypted with RC4, which protects nothing that would be added.
    WeakEncryption,
    /// A dynamic form (XFA) whose pages are made when it is opened: what would be signed is not what is seen.
    Xfa,
}

impl SigningRefusal {
    /// The stable code for logs and tables.
    pub const fn cause(&self) -> &'static str {
        match self {
            Self::Active(_) => "PDF_ACTIVE",
            Self::Authenticated => "PDF_MAC",
            Self::CertifiedFinal => "PDF_CERTIFIED_FINAL",
            Self::FieldLocked => "PDF_FIELD_LOCKED",
            Self::Permissions => "PDF_PERMISSIONS",
            Self::SeedValue(_) => "PDF_SEED_VALUE",
            Self::SignedAlready => "PDF_SIGNED_ALREADY",
            Self::UsageRights => "PDF_USAGE_RIGHTS",
            Self::WeakEncryption => "PDF_ENCRYPTION_WEAK",
            Self::Xfa => "PDF_XFA",
        }
    }

    /// What it is about, beside the code; none when the code says it all.
    pub const fn detail(&self) -> Option<&'static str> {
        match self {
            Self::SeedValue(key) => Some(key),
            _ => None,
        }
    }

    /// Whether an earlier signature closed the document, rather than its protection.
    pub const fn is_final(&self) -> bool {
        matches!(
            self,
            Self::CertifiedFinal | Self::FieldLocked | Self::SignedAlready
        )
    }
}

/// What a certification allows afterwards. ISO 32000-2 table 257.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Certification {
    /// Nothing but revocation data and document time-stamps.
    NoChanges,
    /// Filling forms and signing.
    FormsAndSigning,
    /// Annotations too. What comes after it is judged here as after [`Self::FormsAndSigning`]: an annotation may hide or
    /// replace what was signed (Rohlmann and others, 2021).
    Annotations,
}

/// Which fields a signature locks. ISO 32000-2 table 236 and 258.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Lock {
    /// Every field.
    All,
    /// Every field but these.
    Exclude(Vec<String>),
    /// These fields.
    Include(Vec<String>),
}

impl Lock {
    /// Whether the field of this full name is locked; a name also stands for the fields below it.
    pub fn covers(&self, full_name: &str) -> bool {
        let named = |names: &[String]| {
            names.iter().any(|name| {
                full_name
                    .strip_prefix(name.as_str())
                    .is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
            })
        };
        match self {
            Self::All => true,
            Self::Exclude(names) => !named(names),
            Self::Include(names) => named(names),
        }
    }
}

/// What the signatures of a revision allow to change afterwards.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Restrictions {
    /// From `/DocMDP` of every signature and from `/P` of locks: the strictest.
    pub certification: Option<Certification>,
    /// From `/FieldMDP` of every signature.
    pub locks: Vec<Lock>,
}

impl Restrictions {
    /// Whether any lock covers the field of this full name.
    pub fn locks_field(&self, full_name: &str) -> bool {
        self.locks.iter().any(|lock| lock.covers(full_name))
    }
}

impl Document {
    /// Whether a revision of the file carries a message authentication code, of its own or in a signature: `/AuthCode`.
    /// Who adds something has to make it anew, with the password's key; that is not done here. ISO/TS 32004.
    pub fn has_authentication_code(&self) -> bool {
        let mut codes = self
            .revisions()
            .iter()
            .filter_map(|revision| revision.trailer.get("AuthCode"));
        codes.any(|code| !code.is_null())
    }
}

impl View {
    /// What the signatures in this view allow to change.
    ///
    /// # Errors
    /// When the form or a signature dictionary cannot be read.
    pub fn restrictions(&self) -> Result<Restrictions, PdfError> {
        let mut found = Restrictions::default();
        let catalog = self.catalog()?;
        if let Some(permissions) = self.dictionary(&catalog, "Perms")?
            && let Some(certifying) = self.dictionary(&permissions, "DocMDP")?
        {
            self.read_references(&certifying, &mut found)?;
        }
        for field in self.signature_fields()? {
            if let FieldState::Signed(signature) = &field.state {
                self.read_references(&signature.dictionary, &mut found)?;
                if let Some(lock) = self.dictionary(&field.field.dictionary, "Lock")? {
                    found.tighten(self.value(&lock, "P")?.as_integer());
                }
            }
        }
        Ok(found)
    }

    /// What the signature `own` binds by itself: as a certification, when it is the one that the document says certifies it,
    /// and by the fields it locks. With whether it certifies.
    ///
    /// # Errors
    /// When the catalog or the signature's references cannot be read.
    pub fn bound_by(&self, own: &Dictionary) -> Result<(bool, Restrictions), PdfError> {
        let mut found = Restrictions::default();
        let catalog = self.catalog()?;
        let permissions = self.dictionary(&catalog, "Perms")?.unwrap_or_default();
        let certifies = self.dictionary(&permissions, "DocMDP")?.as_ref() == Some(own);
        self.read_references(own, &mut found)?;
        Ok((certifies, found))
    }

    /// Whether the document may get another signature; in `field` when one is named, else in a new one.
    ///
    /// # Errors
    /// When the form or a signature dictionary cannot be read.
    pub fn may_sign(&self, field: Option<&Field>) -> Result<Result<(), SigningRefusal>, PdfError> {
        self.may_sign_as(field, &Planned::default())
    }

    /// The same for a signature of which more is known: what the field's seed values require is held against it.
    ///
    /// # Errors
    /// As [`Self::may_sign`].
    pub fn may_sign_as(
        &self,
        field: Option<&Field>,
        planned: &Planned<'_>,
    ) -> Result<Result<(), SigningRefusal>, PdfError> {
        let restrictions = self.restrictions()?;
        if restrictions.certification == Some(Certification::NoChanges) {
            return Ok(Err(SigningRefusal::CertifiedFinal));
        }
        if self.document().has_authentication_code() {
            return Ok(Err(SigningRefusal::Authenticated));
        }
        if let Some(protection) = self.document().protection() {
            if protection.is_weak() {
                return Ok(Err(SigningRefusal::WeakEncryption));
            }
            let allowed = match field {
                Some(_) => protection.allows_filling(),
                None => protection.allows_new_fields(),
            };
            if !allowed {
                return Ok(Err(SigningRefusal::Permissions));
            }
        }
        let catalog = self.catalog()?;
        if let Some(permissions) = self.dictionary(&catalog, "Perms")?
            && (permissions.contains("UR3") || permissions.contains("UR"))
        {
            return Ok(Err(SigningRefusal::UsageRights));
        }
        let dynamic = self.value(&catalog, "NeedsRendering")?.as_boolean() == Some(true);
        if dynamic || self.acro_form()?.is_some_and(|(_, form)| form.contains("XFA")) {
            return Ok(Err(SigningRefusal::Xfa));
        }
        if let Some(activity) = self.activity()? {
            return Ok(Err(SigningRefusal::Active(activity)));
        }
        let Some(field) = field else {
            // A lock on all fields, or on all but some, closes the form for new ones too.
            let closed = restrictions
                .locks
                .iter()
                .any(|lock| !matches!(lock, Lock::Include(_)));
            return Ok(if closed {
                Err(SigningRefusal::FieldLocked)
            } else {
                Ok(())
            });
        };
        if field.value.as_ref().is_some_and(|value| !value.is_null()) || !is_signature_field(field) {
            return Ok(Err(SigningRefusal::SignedAlready));
        }
        if restrictions.locks_field(&field.full_name) {
            return Ok(Err(SigningRefusal::FieldLocked));
        }
        if let Some(seed) = self.dictionary(&field.dictionary, "SV")?
            && let Some(key) = self.seed_refusal(&seed, planned)?
        {
            return Ok(Err(SigningRefusal::SeedValue(key)));
        }
        Ok(Ok(()))
    }

    /// WHY of every signature: `/Perms` may be missing, and a lock with a level of its own (PDF 2.0) makes an approval
    /// carry a `/DocMDP` as well. Whoever says that nothing may change is believed.
    pub(super) fn read_references(
        &self,
        signature: &Dictionary,
        found: &mut Restrictions,
    ) -> Result<(), PdfError> {
        for reference in self.array(signature, "Reference")? {
            let Object::Dictionary(reference) = self.resolve(&reference)? else {
                continue;
            };
            let parameters = self
                .dictionary(&reference, "TransformParams")?
                .unwrap_or_default();
            match self.value(&reference, "TransformMethod")? {
                Object::Name(name) if name.is("DocMDP") => {
                    // 2 when absent. ISO 32000-2 table 257.
                    found.tighten(Some(self.value(&parameters, "P")?.as_integer().unwrap_or(2)));
                }
                Object::Name(name) if name.is("FieldMDP") => {
                    if let Some(lock) = self.lock(&parameters)? {
                        found.locks.push(lock);
                    }
                    found.tighten(self.value(&parameters, "P")?.as_integer());
                }
                _ => {}
            }
        }
        Ok(())
    }

    fn lock(&self, parameters: &Dictionary) -> Result<Option<Lock>, PdfError> {
        let mut names = Vec::new();
        for item in self.array(parameters, "Fields")?.iter().take(LOCK_LIMIT) {
            if let Object::String(name) = self.resolve(item)? {
                names.push(text_string::decode(&name));
            }
        }
        Ok(match self.value(parameters, "Action")? {
            Object::Name(action) if action.is("Include") => Some(Lock::Include(names)),
            Object::Name(action) if action.is("Exclude") => Some(Lock::Exclude(names)),
            // An action nobody knows locks everything: the careful reading.
            Object::Name(_) => Some(Lock::All),
            _ => None,
        })
    }
}

impl Restrictions {
    fn tighten(&mut self, level: Option<i64>) {
        let level = match level {
            None => return,
            Some(2) => Certification::FormsAndSigning,
            Some(3) => Certification::Annotations,
            Some(_) => Certification::NoChanges,
        };
        self.certification = Some(self.certification.map_or(level, |known| known.min(level)));
    }
}
