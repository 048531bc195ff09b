//! The one table of settings: what each key is for, its form, default, and an example.

/// What a value must be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// `true` or `false`.
    Boolean,
    /// One of these words.
    Choice(&'static [&'static str]),
    /// Whole seconds.
    Seconds {
        /// Fewest.
        least: i64,
        /// Most.
        most: i64,
    },
    /// A list of texts.
    List,
    /// A whole number.
    Number {
        /// Least.
        least: i64,
        /// Most.
        most: i64,
    },
    /// A path of a file or folder; relative ones count from the folder of the configuration file.
    Path,
    /// An address and port, `127.0.0.1:8443`.
    Socket,
    /// Any text.
    Text,
    /// An https address without path.
    PublicUrl,
}

/// One setting.
#[derive(Clone, Copy, Debug)]
pub struct Key {
    /// `section.key`, or a top-level key.
    pub path: &'static str,
    /// What it must be.
    pub form: Form,
    /// The value when it is left out, as TOML; none when it has to be given or may be absent.
    pub default: Option<&'static str>,
    /// Whether it has to be given.
    pub required: bool,
    /// Since which version.
    pub since: &'static str,
    /// A value as TOML, for the example file.
    pub example: &'static str,
    /// What it is for.
    pub meaning: &'static str,
}

const fn key(path: &'static str, form: Form, example: &'static str, meaning: &'static str) -> Key {
    Key {
        path,
        form,
        default: None,
        required: false,
        since: "0.1.0",
        example,
        meaning,
    }
}

const fn with_default(key: Key, default: &'static str) -> Key {
    Key {
        default: Some(default),
        ..key
    }
}

const fn required(key: Key) -> Key {
    Key {
        required: true,
        ..key
    }
}

/// Every setting, in the order of the example file.
pub const KEYS: &[Key] = &[
    required(key(
        "environment",
        Form::Choice(&["production", "test"]),
        "\"production\"",
        "Production accepts real cards only; test accepts laboratory cards, and every page says so.",
    )),
    required(key(
        "public_url",
        Form::PublicUrl,
        "\"https://zegel.zegelgem.example\"",
        "The one public address of the service. Cards sign for it, tokens name it, links begin with it.",
    )),
    with_default(
        key(
            "log",
            Form::Text,
            "\"info\"",
            "Which messages are logged: error, warn, info, debug, or room=level.",
        ),
        "\"info\"",
    ),
    with_default(
        key(
            "server.listen",
            Form::Socket,
            "\"127.0.0.1:8443\"",
            "Address and port to listen on.",
        ),
        "\"127.0.0.1:8443\"",
    ),
    key(
        "server.tls_certificate",
        Form::Path,
        "\"tls/chain.pem\"",
        "PEM file with the TLS certificate and its chain. Leave it out behind a proxy that does TLS.",
    ),
    key(
        "server.tls_key",
        Form::Path,
        "\"tls/key.pem\"",
        "PEM file with the TLS key.",
    ),
    with_default(
        key(
            "server.trusted_proxies",
            Form::List,
            "[\"127.0.0.1\"]",
            "Addresses of proxies whose forwarded headers are believed.",
        ),
        "[]",
    ),
    required(key(
        "database.url",
        Form::Text,
        "\"sqlite:/var/lib/zegel/zegel.db\"",
        "The database: sqlite:PATH, or postgres://USER@HOST/NAME for several instances.",
    )),
    required(key(
        "storage.blobs",
        Form::Path,
        "\"/var/lib/zegel/blobs\"",
        "Folder of the documents.",
    )),
    required(key(
        "storage.scratch",
        Form::Path,
        "\"/var/lib/zegel/scratch\"",
        "Folder for scratch copies of documents; may be emptied while the service is stopped.",
    )),
    required(key(
        "keys.encryption_key_file",
        Form::Path,
        "\"/run/credentials/zegel.service/kek\"",
        "File with the key-encryption key: 32 bytes, or 64 hex digits. Every instance needs the same.",
    )),
    key(
        "trust.test_folder",
        Form::Path,
        "\"lab/trust\"",
        "Folder with the anchors of a laboratory. Only in a test environment.",
    ),
    with_default(
        key(
            "outside.hosts",
            Form::List,
            "[\"ocsp.eidpki.belgium.be\", \"crl.eidpki.belgium.be\", \"crt.eidpki.belgium.be\"]",
            "Hosts that may be asked for revocation data and certificates, exact names.",
        ),
        "[\"ocsp.eid.belgium.be\", \"crl.eid.belgium.be\", \"certs.eid.belgium.be\", \"ocsp.eidpki.belgium.be\", \
         \"crl.eidpki.belgium.be\", \"crt.eidpki.belgium.be\"]",
    ),
    with_default(
        key(
            "outside.private_addresses",
            Form::Boolean,
            "false",
            "Whether hosts on this machine and in private ranges may be asked.",
        ),
        "false",
    ),
    with_default(
        key(
            "outside.timeout_seconds",
            Form::Seconds { least: 1, most: 60 },
            "5",
            "Longest time to wait for one answer.",
        ),
        "5",
    ),
    with_default(
        key(
            "outside.time_stamp_urls",
            Form::List,
            "[\"http://tsa.belgium.be/connect\"]",
            "Time-stamping services (RFC 3161), in the order they are tried. Their hosts may be asked too.",
        ),
        "[]",
    ),
    with_default(
        key(
            "outside.time_stamp_policies",
            Form::List,
            "[\"2.16.56.13.6.3.1.1000\"]",
            "Policies under which a time-stamp must have been made, object identifiers. Empty accepts any.",
        ),
        "[]",
    ),
    with_default(
        key(
            "outside.ocsp_without_nonce",
            Form::List,
            "[\"http://ocsp.example/\"]",
            "Addresses of OCSP responders, exact, that take no nonce. The times of their answers decide alone.",
        ),
        "[]",
    ),
    with_default(
        key(
            "outside.ocsp_responders",
            Form::List,
            "[\"AUTHORITY=RESPONDER\"]",
            "Responders that may answer for an authority without having been appointed by it: SHA-256 of the authority's \
             certificate, `=`, SHA-256 of the responder's.",
        ),
        "[]",
    ),
    key(
        "seals.file",
        Form::Path,
        "\"seals.toml\"",
        "File that names the boards' seals and where their keys are. docs/operate.md shows its form.",
    ),
    with_default(
        key(
            "counter.enabled",
            Form::Boolean,
            "true",
            "Whether this installation uses the card readers of its own computer.",
        ),
        "false",
    ),
    with_default(
        key(
            "counter.pin_program",
            Form::List,
            "[\"/usr/bin/pinentry-gnome3\"]",
            "The program that asks for the PIN, with its arguments. It speaks the pinentry protocol.",
        ),
        "[]",
    ),
    with_default(
        key(
            "counter.keypad",
            Form::Boolean,
            "false",
            "Whether the PIN is typed on the reader's own keys where it has them. Off where a driver says so wrongly.",
        ),
        "true",
    ),
    with_default(
        key(
            "counter.readers_to_skip",
            Form::List,
            "[\"Windows Hello for Business\"]",
            "Parts of names of card readers that are left alone.",
        ),
        "[\"Windows Hello for Business\"]",
    ),
    with_default(
        key(
            "counter.pin_timeout_seconds",
            Form::Seconds { least: 30, most: 600 },
            "120",
            "How long a person may take to type a PIN.",
        ),
        "120",
    ),
    with_default(
        key(
            "limits.upload_bytes",
            Form::Number {
                least: 1024,
                most: 2_147_483_648,
            },
            "52428800",
            "Largest document that is taken, in bytes.",
        ),
        "52428800",
    ),
    with_default(
        key(
            "limits.documents",
            Form::Number { least: 1, most: 200 },
            "80",
            "Most documents of one list, which a person may sign with one PIN entry.",
        ),
        "80",
    ),
    with_default(
        key(
            "limits.attempts_per_address",
            Form::Number {
                least: 240,
                most: 1_000_000,
            },
            "600",
            "Most requests a minute from one address (IPv6: one /64) that need no credential: beginning a log-in, \
             answering with a card, a token request whose client does not prove itself, checking a document. A log-in \
             takes two. Behind a proxy, name it in server.trusted_proxies, or all visitors are one address.",
        ),
        "600",
    ),
    with_default(
        key(
            "limits.attempts",
            Form::Number {
                least: 240,
                most: 1_000_000,
            },
            "6000",
            "The same from all addresses together, for each instance of the service.",
        ),
        "6000",
    ),
];

/// The setting called `path`.
pub fn find(path: &str) -> Option<&'static Key> {
    KEYS.iter().find(|key| key.path == path)
}
