//! Good specimens, made by the laboratory when a test starts: keys are new each time, the rest is the same.

use std::sync::{Arc, OnceLock};

use zegel::ades::asic::zip::Method;
use zegel::ades::asic::zip::write::Writer;
use zegel::ades::level::Level;
use zegel::ades::signature_name::SignatureName;
use zegel::ades::validate::Context;
use zegel::ades::validate::report::Report;
use zegel::ades::validate::verdict::{ProofFile, VERDICT_TYPE};
use zegel::base::digest::{HashAlgorithm, Sha256Digest};
use zegel::base::time::Timestamp;
use zegel::crypto::jws;
use zegel::crypto::key::{Curve, KeyKind, PrivateKey};
use zegel::identity::AssuranceLevel;
use zegel::lab::card::{Applet, CardImage, TokenCard};
use zegel::lab::persons::DemoPerson;
use zegel::lab::tokens::DemoToken;
use zegel::oidc::client::{
    Client, ClientAuthentication, ClientId, GrantType, IdTokenAlgorithm, Names, Registration,
};
use zegel::oidc::redirect::RedirectUri;
use zegel::oidc::scope::Scopes;
use zegel::oidc::secret::Opaque;
use zegel::pdf::document::Document;
use zegel::pki::certificate::Certificate;
use zegel::pki::ocsp::OcspRequest;
use zegel::pki::timestamp::TimeStampRequest;
use zegel::pki::trust::Trust;

use crate::ades::asic_world::{self, Form};
use crate::ades::samples::{SHAPES, Xref, pdf};
use crate::ades::world::{P384, RSA, Signer, World, with_verdict};
use crate::ades::xml_world::{self, Packaging};
use crate::ades::{content_world, counter_world};

pub use crate::support::moment;

/// The laboratory in memory, and what it made.
pub struct Authority {
    world: World,
    issuer: Certificate,
    leaf: Certificate,
    board: PrivateKey,
    client: Client,
    files: Vec<Vec<u8>>,
    lists: Vec<Vec<u8>>,
    answers: Vec<Vec<u8>>,
    stamps: Vec<Vec<u8>>,
    xml: Vec<Vec<u8>>,
    containers: Vec<Vec<u8>>,
    verdicts: Vec<String>,
    card: CardImage,
}

/// The one of this process.
pub fn authority() -> &'static Authority {
    static MADE: OnceLock<Authority> = OnceLock::new();
    MADE.get_or_init(Authority::make)
}

/// Files it sealed: with a table and with a stream, by one signer and by two, with every level between.
pub fn sealed_files() -> &'static [Vec<u8>] {
    &authority().files
}

impl Authority {
    fn make() -> Self {
        let world = World::new();
        let (mayor, director) = (world.signer(P384), world.signer(RSA));
        let board = PrivateKey::generate(KeyKind::Ec(Curve::P256)).unwrap();
        let (table, stream) = (pdf(Xref::Table, SHAPES[0]), pdf(Xref::Stream, SHAPES[1]));
        let verdict = verdict(&board, &table);
        let once = world.sealed_with(
            &table,
            &mayor,
            &with_verdict(world.draft(&mayor, Level::Lta), &verdict),
        );
        let twice = world.sealed(&once, &director, Level::Lta);
        let files = vec![
            once,
            world.sealed(&stream, &mayor, Level::T),
            twice,
            world.sealed(&stream, &director, Level::B),
        ];
        let issuer = Certificate::parse(world.pki().citizen.certificate_der().to_vec()).unwrap();
        let request = OcspRequest::new(&mayor.certificate, &issuer, &*world.random);
        let services = &world.services;
        let ask = |path: &str, body: &[u8]| services.answer(path, body, world.now).body;
        let stamp = TimeStampRequest::new(HashAlgorithm::Sha256, &[7; 32], &*world.random);
        let reply = ask("/tsa", &stamp.der());
        let token = zegel::pki::timestamp::token_of_reply(&reply)
            .unwrap()
            .der()
            .to_vec();
        let card = DemoPerson::find("mayor")
            .unwrap()
            .make_card(world.pki(), &*world.random, world.now)
            .unwrap()
            .card
            .image()
            .clone();
        Self {
            lists: vec![ask("/crl/citizen.crl", b""), ask("/crl/root.crl", b"")],
            answers: vec![ask("/ocsp/citizen", &request.der())],
            stamps: vec![reply, token],
            xml: Packaging::ALL
                .into_iter()
                .map(|packaging| xml_world::sealed(&world, packaging, &mayor, Level::Lta))
                .chain([countersigned(&world, counter_world::Format::Xml, &mayor)])
                .chain([content_stamped(
                    &world,
                    content_world::Kind::Xades(Packaging::Enveloped),
                    &mayor,
                )])
                .collect(),
            containers: Form::ALL
                .into_iter()
                .flat_map(|form| [Level::Lt, Level::Lta].map(|level| (form, level)))
                .map(|(form, level)| asic_world::sealed(&world, form, &mayor, level))
                .chain([asic_world::stamped(&world)])
                .collect(),
            verdicts: vec![verdict],
            leaf: mayor.certificate.clone(),
            client: client(world.now),
            issuer,
            board,
            files,
            card,
            world,
        }
    }

    /// The laboratory.
    pub const fn world(&self) -> &World {
        &self.world
    }

    /// The citizens' issuing authority.
    pub fn certificate(&self) -> &Certificate {
        &self.issuer
    }

    /// A certificate it issued.
    pub fn leaf(&self) -> &Certificate {
        &self.leaf
    }

    /// DER of the root.
    pub fn root(&self) -> &[u8] {
        self.world.pki().root_der()
    }

    /// Trust in that root.
    pub fn trust(&self) -> &Trust {
        &self.world.trust
    }

    /// What files are judged against.
    pub fn context(&self) -> Context<'_> {
        Context {
            trust: &self.world.trust,
            algorithms: &self.world.algorithms,
            verdict_keys: &[],
            at: self.world.now,
        }
    }

    /// The report on `file`.
    pub fn validate(&self, file: &[u8]) -> Report {
        self.world.validate(file)
    }

    /// The key of a board.
    pub fn board(&self) -> &PrivateKey {
        &self.board
    }

    /// An application that may log people in.
    pub fn client(&self) -> Client {
        self.client.clone()
    }

    /// Whether it signed this revocation list.
    pub fn made_lists(&self, der: &[u8]) -> bool {
        self.lists.iter().any(|list| list == der)
    }

    /// Whether this answer has the content of one it signed. What stands around it may differ: certificates that
    /// come with an answer are not signed.
    pub fn made_answer(&self, der: &[u8]) -> bool {
        let content = |answer: &[u8]| {
            let outer = zegel::asn1::read::single(answer, zegel::asn1::read::Rules::Der).ok()?;
            let mut parts = outer.inside().ok()?;
            parts.any().ok()?;
            let mut bytes = parts.any().ok()?.inside().ok()?.sequence().ok()?;
            bytes.any().ok()?;
            let basic = bytes.any().ok()?.content();
            let mut basic = zegel::asn1::read::Reader::new(basic, zegel::asn1::read::Rules::Der);
            Some(basic.sequence().ok()?.any().ok()?.whole().to_vec())
        };
        self.answers.iter().any(|made| content(made) == content(der))
    }

    /// Whether it gave a verdict with this content.
    pub fn made_verdict(&self, text: &str) -> bool {
        let signed = |text: &str| text.rsplit_once('.').map(|(signed, _)| signed.to_owned());
        self.verdicts.iter().any(|made| signed(made) == signed(text))
    }
}

fn verdict(board: &PrivateKey, document: &[u8]) -> String {
    let claims = serde_json::json!({
        "document_sha256": Sha256Digest::of(document).to_string(),
        "capacity": {"kind": "holding", "role": "burgemeester", "status": "effective"},
        "organisation": {"name": "Gemeente Zegelgem"},
    });
    let id = jws::thumbprint(board.public()).unwrap();
    let algorithm = board.public().kind().default_algorithm();
    jws::sign(
        board,
        algorithm,
        Some(&id),
        VERDICT_TYPE,
        claims.to_string().as_bytes(),
    )
    .unwrap()
}

fn client(now: Timestamp) -> Client {
    let random = zegel::base::random::SeededRandom::new(9);
    Client {
        id: ClientId::new(now, &random),
        board: zegel::identity::BoardId::new(now, &random),
        slug: "fuzz-app".parse().unwrap(),
        secret: Opaque::from_text("TEST secret").hash(),
        registration: Registration {
            names: Names::same("TEST"),
            organisation: "TEST".to_owned(),
            redirect_uris: vec![
                RedirectUri::register("https://app.example/cb").unwrap(),
                RedirectUri::register("http://127.0.0.1/cb").unwrap(),
            ],
            grant_types: vec![GrantType::AuthorizationCode],
            scopes: Scopes::known_of("openid profile"),
            minimum_level: AssuranceLevel::Low,
            legal_basis: None,
            sector: "app.example".to_owned(),
            authentication: ClientAuthentication::ClientSecretBasic,
            id_token_algorithm: IdTokenAlgorithm::Es256,
            claims_in_id_token: false,
            tolerance: zegel::pki::revocation::Tolerance::HardFail,
        },
        created_at: now,
        disabled_at: None,
    }
}

/// Messages of every signature and time-stamp in the sealed files, without their padding.
fn messages() -> Vec<Vec<u8>> {
    let mut found = Vec::new();
    for file in sealed_files() {
        let document = Document::open(Arc::new(file.clone())).unwrap();
        for signature in document.latest().signatures().unwrap() {
            let length = zegel::ades::cms::read::SignedData::parse(&signature.contents)
                .unwrap()
                .length;
            found.push(signature.contents[..length].to_vec());
        }
    }
    found
}

/// Files of a card: identity, address, and its answers as [`super::checks::card::driver`] takes them.
pub fn card() -> Vec<Vec<u8>> {
    let image = &authority().card;
    let mut all: Vec<Vec<u8>> = ["3F00DF014031", "3F00DF014033", "3F00DF014035"]
        .into_iter()
        .filter_map(|path| image.file(path).map(<[u8]>::to_vec))
        .collect();
    assert!(all.len() == 3, "the card has its files");
    all.push(b"04 MEI 1971".to_vec());
    all.push(vec![0x00, 0xA4, 0x08, 0x0C, 0x02, 0x3F, 0x00]);
    let mut data = vec![0x53; 28];
    data.extend([3, 0x90, 0]);
    data.splice(21..22, [0x18]);
    all.push(data);
    all
}

/// Images of cards, in both forms.
pub fn images() -> Vec<Vec<u8>> {
    let mut image = CardImage::new(Applet::V17, [7; 16]);
    for path in ["3F00DF014031", "3F00DF014033"] {
        let content = authority().card.file(path).unwrap().to_vec();
        image.set_file(path, content);
    }
    let files: String = image
        .files
        .iter()
        .map(|(path, content)| {
            format!(
                "<file><id>{path}</id><content>{}</content></file>",
                hex::encode(&content.0)
            )
        })
        .collect();
    let xml = format!(
        "<card><type>beid</type><chipNumber>{}</chipNumber><versionNumber>A503010101110002000101</versionNumber>\
         <atr>3B9813400AA503010101AD1311</atr>{files}</card>",
        hex::encode([7; 16])
    );
    vec![serde_json::to_vec(&image).unwrap(), xml.into_bytes()]
}

/// What a card answers, one answer after the other with its length before it.
pub fn answers() -> Vec<Vec<u8>> {
    let ok = [2, 0x90, 0x00];
    let data = card().pop().unwrap();
    let mut read = vec![u8::try_from(data.len()).unwrap()];
    read.extend(&data);
    let mut all = vec![[&ok[..], &read, &ok, &read].concat()];
    let mut long = ok.to_vec();
    for _ in 0..40 {
        long.push(0xFF);
        long.extend([0x30; 256]);
        long.extend([0x90, 0x00]);
    }
    all.push([&read[..], &long].concat());
    all.push([2, 0x61, 0x10].repeat(600));
    all.push([2, 0x6C, 0x10].repeat(600));
    all.push([2, 0x90, 0x00].repeat(600));
    all
}

/// Two tokens of the laboratory: one of each family.
fn tokens() -> [TokenCard; 2] {
    let authority = authority();
    ["piv-ec", "pkcs15-ec"].map(|slug| {
        DemoToken::find(slug)
            .unwrap()
            .make_card(
                authority.world.pki(),
                &*authority.world.random,
                authority.world.now,
            )
            .unwrap()
    })
}

/// Objects of a PIV token.
pub fn piv_objects() -> Vec<Vec<u8>> {
    let [piv, _] = tokens();
    let mut all: Vec<Vec<u8>> = piv
        .image()
        .objects
        .values()
        .map(|object| object.0.clone())
        .collect();
    all.push(hex::decode("7e124f0ba0000003080000100001005f2f026020").unwrap());
    all
}

/// Files of a PKCS#15 token.
pub fn pkcs15_files() -> Vec<Vec<u8>> {
    let [_, card] = tokens();
    card.image().objects.values().map(|file| file.0.clone()).collect()
}

/// What tokens answer when they are read and made to sign.
pub fn token_answers() -> Vec<Vec<u8>> {
    let mut all = answers();
    for card in tokens() {
        let mut said = Vec::new();
        for object in card.image().objects.values() {
            for part in object.0.chunks(200) {
                said.push(u8::try_from(part.len() + 2).unwrap());
                said.extend_from_slice(part);
                said.extend([0x90, 0x00]);
            }
        }
        all.push(said.clone());
        // Selected, then all of that.
        all.push([&[2, 0x90, 0x00].repeat(3)[..], &said].concat());
    }
    all
}

/// Images of cards as files.
pub fn card_images() -> Vec<Vec<u8>> {
    let mut all: Vec<Vec<u8>> = tokens()
        .iter()
        .map(|card| serde_json::to_vec(card.image()).unwrap())
        .collect();
    all.push(serde_json::to_vec(&authority().card).unwrap());
    all
}

/// Certificates of the laboratory.
pub fn certificates() -> Vec<Vec<u8>> {
    let pki = authority().world.pki();
    let mut all: Vec<Vec<u8>> = pki
        .authorities()
        .iter()
        .map(|one| one.certificate_der().to_vec())
        .collect();
    all.push(authority().leaf.der().to_vec());
    all.push(authority().leaf.subject().der().to_vec());
    all.push(authority().leaf.spki_der().to_vec());
    all
}

/// Certificates and lists one after the other: an end entity first, then whatever may stand above it.
pub fn paths() -> Vec<Vec<u8>> {
    let pki = authority().world.pki();
    let above: Vec<u8> = pki
        .authorities()
        .iter()
        .flat_map(|one| one.certificate_der().to_vec())
        .collect();
    let leaf = authority().leaf.der();
    let lists = authority().lists.concat();
    vec![[leaf, &above].concat(), [leaf, &above, &lists].concat()]
}

/// Revocation lists.
pub fn lists() -> Vec<Vec<u8>> {
    authority().lists.clone()
}

/// OCSP answers.
pub fn ocsp_answers() -> Vec<Vec<u8>> {
    authority().answers.clone()
}

/// Time-stamp replies and tokens.
pub fn stamps() -> Vec<Vec<u8>> {
    authority().stamps.clone()
}

/// CMS messages, and one set of claimed attributes.
pub fn cms() -> Vec<Vec<u8>> {
    messages()
}

/// PDF files: sealed, and bare.
pub fn pdfs() -> Vec<Vec<u8>> {
    let mut all = sealed_files().to_vec();
    for shape in SHAPES {
        all.push(pdf(Xref::Table, *shape));
    }
    all.push(pdf(Xref::Stream, SHAPES[0]));
    all
}

/// Small PDF files, whose every byte is soon reached.
pub fn small_pdfs() -> Vec<Vec<u8>> {
    let mut all = vec![pdf(Xref::Table, SHAPES[0]), pdf(Xref::Stream, SHAPES[2])];
    all.push(
        b"%PDF-1.7\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\nxref\n0 1\n0000000000 65535 f\r\n\
        trailer<</Size 2/Root 1 0 R>>\nstartxref\n9\n%%EOF"
            .to_vec(),
    );
    // Encrypted in each way there is, opened by the empty password.
    for encrypted in [
        &include_bytes!("encrypted/r2-disable.pdf")[..],
        include_bytes!("encrypted/r3-disable.pdf"),
        include_bytes!("encrypted/r4-disable.pdf"),
        include_bytes!("encrypted/r6-disable.pdf"),
        include_bytes!("encrypted/r6-generate.pdf"),
    ] {
        all.push(encrypted.to_vec());
    }
    all
}

/// Scripts of changes to sealed files: none, one after the end, and one in the middle.
pub fn scripts() -> Vec<Vec<u8>> {
    vec![
        vec![0],
        vec![1, 0, 0, 9, 9, 0],
        vec![2, 6, 0, 80, 3, 9, 0, 90, 1],
        vec![3, 8, 0, 60, 0, 5],
    ]
}

/// Compact signed texts and claims.
pub fn signed_texts() -> Vec<Vec<u8>> {
    let verdict = authority().verdicts[0].clone();
    let payload = verdict.split('.').nth(1).unwrap();
    let claims = base64::Engine::decode(&base64::engine::general_purpose::URL_SAFE_NO_PAD, payload).unwrap();
    vec![verdict.clone().into_bytes(), claims, b"e30.e30.".to_vec()]
}

/// Proof files.
pub fn proofs() -> Vec<Vec<u8>> {
    let proof = ProofFile::new(
        Sha256Digest([7; 32]),
        authority().verdicts.clone(),
        &[authority().board.public().clone()],
    );
    vec![serde_json::to_vec(&proof).unwrap()]
}

/// Web eID tokens.
pub fn web_eid_tokens() -> Vec<Vec<u8>> {
    let encode = |bytes: &[u8]| base64::Engine::encode(&base64::engine::general_purpose::STANDARD, bytes);
    let token = serde_json::json!({
        "format": "web-eid:1.0",
        "algorithm": "ES384",
        "unverifiedCertificate": encode(authority().leaf.der()),
        "signature": encode(&[7; 96]),
        "appVersion": "https://web-eid.eu/web-eid-app/releases/2.5.0",
    });
    vec![token.to_string().into_bytes()]
}

/// What extensions send to the program beside the reader, with the lengths in front; and what a PIN program hears.
pub fn native_messages() -> Vec<Vec<u8>> {
    let encode = |bytes: &[u8]| base64::Engine::encode(&base64::engine::general_purpose::STANDARD, bytes);
    let certificate = encode(authority().leaf.der());
    let (origin, digest) = ("https://zegelgem.example:8443", encode(&[7; 48]));
    let messages = [
        serde_json::json!({ "command": "status" }),
        serde_json::json!({ "command": "quit", "arguments": {} }),
        serde_json::json!({ "command": "authenticate", "arguments": {
            "challengeNonce": "MTIzNDU2NzgxMjM0NTY3ODEyMzQ1Njc4MTIzNDU2Nzg=", "origin": origin, "lang": "nl" } }),
        serde_json::json!({ "command": "get-signing-certificate", "arguments": { "origin": origin } }),
        serde_json::json!({ "command": "sign", "arguments": {
            "certificate": certificate, "hash": digest, "hashFunction": "SHA-384", "origin": origin } }),
        serde_json::json!({ "command": "sign-list", "arguments": {
            "certificate": certificate, "hashFunction": "SHA-384", "origin": origin,
            "documents": [{ "title": "Besluit 1", "hash": digest }, { "title": "Besluit 2", "hash": digest }] } }),
    ];
    let framed = |text: String| {
        let length = u32::try_from(text.len()).unwrap().to_le_bytes();
        [&length[..], text.as_bytes()].concat()
    };
    let mut all: Vec<Vec<u8>> = messages.into_iter().map(|one| framed(one.to_string())).collect();
    all.push(b"SETTITLE a\nSETDESC b%0Ac\nSETTIMEOUT 60\nGETPIN\nCONFIRM\nBYE\n".to_vec());
    all
}

/// ZIP archives: packed and stored, added to, with a comment and large fields.
pub fn archives() -> Vec<Vec<u8>> {
    let files: [(&str, &[u8]); 3] = [
        ("mimetype", b"application/vnd.etsi.asic-e+zip"),
        ("besluit \u{e9}.txt", &[b'x'; 300]),
        ("META-INF/manifest.xml", b"<m/>"),
    ];
    let write = |most: usize, method| {
        let mut writer = Writer::new(Vec::new(), moment());
        for (name, content) in &files[..most] {
            writer.add(name, content, method).unwrap();
        }
        writer.finish().unwrap()
    };
    let packed = write(3, Method::Deflated);
    let commented = [&packed[..packed.len() - 2], b"\x04\x00TEST"].concat();
    vec![
        write(0, Method::Stored),
        write(2, Method::Stored),
        packed,
        commented,
    ]
}

/// XML signatures of each packaging.
pub fn xml_signatures() -> Vec<Vec<u8>> {
    authority().xml.clone()
}

/// Containers of each kind.
pub fn containers() -> Vec<Vec<u8>> {
    authority().containers.clone()
}

/// Turtle.
pub fn turtles() -> Vec<Vec<u8>> {
    vec![
        include_bytes!("../../../src/lab/demo/municipality.ttl").to_vec(),
        include_bytes!("../../../src/lab/demo/ocmw.ttl").to_vec(),
        b"@prefix a: <http://a/> . a:b a:c [ a:d ( 1 2.5 \"x\"@nl ) ] , \"\"\"y\"\"\"^^a:z .".to_vec(),
    ]
}

/// Tables.
pub fn tables() -> Vec<Vec<u8>> {
    vec![
        b"rrn,firstName,lastName,mandateName,startDateTime,endDateTime,fractieName,rangordeString,beleidsdomeinNames\n\
          85073003328,An,Voorbeeld,Burgemeester,2025-01-01T00:00:00,,,,\n\
          70611500188,Bo,Anders,Schepen,2025-01-01T00:00:00,2026-01-01T00:00:00,Lijst,Eerste schepen,Sport|Cultuur\n"
            .to_vec(),
        b"nis,ovo,from,to\n44021,OVO001234,2019-01-01,\n44021,OVO001234,2018-01-01,2019-06-01\n".to_vec(),
    ]
}

/// Settings, trust and rules.
pub fn settings() -> Vec<Vec<u8>> {
    vec![
        b"[server]\npublic_url = \"https://localhost:8443\"\n[database]\nurl = \"sqlite:x\"\n".to_vec(),
        include_bytes!("../../../certs/production.toml").to_vec(),
        b"ZEGEL_SERVER__PUBLIC_URL\n\"https://zegelgem.example\"".to_vec(),
    ]
}

/// Requests to the provider: a header's value, a line feed, a query.
pub fn requests() -> Vec<Vec<u8>> {
    vec![
        b"\nclient_id=fuzz-app&response_type=code&scope=openid+profile&redirect_uri=https%3A%2F%2Fapp.example%2Fcb\
          &code_challenge=E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM&code_challenge_method=S256&state=s&nonce=n\
          &prompt=login&max_age=60&ui_locales=nl&acr_values=x&claims=%7B%7D"
            .to_vec(),
        b"Basic ZnV6ei1hcHA6VEVTVCBzZWNyZXQ=\ngrant_type=client_credentials&scope=signing".to_vec(),
        b"Bearer abc\ngrant_type=authorization_code&code=c&redirect_uri=u&code_verifier=v".to_vec(),
        b"http://127.0.0.1:8080/cb?x=1\nhttp://127.0.0.1:9/cb?x=1".to_vec(),
        b"E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM\n".to_vec(),
        b"/b/zegelgem/authorize?x\n".to_vec(),
    ]
}

/// Values of headers.
pub fn headers() -> Vec<Vec<u8>> {
    vec![
        b"nl-BE,nl;q=0.9,en;q=0.8".to_vec(),
        b"203.0.113.9, 127.0.0.1\n2001:db8::1".to_vec(),
        b"10.0.0.0/8".to_vec(),
        b"https://zegelgem.example:8443".to_vec(),
        b"zegel-language=\"de\"; a=b; zegel-language=nl".to_vec(),
    ]
}

/// DER of many kinds.
pub fn der() -> Vec<Vec<u8>> {
    [certificates(), ocsp_answers(), stamps()].concat()
}

/// What the signed specimens are over.
pub const SIGNED_DATA: &[u8] = counter_world::DATA;

/// A signature with a counter-signature, and one on that.
fn countersigned(world: &World, format: counter_world::Format, signer: &Signer) -> Vec<u8> {
    let name = SignatureName::signer(0);
    let mut file = format.sealed(world, signer, Level::Lt);
    for on in [name.clone(), name.counter(0)] {
        file = format
            .countersigned(world, &file, &on, signer, Level::T)
            .unwrap_or_else(|cause| panic!("{format:?}: {cause}"));
    }
    file
}

/// A signature with two time-stamps over its content.
fn content_stamped(world: &World, kind: content_world::Kind, signer: &Signer) -> Vec<u8> {
    let tokens = |hash, imprint: &[u8]| {
        [(); 2]
            .map(|()| content_world::token(world, hash, imprint, world.now))
            .to_vec()
    };
    content_world::made(world, signer, kind, Level::T, &tokens).unwrap()
}

struct SignedSpecimens {
    world: World,
    messages: Vec<Vec<u8>>,
    json: Vec<Vec<u8>>,
}

fn signed_specimens() -> &'static SignedSpecimens {
    use crate::ades::{jws as json, message};
    use zegel::ades::cades::stages::Packaging;
    use zegel::ades::jades::read::Serialization;
    use zegel::ades::jades::stages::Packaging as JsonPackaging;
    static MADE: OnceLock<SignedSpecimens> = OnceLock::new();
    MADE.get_or_init(|| {
        let world = World::new();
        let (first, second) = (world.signer(P384), world.signer(RSA));
        let mut messages = Vec::new();
        for packaging in [Packaging::Attached, Packaging::Detached] {
            let one = message::sealed(&world, SIGNED_DATA, &first, Level::Lta, packaging);
            let two = message::with_parallel(&world, &one, SIGNED_DATA, &second, Level::Lt);
            messages.push(message::with_counter(
                &world,
                &two,
                SIGNED_DATA,
                &second,
                Level::T,
            ));
            messages.push(one);
        }
        messages.push(content_stamped(
            &world,
            content_world::Kind::CadesAttributes,
            &first,
        ));
        let attached = content_world::Kind::Jades(JsonPackaging::Attached);
        let mut texts = vec![content_stamped(&world, attached, &first)];
        for (form, level) in [
            ((Serialization::Compact, JsonPackaging::Attached), Level::B),
            ((Serialization::Flattened, JsonPackaging::Attached), Level::Lta),
            ((Serialization::Flattened, JsonPackaging::Detached), Level::Lt),
            ((Serialization::General, JsonPackaging::ObjectHashes), Level::T),
        ] {
            texts.push(json::sealed(&world, SIGNED_DATA, &first, level, form).into_bytes());
        }
        for format in [counter_world::Format::Json, counter_world::Format::Cms] {
            let made = countersigned(&world, format, &second);
            match format {
                counter_world::Format::Json => texts.push(made),
                _ => messages.push(made),
            }
        }
        SignedSpecimens {
            world,
            messages,
            json: texts,
        }
    })
}

/// Where the signed specimens were made and are judged.
pub fn signed_world() -> &'static World {
    &signed_specimens().world
}

/// CMS messages with every kind of attribute: attached and detached, of several signers.
pub fn signed_messages() -> Vec<Vec<u8>> {
    signed_specimens().messages.clone()
}

/// Signatures in JSON of every form.
pub fn signed_json() -> Vec<Vec<u8>> {
    signed_specimens().json.clone()
}
