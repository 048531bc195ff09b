//! Encrypted files signed: what is added is encrypted, the signature itself is not, and every judge reads both.

use std::sync::Arc;

use zegel::ades::level::Level;
use zegel::ades::pades::completion::{Completion, Step};
use zegel::ades::pades::prepare::{PrepareError, prepare};
use zegel::ades::pades::rehearse::rehearse;
use zegel::ades::validate::indication::Indication;
use zegel::ades::validate::report::Report;
use zegel::ades::validate::{Context, validate};
use zegel::base::bytes::{ReadAt, WithPassword};
use zegel::base::clock::{Clock as _, SystemClock};
use zegel::base::secret::Secret;
use zegel::lab::services::http::ServiceServer;
use zegel::pdf::document::Document;
use zegel::pdf::signature::SignatureKind;
use zegel::pdf::signature_field::Placement;
use zegel::pdf::xref::XrefKind;

use super::judges::{pem, run, text};
use super::world::{P384, RSA, Signer, World, whole};
use crate::pdf::encrypted::{SCHEMES, encrypted};
use crate::pdf::make;
use crate::support::{TestFolder, judge};

fn source(bytes: &[u8], password: &str) -> Arc<dyn ReadAt> {
    let password = Arc::new(Secret::new(password.as_bytes().to_vec()));
    Arc::new(WithPassword::new(Arc::new(bytes.to_vec()), password))
}

/// `bytes` sealed at level B-LTA with what `password` opens.
fn sealed(world: &World, bytes: &[u8], password: &str, signer: &Signer) -> Vec<u8> {
    let document = source(bytes, password);
    let prepared = prepare(Arc::clone(&document), &world.draft(signer, Level::Lta), world.now).unwrap();
    let value = signer
        .leaf
        .key
        .sign_digest(prepared.algorithm(), &prepared.digest())
        .unwrap();
    let signed = prepared.finish(value, world.now).unwrap();
    let mut completion = Completion::new(document, signed, world.settings()).unwrap();
    loop {
        match completion.step(world.now).unwrap() {
            Step::Done(completed) => return whole(bytes, &completed),
            Step::Need(need) => completion
                .answer(world.answer(&need, world.now), world.now)
                .unwrap(),
        }
    }
}

fn judged(world: &World, bytes: &[u8], password: &str) -> Report {
    let context = Context {
        trust: &world.trust,
        algorithms: &world.algorithms,
        verdict_keys: &[],
        at: world.now,
    };
    validate(source(bytes, password), &context)
}

fn contains(bytes: &[u8], part: &str) -> bool {
    bytes.windows(part.len()).any(|window| window == part.as_bytes())
}

#[test]
fn every_judge_accepts_what_is_sealed_in_an_encrypted_file() {
    let listener = ServiceServer::reserve(0).unwrap();
    let base = format!("http://127.0.0.1:{}", listener.local_addr().unwrap().port());
    let clock = Arc::new(SystemClock::new());
    let world = World::at(clock.now(), &base);
    let _services = ServiceServer::start(world.services.clone(), clock, listener).unwrap();
    let folder = TestFolder::new("encrypted");
    let root = folder.path().join("root.pem");
    std::fs::write(&root, pem(world.pki().root_der())).unwrap();
    let (mayor, director) = (world.signer(P384), world.signer(RSA));
    let (table, stream) = (make::decision(XrefKind::Table), make::decision(XrefKind::Stream));
    for (index, (scheme, plain, objects, user)) in [
        (&SCHEMES[3], &table, "--object-streams=disable", ""),
        (&SCHEMES[6], &stream, "--object-streams=generate", ""),
        (&SCHEMES[4], &stream, "--object-streams=generate", "welkom"),
        (&SCHEMES[6], &table, "--object-streams=disable", "welkom"),
        (&SCHEMES[7], &table, "--object-streams=disable", ""),
    ]
    .into_iter()
    .enumerate()
    {
        let (name, scheme) = scheme;
        let what = format!("{name}, {objects}, `{user}`");
        let Some(bytes) = encrypted(plain, user, scheme, &[objects]) else {
            return;
        };
        let once = sealed(&world, &bytes, user, &mayor);
        let file = sealed(&world, &once, user, &director);
        assert!(file.starts_with(&once) && once.starts_with(&bytes), "{what}");
        let added = &file[bytes.len()..];
        for open in ["An Specimen", "Zegelgem", "Handtekening", "(D:20"] {
            assert!(!contains(added, open), "{what}: `{open}` stands open");
        }
        // The same update of the same file is the same bytes: nothing comes from chance.
        let draft = world.draft(&mayor, Level::Lta);
        let again = || prepare(source(&bytes, user), &draft, world.now).unwrap();
        assert!(again() == again(), "{what}");

        let report = judged(&world, &file, user);
        assert_eq!(report.indication, Indication::TotalPassed, "{what}: {report:#?}");
        let levels: Vec<Option<Level>> = report
            .signatures
            .iter()
            .map(|signature| signature.level)
            .collect();
        assert_eq!(levels, [Some(Level::Lta); 2], "{what}");
        for signature in Document::open(source(&file, user))
            .unwrap()
            .latest()
            .signatures()
            .unwrap()
        {
            let time = signature.claimed_time();
            assert_eq!(
                time.is_some(),
                signature.kind == SignatureKind::Signature,
                "{what}"
            );
        }
        // One byte of an encrypted string changed is a signature broken, not a string that is read otherwise.
        let mut damaged = file.clone();
        damaged[bytes.len() / 2] ^= 1;
        assert_eq!(
            judged(&world, &damaged, user).indication,
            Indication::TotalFailed,
            "{what}"
        );

        let path = folder.path().join(format!("{index}.pdf"));
        std::fs::write(&path, &file).unwrap();
        let path = path.to_str().unwrap();
        if let Some(qpdf) = judge("qpdf") {
            let output = run(&qpdf, &["--check", &format!("--password={user}"), path]);
            let told = text(&output);
            assert!(
                output.status.success() && !told.contains("WARNING"),
                "qpdf, {what}: {told}"
            );
        }
        if let Some(pdfsig) = judge("pdfsig") {
            let told = text(&run(&pdfsig, &["-nocert", "-upw", user, path]));
            let valid = told.matches("Signature is Valid").count();
            assert!(valid >= 2, "pdfsig, {what}: {told}");
        }
        if let Some(pyhanko) = judge("pyhanko") {
            let password = folder.path().join("password");
            std::fs::write(&password, user).unwrap();
            let mut arguments = vec![
                "sign",
                "adesverify",
                "--trust",
                root.to_str().unwrap(),
                "--trust-replace",
            ];
            arguments.push("--pretty-print");
            if !user.is_empty() {
                arguments.extend_from_slice(&["--password", user]);
            }
            arguments.push(path);
            let output = run(&pyhanko, &arguments);
            let told = text(&output);
            assert!(output.status.success(), "pyHanko, {what}: {told}");
            assert!(
                !told.contains("INVALID") && !told.contains("FAILED"),
                "pyHanko, {what}: {told}"
            );
        }
    }
}

/// A file with an empty signature field.
fn with_field() -> Vec<u8> {
    make::by_hand(
        &[
            "<</Type/Catalog/Pages 2 0 R/AcroForm<</Fields[4 0 R]>>>>",
            "<</Type/Pages/Count 1/Kids[3 0 R]>>",
            "<</Type/Page/Parent 2 0 R/MediaBox[0 0 400 300]/Annots[4 0 R]>>",
            "<</Type/Annot/Subtype/Widget/FT/Sig/T(Open)/Rect[0 0 0 0]/P 3 0 R>>",
        ],
        "",
    )
}

#[test]
fn what_an_encrypted_file_does_not_allow_is_refused_before_anybody_signs() {
    let world = World::new();
    let signer = world.signer(P384);
    let plain = with_field();
    let refusal = |error: Result<(), PrepareError>| error.err().map(|error| error.cause());
    let denied = Some("PDF_PERMISSIONS");
    // What qpdf is told, whether a new field may be made, whether the one there may be signed.
    for (scheme, new, existing) in [
        (&["256"][..], None, None),
        (&["256", "--modify=none"], denied, denied),
        (&["256", "--modify=assembly"], denied, denied),
        (&["256", "--modify=form"], denied, None),
        (&["256", "--modify=annotate"], denied, None),
        (&["256", "--modify=all"], None, None),
        (&["128", "--use-aes=y", "--modify=none"], denied, denied),
        (&["128", "--use-aes=y", "--modify=form"], denied, None),
        (&["40"], Some("PDF_ENCRYPTION_WEAK"), Some("PDF_ENCRYPTION_WEAK")),
        (
            &["128", "--use-aes=n"],
            Some("PDF_ENCRYPTION_WEAK"),
            Some("PDF_ENCRYPTION_WEAK"),
        ),
    ] {
        let Some(bytes) = encrypted(&plain, "", scheme, &[]) else {
            return;
        };
        let mut draft = world.draft(&signer, Level::B);
        draft.placement = Placement::Existing {
            name: "Open".to_owned(),
            block: None,
        };
        let by =
            |password: &str, draft| refusal(prepare(source(&bytes, password), draft, world.now).map(|_| ()));
        assert_eq!(by("", &draft), existing, "{scheme:?}");
        assert_eq!(
            refusal(rehearse(&source(&bytes, ""), world.now)),
            new,
            "{scheme:?}"
        );
        let invisible = zegel::ades::pades::stages::Draft {
            placement: Placement::Invisible,
            ..draft.clone()
        };
        assert_eq!(by("", &invisible), new, "{scheme:?}");
        // Nothing is held back from the owner, but what protects nothing is written by nobody.
        let owner = new.filter(|cause| *cause == "PDF_ENCRYPTION_WEAK");
        assert_eq!(by("eigenaar", &invisible), owner, "{scheme:?}");
        assert_eq!(by("eigenaar", &draft), owner, "{scheme:?}");
    }
    let Some(bytes) = encrypted(&plain, "welkom", &["256"], &[]) else {
        return;
    };
    let draft = world.draft(&signer, Level::B);
    for (password, cause) in [
        ("", Some("PDF_PASSWORD")),
        ("fout", Some("PDF_PASSWORD_WRONG")),
        ("welkom", None),
    ] {
        let outcome = prepare(source(&bytes, password), &draft, world.now);
        assert_eq!(refusal(outcome.map(|_| ())), cause, "`{password}`");
    }
}
