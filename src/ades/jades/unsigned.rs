//! The elements of `etsiU`, TS 119 182-1 §5.3: time-stamps and validation data.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value, json};

use super::json;
use super::read::{decoded, encoded};
use crate::pdf::dss::Evidence;

/// One element of `etsiU` as it was read.
#[derive(Clone, Debug, PartialEq)]
pub struct Element {
    /// Its text, when it stands as base64url: what archive time-stamps cover.
    pub text: Option<String>,
    /// The name of its one member.
    pub name: String,
    /// The value of its one member.
    pub value: Value,
}

/// Reads the elements of an `etsiU`; none where one is not an object with one member, or where texts and objects are
/// mixed (TS 119 182-1 §5.3.1).
pub fn read(items: &[Value]) -> Option<Vec<Element>> {
    let all_texts = items.iter().all(Value::is_string);
    let all_objects = items.iter().all(Value::is_object);
    if !all_texts && !all_objects {
        return None;
    }
    items.iter().map(element).collect()
}

fn element(item: &Value) -> Option<Element> {
    let (text, value) = match item {
        Value::String(text) => (Some(text.clone()), json::parse(&decoded(text).ok()?).ok()?),
        other => (None, other.clone()),
    };
    let Value::Object(members) = value else {
        return None;
    };
    let mut members = members.into_iter();
    let (Some((name, value)), None) = (members.next(), members.next()) else {
        return None;
    };
    Some(Element { text, name, value })
}

/// The text of an element with the member `name`.
pub fn write(name: &str, value: Value) -> String {
    encoded(object(name, value).to_string().as_bytes())
}

/// An element with the member `name`, in clear.
pub(super) fn object(name: &str, value: Value) -> Value {
    let mut members = Map::new();
    members.insert(name.to_owned(), value);
    Value::Object(members)
}

/// A container of one time-stamp token. TS 119 182-1 §5.4.3.3.
pub fn container(token: &[u8]) -> Value {
    json!({ "tstTokens": [{ "val": STANDARD.encode(token) }] })
}

/// The one token in a container; none when it holds another number, or one that is not base64.
pub fn token(container: &Value) -> Option<Vec<u8>> {
    let mut tokens = tokens(container)?;
    let one = tokens.pop()?;
    tokens.is_empty().then_some(one)
}

/// The tokens in a container; none when one is not base64.
pub fn tokens(container: &Value) -> Option<Vec<Vec<u8>>> {
    let tokens = container.get("tstTokens")?.as_array()?.iter();
    tokens
        .map(|token| STANDARD.decode(token.get("val")?.as_str()?).ok())
        .collect()
}

/// `xVals` for `certificates`.
pub fn certificate_values(certificates: &[Vec<u8>]) -> Value {
    certificates
        .iter()
        .map(|der| json!({ "x509Cert": { "val": STANDARD.encode(der) } }))
        .collect()
}

/// `rVals` for the lists and answers of `evidence`.
pub fn revocation_values(evidence: &Evidence) -> Value {
    let list = |items: &[Vec<u8>]| -> Value {
        items
            .iter()
            .map(|der| json!({ "val": STANDARD.encode(der) }))
            .collect()
    };
    let mut members = Map::new();
    if !evidence.crls.is_empty() {
        members.insert("crlVals".to_owned(), list(&evidence.crls));
    }
    if !evidence.ocsp_responses.is_empty() {
        members.insert("ocspVals".to_owned(), list(&evidence.ocsp_responses));
    }
    Value::Object(members)
}

/// The validation data in `element`, whatever member it stands in.
pub fn evidence(element: &Element) -> Evidence {
    let mut found = Evidence::default();
    match element.name.as_str() {
        "xVals" | "axVals" => certificates(&element.value, &mut found),
        "rVals" | "arVals" => revocations(&element.value, &mut found),
        "tstVD" | "anyValData" => {
            if let Some(values) = element.value.get("xVals") {
                certificates(values, &mut found);
            }
            if let Some(values) = element.value.get("rVals") {
                revocations(values, &mut found);
            }
        }
        _ => {}
    }
    found
}

fn value_of(item: &Value) -> Option<Vec<u8>> {
    STANDARD.decode(item.get("val")?.as_str()?).ok()
}

fn certificates(values: &Value, found: &mut Evidence) {
    let items = values.as_array().into_iter().flatten();
    found
        .certificates
        .extend(items.filter_map(|item| value_of(item.get("x509Cert")?)));
}

fn revocations(values: &Value, found: &mut Evidence) {
    let list = |name: &str| -> Vec<Vec<u8>> {
        let items = values.get(name).and_then(Value::as_array);
        items.into_iter().flatten().filter_map(value_of).collect()
    };
    found.crls.extend(list("crlVals"));
    found.ocsp_responses.extend(list("ocspVals"));
}
