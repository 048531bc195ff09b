//! Chains made with one defect at a time: each ends with its own code, and the untouched twin is accepted.

mod algorithms;
mod belgian;
mod building;
mod certificate;
mod names;
mod policies;

use zegel::asn1::write;
use zegel::base::digest::HashAlgorithm;
use zegel::base::time::Timestamp;
use zegel::crypto::algorithm::SignatureAlgorithm;
use zegel::crypto::key::{Curve, KeyKind, PrivateKey};
use zegel::crypto::policy::AlgorithmPolicy;
use zegel::pki::anchors::{Anchors, TrustData};
use zegel::pki::certificate::Certificate;
use zegel::pki::path::{self, Path, Pool, Request};
use zegel::pki::policies::PolicyInputs;
use zegel::pki::purpose::Purpose;
use zegel::pki::refusal::Refusal;

use super::support::at;

/// The moment that every made chain is validated at.
pub(crate) const MOMENT: &str = "2026-03-03T09:00:00Z";

/// Attribute types of names, as arcs.
pub(crate) const C: &str = "2.5.4.6";
pub(crate) const CN: &str = "2.5.4.3";
pub(crate) const O: &str = "2.5.4.10";
pub(crate) const NUMBER: &str = "2.5.4.5";

/// A distinguished name, one attribute an RDN, all UTF8String.
pub(crate) fn name(attributes: &[(&str, &str)]) -> Vec<u8> {
    let rdns: Vec<Vec<u8>> = attributes
        .iter()
        .map(|(kind, value)| {
            let pair = write::sequence(&[&write::oid(&kind.parse().unwrap()), &write::utf8(value)]);
            write::set_of(vec![pair])
        })
        .collect();
    write::sequence(&rdns.iter().map(Vec::as_slice).collect::<Vec<_>>())
}

/// An extension before it is written.
#[derive(Clone)]
pub(crate) struct Extension {
    pub(crate) id: &'static str,
    pub(crate) critical: bool,
    pub(crate) value: Vec<u8>,
}

/// Values of extensions.
pub(crate) mod value {
    use zegel::asn1::write;

    pub(crate) fn authority(path_length: Option<u64>) -> Vec<u8> {
        let length = path_length.map(write::integer).unwrap_or_default();
        write::sequence(&[&write::boolean(true), &length])
    }

    /// `bits` of keyUsage that are set.
    pub(crate) fn usage(bits: &[usize]) -> Vec<u8> {
        let mut all = [false; 9];
        bits.iter().for_each(|bit| all[*bit] = true);
        write::named_bits(&all)
    }

    pub(crate) fn oids(list: &[&str]) -> Vec<u8> {
        let items: Vec<u8> = list
            .iter()
            .flat_map(|oid| write::oid(&oid.parse().unwrap()))
            .collect();
        write::element(write::tag::SEQUENCE, &items)
    }

    pub(crate) fn policies(list: &[&str]) -> Vec<u8> {
        let items: Vec<u8> = list
            .iter()
            .flat_map(|oid| write::sequence(&[&write::oid(&oid.parse().unwrap())]))
            .collect();
        write::element(write::tag::SEQUENCE, &items)
    }

    pub(crate) fn mappings(list: &[(&str, &str)]) -> Vec<u8> {
        let oid = |text: &str| write::oid(&text.parse().unwrap());
        let items: Vec<u8> = list
            .iter()
            .flat_map(|(from, to)| write::sequence(&[&oid(from), &oid(to)]))
            .collect();
        write::element(write::tag::SEQUENCE, &items)
    }

    /// A GeneralSubtree list for `permitted` (0) or `excluded` (1), each base a whole GeneralName.
    pub(crate) fn constraints(permitted: &[Vec<u8>], excluded: &[Vec<u8>]) -> Vec<u8> {
        let list = |number: u8, bases: &[Vec<u8>]| {
            if bases.is_empty() {
                return Vec::new();
            }
            let items: Vec<u8> = bases.iter().flat_map(|base| write::sequence(&[base])).collect();
            write::element(write::tag::context_constructed(number), &items)
        };
        write::sequence(&[&list(0, permitted), &list(1, excluded)])
    }

    /// GeneralName under its implicit tag.
    pub(crate) fn general(number: u8, content: &[u8]) -> Vec<u8> {
        write::element(write::tag::context(number), content)
    }

    pub(crate) fn directory(name: &[u8]) -> Vec<u8> {
        write::explicit(4, name)
    }

    /// QcCompliance, QcSSCD and QcType of electronic signatures.
    pub(crate) fn qualified() -> Vec<u8> {
        hex::decode("30293008060604008e4601013008060604008e4601043013060604008e4601063009060704008e46010601")
            .unwrap()
    }
}

pub(crate) const BASIC: &str = "2.5.29.19";
pub(crate) const USAGE: &str = "2.5.29.15";
pub(crate) const EXTENDED: &str = "2.5.29.37";
pub(crate) const POLICIES: &str = "2.5.29.32";
pub(crate) const MAPPINGS: &str = "2.5.29.33";
pub(crate) const POLICY_CONSTRAINTS: &str = "2.5.29.36";
pub(crate) const INHIBIT_ANY: &str = "2.5.29.54";
pub(crate) const CONSTRAINTS: &str = "2.5.29.30";
pub(crate) const ALTERNATIVES: &str = "2.5.29.17";
pub(crate) const SUBJECT_KEY: &str = "2.5.29.14";
pub(crate) const AUTHORITY_KEY: &str = "2.5.29.35";
pub(crate) const STATEMENTS: &str = "1.3.6.1.5.5.7.1.3";
pub(crate) const ACCESS: &str = "1.3.6.1.5.5.7.1.1";

/// A certificate before it is signed, every field free.
#[derive(Clone)]
pub(crate) struct Draft {
    /// The version field; `None` leaves it out (version 1).
    pub(crate) version: Option<u64>,
    pub(crate) serial: Vec<u8>,
    pub(crate) issuer: Vec<u8>,
    pub(crate) subject: Vec<u8>,
    pub(crate) not_before: Timestamp,
    pub(crate) not_after: Timestamp,
    pub(crate) key: PrivateKey,
    pub(crate) extensions: Vec<Extension>,
    /// What it is signed with; `None` is the signer's usual algorithm.
    pub(crate) algorithm: Option<SignatureAlgorithm>,
    /// The AlgorithmIdentifier outside the signed part, when it is not the one inside.
    pub(crate) outer: Option<Vec<u8>>,
    /// What it is signed with, when not what it says inside.
    pub(crate) signed_with: Option<SignatureAlgorithm>,
    /// Changes the signature value.
    pub(crate) spoil: Option<fn(Vec<u8>) -> Vec<u8>>,
    /// Changes the whole certificate.
    pub(crate) rewrite: Option<fn(Vec<u8>) -> Vec<u8>>,
}

impl Draft {
    pub(crate) fn new(issuer: &[u8], subject: &[u8], key: &PrivateKey) -> Self {
        Self {
            version: Some(2),
            serial: vec![0x31, 7],
            issuer: issuer.to_vec(),
            subject: subject.to_vec(),
            not_before: at("2025-01-01T00:00:00Z"),
            not_after: at("2035-01-01T00:00:00Z"),
            key: key.clone(),
            extensions: Vec::new(),
            algorithm: None,
            outer: None,
            signed_with: None,
            spoil: None,
            rewrite: None,
        }
    }

    /// Puts an extension in, in place of one with its identifier.
    pub(crate) fn put(&mut self, id: &'static str, critical: bool, value: Vec<u8>) -> &mut Self {
        self.remove(id);
        self.extensions.push(Extension { id, critical, value });
        self
    }

    pub(crate) fn remove(&mut self, id: &str) -> &mut Self {
        self.extensions.retain(|extension| extension.id != id);
        self
    }

    fn keys(&mut self, authority: &PrivateKey) -> &mut Self {
        let own = HashAlgorithm::Sha1.digest(self.key.public().spki_der());
        let above = HashAlgorithm::Sha1.digest(authority.public().spki_der());
        self.put(SUBJECT_KEY, false, write::octet_string(&own));
        self.put(
            AUTHORITY_KEY,
            false,
            write::sequence(&[&write::element(write::tag::context(0), &above)]),
        )
    }

    /// An authority as the Belgian ones are built.
    pub(crate) fn authority(
        issuer: (&[u8], &PrivateKey),
        subject: (&[u8], &PrivateKey),
        path_length: Option<u64>,
    ) -> Self {
        let mut draft = Self::new(issuer.0, subject.0, subject.1);
        draft
            .put(BASIC, true, value::authority(path_length))
            .put(USAGE, true, value::usage(&[5, 6]))
            .put(POLICIES, false, value::policies(&["2.5.29.32.0"]))
            .keys(issuer.1);
        draft
    }

    /// A certificate of somebody who issues nothing.
    pub(crate) fn leaf(issuer: (&[u8], &PrivateKey), subject: &[u8], usage: &[usize], policy: &str) -> Self {
        let mut draft = Self::new(issuer.0, subject, &key());
        draft
            .keys(issuer.1)
            .remove(SUBJECT_KEY)
            .put(USAGE, true, value::usage(usage))
            .put(POLICIES, false, value::policies(&[policy]));
        draft
    }

    pub(crate) fn sign(&self, signer: &PrivateKey) -> Vec<u8> {
        let algorithm = self
            .algorithm
            .unwrap_or_else(|| signer.public().kind().default_algorithm());
        let identifier = algorithm.algorithm_identifier();
        let extensions: Vec<u8> = self
            .extensions
            .iter()
            .flat_map(|extension| {
                let critical = if extension.critical {
                    write::boolean(true)
                } else {
                    Vec::new()
                };
                write::sequence(&[
                    &write::oid(&extension.id.parse().unwrap()),
                    &critical,
                    &write::octet_string(&extension.value),
                ])
            })
            .collect();
        let version = self
            .version
            .map(|version| write::explicit(0, &write::integer(version)))
            .unwrap_or_default();
        let listed = if extensions.is_empty() {
            Vec::new()
        } else {
            write::explicit(3, &write::element(write::tag::SEQUENCE, &extensions))
        };
        let tbs = write::sequence(&[
            &version,
            &write::element(write::tag::INTEGER, &self.serial),
            &identifier,
            &self.issuer,
            &write::sequence(&[&write::time(self.not_before), &write::time(self.not_after)]),
            &self.subject,
            self.key.public().spki_der(),
            &listed,
        ]);
        let mut signature = signer.sign(self.signed_with.unwrap_or(algorithm), &tbs).unwrap();
        if let Some(spoil) = self.spoil {
            signature = spoil(signature);
        }
        let outer = self.outer.clone().unwrap_or(identifier);
        let der = write::sequence(&[&tbs, &outer, &write::bit_string(&signature)]);
        self.rewrite.map_or(der.clone(), |rewrite| rewrite(der))
    }
}

/// A new key on P-256: small and quick; the rules are the same for all.
pub(crate) fn key() -> PrivateKey {
    PrivateKey::generate(KeyKind::Ec(Curve::P256)).unwrap()
}

/// A chain root, issuing authority, end entity, with every part free to be changed before it is built.
#[derive(Clone)]
pub(crate) struct Chain {
    pub(crate) purpose: Purpose,
    pub(crate) generation: &'static str,
    pub(crate) root: Draft,
    /// `None` when the end entity stands directly below the root.
    pub(crate) issuing: Option<Draft>,
    pub(crate) leaf: Draft,
    /// Who signs the end entity's certificate, when not the key of its issuer.
    pub(crate) forger: Option<PrivateKey>,
    pub(crate) at: Timestamp,
    pub(crate) algorithms: AlgorithmPolicy,
    /// What the relying party asks of policies.
    pub(crate) policies: PolicyInputs,
}

pub(crate) fn root_name() -> Vec<u8> {
    name(&[(C, "BE"), (CN, "Zegel TEST Root CA")])
}

pub(crate) fn citizen_name() -> Vec<u8> {
    name(&[(C, "BE"), (CN, "Citizen CA"), (NUMBER, "202601")])
}

/// Subject of a specimen person for `word`, with a number that checks.
pub(crate) fn person(word: &str) -> Vec<u8> {
    name(&[
        (C, "BE"),
        (CN, &format!("An Specimen ({word})")),
        ("2.5.4.4", "Specimen"),
        ("2.5.4.42", "An Maria"),
        (NUMBER, "71715100070"),
    ])
}

impl Chain {
    /// The untouched chain for `purpose` under a root of the newest generation.
    pub(crate) fn good(purpose: Purpose) -> Self {
        let (root_key, issuing_key) = (key(), key());
        let (root, citizen) = (root_name(), citizen_name());
        let root_draft = Draft::authority((&root, &root_key), (&root, &root_key), Some(1));
        let above = (root.as_slice(), &root_key);
        let issuing = (citizen.as_slice(), &issuing_key);
        let mut between = Draft::authority(above, issuing, Some(0));
        // As the real ones are: it restricts its own extended usage to what its certificates for persons have.
        between.put(
            EXTENDED,
            false,
            value::oids(&["1.3.6.1.5.5.7.3.2", "1.3.6.1.5.5.7.3.4"]),
        );
        let mut chain = Self {
            purpose,
            generation: "rca6",
            root: root_draft,
            issuing: Some(between),
            leaf: Draft::leaf(issuing, &person("Authentication"), &[0], "2.16.56.13.6.1.1.1000"),
            forger: None,
            at: at(MOMENT),
            algorithms: AlgorithmPolicy::live_authentication(),
            policies: PolicyInputs::default(),
        };
        match purpose {
            Purpose::Any | Purpose::Authentication => {
                chain
                    .leaf
                    .put(EXTENDED, false, value::oids(&["1.3.6.1.5.5.7.3.2"]));
            }
            Purpose::Signature => {
                chain.leaf = Draft::leaf(issuing, &person("Signature"), &[1], "2.16.56.13.6.1.2.1000");
                chain
                    .leaf
                    .put(EXTENDED, false, value::oids(&["1.3.6.1.5.5.7.3.4"]))
                    .put(STATEMENTS, false, value::qualified());
            }
            Purpose::Register => {
                let subject = name(&[(C, "BE"), (O, "RRN"), (CN, "RRN")]);
                chain.leaf = Draft::leaf(above, &subject, &[0, 1], "2.16.56.13.6.0.1");
                chain.issuing = None;
            }
            Purpose::Seal => {
                let subject = name(&[
                    (C, "BE"),
                    (O, "TEST Municipality"),
                    ("2.5.4.97", "NTRBE-0207500123"),
                    (CN, "TEST Seal"),
                ]);
                chain.leaf = Draft::leaf(issuing, &subject, &[0], "2.16.56.13.6.3.1000");
            }
            Purpose::TimeStamping => {
                let subject = name(&[(C, "BE"), (CN, "TEST Timestamp Unit")]);
                chain.leaf = Draft::leaf(issuing, &subject, &[0], "2.16.56.13.6.3.1000");
                chain
                    .leaf
                    .put(EXTENDED, true, value::oids(&["1.3.6.1.5.5.7.3.8"]));
            }
        }
        chain
    }

    pub(crate) fn issuing(&mut self) -> &mut Draft {
        self.issuing.as_mut().unwrap()
    }

    /// Builds and validates it, with its own root pinned.
    pub(crate) fn validate(&self) -> Result<Path, Refusal> {
        let root = Certificate::parse(self.root.sign(&self.root.key))?;
        let anchors = pinned(&[&root], self.generation);
        let mut pool = Pool::new();
        let mut signer = &self.root.key;
        if let Some(issuing) = &self.issuing {
            pool.insert(Certificate::parse(issuing.sign(signer))?);
            signer = &issuing.key;
        }
        let leaf = Certificate::parse(self.leaf.sign(self.forger.as_ref().unwrap_or(signer)))?;
        let pools = [&pool];
        let mut request = Request::new(&leaf, &pools, &anchors, self.purpose, &self.algorithms, self.at);
        request.policies = &self.policies;
        path::validate(&request)
    }

    /// The code it ends with, or `ok`.
    pub(crate) fn cause(&self) -> &'static str {
        self.validate().map_or_else(|refusal| refusal.cause(), |_| "ok")
    }
}

/// Anchors that pin `roots` as those of `generation`, for every purpose.
pub(crate) fn pinned(roots: &[&Certificate], generation: &str) -> Anchors {
    let mut text =
        "environment = \"test\"\nsource = \"made by this test\"\nhosts = [\"127.0.0.1\"]\n".to_owned();
    for (number, root) in roots.iter().enumerate() {
        text.push_str(&format!(
            "[[root]]\nname = \"TEST {number}\"\nsha256 = \"{}\"\ngeneration = \"{generation}\"\n\
             purposes = [\"authentication\", \"signature\", \"register\", \"seal\", \"time_stamping\"]\n",
            root.fingerprint()
        ));
    }
    let data = TrustData::test(&text).unwrap();
    let mut anchors = Anchors::new();
    for root in roots {
        assert!(anchors.offer(root, &data));
    }
    anchors
}

/// What is changed in a good chain, for which purpose, and the code it then ends with.
type Case = (&'static str, Purpose, fn(&mut Chain), &'static str);

/// Runs each case and its untouched twin, and tells all that came out otherwise.
pub(crate) fn check(cases: &[Case]) {
    let mut wrong = Vec::new();
    for (label, purpose, change, expected) in cases {
        let mut chain = Chain::good(*purpose);
        assert_eq!(chain.cause(), "ok", "{label}: the untouched twin");
        change(&mut chain);
        let found = chain.cause();
        if found != *expected {
            wrong.push(format!("{label}: {found}, expected {expected}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

pub(crate) fn rsa(bits: u32) -> PrivateKey {
    PrivateKey::generate(KeyKind::Rsa { bits }).unwrap()
}
