//! What a browser's extension asks of the program beside the reader.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::strict::Value;
use crate::base::digest::HashAlgorithm;
use crate::base::text::is_plain;

/// One command. Nothing in it was checked but its form; the origin is a text still.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Request {
    /// Prove who is there, to this origin.
    Authenticate {
        /// The challenge, 44 to 128 printable characters: base64 of 32 octets and more.
        nonce: String,
        /// Who asks, as the browser says.
        origin: String,
        /// The language of the window, when the page said one.
        language: Option<String>,
    },
    /// The certificate with which the holder would sign.
    Certificate {
        /// Who asks.
        origin: String,
        /// The language of the window.
        language: Option<String>,
    },
    /// Nothing; go away.
    Quit,
    /// Sign one digest.
    Sign {
        /// DER of the certificate whose key signs.
        certificate: Vec<u8>,
        /// The hash that made the digest.
        hash: HashAlgorithm,
        /// As long as `hash` says.
        digest: Vec<u8>,
        /// Who asks.
        origin: String,
        /// The language of the window.
        language: Option<String>,
    },
    /// Sign these documents with one PIN. Not in the stock protocol: design.md §5.12.
    SignList {
        /// DER of the certificate whose key signs.
        certificate: Vec<u8>,
        /// The hash that made the digests.
        hash: HashAlgorithm,
        /// One to [`Request::MAX_DOCUMENTS`], in the order in which they are shown and signed.
        documents: Vec<ListedDocument>,
        /// Who asks.
        origin: String,
        /// The language of the window.
        language: Option<String>,
    },
    /// Who is there: version and nothing else.
    Status,
}

/// A document of a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListedDocument {
    /// What the window calls it, 1 to [`Request::MAX_TITLE`] characters.
    pub title: String,
    /// Its digest, as long as the list's hash says.
    pub digest: Vec<u8>,
}

/// Why bytes are no command.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RequestError {
    /// The argument is missing or does not have its form.
    #[error("argument `{0}` is missing or malformed")]
    Argument(&'static str),
    /// Another command than those of [`Request`].
    #[error("unknown command")]
    Command,
    /// Not a JSON object, nested too deep, or with a member twice.
    #[error("not a JSON object whose members stand once")]
    Json,
    /// Longer than such a command can be.
    #[error("the message is too long")]
    Length,
}

impl Request {
    /// Longest command but a list, in bytes. Source: the stock program reads 8 192.
    pub const MAX_BYTES: usize = 8192;
    /// Most documents of a list.
    pub const MAX_DOCUMENTS: usize = 200;
    /// Most characters of a title.
    pub const MAX_TITLE: usize = 200;
    /// Most characters of an origin. Source: as the stock program.
    const MAX_ORIGIN: usize = 255;
    /// Fewest and most characters of a challenge. Source: as the stock program.
    const NONCE: std::ops::RangeInclusive<usize> = 44..=128;

    /// Reads one message. Members it does not know are read over.
    ///
    /// # Errors
    /// `Json`, `Command`, `Argument`, `Length`.
    pub fn parse(message: &[u8]) -> Result<Self, RequestError> {
        let value: Value = serde_json::from_slice(message).map_err(|_| RequestError::Json)?;
        let members = value.as_object().ok_or(RequestError::Json)?;
        let command = members.get("command").and_then(Value::as_text);
        let command = command.ok_or(RequestError::Argument("command"))?;
        if command != "sign-list" && message.len() > Self::MAX_BYTES {
            return Err(RequestError::Length);
        }
        let none = BTreeMap::new();
        let arguments = match members.get("arguments") {
            None => &none,
            Some(given) => given.as_object().ok_or(RequestError::Argument("arguments"))?,
        };
        Arguments(arguments).read(command)
    }
}

struct Arguments<'a>(&'a BTreeMap<String, Value>);

impl Arguments<'_> {
    fn read(&self, command: &str) -> Result<Request, RequestError> {
        Ok(match command {
            "quit" => Request::Quit,
            "status" => Request::Status,
            "authenticate" => Request::Authenticate {
                nonce: self.nonce()?,
                origin: self.origin()?,
                language: self.language()?,
            },
            "get-signing-certificate" => Request::Certificate {
                origin: self.origin()?,
                language: self.language()?,
            },
            "sign" => {
                let hash = self.hash()?;
                Request::Sign {
                    certificate: self.certificate()?,
                    hash,
                    digest: digest(self.0.get("hash"), hash)?,
                    origin: self.origin()?,
                    language: self.language()?,
                }
            }
            "sign-list" => {
                let hash = self.hash()?;
                Request::SignList {
                    certificate: self.certificate()?,
                    hash,
                    documents: self.documents(hash)?,
                    origin: self.origin()?,
                    language: self.language()?,
                }
            }
            _ => return Err(RequestError::Command),
        })
    }

    fn text(&self, name: &'static str) -> Result<&str, RequestError> {
        let text = self.0.get(name).and_then(Value::as_text);
        text.filter(|text| !text.is_empty())
            .ok_or(RequestError::Argument(name))
    }

    fn origin(&self) -> Result<String, RequestError> {
        let origin = self.text("origin")?;
        if origin.len() > Request::MAX_ORIGIN {
            return Err(RequestError::Argument("origin"));
        }
        Ok(origin.to_owned())
    }

    fn nonce(&self) -> Result<String, RequestError> {
        let nonce = self.text("challengeNonce")?;
        let printable = nonce.bytes().all(|byte| byte.is_ascii_graphic());
        if !printable || !Request::NONCE.contains(&nonce.len()) {
            return Err(RequestError::Argument("challengeNonce"));
        }
        Ok(nonce.to_owned())
    }

    fn language(&self) -> Result<Option<String>, RequestError> {
        match self.0.get("lang") {
            None | Some(Value::Other) => Ok(None),
            Some(Value::Text(tag)) if tag.len() <= 35 => Ok(Some(tag.clone())),
            Some(_) => Err(RequestError::Argument("lang")),
        }
    }

    fn certificate(&self) -> Result<Vec<u8>, RequestError> {
        let decoded = STANDARD.decode(self.text("certificate")?);
        decoded.map_err(|_| RequestError::Argument("certificate"))
    }

    /// The hash function by its name. SHA-1 is not among them: nothing is signed with it any more.
    fn hash(&self) -> Result<HashAlgorithm, RequestError> {
        let name = self.text("hashFunction")?;
        let known = HashAlgorithm::ALL
            .into_iter()
            .filter(|hash| *hash != HashAlgorithm::Sha1);
        known
            .into_iter()
            .find(|hash| hash.name() == name)
            .ok_or(RequestError::Argument("hashFunction"))
    }

    fn documents(&self, hash: HashAlgorithm) -> Result<Vec<ListedDocument>, RequestError> {
        let malformed = RequestError::Argument("documents");
        let items = self.0.get("documents").and_then(Value::as_list);
        let items = items.ok_or(malformed)?;
        if !(1..=Request::MAX_DOCUMENTS).contains(&items.len()) {
            return Err(malformed);
        }
        items
            .iter()
            .map(|item| {
                let members = item.as_object().ok_or(malformed)?;
                let title = members.get("title").and_then(Value::as_text).unwrap_or_default();
                let letters = title.chars().count();
                // WHY: a person agrees to what the title shows, so it shows what it is.
                if title.trim().is_empty() || letters > Request::MAX_TITLE || !is_plain(title) {
                    return Err(malformed);
                }
                Ok(ListedDocument {
                    title: title.to_owned(),
                    digest: digest(members.get("hash"), hash)?,
                })
            })
            .collect()
    }
}

fn digest(value: Option<&Value>, hash: HashAlgorithm) -> Result<Vec<u8>, RequestError> {
    value
        .and_then(Value::as_text)
        .and_then(|text| STANDARD.decode(text).ok())
        .filter(|digest| digest.len() == hash.output_bytes())
        .ok_or(RequestError::Argument("hash"))
}

#[cfg(test)]
mod tests {
    use super::*;

    const NONCE: &str = "MTIzNDU2NzgxMjM0NTY3ODEyMzQ1Njc4MTIzNDU2Nzg=";

    fn authenticate(more: &str) -> String {
        format!(
            r#"{{"command":"authenticate","arguments":{{"challengeNonce":"{NONCE}","origin":"https://a.example"{more}}}}}"#
        )
    }

    #[test]
    fn members_nobody_knows_are_read_over_and_members_that_stand_twice_are_not() {
        let expected = Request::Authenticate {
            nonce: NONCE.to_owned(),
            origin: "https://a.example".to_owned(),
            language: None,
        };
        for more in ["", r#","lang":null"#, r#","x":{"y":[1,true,null,1.5,-1]}"#] {
            assert_eq!(
                Request::parse(authenticate(more).as_bytes()),
                Ok(expected.clone()),
                "{more}"
            );
        }
        for more in [
            r#","origin":"https://b.example""#,
            r#","x":1,"x":1"#,
            r#","x":{"y":1,"y":2}"#,
        ] {
            assert_eq!(
                Request::parse(authenticate(more).as_bytes()),
                Err(RequestError::Json),
                "{more}"
            );
        }
    }

    #[test]
    fn each_malformed_message_is_told_what_is_wrong() {
        let deep = format!("{}{}", "[".repeat(200), "]".repeat(200));
        let long = authenticate(&format!(r#","x":"{}""#, "y".repeat(Request::MAX_BYTES)));
        let short = authenticate("").replace(NONCE, &NONCE[1..]);
        let spaced = authenticate("").replace("MTIz", "MT z");
        for (message, error) in [
            ("", RequestError::Json),
            ("[]", RequestError::Json),
            ("{", RequestError::Json),
            ("{} {}", RequestError::Json),
            (deep.as_str(), RequestError::Json),
            ("{}", RequestError::Argument("command")),
            (r#"{"command":1}"#, RequestError::Argument("command")),
            (r#"{"command":"photo"}"#, RequestError::Command),
            (
                r#"{"command":"authenticate","arguments":[]}"#,
                RequestError::Argument("arguments"),
            ),
            (
                r#"{"command":"authenticate"}"#,
                RequestError::Argument("challengeNonce"),
            ),
            (short.as_str(), RequestError::Argument("challengeNonce")),
            (spaced.as_str(), RequestError::Argument("challengeNonce")),
            (
                r#"{"command":"get-signing-certificate","arguments":{}}"#,
                RequestError::Argument("origin"),
            ),
            (long.as_str(), RequestError::Length),
        ] {
            assert_eq!(
                Request::parse(message.as_bytes()),
                Err(error),
                "{}",
                &message[..message.len().min(60)]
            );
        }
        assert_eq!(Request::parse(br#"{"command":"quit"}"#), Ok(Request::Quit));
        assert_eq!(Request::parse(b"\xFF"), Err(RequestError::Json));
    }

    #[test]
    fn a_list_has_titles_and_whole_digests() {
        let item = |title: &str, bytes: usize| {
            format!(
                r#"{{"title":"{title}","hash":"{}"}}"#,
                STANDARD.encode(vec![7; bytes])
            )
        };
        let list = |documents: &str| {
            format!(
                r#"{{"command":"sign-list","arguments":{{"certificate":"AAAA","hashFunction":"SHA-384","origin":"https://a.example","documents":[{documents}]}}}}"#
            )
        };
        let two = list(&[item("Besluit 1", 48), item("Besluit 2", 48)].join(","));
        let Ok(Request::SignList { documents, hash, .. }) = Request::parse(two.as_bytes()) else {
            panic!("{two}")
        };
        assert_eq!(hash, HashAlgorithm::Sha384);
        assert_eq!(documents[1].title, "Besluit 2");
        let many = |count: usize| vec![item("x", 48); count].join(",");
        assert!(Request::parse(list(&many(200)).as_bytes()).is_ok());
        for (documents, error) in [
            (String::new(), RequestError::Argument("documents")),
            (many(201), RequestError::Argument("documents")),
            (item("", 48), RequestError::Argument("documents")),
            (item(" ", 48), RequestError::Argument("documents")),
            (item(&"x".repeat(201), 48), RequestError::Argument("documents")),
            (item("x", 32), RequestError::Argument("hash")),
        ] {
            assert_eq!(Request::parse(list(&documents).as_bytes()), Err(error));
        }
        let weak = two.replace("SHA-384", "SHA-1");
        assert_eq!(
            Request::parse(weak.as_bytes()),
            Err(RequestError::Argument("hashFunction"))
        );
    }

    proptest::proptest! {
        #[test]
        fn any_bytes_are_survived(bytes: Vec<u8>, text: String) {
            let _ = Request::parse(&bytes);
            let _ = Request::parse(authenticate(&text).as_bytes());
        }
    }
}
