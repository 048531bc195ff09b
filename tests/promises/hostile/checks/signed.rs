//! Messages of CMS and signatures in JSON, whatever the bytes: read, written again, judged, and never believed over
//! content that nobody signed.

use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use zegel::ades::content::DataObject;
use zegel::ades::jades::read::Jws;
use zegel::ades::validate::indication::Indication;
use zegel::ades::validate::policy::ValidationPolicy;
use zegel::ades::validate::report::Report;
use zegel::ades::validate::{Context, validate_any, validate_cms, validate_jws};
use zegel::base::bytes::ReadAt;

use crate::ades::message::bytes as content_of;
use crate::hostile::specimens::{SIGNED_DATA, signed_world};

fn judged(judge: &dyn Fn(&Context<'_>) -> Report) -> Report {
    let world = signed_world();
    judge(&Context {
        trust: &world.trust,
        algorithms: &world.algorithms,
        verdict_keys: &[],
        at: world.now,
    })
}

/// A message: what is read of it is written so that it reads the same, and it passes over its own content alone.
pub fn message(bytes: &[u8]) {
    let source: Arc<dyn ReadAt> = Arc::new(bytes.to_vec());
    let content = content_of(SIGNED_DATA);
    let other = content_of(b"content that nobody signed");
    for (detached, may_pass) in [(None, true), (Some(&content), true), (Some(&other), false)] {
        let report = judged(&|context| validate_cms(Arc::clone(&source), detached, context));
        if report.indication == Indication::TotalPassed {
            assert!(may_pass, "a message passes over other content");
            if detached.is_none() {
                let opened = zegel::ades::cms::open::open(Arc::clone(&source)).unwrap();
                let inside = opened.content.unwrap();
                let length = usize::try_from(inside.len()).unwrap();
                assert_eq!(inside.read_vec(0, length).unwrap(), SIGNED_DATA);
            }
        }
    }
    // The same in base64 between lines, and what somebody sends as such.
    let armoured = format!(
        "-----BEGIN CMS-----\n{}\n-----END CMS-----\n",
        STANDARD.encode(bytes)
    );
    let raw = [b"-----BEGIN CMS-----\n", bytes, b"\n-----END CMS-----"].concat();
    let whole = judged(&|context| validate_cms(Arc::clone(&source), None, context));
    for (text, is_same) in [(armoured.into_bytes(), true), (raw, false)] {
        let text: Arc<dyn ReadAt> = Arc::new(text);
        let report =
            judged(&|context| validate_any(Arc::clone(&text), &[], context, &ValidationPolicy::strict()));
        assert!(
            !is_same || report.indication == whole.indication,
            "a message is judged otherwise between lines"
        );
    }
    let Ok(opened) = zegel::ades::cms::open::open(source) else {
        return;
    };
    let mut again = Vec::new();
    let raw = opened.raw_content.as_ref().map(|raw| raw as &dyn ReadAt);
    opened.envelope.write(raw, &mut again).unwrap();
    let reopened = zegel::ades::cms::open::open(Arc::new(again)).unwrap();
    assert_eq!(reopened.envelope, opened.envelope);
}

/// A signature in JSON: likewise.
pub fn json(bytes: &[u8]) {
    let object = |data: &[u8]| DataObject {
        name: None,
        media_type: None,
        content: content_of(data),
    };
    for (beside, may_pass) in [
        (vec![], true),
        (vec![object(SIGNED_DATA)], true),
        (vec![object(b"content that nobody signed")], false),
    ] {
        let report = judged(&|context| validate_jws(bytes, &beside, context));
        assert!(
            report.indication != Indication::TotalPassed || may_pass,
            "a signature passes over other content"
        );
    }
    let _ = judged(&|context| {
        validate_any(
            Arc::new(bytes.to_vec()),
            &[],
            context,
            &ValidationPolicy::strict(),
        )
    });
    if let Ok(jws) = Jws::parse(bytes) {
        let again = jws.to_text();
        assert_eq!(Jws::parse(again.as_bytes()), Ok(jws));
    }
}
