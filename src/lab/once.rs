//! Both journeys without a person and without a browser window: a mayor logs in, two signers seal a decision.
//!
//! The card is in a real reader daemon, the service is a process of its own, and every page is walked as a person
//! without script would walk it.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use super::house::House;
use super::seal::Keeper;
use super::walker::{self, Walker};
use super::{Lab, LabError};
use crate::ades::level::Level;
use crate::ades::validate::indication::Indication;
use crate::ades::validate::verdict::{ProofFile, VerdictKey};
use crate::ades::validate::{self, Context};
use crate::base::clock::Clock;
use crate::crypto::policy::AlgorithmPolicy;
use crate::store::trust;

/// Longer than the daemon takes to see a card.
const SETTLE: Duration = Duration::from_millis(900);

/// How often and at what pauses the publication copy is looked for: the service's jobs look every five seconds.
const SEAL_LOOKS: u8 = 100;
const SEAL_PAUSE: Duration = Duration::from_millis(300);

/// What came out.
#[derive(Debug)]
pub struct Outcome {
    /// The sealed document.
    pub document: PathBuf,
    /// Its proof.
    pub proof: PathBuf,
    /// The publication copy under the municipality's seal, where it has one.
    pub publication: Option<Publication>,
    /// The report of our own validation.
    pub report: validate::report::Report,
}

/// A publication copy that was sealed and checked.
#[derive(Debug)]
pub struct Publication {
    /// The file.
    pub file: PathBuf,
    /// Who keeps the key of the seal.
    pub keeper: Keeper,
    /// The name in the seal's certificate.
    pub sealed_by: String,
    /// The level that it shows.
    pub level: Level,
}

/// One step that was made.
#[derive(Clone, Debug)]
pub struct StepMade {
    /// What.
    pub what: String,
    /// How long it took.
    pub took: Duration,
}

/// Makes both journeys and writes what comes out into `folder`. `tell` hears of each step.
///
/// # Errors
/// The first step that fails, saying what the page said.
pub async fn run(
    lab: &Lab,
    house: &House,
    folder: &Path,
    clock: &Arc<dyn Clock>,
    tell: &mut dyn FnMut(StepMade),
) -> Result<Outcome, LabError> {
    let mut last = clock.monotonic();
    let mut step = |what: &str| {
        let now = clock.monotonic();
        tell(StepMade {
            what: what.to_owned(),
            took: now.saturating_sub(last),
        });
        last = now;
    };
    let home = house.application_url();

    insert(lab, "mayor").await?;
    step("the mayor's card is in the reader");
    let mut mayor = Walker::new(house.http().clone());
    mayor.go(&home).await?;
    mayor.send("/login", &[]).await?;
    expect(&mayor, 200)?;
    step("the application sent the mayor to zegel");
    sign_in(&mut mayor).await?;
    step("the card answered the challenge, certificate and status are good");
    choose_capacity(&mut mayor, "burgemeester").await?;
    expect_text(&mayor, "id=\"welcome\"")?;
    expect_text(&mayor, "zegel_capacity")?;
    step("the mayor is logged in, the application has its tokens");

    mayor.send("/send", &[]).await?;
    expect(&mayor, 200)?;
    let sign = walker::link(&mayor.page().html, "sign").ok_or_else(|| said(&mayor, "no signing link"))?;
    step("the application sent a decision of the college");
    mayor.go(&sign).await?;
    sign_document(&mut mayor).await?;
    step("the mayor saw it, was checked again, and signed");
    lab.remove("mayor")?;

    insert(lab, "director").await?;
    let mut director = Walker::new(house.http().clone());
    director.go(&sign).await?;
    sign_in(&mut director).await?;
    step("the general director logged in");
    sign_document(&mut director).await?;
    step("the general director signed");
    lab.remove("director")?;

    mayor.go(&home).await?;
    expect_text(&mayor, "completed")?;
    let document = mayor.download("/document").await?;
    let proof = mayor.download("/proof").await?;
    step("the application fetched the signed original and the proof");

    let report = check(house, &document, &proof, clock)?;
    step("read back and validated offline");
    let sealed = match house.seal() {
        Some(keeper) => {
            let copy = publication(&mut mayor, &home).await?;
            step("the municipality's seal was put on the publication copy");
            Some((keeper, copy))
        }
        None => None,
    };
    std::fs::create_dir_all(folder).map_err(LabError::io(folder))?;
    let paths = (
        folder.join("besluit-TEST.pdf"),
        folder.join("besluit-TEST.proof.json"),
    );
    std::fs::write(&paths.0, &document).map_err(LabError::io(&paths.0))?;
    std::fs::write(&paths.1, &proof).map_err(LabError::io(&paths.1))?;
    let publication = match sealed {
        Some((keeper, copy)) => {
            let (sealed_by, level) = check_seal(house, &copy, clock)?;
            let file = folder.join("besluit-TEST.publication.pdf");
            std::fs::write(&file, &copy).map_err(LabError::io(&file))?;
            step("its seal was validated offline");
            Some(Publication {
                file,
                keeper,
                sealed_by,
                level,
            })
        }
        None => None,
    };
    Ok(Outcome {
        document: paths.0,
        proof: paths.1,
        publication,
        report,
    })
}

/// Puts a card in and waits until the reader daemon, which looks every 400 ms, has seen it.
async fn insert(lab: &Lab, card: &str) -> Result<(), LabError> {
    lab.insert(card)?;
    tokio::time::sleep(SETTLE).await;
    Ok(())
}

/// The publication copy, which a job of the service seals some seconds after the last signature.
async fn publication(walker: &mut Walker, home: &str) -> Result<Vec<u8>, LabError> {
    for _ in 0..SEAL_LOOKS {
        walker.go(home).await?;
        expect(walker, 200)?;
        if walker.page().html.contains("id=\"publication\"") {
            return walker.download("/publication").await;
        }
        tokio::time::sleep(SEAL_PAUSE).await;
    }
    Err(said(walker, "the publication copy did not come"))
}

/// The organisation that sealed `copy`, and the level of its seal.
fn check_seal(house: &House, copy: &[u8], clock: &Arc<dyn Clock>) -> Result<(String, Level), LabError> {
    let report = judged(house, copy, &[], clock)?;
    let sealed = match report.signatures.as_slice() {
        [seal] if seal.indication == Indication::TotalPassed => {
            seal.proven_level.zip(seal.certificate.as_ref())
        }
        _ => None,
    };
    sealed
        .filter(|(level, _)| *level == Level::Lta)
        .map(|(level, says)| (says.common_name.clone(), level))
        .ok_or_else(|| {
            let text = report.to_text(crate::base::lang::Language::En);
            LabError::Malformed(format!("the seal does not validate:\n{text}"))
        })
}

fn judged(
    house: &House,
    file: &[u8],
    keys: &[VerdictKey],
    clock: &Arc<dyn Clock>,
) -> Result<validate::report::Report, LabError> {
    let folder = house.configuration_file().with_file_name("trust");
    let trust = trust::open_folder(&folder).map_err(|error| LabError::Malformed(error.to_string()))?;
    let algorithms = AlgorithmPolicy::etsi_ts_119_312();
    let context = Context {
        trust: &trust,
        algorithms: &algorithms,
        verdict_keys: keys,
        at: clock.now(),
    };
    Ok(validate::validate(Arc::new(file.to_vec()), &context))
}

fn check(
    house: &House,
    document: &[u8],
    proof: &[u8],
    clock: &Arc<dyn Clock>,
) -> Result<validate::report::Report, LabError> {
    let wrong = |error: &dyn std::fmt::Display| LabError::Malformed(error.to_string());
    let proof = ProofFile::parse(proof).map_err(|error| wrong(&error))?;
    let keys = proof.keys().map_err(|error| wrong(&error))?;
    let report = judged(house, document, &keys, clock)?;
    let good = report.signatures.len() == 2
        && report.signatures.iter().all(|signature| {
            signature.indication == Indication::TotalPassed
                && signature.proven_level == Some(Level::Lta)
                && signature
                    .attested
                    .as_ref()
                    .is_some_and(|attested| attested.status == validate::report::VerdictStatus::Verified)
        });
    if good {
        Ok(report)
    } else {
        let text = report.to_text(crate::base::lang::Language::En);
        Err(LabError::Malformed(format!(
            "the sealed document does not validate:\n{text}"
        )))
    }
}

/// From the log-in page to wherever it leads, with the card in the reader.
async fn sign_in(walker: &mut Walker) -> Result<(), LabError> {
    walker.send("/counter", &[]).await?;
    expect(walker, 200)?;
    wait_on(walker).await
}

/// Follows a waiting page; a failure page is an error that says what it said.
async fn wait_on(walker: &mut Walker) -> Result<(), LabError> {
    // A page with a code in its small print says what went wrong, whatever else it does.
    let failed =
        |walker: &Walker| walker.page().status != 200 || walker.page().html.contains("id=\"small-print\"");
    while !failed(walker) && walker::attribute(&walker.page().html, "data-wait").is_some() {
        walker.wait().await?;
    }
    if failed(walker) {
        Err(said(walker, "the page says"))
    } else {
        Ok(())
    }
}

/// Takes the capacity whose label begins with `wanted`, or the only one.
async fn choose_capacity(walker: &mut Walker, wanted: &str) -> Result<(), LabError> {
    let html = walker.page().html.clone();
    let key = html.split("type=\"radio\"").skip(1).find_map(|part| {
        let (input, rest) = part.split_once('>')?;
        let label = rest.split("</label>").next()?;
        label
            .contains(wanted)
            .then(|| walker::attribute(input, " value"))
            .flatten()
    });
    match key {
        Some(key) => walker.send("/capacity", &[("capacity", &key)]).await?,
        None => walker.send("/capacity", &[]).await?,
    };
    expect(walker, 200)
}

/// From the page that shows the document to the page that says it is signed.
async fn sign_document(walker: &mut Walker) -> Result<(), LabError> {
    expect(walker, 200)?;
    let confirm = format!("{}/confirm", walker.page().address.trim_end_matches('/'));
    walker.go(&confirm).await?;
    walker.send("/counter", &[]).await?;
    wait_on(walker).await?;
    expect_text(walker, "/document\"")
}

fn expect(walker: &Walker, status: u16) -> Result<(), LabError> {
    if walker.page().status == status {
        Ok(())
    } else {
        Err(said(walker, "unexpected answer"))
    }
}

fn expect_text(walker: &Walker, text: &str) -> Result<(), LabError> {
    expect(walker, 200)?;
    if walker.page().html.contains(text) {
        Ok(())
    } else {
        Err(said(walker, &format!("the page lacks `{text}`")))
    }
}

fn said(walker: &Walker, what: &str) -> LabError {
    let page = walker.page();
    LabError::Malformed(format!(
        "{what}: {} — {}",
        page.status,
        walker::heading(&page.html)
    ))
}
