//! XML signatures: every packaging, level and key; the level is what the document shows, and every stage can be stored.

use zegel::ades::level::Level;
use zegel::ades::validate::indication::Indication;
use zegel::crypto::key::{Curve, KeyKind};

use super::world::World;
use super::xml_world::{Packaging, sealed, validate};

const P256: KeyKind = KeyKind::Ec(Curve::P256);

#[test]
fn every_packaging_shows_the_level_that_was_ordered() {
    let world = World::new();
    let signer = world.signer(P256);
    for packaging in Packaging::ALL {
        for level in [Level::B, Level::T, Level::Lt, Level::Lta] {
            let file = sealed(&world, packaging, &signer, level);
            let report = validate(&world, &file);
            let own = &report.signatures[0];
            assert_eq!(own.level, Some(level), "{packaging:?}");
            if level >= Level::Lt {
                assert_eq!(
                    own.indication,
                    Indication::TotalPassed,
                    "{packaging:?} {level} {report:#?}"
                );
            }
        }
    }
}
