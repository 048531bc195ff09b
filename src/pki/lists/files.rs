//! Lists that came as files, without a network: which is which, and whether they are believed.

use std::collections::BTreeMap;

use super::anchors::ListAnchors;
use super::defect::ListDefect;
use super::list::ListKind;
use super::lotl;
use super::signed::peek;
use super::trusted::TrustedLists;
use crate::base::time::Timestamp;

/// A file as it was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListFile {
    /// Its path or name, for people; the last part may tell a pivot's address.
    pub name: String,
    /// What is in it.
    pub bytes: Vec<u8>,
}

/// A list of lists with what goes with it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListFiles {
    /// The list of lists.
    pub lotl: ListFile,
    /// Pivot lists of lists, in any order.
    pub pivots: Vec<ListFile>,
    /// National lists.
    pub national: Vec<ListFile>,
}

/// Why files give no lists to rely on.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ListFilesDefect {
    /// One is not believed.
    #[error("`{name}` is not believed")]
    List {
        /// Which.
        name: String,
        /// Why.
        #[source]
        defect: ListDefect,
    },
    /// Nothing says who signs the others.
    #[error("no list of lists is among the files")]
    NoListOfLists,
    /// A national list that nothing points to.
    #[error("`{0}` is for a territory that the list of lists does not name")]
    Territory(String),
    /// Two lists of one territory.
    #[error("`{0}` is the second list of its territory")]
    Twice(String),
}

impl ListFilesDefect {
    /// The stable code, `TL_…`.
    pub const fn cause(&self) -> &'static str {
        match self {
            Self::List { defect, .. } => defect.cause(),
            Self::NoListOfLists => "TL_ANCHOR_UNKNOWN",
            Self::Territory(_) | Self::Twice(_) => "TL_SCOPE",
        }
    }
}

impl ListFiles {
    /// Tells by what each says of itself, unverified, what it is: of several lists of lists the one with the highest
    /// number is the list, and the others are its pivots.
    ///
    /// # Errors
    /// `List` for what is no list; `NoListOfLists`.
    pub fn sorted(files: Vec<ListFile>) -> Result<Self, ListFilesDefect> {
        let (mut of_lists, mut national) = (Vec::new(), Vec::new());
        for file in files {
            let list = peek(&file.bytes).map_err(|defect| refused(&file, defect))?;
            match list.kind {
                ListKind::ListOfLists => of_lists.push((list.sequence, file)),
                ListKind::Services => national.push(file),
            }
        }
        of_lists.sort_by_key(|(sequence, _)| *sequence);
        let (_, lotl) = of_lists.pop().ok_or(ListFilesDefect::NoListOfLists)?;
        Ok(Self {
            lotl,
            pivots: of_lists.into_iter().map(|(_, file)| file).collect(),
            national,
        })
    }

    /// Verifies each for the moment `at`, as the service does what it fetched: from the published signers of `anchors`,
    /// through pivots, to the national lists.
    ///
    /// # Errors
    /// The first that is not believed, overdue ones too: nothing is qualified by half of the lists.
    pub fn verify(self, anchors: &ListAnchors, at: Timestamp) -> Result<TrustedLists, ListFilesDefect> {
        let moment = Some((at, anchors.grace_seconds));
        let Self {
            lotl: file,
            pivots,
            national,
        } = self;
        let pivots = pivots
            .into_iter()
            .map(|pivot| (last_part(&pivot.name), pivot.bytes))
            .collect();
        let pivots: BTreeMap<String, Vec<u8>> =
            lotl::by_address(&file.bytes, anchors, pivots).map_err(|defect| refused(&file, defect))?;
        let lotl = lotl::verify(&file.bytes, &pivots, anchors, None, moment)
            .map_err(|defect| refused(&file, defect))?;
        let mut found = TrustedLists::default();
        for file in national {
            let territory = lotl::territory_of(&file.bytes).map_err(|defect| refused(&file, defect))?;
            if lotl.pointer(&territory).is_none() {
                return Err(ListFilesDefect::Territory(file.name));
            }
            if found.list(&territory).is_some() {
                return Err(ListFilesDefect::Twice(file.name));
            }
            let list = lotl
                .verify(&file.bytes, &territory, None, moment)
                .map_err(|defect| refused(&file, defect))?;
            found.lists.push(list);
        }
        found.lotl = Some(lotl);
        Ok(found)
    }
}

fn refused(file: &ListFile, defect: ListDefect) -> ListFilesDefect {
    ListFilesDefect::List {
        name: file.name.clone(),
        defect,
    }
}

fn last_part(name: &str) -> String {
    name.rsplit(['/', '\\']).next().unwrap_or(name).to_owned()
}
