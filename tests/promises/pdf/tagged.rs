//! Tagged files to try things on: PDF/A and PDF/UA at once, in each shape that a structure takes.

use std::fmt::Write as _;

use zegel::pdf::compose::Composer;
use zegel::pdf::font::{Font, Weight};
use zegel::pdf::object::{Dictionary, Object, ObjectId, Stream};
use zegel::pdf::page::Rect;
use zegel::pdf::sink::Sink as _;
use zegel::pdf::xref::XrefKind;

/// How the parent tree is built.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Tree {
    /// `/Nums` in an object of its own.
    Flat,
    /// As `Flat`, `/Nums` in an object of its own again.
    List,
    /// `/Kids` with `/Limits`.
    Kids,
    /// As `Kids`, the list of them in an object of its own, and one level more.
    Deep,
    /// `/Nums` in the root of the structure.
    Direct,
}

/// What hangs on the root of the structure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Top {
    /// One `Document` element.
    Document,
    /// The same in a list of its own, whose own content is a list of its own too, under a name that the role map explains.
    Mapped,
    /// The paragraphs, with nothing around them.
    Loose,
    /// Nothing at all.
    Nothing,
}

/// A tagged document to write.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Tagged {
    pub tree: Tree,
    pub top: Top,
    /// Whether the root says the next key.
    pub next_key: bool,
    /// Whether its pages say the order of the tabulator key.
    pub tabs: bool,
    /// The part of PDF/A and its level: `2A`.
    pub archive: &'static str,
    pub kind: XrefKind,
    pub media_box: [f64; 4],
}

/// As most programs write it; the others are varied from it.
pub(crate) const USUAL: Tagged = Tagged {
    tree: Tree::Flat,
    top: Top::Document,
    next_key: true,
    tabs: false,
    archive: "2A",
    kind: XrefKind::Table,
    media_box: [0.0, 0.0, 595.0, 842.0],
};

fn reference(id: ObjectId) -> Object {
    Object::Reference(id)
}

fn text(text: &str) -> Object {
    Object::String(text.as_bytes().to_vec())
}

impl Tagged {
    /// Two pages with a paragraph each.
    pub(crate) fn write(&self) -> Vec<u8> {
        let mut file = Composer::new();
        let (catalog, pages, root) = (file.reserve(), file.reserve(), file.reserve());
        let mut font = Font::new(Weight::Regular).unwrap();
        let paragraphs = ["Het college keurt goed.", "De som is 10 euro."];
        let shown: Vec<String> = paragraphs.iter().map(|words| font.show(words)).collect();
        let font = font.finish(&mut file).unwrap();
        let resources = Dictionary::new().with("Font", Dictionary::new().with("F", font));
        let resources = file.add(resources.into());
        let document = file.reserve();
        let parent = match self.top {
            Top::Document | Top::Mapped => document,
            Top::Loose | Top::Nothing => root,
        };
        let (mut kids, mut elements, mut entries) = (Vec::new(), Vec::new(), Vec::new());
        for (index, shown) in shown.iter().enumerate() {
            let [x, y, ..] = self.media_box;
            let mut content = String::new();
            let mark = if self.top == Top::Nothing {
                "/Artifact BMC"
            } else {
                "/P <</MCID 0>> BDC"
            };
            let (x, y) = (x + 60.0, y + 700.0);
            writeln!(content, "{mark} BT 0 g /F 11 Tf {x} {y} Td {shown} Tj ET EMC").unwrap();
            let content = file.add_stream(Dictionary::new(), content.into_bytes());
            let page = file.reserve();
            let index = i64::try_from(index).unwrap();
            let [x0, y0, x1, y1] = self.media_box;
            let mut dictionary = Dictionary::new()
                .with("Type", Object::name("Page"))
                .with("Parent", pages)
                .with("MediaBox", Rect::new(x0, y0, x1, y1).to_object())
                .with("Resources", resources)
                .with("Contents", content);
            if self.top != Top::Nothing {
                dictionary.set("StructParents", index);
            }
            if self.tabs {
                dictionary.set("Tabs", Object::name("S"));
            }
            file.set(page, dictionary.into());
            kids.push(reference(page));
            let element = Dictionary::new()
                .with("Type", Object::name("StructElem"))
                .with("S", Object::name("P"))
                .with("P", parent)
                .with("Pg", page)
                .with("K", 0);
            let element = file.add(element.into());
            elements.push(reference(element));
            let list = file.add(Object::Array(vec![reference(element)]));
            entries.push((index, reference(list)));
        }
        let count = i64::try_from(kids.len()).unwrap();
        let tree = Dictionary::new()
            .with("Type", Object::name("Pages"))
            .with("Count", count)
            .with("Kids", Object::Array(kids));
        file.set(pages, tree.into());
        self.structure(&mut file, (root, document), elements, &entries);
        self.catalog(&mut file, catalog, pages, root);
        let info = Dictionary::new().with("Title", text("Besluit"));
        let info = file.add(info.into());
        file.write(self.kind, catalog, Some(info))
    }

    fn structure(
        &self,
        file: &mut Composer,
        (root, document): (ObjectId, ObjectId),
        elements: Vec<Object>,
        entries: &[(i64, Object)],
    ) {
        let mut dictionary = Dictionary::new().with("Type", Object::name("StructTreeRoot"));
        let element = |kind: &str, kids: Object| {
            Dictionary::new()
                .with("Type", Object::name("StructElem"))
                .with("S", Object::name(kind))
                .with("P", root)
                .with("K", kids)
        };
        match self.top {
            Top::Document => {
                file.set(document, element("Document", Object::Array(elements)).into());
                dictionary.set("K", document);
            }
            Top::Mapped => {
                let list = file.add(Object::Array(elements));
                file.set(document, element("Besluit", list.into()).into());
                let roles = Dictionary::new()
                    .with("Besluit", Object::name("Akte"))
                    .with("Akte", Object::name("Document"));
                dictionary.set("RoleMap", roles);
                dictionary.set("K", file.add(Object::Array(vec![reference(document)])));
            }
            Top::Loose => {
                dictionary.set("K", Object::Array(elements));
            }
            Top::Nothing => {}
        }
        let entries = if self.top == Top::Nothing { &[] } else { entries };
        let numbers = |entries: &[(i64, Object)]| {
            let pairs = entries.iter().cloned();
            Object::Array(
                pairs
                    .flat_map(|(key, value)| [Object::Integer(key), value])
                    .collect(),
            )
        };
        let node = |entries: &[(i64, Object)]| {
            let (first, last) = (entries.first().unwrap().0, entries.last().unwrap().0);
            Dictionary::new()
                .with("Limits", Object::Array(vec![first.into(), last.into()]))
                .with("Nums", numbers(entries))
        };
        let mut flat = Dictionary::new().with("Nums", numbers(entries));
        match self.tree {
            Tree::Direct => dictionary.set("ParentTree", flat),
            Tree::Flat => dictionary.set("ParentTree", file.add(flat.into())),
            Tree::List => {
                flat.set("Nums", file.add(numbers(entries)));
                dictionary.set("ParentTree", file.add(flat.into()));
            }
            Tree::Kids => {
                let leaves = entries
                    .chunks(1)
                    .map(|leaf| reference(file.add(node(leaf).into())));
                let leaves = Object::Array(leaves.collect());
                dictionary.set(
                    "ParentTree",
                    file.add(Dictionary::new().with("Kids", leaves).into()),
                );
            }
            Tree::Deep => {
                let leaf = file.add(node(entries).into());
                let between = Dictionary::new()
                    .with("Limits", node(entries).get("Limits").unwrap().clone())
                    .with("Kids", Object::Array(vec![leaf.into()]));
                let between = file.add(between.into());
                let list = file.add(Object::Array(vec![between.into()]));
                dictionary.set(
                    "ParentTree",
                    file.add(Dictionary::new().with("Kids", list).into()),
                );
            }
        }
        if self.next_key {
            dictionary.set("ParentTreeNextKey", i64::try_from(entries.len()).unwrap());
        }
        file.set(root, dictionary.into());
    }

    fn catalog(&self, file: &mut Composer, catalog: ObjectId, pages: ObjectId, root: ObjectId) {
        let metadata = Dictionary::new()
            .with("Type", Object::name("Metadata"))
            .with("Subtype", Object::name("XML"));
        // PDF/A-1 wants the metadata as plain bytes (ISO 19005-1 §6.7.2).
        let metadata = file.add(Object::Stream(Stream::new(
            metadata,
            metadata_of(self.archive).into_bytes(),
        )));
        let profile = file.add_stream(Dictionary::new().with("N", 1), grey_profile());
        let intent = Dictionary::new()
            .with("Type", Object::name("OutputIntent"))
            .with("S", Object::name("GTS_PDFA1"))
            .with("OutputConditionIdentifier", text("Grey"))
            .with("Info", text("Grey"))
            .with("DestOutputProfile", profile);
        let dictionary = Dictionary::new()
            .with("Type", Object::name("Catalog"))
            .with("Pages", pages)
            .with("Lang", text("nl-BE"))
            .with(
                "MarkInfo",
                Dictionary::new().with("Marked", Object::Boolean(true)),
            )
            .with("StructTreeRoot", root)
            .with("Metadata", metadata)
            .with("OutputIntents", Object::Array(vec![intent.into()]))
            .with(
                "ViewerPreferences",
                Dictionary::new().with("DisplayDocTitle", Object::Boolean(true)),
            );
        file.set(catalog, dictionary.into());
    }
}

/// XMP that says which part of PDF/A this is, and that it is PDF/UA-1, with the schema that PDF/A wants described.
fn metadata_of(archive: &str) -> String {
    let (part, conformance) = archive.split_at(1);
    let property = "<rdf:li rdf:parseType=\"Resource\"><pdfaProperty:name>part</pdfaProperty:name>\
        <pdfaProperty:valueType>Integer</pdfaProperty:valueType><pdfaProperty:category>internal</pdfaProperty:category>\
        <pdfaProperty:description>Part</pdfaProperty:description></rdf:li>";
    let schema = format!(
        "<rdf:li rdf:parseType=\"Resource\"><pdfaSchema:schema>PDF/UA identification</pdfaSchema:schema>\
        <pdfaSchema:namespaceURI>http://www.aiim.org/pdfua/ns/id/</pdfaSchema:namespaceURI>\
        <pdfaSchema:prefix>pdfuaid</pdfaSchema:prefix>\
        <pdfaSchema:property><rdf:Seq>{property}</rdf:Seq></pdfaSchema:property></rdf:li>"
    );
    format!(
        "<?xpacket begin=\"\u{feff}\" id=\"W5M0MpCehiHzreSzNTczkc9d\"?>\
        <x:xmpmeta xmlns:x=\"adobe:ns:meta/\"><rdf:RDF xmlns:rdf=\"http://www.w3.org/1999/02/22-rdf-syntax-ns#\">\
        <rdf:Description rdf:about=\"\" xmlns:dc=\"http://purl.org/dc/elements/1.1/\" \
        xmlns:pdfaid=\"http://www.aiim.org/pdfa/ns/id/\" xmlns:pdfuaid=\"http://www.aiim.org/pdfua/ns/id/\" \
        xmlns:pdfaExtension=\"http://www.aiim.org/pdfa/ns/extension/\" \
        xmlns:pdfaSchema=\"http://www.aiim.org/pdfa/ns/schema#\" \
        xmlns:pdfaProperty=\"http://www.aiim.org/pdfa/ns/property#\">\
        <dc:title><rdf:Alt><rdf:li xml:lang=\"x-default\">Besluit</rdf:li></rdf:Alt></dc:title>\
        <pdfaid:part>{part}</pdfaid:part><pdfaid:conformance>{conformance}</pdfaid:conformance>\
        <pdfuaid:part>1</pdfuaid:part>\
        <pdfaExtension:schemas><rdf:Bag>{schema}</rdf:Bag></pdfaExtension:schemas>\
        </rdf:Description></rdf:RDF></x:xmpmeta><?xpacket end=\"w\"?>"
    )
}

/// The least profile of a grey display: ICC.1:2001-04 §6.3.3.
fn grey_profile() -> Vec<u8> {
    let described = b"desc\0\0\0\0\0\0\0\x05Grey\0".iter().copied().chain([0; 79]);
    let copyright = b"text\0\0\0\0None\0".to_vec();
    let white = [b"XYZ \0\0\0\0".to_vec(), white_point().to_vec()].concat();
    let curve = b"curv\0\0\0\0\0\0\0\x01\x02\x33".to_vec();
    let tags = [
        (b"desc", described.collect()),
        (b"cprt", copyright),
        (b"wtpt", white),
        (b"kTRC", curve),
    ];
    let (mut table, mut data) = (
        u32::try_from(tags.len()).unwrap().to_be_bytes().to_vec(),
        Vec::new(),
    );
    let start = 128 + 4 + 12 * tags.len();
    for (name, mut value) in tags {
        let length = value.len();
        value.resize(length.next_multiple_of(4), 0);
        table.extend_from_slice(name);
        table.extend(u32::try_from(start + data.len()).unwrap().to_be_bytes());
        table.extend(u32::try_from(length).unwrap().to_be_bytes());
        data.extend(value);
    }
    let mut header = vec![0; 128];
    let size = u32::try_from(start + data.len()).unwrap();
    header[..4].copy_from_slice(&size.to_be_bytes());
    header[8..12].copy_from_slice(&[2, 0x10, 0, 0]);
    header[12..24].copy_from_slice(b"mntrGRAYXYZ ");
    header[24..36].copy_from_slice(&[7, 0xEA, 0, 3, 0, 3, 0, 10, 0, 0, 0, 0]);
    header[36..40].copy_from_slice(b"acsp");
    header[68..80].copy_from_slice(&white_point());
    [header, table, data].concat()
}

/// D50. ICC.1:2001-04 §6.1.10.
fn white_point() -> [u8; 12] {
    [0, 0, 0xF6, 0xD6, 0, 1, 0, 0, 0, 0, 0xD3, 0x2D]
}
