//! Canonical XML: 1.0, 1.1 and exclusive, as a transformer of events into bytes.
//!
//! It is told every event of the document in order, and for each element whether it belongs to what is canonicalised;
//! so a whole document, a subtree, and a document without one of its subtrees are the same thing. What it keeps is
//! in proportion to the depth, never to the size.
//!
//! Sources: Canonical XML 1.0 (2001), Canonical XML 1.1 (2008), Exclusive XML Canonicalization 1.0 (2002).

use std::collections::BTreeMap;
use std::sync::Arc;

use super::chars::{first_byte, is_among};
use super::inherited;
use super::name::{Attribute, Declaration, StartTag, XML};
use super::reader::Event;
use super::sink::Sink;

/// Which of the three.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Version {
    /// Exclusive XML Canonicalization 1.0.
    Exclusive,
    /// Canonical XML 1.0, inclusive.
    Inclusive10,
    /// Canonical XML 1.1, inclusive.
    Inclusive11,
}

/// A canonicalisation method with its parameters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Method {
    /// Which algorithm.
    pub version: Version,
    /// Whether comments stay.
    pub comments: bool,
    /// Prefixes that exclusive canonicalisation treats as inclusive does (`InclusiveNamespaces/@PrefixList`); the
    /// default namespace is `""` here and `#default` in a document. Empty for the others.
    pub inclusive_prefixes: Vec<String>,
}

impl Method {
    /// `version` without comments and parameters.
    pub const fn new(version: Version) -> Self {
        Self {
            version,
            comments: false,
            inclusive_prefixes: Vec::new(),
        }
    }

    /// The same with comments.
    #[must_use]
    pub fn with_comments(mut self) -> Self {
        self.comments = true;
        self
    }

    /// The one method by which a whole document has the octets that this one and then `next` give it; none for methods with
    /// parameters.
    ///
    /// What is canonical already only loses what `next` leaves out: comments, or declarations that nothing uses. Versions 1.0
    /// and 1.1 differ in parts of a document alone.
    pub fn then(&self, next: &Self) -> Option<Self> {
        let both = [self, next];
        let is_plain = both.iter().all(|one| one.inclusive_prefixes.is_empty());
        let is_exclusive = both.iter().any(|one| one.version == Version::Exclusive);
        let version = if is_exclusive {
            Version::Exclusive
        } else {
            Version::Inclusive10
        };
        is_plain.then(|| Self {
            comments: self.comments && next.comments,
            ..Self::new(version)
        })
    }

    /// Its identifier in signatures.
    pub const fn uri(&self) -> &'static str {
        match (self.version, self.comments) {
            (Version::Exclusive, false) => "http://www.w3.org/2001/10/xml-exc-c14n#",
            (Version::Exclusive, true) => "http://www.w3.org/2001/10/xml-exc-c14n#WithComments",
            (Version::Inclusive10, false) => "http://www.w3.org/TR/2001/REC-xml-c14n-20010315",
            (Version::Inclusive10, true) => "http://www.w3.org/TR/2001/REC-xml-c14n-20010315#WithComments",
            (Version::Inclusive11, false) => "http://www.w3.org/2006/12/xml-c14n11",
            (Version::Inclusive11, true) => "http://www.w3.org/2006/12/xml-c14n11#WithComments",
        }
    }

    /// The method that `uri` names, without parameters.
    pub fn from_uri(uri: &str) -> Option<Self> {
        [Version::Exclusive, Version::Inclusive10, Version::Inclusive11]
            .into_iter()
            .flat_map(|version| [Self::new(version), Self::new(version).with_comments()])
            .find(|method| method.uri() == uri)
    }
}

/// An element that is open.
struct Open {
    tag_name: Arc<str>,
    is_visible: bool,
    scope_mark: usize,
    rendered_mark: usize,
    xml_mark: usize,
}

/// Bytes gathered before they go to the sink.
const GATHERED: usize = 1 << 15;

/// Turns events into canonical bytes.
pub struct Canonicalizer<'m, S> {
    method: &'m Method,
    sink: S,
    out: Vec<u8>,
    open: Vec<Open>,
    scope: Vec<Declaration>,
    rendered: Vec<Declaration>,
    /// Attributes in the `xml` namespace of all open elements, with whether their element is visible.
    inherited: Vec<(Attribute, bool)>,
    root_seen: bool,
    outside_is_visible: bool,
}

impl<'m, S: Sink> Canonicalizer<'m, S> {
    /// A canonicalizer at the start of a document.
    ///
    /// `outside_is_visible`: whether comments and instructions beside the root element belong to what is
    /// canonicalised, as they do when it is the document.
    pub fn new(method: &'m Method, sink: S, outside_is_visible: bool) -> Self {
        Self {
            method,
            sink,
            out: Vec::new(),
            open: Vec::new(),
            scope: Vec::new(),
            rendered: Vec::new(),
            inherited: Vec::new(),
            root_seen: false,
            outside_is_visible,
        }
    }

    /// Takes an event of a document that is visible whole.
    pub fn take(&mut self, event: &Event<'_>) {
        match event {
            Event::Start(tag) => self.start(tag, true),
            Event::End => self.end(),
            Event::Text(text) => self.text(text),
            Event::Comment(text) => self.comment(text),
            Event::Instruction { target, data } => self.instruction(target, data),
        }
    }

    /// Enters an element. What is not visible still counts: its declarations stay in scope for those inside it.
    pub fn start(&mut self, tag: &StartTag, is_visible: bool) {
        let scope_mark = self.scope.len();
        let rendered_mark = self.rendered.len();
        let xml_mark = self.inherited.len();
        self.scope.extend(
            tag.declarations
                .iter()
                .filter(|one| &*one.prefix != "xml")
                .cloned(),
        );
        if is_visible {
            self.render_start(tag);
        }
        self.root_seen = true;
        self.inherited.extend(
            tag.attributes
                .iter()
                .filter(|attribute| attribute.name.namespace() == XML)
                .map(|attribute| (attribute.clone(), is_visible)),
        );
        self.open.push(Open {
            tag_name: tag.name.shared(),
            is_visible,
            scope_mark,
            rendered_mark,
            xml_mark,
        });
        self.flush_when_full();
    }

    /// Leaves the innermost element.
    pub fn end(&mut self) {
        if let Some(open) = self.open.pop() {
            self.scope.truncate(open.scope_mark);
            self.rendered.truncate(open.rendered_mark);
            self.inherited.truncate(open.xml_mark);
            if open.is_visible {
                self.put("</");
                self.put(&open.tag_name);
                self.put(">");
            }
        }
    }

    /// Character data of the innermost element.
    pub fn text(&mut self, text: &str) {
        if self.open.last().is_some_and(|open| open.is_visible) {
            self.escaped(text, |byte| is_among(byte, b"&<>\r"));
            self.flush_when_full();
        }
    }

    /// A comment.
    pub fn comment(&mut self, text: &str) {
        if self.method.comments {
            self.beside(&["<!--", text, "-->"]);
        }
    }

    /// A processing instruction.
    pub fn instruction(&mut self, target: &str, data: &str) {
        let blank = if data.is_empty() { "" } else { " " };
        self.beside(&["<?", target, blank, data, "?>"]);
    }

    /// Gives the last bytes to the sink, and the sink back.
    pub fn finish(mut self) -> S {
        self.sink.take(&self.out);
        self.sink
    }

    /// Canonical XML 1.0 §2.3: outside the root element, a line feed between it and the node.
    fn beside(&mut self, parts: &[&str]) {
        match self.open.last() {
            Some(open) if !open.is_visible => return,
            None if !self.outside_is_visible => return,
            _ => {}
        }
        let is_outside = self.open.is_empty();
        if is_outside && self.root_seen {
            self.put("\n");
        }
        for part in parts {
            self.put(part);
        }
        if is_outside && !self.root_seen {
            self.put("\n");
        }
        self.flush_when_full();
    }

    fn render_start(&mut self, tag: &StartTag) {
        self.put("<");
        self.put(tag.name.qualified());
        for declaration in self.namespaces(tag) {
            self.put(" xmlns");
            if !declaration.prefix.is_empty() {
                self.put(":");
                self.put(&declaration.prefix);
            }
            self.attribute_value(&declaration.namespace);
            self.rendered.push(declaration);
        }
        let from_ancestors = self.attributes_from_ancestors(tag);
        let mut attributes: Vec<(&str, &str, &str, &str)> = tag
            .attributes
            .iter()
            .filter(|own| {
                !from_ancestors
                    .iter()
                    .any(|(name, _)| own.name.qualified() == name)
            })
            .map(|attribute| {
                let name = &attribute.name;
                (
                    name.namespace(),
                    name.local(),
                    name.qualified(),
                    attribute.value.as_str(),
                )
            })
            .chain(from_ancestors.iter().map(|(name, value)| {
                let local = name.strip_prefix("xml:").unwrap_or(name);
                (XML, local, name.as_str(), value.as_str())
            }))
            .collect();
        // Canonical XML 1.0 §2.2: by namespace, then by local name, both in the order of their characters.
        attributes.sort_unstable();
        for (_, _, qualified, value) in attributes {
            self.put(" ");
            self.put(qualified);
            self.attribute_value(value);
        }
        self.put(">");
    }

    /// The declarations this element carries in the output, sorted by prefix.
    fn namespaces(&self, tag: &StartTag) -> Vec<Declaration> {
        let is_rendered = |prefix: &str, namespace: &Arc<str>| {
            match self.rendered.iter().rev().find(|one| *one.prefix == *prefix) {
                Some(rendered) => rendered.namespace == *namespace,
                // `xmlns=""` says something only below a rendered default namespace.
                None => namespace.is_empty(),
            }
        };
        let mut wanted: BTreeMap<&str, &Arc<str>> = BTreeMap::new();
        // Innermost first: the first of a prefix is the one in scope.
        match self.method.version {
            Version::Inclusive10 | Version::Inclusive11 => {
                // What is in scope around it, a parent that is written has written.
                let is_new = !tag.declarations.is_empty();
                if !is_new && self.open.last().is_some_and(|parent| parent.is_visible) {
                    return Vec::new();
                }
                for binding in self.scope.iter().rev() {
                    wanted.entry(&binding.prefix).or_insert(&binding.namespace);
                }
            }
            Version::Exclusive => {
                let used = std::iter::once(tag.name.prefix()).chain(
                    tag.attributes
                        .iter()
                        .map(|attribute| attribute.name.prefix())
                        .filter(|prefix| !prefix.is_empty()),
                );
                let listed = self.method.inclusive_prefixes.iter().map(String::as_str);
                for prefix in used.chain(listed) {
                    let binding = self.scope.iter().rev().find(|one| &*one.prefix == prefix);
                    if let Some(binding) = binding
                        && !is_rendered(prefix, &binding.namespace)
                    {
                        wanted.insert(prefix, &binding.namespace);
                    }
                }
            }
        }
        wanted
            .into_iter()
            .filter(|(prefix, namespace)| !is_rendered(prefix, namespace))
            .map(|(prefix, namespace)| Declaration {
                prefix: Arc::from(prefix),
                namespace: Arc::clone(namespace),
            })
            .collect()
    }

    /// Attributes of the `xml` namespace that an element brings along when its parent is left out.
    ///
    /// Source: Canonical XML 1.0 §2.4; 1.1 §2.4, where `xml:id` stays behind and `xml:base` is joined.
    fn attributes_from_ancestors(&self, tag: &StartTag) -> Vec<(String, String)> {
        let parent_is_left_out = self.open.last().is_some_and(|parent| !parent.is_visible);
        if !parent_is_left_out || self.method.version == Version::Exclusive {
            return Vec::new();
        }
        let mut found: BTreeMap<&str, String> = BTreeMap::new();
        for (attribute, _) in self.inherited.iter().rev() {
            let name = attribute.name.qualified();
            let is_simple = match self.method.version {
                Version::Inclusive11 => matches!(attribute.name.local(), "lang" | "space"),
                Version::Inclusive10 | Version::Exclusive => true,
            };
            let is_own = tag.attributes.iter().any(|own| own.name.qualified() == name);
            if is_simple && !is_own {
                found.entry(name).or_insert_with(|| attribute.value.clone());
            }
        }
        if self.method.version == Version::Inclusive11 {
            let own = tag.attribute_of(XML, "base");
            let omitted: Vec<&str> = self.bases_left_out();
            if !omitted.is_empty() {
                let joined = inherited::join_bases(omitted.into_iter().chain(own));
                if !joined.is_empty() {
                    found.insert("xml:base", joined);
                }
            }
        }
        found
            .into_iter()
            .map(|(name, value)| (name.to_owned(), value))
            .collect()
    }

    /// `xml:base` of the ancestors left out between here and the nearest visible one, outermost first.
    fn bases_left_out(&self) -> Vec<&str> {
        let from = self
            .open
            .iter()
            .rev()
            .take_while(|open| !open.is_visible)
            .last()
            .map_or(self.inherited.len(), |open| open.xml_mark);
        self.inherited
            .get(from..)
            .unwrap_or_default()
            .iter()
            .filter(|(attribute, is_visible)| !is_visible && attribute.name.local() == "base")
            .map(|(attribute, _)| attribute.value.as_str())
            .collect()
    }

    fn attribute_value(&mut self, value: &str) {
        self.put("=\"");
        self.escaped(value, |byte| is_among(byte, b"&<\"\t\n\r"));
        self.put("\"");
    }

    /// All that is escaped is ASCII, so bytes can be looked at alone.
    fn escaped(&mut self, text: &str, is_escaped: impl Fn(u8) -> bool) {
        let mut rest = text.as_bytes();
        while let Some(at) = first_byte(rest, &is_escaped) {
            let (plain, from) = rest.split_at(at);
            self.out.extend_from_slice(plain);
            let Some((byte, after)) = from.split_first() else {
                break;
            };
            self.out.extend_from_slice(reference(*byte));
            rest = after;
        }
        self.out.extend_from_slice(rest);
    }

    fn put(&mut self, text: &str) {
        self.out.extend_from_slice(text.as_bytes());
    }

    fn flush_when_full(&mut self) {
        if self.out.len() >= GATHERED {
            self.sink.take(&self.out);
            self.out.clear();
        }
    }
}

/// How Canonical XML 1.0 §2.3 writes a character that it does not write as it is.
fn reference(byte: u8) -> &'static [u8] {
    match byte {
        b'&' => b"&amp;",
        b'<' => b"&lt;",
        b'>' => b"&gt;",
        b'"' => b"&quot;",
        b'\t' => b"&#x9;",
        b'\n' => b"&#xA;",
        _ => b"&#xD;",
    }
}
