//! What is not well formed, or means something only with a document type, is refused; libxml2 refuses it too.

use zegel::xml::error::XmlErrorKind;
use zegel::xml::limits::Limits;
use zegel::xml::tree::Document;

fn cause(bytes: &[u8], limits: Limits) -> Option<XmlErrorKind> {
    Document::parse(bytes, limits).err().map(|error| error.kind)
}

#[test]
fn each_defect_is_refused_with_its_cause() {
    use XmlErrorKind::{DocumentType, Encoding, Instruction, Limit, Malformed, Namespace};
    let deep = format!("{}{}", "<a>".repeat(129), "</a>".repeat(129));
    let many: String = (0..65).map(|n| format!(" a{n}=''")).collect();
    let many = format!("<a{many}/>");
    let cases: Vec<(&[u8], Option<XmlErrorKind>)> = vec![
        (b"<a/>", None),
        (b"\xEF\xBB\xBF<a/>", None),
        (
            b"<?xml version='1.0' encoding='utf-8' standalone=\"yes\" ?><a></a >\n<!-- c -->",
            None,
        ),
        (b"<a xmlns='urn:a'><b xmlns=''/></a>", None),
        (b"<a>]] > ]]&gt;</a>", None),
        ("<é xmlns:ß='urn:x' ß:ÿ=''/>".as_bytes(), None),
        (b"", Some(Malformed)),
        (b" ", Some(Malformed)),
        (b"<a>", Some(Malformed)),
        (b"<a></b>", Some(Malformed)),
        (b"</a>", Some(Malformed)),
        (b"<a/><b/>", Some(Malformed)),
        (b"<a/>text", Some(Malformed)),
        (b"text<a/>", Some(Malformed)),
        (b"<a/>&amp;", Some(Malformed)),
        (b"<a/><![CDATA[]]>", Some(Malformed)),
        (b"<a>]]></a>", Some(Malformed)),
        (b"<a>&nbsp;</a>", Some(Malformed)),
        (b"<a>&amp</a>", Some(Malformed)),
        (b"<a>&</a>", Some(Malformed)),
        (b"<a>&#0;</a>", Some(Malformed)),
        (b"<a>&#xD800;</a>", Some(Malformed)),
        (b"<a>&#xFFFE;</a>", Some(Malformed)),
        (b"<a>&#+65;</a>", Some(Malformed)),
        (b"<a>&#X41;</a>", Some(Malformed)),
        (b"<a>&#;</a>", Some(Malformed)),
        (b"<a>\x01</a>", Some(Malformed)),
        ("<a>\u{FFFF}</a>".as_bytes(), Some(Malformed)),
        (b"<a>\xC3</a>", Some(Encoding)),
        (b"<a>\xED\xA0\x80</a>", Some(Encoding)),
        (b"<?xml version='1.0' encoding='ISO-8859-1'?><a/>", Some(Encoding)),
        (b"\xFF\xFE<\0a\0/\0>\0", Some(Encoding)),
        (b"<?xml version='1.1'?><a/>", Some(Malformed)),
        (b"<?xml version='1.0' standalone='maybe'?><a/>", Some(Malformed)),
        (b"<?xml encoding='UTF-8'?><a/>", Some(Malformed)),
        (b"<?xml version='1.0' version='1.0'?><a/>", Some(Malformed)),
        (b" <?xml version='1.0'?><a/>", Some(Malformed)),
        (b"<a><?xml version='1.0'?></a>", Some(Malformed)),
        (b"<a><?XML x?></a>", Some(Malformed)),
        (b"<a><?p x?></a>", Some(Instruction)),
        (b"<a><? x?></a>", Some(Malformed)),
        (b"<!DOCTYPE a><a/>", Some(DocumentType)),
        (b"<!DOCTYPE a [<!ENTITY e 'x'>]><a>&e;</a>", Some(DocumentType)),
        (b"<!DOCTYPE a SYSTEM 'http://x.example/'><a/>", Some(DocumentType)),
        (b"<!doctype a><a/>", Some(DocumentType)),
        (b"<a><!ELEMENT a ANY></a>", Some(Malformed)),
        (b"<a><!-- -- --></a>", Some(Malformed)),
        (b"<a><!-- ---></a>", Some(Malformed)),
        (b"<a b='1' b='2'/>", Some(Malformed)),
        (b"<a b=1/>", Some(Malformed)),
        (b"<a b/>", Some(Malformed)),
        (b"<a b='<'/>", Some(Malformed)),
        (b"<a b='&x;'/>", Some(Malformed)),
        (b"<a b='1'c='2'/>", Some(Malformed)),
        (b"<a b='1/>", Some(Malformed)),
        (b"<1/>", Some(Malformed)),
        (b"< a/>", Some(Malformed)),
        (b"<a / >", Some(Malformed)),
        (b"<a:/>", Some(Malformed)),
        (b"<:a/>", Some(Malformed)),
        (b"<a:b:c xmlns:a='urn:a'/>", Some(Malformed)),
        (b"<a -b=''/>", Some(Malformed)),
        (b"<p:a/>", Some(Namespace)),
        (b"<a p:b=''/>", Some(Namespace)),
        (b"<a xmlns:p=''/>", Some(Namespace)),
        (b"<a xmlns:xmlns='urn:x'/>", Some(Namespace)),
        (b"<a xmlns:xml='urn:x'/>", Some(Namespace)),
        (
            b"<a xmlns='http://www.w3.org/XML/1998/namespace'/>",
            Some(Namespace),
        ),
        (b"<a xmlns:p='http://www.w3.org/2000/xmlns/'/>", Some(Namespace)),
        (b"<a xmlns:p='relative'/>", Some(Namespace)),
        (
            b"<a xmlns:p='urn:x' xmlns:q='urn:x' p:b='' q:b=''/>",
            Some(Namespace),
        ),
        (b"<a xmlns:p='urn:x' xmlns:p='urn:x'/>", Some(Malformed)),
        (b"<xmlns:a/>", Some(Namespace)),
        (deep.as_bytes(), Some(Limit)),
        (many.as_bytes(), Some(Limit)),
    ];
    for (bytes, expected) in cases {
        assert_eq!(
            cause(bytes, Limits::document()),
            expected,
            "{}",
            String::from_utf8_lossy(&bytes[..bytes.len().min(80)])
        );
    }
}

#[test]
fn size_and_number_of_nodes_are_bounded() {
    let limits = Limits {
        bytes: 1_000,
        piece_bytes: 100,
        nodes: 50,
        ..Limits::document()
    };
    let pieces = |count: usize| format!("<a>{}</a>", "<b>x</b>".repeat(count));
    assert_eq!(cause(pieces(16).as_bytes(), limits), None);
    assert_eq!(cause(pieces(60).as_bytes(), limits), Some(XmlErrorKind::Limit));
    assert_eq!(cause(pieces(200).as_bytes(), limits), Some(XmlErrorKind::Limit));
    let long = format!("<a>{}</a>", "x".repeat(101));
    assert_eq!(cause(long.as_bytes(), limits), Some(XmlErrorKind::Limit));
    let comment = format!("<a><!--{}--></a>", "x".repeat(101));
    assert_eq!(cause(comment.as_bytes(), limits), Some(XmlErrorKind::Limit));
}
