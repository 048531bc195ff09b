//! Styles, scripts and pictures, embedded in the program and published under a name that contains their hash, so
//! that a browser may keep them for a year and never shows a stale one.

use crate::base::digest::Sha256Digest;

/// One embedded file.
#[derive(Debug)]
pub struct Asset {
    /// Name in `web/static`, `zegel.css`.
    pub name: &'static str,
    /// Media type as sent.
    pub content_type: &'static str,
    /// The file.
    pub bytes: &'static [u8],
    /// Path it is published under, `/static/zegel.0123456789abcdef.css`.
    pub path: String,
}

/// All embedded files.
#[derive(Debug)]
pub struct Assets(Vec<Asset>);

macro_rules! embedded {
    ($($name:literal as $content_type:literal),* $(,)?) => {
        vec![$(asset($name, $content_type, include_bytes!(concat!("../../web/static/", $name)))),*]
    };
}

impl Assets {
    /// The files of `web/static`.
    pub fn embedded() -> Self {
        Self(embedded![
            "zegel.css" as "text/css; charset=utf-8",
            "wait.js" as "text/javascript; charset=utf-8",
            "card-login.js" as "text/javascript; charset=utf-8",
            "card-page.js" as "text/javascript; charset=utf-8",
            "card-sign.js" as "text/javascript; charset=utf-8",
            "web-eid.js" as "text/javascript; charset=utf-8",
            "copy.js" as "text/javascript; charset=utf-8",
            "submit.js" as "text/javascript; charset=utf-8",
            "icon.svg" as "image/svg+xml",
        ])
    }

    /// The path `name` is published under. A name that is not embedded gives `/static/`, which answers 404; a test
    /// holds every name used in a template against the list.
    pub fn path(&self, name: &str) -> &str {
        self.0
            .iter()
            .find(|asset| asset.name == name)
            .map_or("/static/", |asset| asset.path.as_str())
    }

    /// The file published under `path`.
    pub fn find(&self, path: &str) -> Option<&Asset> {
        self.0.iter().find(|asset| asset.path == path)
    }

    /// All files, in the order of the list.
    pub fn iter(&self) -> impl Iterator<Item = &Asset> {
        self.0.iter()
    }
}

fn asset(name: &'static str, content_type: &'static str, bytes: &'static [u8]) -> Asset {
    let hash: String = Sha256Digest::of(bytes).to_string().chars().take(16).collect();
    let (stem, extension) = name.rsplit_once('.').unwrap_or((name, "bin"));
    Asset {
        name,
        content_type,
        bytes,
        path: format!("/static/{stem}.{hash}.{extension}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_published_name_carries_the_hash_of_its_content() {
        let assets = Assets::embedded();
        let css = assets.find(assets.path("zegel.css")).unwrap();
        let hash = Sha256Digest::of(css.bytes).to_string();
        assert_eq!(css.path, format!("/static/zegel.{}.css", &hash[..16]));
        assert!(assets.find("/static/zegel.css").is_none());
    }
}
