//! `xml:base` of elements whose parents are left out (Canonical XML 1.1 §2.4 and appendix A).

/// Joins bases, outermost first, as RFC 3986 §5.2 does with the changes of Canonical XML 1.1: the base need not be
/// absolute, `..` at the start of a relative path stays, and a path that ends in `.` or `..` ends in a slash.
pub fn join_bases<'a>(bases: impl Iterator<Item = &'a str>) -> String {
    let mut joined = Parts::default();
    for (index, base) in bases.enumerate() {
        let next = Parts::of(base);
        joined = if index == 0 { next } else { joined.join(next) };
    }
    joined.path = without_dots(&joined.path, joined.authority.is_some());
    joined.to_text()
}

#[derive(Default)]
struct Parts<'a> {
    scheme: Option<&'a str>,
    authority: Option<&'a str>,
    path: String,
    query: Option<&'a str>,
}

impl<'a> Parts<'a> {
    /// RFC 3986 appendix B, without the fragment: a base has none.
    fn of(text: &'a str) -> Self {
        let text = text.split('#').next().unwrap_or_default();
        let (text, query) = text
            .split_once('?')
            .map_or((text, None), |(before, query)| (before, Some(query)));
        let (scheme, rest) = match text.split_once(':') {
            Some((scheme, rest)) if !scheme.is_empty() && !scheme.contains('/') => (Some(scheme), rest),
            _ => (None, text),
        };
        let (authority, path) = match rest.strip_prefix("//") {
            Some(after) => {
                let end = after.find('/').unwrap_or(after.len());
                let (authority, path) = after.split_at_checked(end).unwrap_or((after, ""));
                (Some(authority), path)
            }
            None => (None, rest),
        };
        Self {
            scheme,
            authority,
            path: path.to_owned(),
            query,
        }
    }

    fn join(self, reference: Self) -> Self {
        if reference.scheme.is_some() {
            return reference;
        }
        if reference.authority.is_some() {
            return Self {
                scheme: self.scheme,
                ..reference
            };
        }
        if reference.path.is_empty() {
            return Self {
                query: reference.query.or(self.query),
                ..self
            };
        }
        let path = if reference.path.starts_with('/') {
            reference.path
        } else if self.authority.is_some() && self.path.is_empty() {
            format!("/{}", reference.path)
        } else {
            // WHY: a base that ends in a dot segment names a folder, so what follows stands in it.
            let folder = if self.path.ends_with("/..") || self.path == ".." {
                format!("{}/", self.path)
            } else {
                self.path
                    .rsplit_once('/')
                    .map_or_else(String::new, |(folder, _)| format!("{folder}/"))
            };
            format!("{folder}{}", reference.path)
        };
        Self {
            path,
            query: reference.query,
            ..self
        }
    }

    fn to_text(&self) -> String {
        let mut text = String::new();
        if let Some(scheme) = self.scheme {
            text.push_str(scheme);
            text.push(':');
        }
        if let Some(authority) = self.authority {
            text.push_str("//");
            text.push_str(authority);
        }
        text.push_str(&self.path);
        if let Some(query) = self.query {
            text.push('?');
            text.push_str(query);
        }
        text
    }
}

fn without_dots(path: &str, has_authority: bool) -> String {
    let is_rooted = path.starts_with('/');
    let ends_open = matches!(path.rsplit('/').next(), Some("" | "." | ".."));
    let mut kept: Vec<&str> = Vec::new();
    for segment in path.split('/').filter(|segment| !segment.is_empty()) {
        match segment {
            "." => {}
            ".." => match kept.last() {
                Some(last) if *last != ".." => {
                    kept.pop();
                }
                _ if is_rooted || has_authority => {}
                _ => kept.push(".."),
            },
            plain => kept.push(plain),
        }
    }
    let mut text = String::new();
    if is_rooted {
        text.push('/');
    }
    text.push_str(&kept.join("/"));
    if ends_open && !kept.is_empty() {
        text.push('/');
    }
    text
}

#[cfg(test)]
mod tests {
    use super::join_bases;

    /// The examples of Canonical XML 1.1 appendix A, and RFC 3986 §5.4.
    #[test]
    fn bases_join_as_the_recommendation_says() {
        for (base, reference, joined) in [
            ("abc/", "../", ""),
            ("abc/", "..", ""),
            ("../abc", "..", "../../"),
            ("abc/def/", "..", "abc/"),
            ("http://a/b/c/d;p?q", "g", "http://a/b/c/g"),
            ("http://a/b/c/d;p?q", "../../g", "http://a/g"),
            ("http://a/b/c/d;p?q", "/g", "http://a/g"),
            ("http://a/b/c/d;p?q", "//g", "http://g"),
            ("http://a/b/c/d;p?q", "?y", "http://a/b/c/d;p?y"),
            ("http://a", "b", "http://a/b"),
        ] {
            assert_eq!(
                join_bases([base, reference].into_iter()),
                joined,
                "{base} {reference}"
            );
        }
    }
}
