//! What the driver asks of a card: commands, and bytes in both directions.

pub mod daemon;

use std::time::Duration;

use zegel::base::digest::HashAlgorithm;
use zegel::base::secret::Pin;
use zegel::card::eid::{CertificateKind, Eid, File, KeyReference, LastTry, SignRequest};
use zegel::card::transport::InProcess;
use zegel::crypto::policy::AlgorithmPolicy;
use zegel::identity::card_data::{Element, check};
use zegel::lab::card::personal::personalise;
use zegel::lab::card::{Applet, CardSpec, Traffic, VirtualCard};
use zegel::lab::pki::LabPki;

use crate::laboratory::{Laboratory, holder, moment, pins};
use crate::measure::{Samples, millis, timed};
use crate::table::{Row, grouped};

/// What other programs cost on such a card, measured once in a real reader stack and quoted from reference
/// virtual-reader §3: commands (command bytes / response bytes).
mod quoted {
    pub const FULL_18: &str = "quoted: official middleware 61 (360/6 559), commons-eid 62 (370/9 429)";
    pub const FULL_17: &str = "quoted: official middleware 55 (328/5 812)";
    pub const IDENTITY: &str = "quoted: federal connector 79 (455/9 568)";
    pub const LOGIN_18: &str = "quoted: Web eID 172, federal connector 51";
    pub const LOGIN_17: &str = "quoted: Web eID 95 to 129, federal connector 51";
    pub const SIGNATURE: &str = "quoted: official middleware 20 to 21, federal connector 43";
}

/// What commons-eid took for everything and the chain, quoted from reference virtual-reader §3.
const COMMONS_EID: Duration = Duration::from_millis(250);

/// How often the time is taken.
const REPEATS: usize = 50;

pub fn rows() -> Vec<Row> {
    let laboratory = Laboratory::new();
    let mut rows = Vec::new();
    for applet in [Applet::V18, Applet::V17] {
        let (image, hash, name) = (
            card(&laboratory, applet),
            if applet == Applet::V18 {
                HashAlgorithm::Sha384
            } else {
                HashAlgorithm::Sha256
            },
            if applet == Applet::V18 { "1.8" } else { "1.7" },
        );
        let fresh = || VirtualCard::new(image.image().clone(), image.keys().clone());
        // The verdict is taken on the laboratory's own card; what it costs is counted on one whose files are as long as
        // real ones.
        let challenge = HashAlgorithm::Sha384.digest(b"a challenge");
        on(fresh(), |eid| {
            let mut files = eid.read_everything().unwrap();
            files.chip_answer = eid.challenge_chip(&challenge).unwrap();
            let policy = AlgorithmPolicy::etsi_ts_119_312();
            let read = check(&files, &pins(&laboratory.root()), &policy, moment()).unwrap();
            let verdicts = read.verdicts;
            assert!(
                verdicts.identity_is_proved() && verdicts.address_is_proved() && verdicts.photo_is_proved()
            );
            assert_eq!(verdicts.chip, Element::Valid);
            assert_eq!(verdicts.chip_is_proved(), applet == Applet::V18);
        });
        let whole = || {
            let mut card = fresh();
            card.image_mut().fill_to_real_sizes();
            on(card, |eid| {
                eid.read_everything().unwrap();
                eid.challenge_chip(&challenge).unwrap();
            })
        };
        let full = whole();
        let wall: Samples = (0..REPEATS).map(|_| timed(whole).0).collect();
        let identity = on(fresh(), |eid| drop(eid.read(File::Identity).unwrap()));
        let login = on(fresh(), |eid| {
            eid.pin_state().unwrap();
            eid.certificate(CertificateKind::Authentication).unwrap();
            sign(eid, KeyReference::Authentication, hash);
        });
        // As in a ceremony: the tries left were shown before the PIN was asked.
        let signature = less(
            on(fresh(), |eid| {
                eid.pin_state().unwrap();
                sign(eid, KeyReference::Signature, hash);
            }),
            on(fresh(), |eid| {
                eid.pin_state().unwrap();
            }),
        );

        let is_18 = applet == Applet::V18;
        let (full_peers, login_peers) = if is_18 {
            (quoted::FULL_18, quoted::LOGIN_18)
        } else {
            (quoted::FULL_17, quoted::LOGIN_17)
        };
        let bytes = full.response_bytes;
        let mut size = Row::new(
            format!("{name}: the same, bytes received"),
            format!("{} bytes", grouped(bytes)),
        );
        size = if is_18 {
            size.at_most("≤ 8.6 kB", 8600.0, bytes as f64)
        } else {
            size.at_most("≤ 12 kB", 12_000.0, bytes as f64)
        };
        let peer = COMMONS_EID.as_secs_f64();
        let in_process = format!("without daemon and reader {:.2} ms", millis(wall.median()));
        let mut sized = fresh();
        sized.image_mut().fill_to_real_sizes();
        let label = format!("{name}: the same, time through the daemon");
        let time = match daemon::full_read(&sized) {
            Ok(time) => {
                let ratio = time.as_secs_f64() / peer;
                Row::new(label, format!("{:.0} ms", millis(time)))
                    .at_most("≤ commons-eid", 1.0, ratio)
                    .beside(format!("{ratio:.2} × commons-eid's quoted 0.25 s; {in_process}"))
            }
            Err(why) => Row::new(label, "not measured").beside(format!("{why}; {in_process}")),
        };
        rows.extend([
            commands(
                name,
                "full read, chip challenged",
                full,
                Some(if is_18 { 55 } else { 67 }),
            )
            .beside(full_peers),
            size,
            time,
            commands(name, "identity alone", identity, is_18.then_some(4)).beside(quoted::IDENTITY),
            commands(name, "log in: certificate, signature", login, is_18.then_some(11)).beside(login_peers),
            commands(
                name,
                "one signature, PIN tries known",
                signature,
                is_18.then_some(5),
            )
            .beside(quoted::SIGNATURE),
        ]);
    }
    rows
}

fn commands(name: &str, what: &str, traffic: Traffic, limit: Option<u32>) -> Row {
    let row = Row::new(
        format!("{name}: {what}"),
        format!(
            "{} APDUs ({}/{})",
            traffic.commands,
            grouped(traffic.command_bytes),
            grouped(traffic.response_bytes)
        ),
    );
    match limit {
        Some(limit) => row.at_most(
            format!("≤ {limit} APDUs"),
            f64::from(limit),
            traffic.commands as f64,
        ),
        None => row,
    }
}

fn less(all: Traffic, part: Traffic) -> Traffic {
    Traffic {
        commands: all.commands - part.commands,
        command_bytes: all.command_bytes - part.command_bytes,
        response_bytes: all.response_bytes - part.response_bytes,
    }
}

fn card(laboratory: &Laboratory, applet: Applet) -> VirtualCard {
    let spec = CardSpec {
        structure_version: true,
        ..CardSpec::new(applet, holder(), LabPki::usual_validity(moment()))
    };
    personalise(laboratory.pki(), &spec, &*laboratory.random)
        .unwrap()
        .card
}

fn on(card: VirtualCard, work: impl FnOnce(&mut Eid<'_>)) -> Traffic {
    let mut connection = InProcess::new(card);
    work(&mut Eid::new(&mut connection));
    connection.transport().traffic()
}

fn sign(eid: &mut Eid<'_>, key: KeyReference, hash: HashAlgorithm) {
    let request = SignRequest {
        key,
        hash,
        digest: &hash.digest(b"what is signed"),
        last_try: LastTry::NotConfirmed,
    };
    let pin = Pin::from_digits(zeroize::Zeroizing::new(b"1234".to_vec())).unwrap();
    eid.sign(&request, &pin, &mut |_| true).unwrap();
}
