//! Names with their namespaces, attributes, declarations, start tags.

use std::fmt;
use std::sync::Arc;

/// The namespace of the prefix `xml`.
pub const XML: &str = "http://www.w3.org/XML/1998/namespace";
/// The namespace of declarations themselves, which no prefix may name.
pub const XMLNS: &str = "http://www.w3.org/2000/xmlns/";

/// A qualified name and the namespace it stands for; the empty namespace is none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Name {
    qualified: Arc<str>,
    prefix_bytes: usize,
    namespace: Arc<str>,
}

impl Name {
    pub(super) fn new(qualified: Arc<str>, prefix_bytes: usize, namespace: Arc<str>) -> Self {
        Self {
            qualified,
            prefix_bytes,
            namespace,
        }
    }

    /// As written, `prefix:local` or `local`.
    pub fn qualified(&self) -> &str {
        &self.qualified
    }

    /// As written, shared.
    pub(super) fn shared(&self) -> Arc<str> {
        Arc::clone(&self.qualified)
    }

    /// The prefix, empty when there is none.
    pub fn prefix(&self) -> &str {
        self.qualified.get(..self.prefix_bytes).unwrap_or_default()
    }

    /// The part after the colon.
    pub fn local(&self) -> &str {
        let start = if self.prefix_bytes == 0 {
            0
        } else {
            self.prefix_bytes.saturating_add(1)
        };
        self.qualified.get(start..).unwrap_or_default()
    }

    /// The namespace, empty for none.
    pub fn namespace(&self) -> &str {
        &self.namespace
    }

    /// Whether this is the expanded name `{namespace}local`.
    pub fn is(&self, namespace: &str, local: &str) -> bool {
        self.local() == local && self.namespace() == namespace
    }
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.qualified)
    }
}

/// An attribute that is not a namespace declaration; its value is normalised (XML 1.0 §3.3.3).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attribute {
    /// Its name. Without prefix it is in no namespace.
    pub name: Name,
    /// Its value, references resolved.
    pub value: String,
}

/// A namespace declaration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Declaration {
    /// The prefix, empty for the default namespace.
    pub prefix: Arc<str>,
    /// The namespace, empty when the default one is taken away.
    pub namespace: Arc<str>,
}

/// The start of an element.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StartTag {
    /// Its name.
    pub name: Name,
    /// Its attributes, in document order.
    pub attributes: Vec<Attribute>,
    /// Its namespace declarations, in document order.
    pub declarations: Vec<Declaration>,
}

impl StartTag {
    /// The value of the attribute `local` in no namespace.
    pub fn attribute(&self, local: &str) -> Option<&str> {
        self.attribute_of("", local)
    }

    /// Its identifiers: `Id`, `ID` and `id` without namespace, and `xml:id`.
    pub fn ids(&self) -> impl Iterator<Item = &str> {
        self.attributes
            .iter()
            .filter(|attribute| {
                matches!(
                    (attribute.name.namespace(), attribute.name.local()),
                    ("", "Id" | "ID" | "id") | (XML, "id")
                )
            })
            .map(|attribute| attribute.value.as_str())
    }

    /// The value of the attribute `{namespace}local`.
    pub fn attribute_of(&self, namespace: &str, local: &str) -> Option<&str> {
        self.attributes
            .iter()
            .find(|attribute| attribute.name.is(namespace, local))
            .map(|attribute| attribute.value.as_str())
    }
}
