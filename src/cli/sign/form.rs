//! What is ordered: inside a PDF, as a CMS message, in JSON, in XML, or in a container with the files.

use std::path::{Path, PathBuf};
use std::str::FromStr;

use super::super::files;
use super::stating::Stating;
use crate::ades::asic::container::Kind;
use crate::ades::jades::read::Serialization;
use crate::ades::level::Level;
use crate::ades::statement::PolicyIdentifier;

/// Which format.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    Cades,
    Jades,
    Pdf,
    Xades,
}

impl FromStr for Form {
    type Err = &'static str;
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "cades" => Ok(Self::Cades),
            "jades" => Ok(Self::Jades),
            "pdf" => Ok(Self::Pdf),
            "xades" => Ok(Self::Xades),
            _ => Err("expected one of pdf, cades, jades, xades"),
        }
    }
}

/// Where the signature stands to what it is over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Packaging {
    Attached,
    Detached,
    Enveloped,
    Enveloping,
    InternallyDetached,
}

impl FromStr for Packaging {
    type Err = &'static str;
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "attached" => Ok(Self::Attached),
            "detached" => Ok(Self::Detached),
            "enveloped" => Ok(Self::Enveloped),
            "enveloping" => Ok(Self::Enveloping),
            "internally-detached" => Ok(Self::InternallyDetached),
            _ => Err("expected one of attached, detached, enveloped, enveloping, internally-detached"),
        }
    }
}

/// Which kind of container.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Wrapping(pub(super) Kind);

impl FromStr for Wrapping {
    type Err = &'static str;
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "asic-e" => Ok(Self(Kind::Extended)),
            "asic-s" => Ok(Self(Kind::Simple)),
            _ => Err("expected asic-e or asic-s"),
        }
    }
}

/// How a signature in JSON is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::cli) struct Written(pub(in crate::cli) Serialization);

impl FromStr for Written {
    type Err = &'static str;
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "compact" => Ok(Self(Serialization::Compact)),
            "flattened" => Ok(Self(Serialization::Flattened)),
            "general" => Ok(Self(Serialization::General)),
            _ => Err("expected one of compact, flattened, general"),
        }
    }
}

/// What the command line says of the signature, before it is known to make sense.
#[derive(Clone, Copy, Debug)]
pub(super) struct Words<'a> {
    pub(super) form: Option<Form>,
    pub(super) packaging: Option<Packaging>,
    pub(super) container: Option<Kind>,
    pub(super) element: Option<&'a str>,
    pub(super) serialization: Option<Serialization>,
    pub(super) level: Level,
    pub(super) add: bool,
    pub(super) counter: Option<&'a str>,
}

/// What is made of each file, or of all of them.
#[derive(Clone, Debug)]
pub(super) struct Order {
    pub(super) form: Form,
    pub(super) packaging: Packaging,
    pub(super) container: Option<Kind>,
    /// The element that an internally detached signature is over.
    pub(super) element: Option<String>,
    pub(super) serialization: Serialization,
    pub(super) level: Level,
    /// Whether the signature goes into a file that has some, in their form.
    pub(super) add: bool,
    /// The signature that is countersigned.
    pub(super) counter: Option<String>,
    /// What the signer states.
    pub(super) stating: Stating,
}

impl Order {
    /// Whether the policy is named as the form can: in CMS, and so in a PDF, by an object identifier alone.
    pub(super) const fn takes_its_policy(&self) -> bool {
        let by_uri = matches!(self.stating.policy, Some(PolicyIdentifier::Uri(_)));
        !by_uri || matches!(self.form, Form::Jades | Form::Xades)
    }

    /// The order, or why the words contradict each other.
    pub(super) fn of(words: Words<'_>) -> Result<Self, &'static str> {
        use Packaging::{Attached, Detached, Enveloped, Enveloping, InternallyDetached};
        let add = words.add || words.counter.is_some();
        let says_form = words.form.is_some()
            || words.packaging.is_some()
            || words.container.is_some()
            || words.element.is_some()
            || words.serialization.is_some();
        if add && says_form {
            return Err(
                "a further signature has the form of those that are there: leave --signature, --packaging, \
                 --container, --element and --serialization out",
            );
        }
        if words.counter.is_some() && words.level > Level::Lt {
            return Err("a counter-signature goes up to --level lt; the signature it stands on is archived");
        }
        let usual = words.container.map_or(Form::Pdf, |_| Form::Xades);
        let form = words.form.unwrap_or(usual);
        let fits = match (form, words.container, words.packaging) {
            (Form::Pdf | Form::Jades, Some(_), _) => {
                return Err("a container holds signatures in xades or cades: say which with --signature");
            }
            (_, Some(_), Some(_)) => {
                return Err("in a container signatures stand beside the files: leave --packaging out");
            }
            (Form::Pdf, None, Some(_)) => {
                return Err(
                    "a PDF carries its signature: leave --packaging out, or choose another --signature",
                );
            }
            (_, _, None) => true,
            (Form::Cades | Form::Jades, None, Some(packaging)) => matches!(packaging, Attached | Detached),
            (Form::Xades, None, Some(packaging)) => packaging != Attached,
        };
        if !fits {
            return Err(match form {
                Form::Xades => {
                    "a signature in xades is enveloped, enveloping, detached or internally-detached"
                }
                _ => "a signature in cades or jades is attached or detached",
            });
        }
        let packaging = words.packaging.unwrap_or(Detached);
        match (packaging, words.element) {
            (InternallyDetached, None) => {
                return Err("an internally detached signature is over one element: name it with --element");
            }
            (Attached | Detached | Enveloped | Enveloping, Some(_)) => {
                return Err("--element goes with --signature xades --packaging internally-detached");
            }
            _ => {}
        }
        if words.serialization.is_some() && form != Form::Jades {
            return Err("--serialization goes with --signature jades");
        }
        if words.serialization == Some(Serialization::Compact) && words.level > Level::B {
            return Err("compact JSON has no place for time-stamps: it goes with --level b");
        }
        Ok(Self {
            form,
            packaging,
            container: words.container,
            element: words.element.map(str::to_owned),
            serialization: words.serialization.unwrap_or(Serialization::Flattened),
            level: words.level,
            add,
            counter: words.counter.map(str::to_owned),
            stating: Stating::default(),
        })
    }

    /// Whether all files go into one result.
    pub(super) fn is_one_result(&self) -> bool {
        self.container == Some(Kind::Extended)
    }

    /// Whether the signature names the file, so that it must have a name.
    pub(super) fn names_files(&self) -> bool {
        self.container.is_some() || (self.form == Form::Xades && self.packaging == Packaging::Detached)
    }

    /// Whether the signature stands in the XML document that is signed.
    pub(super) fn is_in_xml(&self) -> bool {
        let inside = matches!(
            self.packaging,
            Packaging::Enveloped | Packaging::InternallyDetached
        );
        self.form == Form::Xades && inside && self.container.is_none()
    }

    /// Where the result goes unless it is said: `decision.pdf` → `decision-signed.pdf`, else behind the whole name.
    pub(super) fn beside(&self, file: &Path) -> PathBuf {
        let name = |part: Option<&std::ffi::OsStr>| {
            part.map(|part| part.to_string_lossy().into_owned())
                .unwrap_or_default()
        };
        let whole = file_name(file);
        if self.add {
            let ending = file.extension().map(|ending| format!(".{}", name(Some(ending))));
            let ending = ending.unwrap_or_default();
            return file.with_file_name(format!("{}-signed{ending}", name(file.file_stem())));
        }
        let ending = match (self.container, self.form, self.packaging) {
            (Some(Kind::Extended), ..) => "asice",
            (Some(Kind::Simple), ..) => "asics",
            (None, Form::Pdf, _) => {
                return file.with_file_name(format!("{}-signed.pdf", name(file.file_stem())));
            }
            (None, Form::Cades, Packaging::Attached) => "p7m",
            (None, Form::Cades, _) => "p7s",
            (None, Form::Jades, _) => "jws",
            (None, Form::Xades, Packaging::Enveloped | Packaging::InternallyDetached) => {
                return file.with_file_name(format!("{}-signed.xml", name(file.file_stem())));
            }
            (None, Form::Xades, _) => "xades",
        };
        file.with_file_name(format!("{whole}.{ending}"))
    }

    /// The word for several files in a PIN window.
    pub(super) const fn files(&self) -> &'static str {
        match (self.container, self.form) {
            (Some(Kind::Extended), _) => "ASiC-E",
            (Some(Kind::Simple), _) => "ASiC-S",
            (None, Form::Pdf) => "PDF",
            (None, Form::Cades) => "CAdES",
            (None, Form::Jades) => "JAdES",
            (None, Form::Xades) => "XAdES",
        }
    }

    /// What is wrong with signing `documents` and writing to `out`, if anything is.
    pub(super) fn check_files(&self, documents: &[PathBuf], out: Option<&Path>) -> Result<(), &'static str> {
        let several = documents.len() > 1;
        let has_stdin = documents.iter().any(|file| files::is_standard(file));
        if several && out.is_some() && !self.is_one_result() {
            return Err("--out names one file, and several are to be signed");
        }
        if has_stdin && self.names_files() {
            return Err("the signature names the file, and what comes from stdin has no name");
        }
        if several && has_stdin {
            return Err("stdin is one file, and several are to be signed");
        }
        Ok(())
    }
}

/// The last part of a path: how signatures name the file.
pub(super) fn file_name(path: &Path) -> String {
    path.file_name()
        .map(|name| name.to_string_lossy().into_owned())
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(text: &str) -> Result<Order, &'static str> {
        let mut words = Words {
            form: None,
            packaging: None,
            container: None,
            element: None,
            serialization: None,
            level: Level::Lta,
            add: false,
            counter: None,
        };
        for word in text.split_whitespace() {
            if let Ok(form) = word.parse::<Form>() {
                words.form = Some(form);
            } else if let Ok(packaging) = word.parse::<Packaging>() {
                words.packaging = Some(packaging);
            } else if let Ok(Wrapping(kind)) = word.parse::<Wrapping>() {
                words.container = Some(kind);
            } else if let Ok(Written(serialization)) = word.parse::<Written>() {
                words.serialization = Some(serialization);
            } else if let Ok(level) = word.parse::<Level>() {
                words.level = level;
            } else {
                words.element = Some(word);
            }
        }
        Order::of(words)
    }

    #[test]
    fn words_that_go_together_name_the_result() {
        for (text, out) in [
            ("", "x/a-signed.pdf"),
            ("cades", "x/a.xml.p7s"),
            ("cades attached", "x/a.xml.p7m"),
            ("jades general", "x/a.xml.jws"),
            ("jades compact b attached", "x/a.xml.jws"),
            ("xades", "x/a.xml.xades"),
            ("xades enveloping", "x/a.xml.xades"),
            ("xades enveloped", "x/a-signed.xml"),
            ("xades internally-detached #id", "x/a-signed.xml"),
            ("asic-e", "x/a.xml.asice"),
            ("asic-s cades", "x/a.xml.asics"),
        ] {
            let order = words(text).unwrap();
            assert_eq!(order.beside(Path::new("x/a.xml")), Path::new(out), "{text}");
        }
        assert_eq!(words("asic-e").unwrap().form, Form::Xades);
    }

    #[test]
    fn words_that_contradict_each_other_are_told() {
        for text in [
            "asic-e pdf",
            "asic-e jades",
            "asic-s detached",
            "pdf detached",
            "attached",
            "cades enveloped",
            "jades enveloping",
            "xades attached",
            "xades internally-detached",
            "xades enveloped #id",
            "#id",
            "asic-e #id",
            "cades flattened",
            "jades compact",
        ] {
            assert!(words(text).is_err(), "{text}");
        }
    }
}
