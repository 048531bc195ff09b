//! The list of lists and the Belgian list: read, verified, ready to be asked.

use std::collections::BTreeMap;
use std::hint::black_box;
use std::path::Path;

use zegel::base::time::Timestamp;
use zegel::pki::lists::anchors::ListAnchors;
use zegel::pki::lists::lotl;

use crate::measure::{Samples, millis, timed};
use crate::table::Row;

const ROUNDS: usize = 20;

pub fn rows() -> Vec<Row> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/testdata/pki/tsl");
    let (Ok(list_of_lists), Ok(belgian)) = (
        std::fs::read(folder.join("eu-lotl-seq369-v5-20250731.xml")),
        std::fs::read(folder.join("tsl-be-seq74-v5-20250127.xml")),
    ) else {
        return vec![Row::new("two lists", "not measured: no ../shared/testdata here")];
    };
    let anchors = ListAnchors::production().unwrap();
    let at: Timestamp = "2025-02-01T00:00:00Z".parse().unwrap();
    let samples: Samples = (0..ROUNDS)
        .map(|_| {
            timed(|| {
                let found =
                    lotl::verify(&list_of_lists, &BTreeMap::new(), &anchors, None, Some((at, 0))).unwrap();
                let list = found.verify(&belgian, "BE", None, Some((at, 0))).unwrap();
                black_box(list.list.services.len())
            })
            .0
        })
        .collect();
    let took = millis(samples.median());
    vec![
        Row::new(
            "list of lists and Belgian list, read and verified",
            format!("{took:.1} ms"),
        )
        .at_most("≤ 150 ms", 150.0, took)
        .beside(format!(
            "median; {} kB and {} kB",
            list_of_lists.len() / 1000,
            belgian.len() / 1000
        )),
    ]
}
