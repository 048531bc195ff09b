//! A document held whole: a small arena for what is navigated, such as signatures and trusted lists.

use std::ops::Range;

use super::canonical::{Canonicalizer, Method};
use super::error::XmlError;
use super::limits::Limits;
use super::name::StartTag;
use super::reader::{Event, Place, Reader};
use super::sink::Sink;

/// A node of one document. Meaningless in another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct NodeId(usize);

#[derive(Debug)]
enum Content {
    Element(Box<StartTag>),
    Text(String),
    Comment(String),
    Instruction { target: String, data: String },
}

#[derive(Debug)]
struct Node {
    content: Content,
    parent: Option<NodeId>,
    next: Option<NodeId>,
    first_child: Option<NodeId>,
    last_child: Option<NodeId>,
    span: Range<u64>,
    inside: Range<u64>,
}

/// A well-formed document without document type.
#[derive(Debug)]
pub struct Document {
    nodes: Vec<Node>,
    /// Nodes beside and including the root element, in order.
    outermost: Vec<NodeId>,
    root: NodeId,
}

/// Puts a document together, node after node.
#[derive(Default)]
pub(super) struct Builder {
    nodes: Vec<Node>,
    outermost: Vec<NodeId>,
    open: Vec<NodeId>,
    root: Option<NodeId>,
}

impl Builder {
    /// Enters the element `tag`.
    pub(super) fn start(&mut self, tag: StartTag, span: Range<u64>) -> NodeId {
        self.node(Content::Element(Box::new(tag)), span)
    }

    /// Takes the next event.
    pub(super) fn take(&mut self, event: &Event<'_>, place: Place) {
        let span = place.start..place.end;
        let content = match event {
            Event::Start(tag) => Content::Element(Box::new((*tag).clone())),
            Event::End => return self.end(span),
            Event::Text(text) => Content::Text((*text).to_owned()),
            Event::Comment(text) => Content::Comment((*text).to_owned()),
            Event::Instruction { target, data } => Content::Instruction {
                target: (*target).to_owned(),
                data: (*data).to_owned(),
            },
        };
        self.node(content, span);
    }

    /// Leaves the innermost element, whose end tag stands at `span`.
    pub(super) fn end(&mut self, span: Range<u64>) {
        if let Some(node) = self.open.pop().and_then(|id| self.nodes.get_mut(id.0)) {
            // The end of an empty element is an empty range at the end of its tag.
            node.inside.end = span.start;
            node.span.end = span.end;
        }
    }

    fn node(&mut self, content: Content, span: Range<u64>) -> NodeId {
        let parent = self.open.last().copied();
        if let Content::Text(text) = &content {
            let last = parent
                .and_then(|parent| self.nodes.get(parent.0))
                .and_then(|parent| parent.last_child);
            if let Some(last) = last
                && let Some(Node {
                    content: Content::Text(before),
                    span: known,
                    ..
                }) = self.nodes.get_mut(last.0)
            {
                before.push_str(text);
                known.end = span.end;
                return last;
            }
        }
        let id = NodeId(self.nodes.len());
        match parent.and_then(|parent| self.nodes.get_mut(parent.0)) {
            Some(above) => {
                let last = above.last_child.replace(id);
                if last.is_none() {
                    above.first_child = Some(id);
                }
                if let Some(last) = last.and_then(|last| self.nodes.get_mut(last.0)) {
                    last.next = Some(id);
                }
            }
            None => self.outermost.push(id),
        }
        if matches!(content, Content::Element(_)) {
            if parent.is_none() {
                self.root = Some(id);
            }
            self.open.push(id);
        }
        self.nodes.push(Node {
            content,
            parent,
            next: None,
            first_child: None,
            last_child: None,
            inside: span.end..span.end,
            span,
        });
        id
    }

    /// The document.
    pub(super) fn finish(self) -> Result<Document, XmlError> {
        let root = self.root.ok_or(XmlError::malformed(0, "a root element"))?;
        Ok(Document {
            nodes: self.nodes,
            outermost: self.outermost,
            root,
        })
    }
}

/// A part of a document: what a signature covers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Selection {
    /// The element whose subtree it is; the whole document, comments and instructions beside the root too, when none.
    pub element: Option<NodeId>,
    /// Subtrees that are left out.
    pub without: Vec<NodeId>,
    /// Whether comments belong to it. They are dropped all the same by a method without comments.
    pub comments: bool,
}

impl Selection {
    /// The whole document.
    pub const fn document() -> Self {
        Self {
            element: None,
            without: Vec::new(),
            comments: true,
        }
    }

    /// The subtree of `element`.
    pub const fn subtree(element: NodeId) -> Self {
        Self {
            element: Some(element),
            without: Vec::new(),
            comments: true,
        }
    }

    /// The same without the subtree of `element`.
    #[must_use]
    pub fn minus(mut self, element: NodeId) -> Self {
        self.without.push(element);
        self
    }
}

impl Document {
    /// Reads `bytes`.
    ///
    /// # Errors
    /// See [`XmlError`].
    pub fn parse(bytes: &[u8], limits: Limits) -> Result<Self, XmlError> {
        let mut reader = Reader::new(bytes, limits);
        let mut builder = Builder::default();
        while let Some((event, place)) = reader.read_placed()? {
            builder.take(&event, place);
        }
        builder.finish()
    }

    /// The root element.
    pub const fn root(&self) -> NodeId {
        self.root
    }

    fn node(&self, id: NodeId) -> Option<&Node> {
        self.nodes.get(id.0)
    }

    /// The start tag of an element; `None` for any other node.
    pub fn tag(&self, id: NodeId) -> Option<&StartTag> {
        match &self.node(id)?.content {
            Content::Element(tag) => Some(tag),
            _ => None,
        }
    }

    /// Whether `id` is the element `{namespace}local`.
    pub fn is(&self, id: NodeId, namespace: &str, local: &str) -> bool {
        self.tag(id).is_some_and(|tag| tag.name.is(namespace, local))
    }

    /// The element around `id`.
    pub fn parent(&self, id: NodeId) -> Option<NodeId> {
        self.node(id)?.parent
    }

    /// Where the node stands in the bytes that were parsed, tags included.
    pub fn span(&self, id: NodeId) -> Range<u64> {
        self.node(id).map_or(0..0, |node| node.span.clone())
    }

    /// What stands between the tags of an element, in the bytes that were parsed; empty for an empty element.
    pub fn inside(&self, id: NodeId) -> Range<u64> {
        self.node(id).map_or(0..0, |node| node.inside.clone())
    }

    /// Nodes directly inside `id`, in order, of every kind.
    pub fn nodes(&self, id: NodeId) -> impl Iterator<Item = NodeId> + '_ {
        let first = self.node(id).and_then(|node| node.first_child);
        std::iter::successors(first, |id| self.node(*id).and_then(|node| node.next))
    }

    /// Elements directly inside `id`, in order.
    pub fn children(&self, id: NodeId) -> impl Iterator<Item = NodeId> + '_ {
        self.nodes(id).filter(|id| self.tag(*id).is_some())
    }

    /// Elements `{namespace}local` directly inside `id`, in order.
    pub fn children_named<'a>(
        &'a self,
        id: NodeId,
        namespace: &'a str,
        local: &'a str,
    ) -> impl Iterator<Item = NodeId> + 'a {
        self.children(id).filter(move |id| self.is(*id, namespace, local))
    }

    /// Every element, in document order.
    pub fn elements(&self) -> impl Iterator<Item = NodeId> + '_ {
        (0..self.nodes.len())
            .map(NodeId)
            .filter(|id| self.tag(*id).is_some())
    }

    /// Whether `inner` is `outer` or stands inside it.
    pub fn is_within(&self, inner: NodeId, outer: NodeId) -> bool {
        std::iter::successors(Some(inner), |id| self.parent(*id)).any(|id| id == outer)
    }

    /// The text directly inside an element: `None` when it holds another element. Comments do not part it.
    pub fn text(&self, id: NodeId) -> Option<String> {
        let mut text = String::new();
        for child in self.nodes(id) {
            match &self.node(child)?.content {
                Content::Text(part) => text.push_str(part),
                Content::Element(_) => return None,
                Content::Comment(_) | Content::Instruction { .. } => {}
            }
        }
        Some(text)
    }

    /// The namespace that `prefix` stands for at an element, if any.
    pub fn namespace_at(&self, id: NodeId, prefix: &str) -> Option<&str> {
        std::iter::successors(Some(id), |id| self.parent(*id))
            .filter_map(|id| self.tag(id))
            .flat_map(|tag| &tag.declarations)
            .find(|declaration| &*declaration.prefix == prefix)
            .map(|declaration| &*declaration.namespace)
    }

    /// Whether an element holds nothing but elements, white space and comments.
    pub fn is_structure(&self, id: NodeId) -> bool {
        self.nodes(id)
            .all(|child| match self.node(child).map(|node| &node.content) {
                Some(Content::Text(text)) => super::chars::all_space(text),
                _ => true,
            })
    }

    /// Elements that carry the identifier `value`: in `Id`, `ID` or `id` without namespace, or in `xml:id`.
    ///
    /// There is no document type that would say which attributes are identifiers, so all that anyone takes for one
    /// count: a reference means an element only if this finds exactly one.
    pub fn with_id<'a>(&'a self, value: &'a str) -> impl Iterator<Item = NodeId> + 'a {
        self.elements()
            .filter(move |id| self.ids(*id).any(|found| found == value))
    }

    /// The identifiers of one element.
    pub fn ids(&self, id: NodeId) -> impl Iterator<Item = &str> {
        self.tag(id).into_iter().flat_map(StartTag::ids)
    }

    /// Whether an identifier stands on two elements.
    pub fn has_repeated_id(&self) -> bool {
        let mut seen = std::collections::BTreeMap::new();
        self.elements().any(|id| {
            self.ids(id)
                .any(|value| seen.insert(value, id).is_some_and(|before| before != id))
        })
    }

    /// Writes `selection` in canonical form into `sink`, and gives it back.
    pub fn canonicalize<S: Sink>(&self, selection: &Selection, method: &Method, sink: S) -> S {
        let whole = selection.element.is_none();
        let mut to = Canonicalizer::new(method, sink, whole);
        // Ancestors of the apex are told first: their namespaces are in scope.
        let Some(apex) = selection.element else {
            for id in &self.outermost {
                self.walk(*id, selection, &mut to);
            }
            return to.finish();
        };
        let mut above: Vec<NodeId> =
            std::iter::successors(self.parent(apex), |id| self.parent(*id)).collect();
        above.reverse();
        for tag in above.iter().filter_map(|id| self.tag(*id)) {
            to.start(tag, false);
        }
        self.walk(apex, selection, &mut to);
        for _ in above {
            to.end();
        }
        to.finish()
    }

    /// Tells the subtree of `top`. What is left out is not entered at all: nothing in it can be visible.
    fn walk<S: Sink>(&self, top: NodeId, selection: &Selection, to: &mut Canonicalizer<'_, S>) {
        let mut at = top;
        loop {
            let Some(node) = self.node(at) else { return };
            let is_out = selection.without.contains(&at);
            match &node.content {
                Content::Element(tag) if !is_out => {
                    to.start(tag, true);
                    if let Some(child) = node.first_child {
                        at = child;
                        continue;
                    }
                    to.end();
                }
                Content::Text(text) => to.text(text),
                Content::Comment(text) if selection.comments => to.comment(text),
                Content::Element(_) | Content::Comment(_) => {}
                Content::Instruction { target, data } => to.instruction(target, data),
            }
            loop {
                if at == top {
                    return;
                }
                let Some(node) = self.node(at) else { return };
                if let Some(next) = node.next {
                    at = next;
                    break;
                }
                let Some(parent) = node.parent else { return };
                to.end();
                at = parent;
            }
        }
    }
}
