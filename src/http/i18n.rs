//! The texts of the pages in four languages, and which language a visitor gets.
//!
//! Texts are Fluent files embedded from `web/locales`. A text is asked for by key; `key.detail` is the attribute
//! `detail` of the message `key`. A missing key or variable shows as `⟦key⟧`, which no page may contain: a test
//! renders every page in every language.

use std::fmt;

use actix_web::HttpRequest;
use actix_web::http::header;
use fluent_bundle::concurrent::FluentBundle;
use fluent_bundle::{FluentArgs, FluentResource, FluentValue};

use super::cookies;
use crate::base::code::PersonCode;
use crate::base::lang::Language;
use crate::base::time::{Day, Timestamp, brussels};
use crate::oidc::interaction::OwnPath;

/// Name of the cookie that remembers the chosen language. It says nothing about the person.
pub const COOKIE: &str = "zegel-language";

/// What stands in for a value nobody gave; texts select on it to leave the phrase out.
const UNKNOWN: &str = "unknown";

/// A value put into a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Value {
    /// Words or a formatted date, put in as they are.
    Text(String),
    /// A number the text may choose its plural by.
    Count(u64),
    /// Formatted in the reader's language as `3 March 2026`.
    Day(Day),
    /// Formatted in the reader's language as `3 March 2026, 14:05`, Brussels time.
    Time(Timestamp),
    /// A number of bytes, formatted in the reader's language as `1.2 MB`.
    Bytes(u64),
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

/// Templates lend what they show, sometimes twice over.
impl<T: Clone + Into<Self>> From<&T> for Value {
    fn from(lent: &T) -> Self {
        lent.clone().into()
    }
}

impl From<String> for Value {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl From<Day> for Value {
    fn from(day: Day) -> Self {
        Self::Day(day)
    }
}

impl From<Timestamp> for Value {
    fn from(at: Timestamp) -> Self {
        Self::Time(at)
    }
}

macro_rules! count_from {
    ($($kind:ty),*) => {$(
        impl From<$kind> for Value {
            fn from(count: $kind) -> Self {
                Self::Count(u64::try_from(count).unwrap_or(u64::MAX))
            }
        }
    )*};
}
count_from!(u8, u16, u32, u64, usize);

/// All texts in all languages.
pub struct Catalog(Vec<(Language, FluentBundle<FluentResource>)>);

impl Catalog {
    /// The texts of `web/locales`.
    pub fn embedded() -> Self {
        Self(
            Language::ALL
                .into_iter()
                .map(|language| (language, bundle(language)))
                .collect(),
        )
    }

    /// The texts in one language.
    pub fn texts(&self, language: Language) -> Texts<'_> {
        Texts {
            catalog: self,
            language,
        }
    }

    fn bundle(&self, language: Language) -> Option<&FluentBundle<FluentResource>> {
        self.0
            .iter()
            .find(|(known, _)| *known == language)
            .map(|(_, bundle)| bundle)
    }
}

/// The Fluent source of one language, as embedded.
pub const fn source(language: Language) -> &'static str {
    match language {
        Language::De => include_str!("../../web/locales/de.ftl"),
        Language::En => include_str!("../../web/locales/en.ftl"),
        Language::Fr => include_str!("../../web/locales/fr.ftl"),
        Language::Nl => include_str!("../../web/locales/nl.ftl"),
    }
}

fn bundle(language: Language) -> FluentBundle<FluentResource> {
    // The embedded files are proved well-formed by a test; what does not parse would show as missing keys.
    let resource =
        FluentResource::try_new(source(language).to_owned()).unwrap_or_else(|(partial, _)| partial);
    let mut bundle = FluentBundle::new_concurrent(language.tag().parse().into_iter().collect());
    bundle.set_use_isolating(false);
    let _ = bundle.add_resource(resource);
    bundle
}

impl fmt::Debug for Catalog {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Catalog")
    }
}

/// The texts in one reader's language.
#[derive(Clone, Copy, Debug)]
pub struct Texts<'c> {
    catalog: &'c Catalog,
    /// The language.
    pub language: Language,
}

impl Texts<'_> {
    /// The text of `key`.
    pub fn get(&self, key: &str) -> String {
        self.format(key, &[])
    }

    /// The text of `key` with one value.
    pub fn with(&self, key: &str, name: &str, value: impl Into<Value>) -> String {
        self.format(key, &[(name, value.into())])
    }

    /// The text of `key` with two values.
    pub fn with2(
        &self,
        key: &str,
        name: &str,
        value: impl Into<Value>,
        second_name: &str,
        second_value: impl Into<Value>,
    ) -> String {
        self.format(key, &[(name, value.into()), (second_name, second_value.into())])
    }

    /// The text of `key` with any values.
    pub fn format(&self, key: &str, values: &[(&str, Value)]) -> String {
        self.lookup(key, values).unwrap_or_else(|| {
            tracing::error!(text.key = key, text.language = %self.language, "a page text is missing or lacks a value");
            format!("⟦{key}⟧")
        })
    }

    /// Heading of a state: `code`'s first sentence.
    pub fn heading(&self, code: PersonCode, values: &[(&str, Value)]) -> String {
        self.code_text(code, "", values)
    }

    /// What `code` means for the person and what to do next.
    pub fn detail(&self, code: PersonCode, values: &[(&str, Value)]) -> String {
        self.code_text(code, ".detail", values)
    }

    /// Values a text knows but nobody gave count as unknown; the text leaves their phrase out.
    fn code_text(&self, code: PersonCode, attribute: &str, values: &[(&str, Value)]) -> String {
        let mut all: Vec<(&str, Value)> = values.to_vec();
        for name in CODE_VALUES {
            if !all.iter().any(|(given, _)| given == name) {
                all.push((name, Value::from(UNKNOWN)));
            }
        }
        self.format(&format!("code-{code}{attribute}"), &all)
    }

    /// A value as people write it in this language: a day, a Brussels time, a size.
    pub fn show(&self, value: impl Into<Value>) -> String {
        match value.into() {
            Value::Text(text) => text,
            Value::Count(count) => count.to_string(),
            Value::Day(day) => self.date_text("date", day.date().at(0, 0, 0, 0)),
            Value::Time(at) => {
                self.date_text("date-time", at.to_jiff().to_zoned_datetime(brussels()).datetime())
            }
            Value::Bytes(bytes) => self.size(bytes),
        }
    }

    fn date_text(&self, key: &str, at: jiff::civil::DateTime) -> String {
        let month = u64::try_from(at.month()).unwrap_or_default();
        self.format(
            key,
            &[
                ("day", Value::Text(at.day().to_string())),
                ("month", Value::Count(month)),
                ("year", Value::Text(at.year().to_string())),
                ("hour", Value::Text(format!("{:02}", at.hour()))),
                ("minute", Value::Text(format!("{:02}", at.minute()))),
            ],
        )
    }

    /// `bytes` as people write a size, in steps of a thousand.
    pub fn size(&self, bytes: u64) -> String {
        let (tenths, unit) = match bytes {
            0..1_000 => (None, "size-byte"),
            1_000..1_000_000 => (Some(bytes / 100), "size-kilo"),
            _ => (Some(bytes / 100_000), "size-mega"),
        };
        let point = if self.language == Language::En { '.' } else { ',' };
        let number = tenths.map_or(bytes.to_string(), |tenths| {
            if tenths % 10 == 0 {
                (tenths / 10).to_string()
            } else {
                format!("{}{point}{}", tenths / 10, tenths % 10)
            }
        });
        let number = if tenths.is_none() {
            Value::Count(bytes)
        } else {
            Value::Text(number)
        };
        self.format(unit, &[("number", number)])
    }

    fn lookup(&self, key: &str, values: &[(&str, Value)]) -> Option<String> {
        let bundle = self.catalog.bundle(self.language)?;
        let (id, attribute) = key
            .split_once('.')
            .map_or((key, None), |(id, attribute)| (id, Some(attribute)));
        let message = bundle.get_message(id)?;
        let pattern = match attribute {
            Some(attribute) => message.get_attribute(attribute)?.value(),
            None => message.value()?,
        };
        let mut arguments = FluentArgs::new();
        for (name, value) in values {
            let shown = match value {
                Value::Count(count) => FluentValue::from(*count),
                other => FluentValue::from(self.show(other)),
            };
            arguments.set((*name).to_owned(), shown);
        }
        let mut errors = Vec::new();
        let text = bundle
            .format_pattern(pattern, Some(&arguments), &mut errors)
            .into_owned();
        errors.is_empty().then_some(text)
    }
}

/// Names of the values that texts of codes may mention.
pub const CODE_VALUES: &[&str] = &[
    "act",
    "authority",
    "body",
    "browsers",
    "capacity",
    "cards",
    "channel",
    "client",
    "date",
    "found",
    "left",
    "limit",
    "max",
    "min",
    "name",
    "needed",
    "reason",
    "requester",
    "role",
    "size",
    "time",
    "types",
];

/// The language of a request: `?lang=` or `ui_locales`, then the cookie, then `Accept-Language`, then `default`.
pub fn choose(request: &HttpRequest, default: Language) -> Language {
    let query = |name: &str| {
        url::form_urlencoded::parse(request.query_string().as_bytes())
            .find(|(key, _)| key == name)
            .and_then(|(_, value)| Language::best_of(&value))
    };
    query("lang")
        .or_else(|| query("ui_locales"))
        .or_else(|| cookies::find(request, COOKIE).and_then(|value| value.parse().ok()))
        .or_else(|| {
            let header = request.headers().get(header::ACCEPT_LANGUAGE)?.to_str().ok()?;
            Language::best_of(header)
        })
        .unwrap_or(default)
}

/// The path and query of this page in `language`: everything kept, only `lang` replaced. A path that a browser would
/// read as another site (`//host/…`) is no page of ours: then it is the start page.
pub fn same_page_in(language: Language, path: &str, query: &str) -> String {
    let mut pairs = url::form_urlencoded::Serializer::new(String::new());
    for (key, value) in url::form_urlencoded::parse(query.as_bytes()).filter(|(key, _)| key != "lang") {
        pairs.append_pair(&key, &value);
    }
    pairs.append_pair("lang", language.tag());
    let path: OwnPath = path.parse().unwrap_or_default();
    format!("{}?{}", path.as_str(), pairs.finish())
}

#[cfg(test)]
mod tests {
    use actix_web::test::TestRequest;

    use super::*;

    #[test]
    fn the_nearest_wish_of_the_visitor_wins() {
        let all = || {
            TestRequest::with_uri("/?ui_locales=fr+de&lang=en")
                .insert_header(("cookie", "zegel-language=de"))
                .insert_header(("accept-language", "nl"))
        };
        assert_eq!(choose(&all().to_http_request(), Language::Nl), Language::En);
        assert_eq!(
            choose(&all().uri("/?ui_locales=fr+de").to_http_request(), Language::Nl),
            Language::Fr
        );
        assert_eq!(
            choose(&all().uri("/?lang=xx").to_http_request(), Language::Nl),
            Language::De
        );
        let header = TestRequest::default().insert_header(("accept-language", "es, fr;q=0.5"));
        assert_eq!(choose(&header.to_http_request(), Language::Nl), Language::Fr);
        assert_eq!(
            choose(&TestRequest::default().to_http_request(), Language::De),
            Language::De
        );
    }

    #[test]
    fn language_links_keep_the_state_of_the_page() {
        let link = same_page_in(Language::Fr, "/verify", "a=1%262&lang=nl&b=%20x");
        assert_eq!(link, "/verify?a=1%262&b=+x&lang=fr");
    }

    #[test]
    fn language_links_never_lead_to_another_site() {
        for path in [
            "//evil.example/x",
            "///evil.example",
            "/\\evil.example",
            "/\t/evil.example",
            "evil",
            "",
        ] {
            assert_eq!(same_page_in(Language::Fr, path, "a=1"), "/?a=1&lang=fr", "{path}");
        }
    }

    #[test]
    fn sizes_dates_and_times_read_as_the_language_writes_them() {
        let catalog = Catalog::embedded();
        let at: Timestamp = "2026-03-03T13:05:00Z".parse().unwrap();
        for (language, time, size) in [
            (Language::Nl, "3 maart 2026, 14.05 uur", "1,2 MB"),
            (Language::Fr, "3 mars 2026, 14h05", "1,2 Mo"),
            (Language::De, "3. März 2026, 14:05 Uhr", "1,2 MB"),
            (Language::En, "3 March 2026, 14:05", "1.2 MB"),
        ] {
            let texts = catalog.texts(language);
            assert_eq!(texts.show(at), time);
            assert_eq!(texts.size(1_234_567), size);
        }
        assert_eq!(catalog.texts(Language::En).size(2_000), "2 kB");
        assert_eq!(catalog.texts(Language::En).size(1), "1 byte");
        assert_eq!(catalog.texts(Language::En).size(999), "999 bytes");
    }

    #[test]
    fn a_missing_text_is_seen() {
        assert_eq!(
            Catalog::embedded().texts(Language::Nl).get("no-such-key"),
            "⟦no-such-key⟧"
        );
    }
}
