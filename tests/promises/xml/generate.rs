//! Documents with namespaces, in every shape that canonicalisation cares about.

use std::fmt::Write as _;

/// A small generator of numbers, seeded.
pub struct Dice(u64);

impl Dice {
    /// Starts at `seed`.
    pub fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1)
    }

    /// A number below `bound`.
    pub fn roll(&mut self, bound: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % u64::try_from(bound).unwrap()).unwrap()
    }

    fn pick<'a>(&mut self, from: &[&'a str]) -> &'a str {
        from[self.roll(from.len())]
    }
}

/// Without characters that are escaped: libxml2 writes namespace names as they are, though Canonical XML §2.3 gives them
/// the form of attributes. `a_namespace_name_is_escaped_as_an_attribute_is` holds the rule.
const URIS: [&str; 5] = ["urn:x", "urn:y", "http://z.example/", "urn:w", "urn:x"];
const PREFIXES: [&str; 4] = ["p", "q", "r", "a-b"];
const TEXTS: [&str; 11] = [
    "plain",
    "&amp;&lt;&gt;&quot;&apos;",
    "a\r\nb\rc",
    "&#13;&#10;&#x9;",
    "<![CDATA[<raw> & ]] ]]>",
    "é\u{1F600}",
    " \t\n ",
    "]]&gt;",
    "&#x1F600;",
    "<![CDATA[]]>",
    "x > y",
];
const VALUES: [&str; 8] = [
    "v",
    "",
    "&quot;&apos;",
    " two  blanks ",
    "tab\there",
    "line\r\nend",
    "&#9;&#10;&#13;",
    "&lt;&amp;>é",
];

/// A document whose elements carry `Id="n0"`, `Id="n1"`, …, and how many they are.
pub fn document(dice: &mut Dice) -> (String, usize) {
    let mut text = String::new();
    if dice.roll(2) == 0 {
        text.push_str("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
    }
    for _ in 0..dice.roll(3) {
        text.push_str(dice.pick(&["<!-- before -->\n", "<?pi?>", "\n", "<?pi some data ?>"]));
    }
    let mut count = 0;
    element(dice, &mut text, &mut vec![], 0, &mut count);
    for _ in 0..dice.roll(3) {
        text.push_str(dice.pick(&["<!-- after -->", "\n\n", "<?pi after?>"]));
    }
    (text, count)
}

fn element(
    dice: &mut Dice,
    text: &mut String,
    scope: &mut Vec<(String, String)>,
    depth: usize,
    count: &mut usize,
) {
    let mark = scope.len();
    let mut declared: Vec<String> = Vec::new();
    let mut attributes: Vec<String> = Vec::new();
    for prefix in PREFIXES {
        if dice.roll(4) == 0 {
            let uri = dice.pick(&URIS);
            declared.push(format!("xmlns:{prefix}=\"{uri}\""));
            scope.push((prefix.to_owned(), uri.to_owned()));
        }
    }
    if dice.roll(3) == 0 {
        let uri = if dice.roll(3) == 0 { "" } else { dice.pick(&URIS) };
        declared.push(format!("xmlns=\"{uri}\""));
    }
    let in_scope = |prefix: &str, scope: &[(String, String)]| {
        scope
            .iter()
            .rev()
            .find(|(known, _)| known == prefix)
            .map(|(_, uri)| uri.clone())
    };
    let usable: Vec<&str> = PREFIXES
        .into_iter()
        .filter(|prefix| in_scope(prefix, scope).is_some())
        .collect();
    let prefixed = |dice: &mut Dice, local: &str| {
        if usable.is_empty() || dice.roll(2) == 0 {
            local.to_owned()
        } else {
            format!("{}:{local}", dice.pick(&usable))
        }
    };
    let name = prefixed(dice, "e");
    let mut taken: Vec<(String, String)> = Vec::new();
    for local in ["b", "a", "c", "a"] {
        if dice.roll(3) > 0 {
            continue;
        }
        let attribute = prefixed(dice, local);
        let uri = attribute
            .split_once(':')
            .and_then(|(prefix, _)| in_scope(prefix, scope))
            .unwrap_or_default();
        if taken.contains(&(uri.clone(), local.to_owned())) {
            continue;
        }
        taken.push((uri, local.to_owned()));
        let quote = if dice.roll(2) == 0 { '"' } else { '\'' };
        let value = dice.pick(&VALUES);
        attributes.push(format!(
            "{attribute}{}={quote}{value}{quote}",
            dice.pick(&["", " "])
        ));
    }
    for special in ["xml:lang=\"nl\"", "xml:space=\"preserve\"", "xml:lang='fr'"] {
        let local = special.split('=').next().unwrap();
        if dice.roll(6) == 0 && !attributes.iter().any(|one| one.starts_with(local)) {
            attributes.push(special.to_owned());
        }
    }
    let mut all: Vec<String> = declared.into_iter().chain(attributes).collect();
    all.push(format!("Id=\"n{count}\""));
    *count += 1;
    let turn = dice.roll(all.len());
    all.rotate_left(turn);
    let _ = write!(text, "<{name}");
    for one in &all {
        let _ = write!(text, "{}{one}", dice.pick(&[" ", "\n", "  "]));
    }
    if dice.roll(5) == 0 {
        text.push_str(dice.pick(&["/>", " />"]));
    } else {
        text.push('>');
        for _ in 0..dice.roll(5) {
            match dice.roll(5) {
                0 if depth < 6 => element(dice, text, scope, depth + 1, count),
                1 | 2 if depth < 4 => element(dice, text, scope, depth + 1, count),
                3 => text.push_str(dice.pick(&["<!-- c -->", "<!---->", "<?in side?>"])),
                _ => text.push_str(dice.pick(&TEXTS)),
            }
        }
        let _ = write!(text, "</{name}{}>", dice.pick(&["", " "]));
    }
    scope.truncate(mark);
}
