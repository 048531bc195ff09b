//! Today's figures beside their limits: one table row each.
//!
//! Figures are reported and never judged: the program ends with 1 only when something could not be measured. What a
//! figure is compared with is measured in the same run, turn by turn, because machines differ and so do moments.
#![allow(
    missing_docs,
    unreachable_pub,
    clippy::allow_attributes,
    clippy::as_conversions,
    clippy::disallowed_methods,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::pedantic,
    clippy::print_stderr,
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "a measurement reads the clock and prints, and what cannot be measured ends in a panic with its reason"
)]

mod card;
mod laboratory;
mod leaf;
mod lists;
mod login;
mod machine;
mod measure;
mod paths;
mod revocation_list;
mod seal;
mod stampede;
mod table;
mod validate;
mod verdict;
mod xml;

use std::process::ExitCode;

use table::{Row, Table};

/// A heading and what measures its rows.
type Section = (&'static str, fn() -> Vec<Row>);

/// What is measured, in this order.
const SECTIONS: &[Section] = &[
    ("Card: commands (bytes sent/received)", card::rows),
    ("Validation of a certificate, its issuer cached", leaf::rows),
    ("Whole chains, and what one verification costs", paths::rows),
    (
        "Local checks of one log-in: token, certificate, OCSP answer",
        login::rows,
    ),
    ("Revocation list of an authority", revocation_list::rows),
    ("Log-ins at once in an outage", stampede::rows),
    ("Trusted lists", lists::rows),
    ("Signing a PDF, read back and validated", seal::rows),
    ("Verifying a signed XML document", xml::rows),
    ("Validating signed PDFs", validate::rows),
    ("Check of authority", verdict::rows),
];

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if let [flag, document] = arguments.as_slice()
        && flag == validate::CHILD
    {
        validate::child(document);
        return ExitCode::SUCCESS;
    }
    if let [flag, document, level] = arguments.as_slice()
        && flag == seal::CHILD
    {
        seal::child(document, level);
        return ExitCode::SUCCESS;
    }
    if let [flag, reader] = arguments.as_slice()
        && flag == card::daemon::CHILD
    {
        card::daemon::child(reader);
        return ExitCode::SUCCESS;
    }
    if let [flag, document] = arguments.as_slice()
        && flag == xml::CHILD
    {
        xml::child(document);
        return ExitCode::SUCCESS;
    }
    let started = std::time::Instant::now();
    println!("{}", machine::heading());
    let mut table = Table::default();
    let mut failed = false;
    for &(name, rows) in SECTIONS {
        eprintln!("measuring: {name}");
        match std::panic::catch_unwind(rows) {
            Ok(rows) => table.add(name, rows),
            Err(_) => {
                failed = true;
                table.add(
                    name,
                    vec![Row::new("could not be measured: the reason is above", "")],
                );
            }
        }
    }
    println!("{table}");
    println!("measured in {:.0} s", started.elapsed().as_secs_f64());
    ExitCode::from(u8::from(failed))
}
