//! What is sealed shows the level ordered, for every kind of key, file and page.

use zegel::ades::level::Level;
use zegel::ades::validate::indication::Indication;

use super::samples::{SHAPES, Xref, pdf};
use super::world::{P384, RSA, World};

#[test]
fn every_level_ordered_is_the_level_shown() {
    let world = World::new();
    let signer = world.signer(P384);
    let document = pdf(Xref::Table, SHAPES[0]);
    for level in [Level::B, Level::T, Level::Lt, Level::Lta] {
        let file = world.sealed(&document, &signer, level);
        assert_eq!(file[..document.len()], document[..]);
        let report = world.validate(&file);
        assert_eq!(report.signatures.len(), 1);
        assert_eq!(report.signatures[0].level, Some(level), "{report:#?}");
        let expected = if level >= Level::Lt {
            Indication::TotalPassed
        } else {
            Indication::Indeterminate
        };
        assert_eq!(report.indication, expected, "{level}");
    }
}

#[test]
fn two_signers_of_both_kinds_of_key_seal_every_shape_of_file() {
    let world = World::new();
    let (mayor, director) = (world.signer(P384), world.signer(RSA));
    for xref in [Xref::Table, Xref::Stream] {
        for shape in SHAPES {
            let document = pdf(xref, *shape);
            let once = world.sealed(&document, &mayor, Level::Lta);
            let twice = world.sealed(&once, &director, Level::Lta);
            assert_eq!(twice[..once.len()], once[..]);
            let report = world.validate(&twice);
            assert_eq!(
                report.indication,
                Indication::TotalPassed,
                "{xref:?} {}: {report:#?}",
                shape.name
            );
            assert_eq!(report.signatures.len(), 2);
            for signature in &report.signatures {
                assert_eq!(signature.level, Some(Level::Lta), "{xref:?} {}", shape.name);
            }
        }
    }
}
