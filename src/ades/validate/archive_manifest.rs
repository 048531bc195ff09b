//! Archive time-stamps of a container: each is over an `ASiCArchiveManifest`, which names everything with its digest.
//! What they prove reaches the signatures whose files they name. EN 319 162-1 §4.4.4 and annex A.7.

use std::collections::BTreeSet;

use super::format::Failure;
use super::general::{self, Basis, Listing, Token};
use super::indication::SubIndication;
use super::material::Material;
use super::revocation::Memory;
use super::stamp::Stamp;
use crate::ades::asic::archive::is_archive_manifest;
use crate::ades::asic::container::{Container, Role};
use crate::ades::asic::manifest::AsicManifest;
use crate::ades::cms::token_material;
use crate::base::digest::HashAlgorithm;

/// Most archive manifests of a container: one every two years for centuries.
const LINKS_AT_MOST: usize = 100;

/// One archive time-stamp.
struct Link {
    /// The entry of its token.
    name: String,
    token: Vec<u8>,
    /// The entry of its manifest.
    manifest_name: String,
    manifest: Vec<u8>,
    /// The entries that it covers.
    files: BTreeSet<String>,
    /// The hashes by which it does.
    hashes: BTreeSet<HashAlgorithm>,
    fault: Option<Failure>,
}

impl Link {
    /// Whether this one names the manifest and the time-stamp of `other`.
    fn names(&self, other: &Self) -> bool {
        self.files.contains(&other.name) && self.files.contains(&other.manifest_name)
    }
}

/// The archive time-stamps of a container, oldest first.
#[derive(Default)]
pub(super) struct Archive {
    links: Vec<Link>,
    /// What is wrong with it as a whole.
    fault: Option<Failure>,
}

fn broken(detail: impl Into<String>) -> Failure {
    Failure::new(SubIndication::FormatFailure, "ASIC_ARCHIVE", detail)
}

impl Archive {
    /// Reads the archive manifests of `container`. `check`: whether everything that a manifest names is as it says.
    pub(super) fn read(container: &Container, check: impl Fn(&AsicManifest) -> Result<(), Failure>) -> Self {
        let mut archive = Self::default();
        let tokens = container.with_role(Role::TimeStamp);
        for entry in container.with_role(Role::AsicManifest) {
            if !is_archive_manifest(entry.name()) {
                continue;
            }
            let read = container.read(entry).ok();
            let read = read.and_then(|bytes| Some((AsicManifest::parse(&bytes)?, bytes)));
            let Some((manifest, bytes)) = read else {
                archive.fault = Some(broken(format!(
                    "the archive manifest {} cannot be read",
                    entry.name()
                )));
                continue;
            };
            let is_taken = archive.links.iter().any(|link| link.name == manifest.signature);
            let token = tokens
                .iter()
                .find(|token| token.name() == manifest.signature && !is_taken);
            let Some(token) = token.and_then(|token| container.read(token).ok()) else {
                archive.fault = Some(broken(format!(
                    "the archive manifest {} has no time-stamp of its own",
                    entry.name()
                )));
                continue;
            };
            archive.links.push(Link {
                fault: check(&manifest).err(),
                name: manifest.signature,
                token,
                manifest_name: entry.name().to_owned(),
                manifest: bytes,
                hashes: manifest.files.iter().map(|file| file.hash).collect(),
                files: manifest.files.into_iter().map(|file| file.name).collect(),
            });
        }
        archive.order();
        archive
    }

    /// Puts each behind those that it names, and those that these name. One that names the manifest before it covers what
    /// that one names: its digest holds their digests.
    fn order(&mut self) {
        if self.links.len() > LINKS_AT_MOST {
            self.links.clear();
            self.fault = Some(broken("there are too many archive manifests"));
            return;
        }
        let reached: Vec<usize> = (0..self.links.len()).map(|at| self.reached_from(at)).collect();
        let mut links: Vec<(usize, Link)> = reached.into_iter().zip(self.links.drain(..)).collect();
        links.sort_by_key(|(count, _)| *count);
        let is_one_chain = links
            .iter()
            .enumerate()
            .all(|(place, (count, _))| *count == place);
        for (_, mut link) in links {
            if let Some(before) = self.links.last()
                && !before.files.is_subset(&link.files)
            {
                // What it does not name itself it covers by the hashes of that one too.
                link.files.extend(before.files.iter().cloned());
                link.hashes.extend(&before.hashes);
            }
            self.links.push(link);
        }
        if !is_one_chain && self.fault.is_none() {
            self.fault = Some(broken(
                "an archive manifest leaves out one that was there before it",
            ));
        }
    }

    /// How many others the link at `at` covers, directly or by what it names.
    fn reached_from(&self, at: usize) -> usize {
        let mut reached = BTreeSet::from([at]);
        let mut waiting = vec![at];
        while let Some(link) = waiting.pop().and_then(|at| self.links.get(at)) {
            for (number, other) in self.links.iter().enumerate() {
                if link.names(other) && reached.insert(number) {
                    waiting.push(number);
                }
            }
        }
        reached.len().saturating_sub(1)
    }

    /// Whether the token in the entry `name` is one of these.
    pub(super) fn has_stamp(&self, name: &str) -> bool {
        self.links.iter().any(|link| link.name == name)
    }

    /// What is wrong: no damage to what calls itself evidence goes by unseen, whatever it was evidence of.
    pub(super) fn fault(&self) -> Option<&Failure> {
        let of_links = self.links.iter().filter_map(|link| link.fault.as_ref());
        self.fault.iter().chain(of_links).next()
    }

    /// Those over the entry `name`.
    pub(super) fn over<'a>(&'a self, name: &str) -> Around<'a> {
        Around {
            links: self
                .links
                .iter()
                .filter(|link| link.files.contains(name))
                .collect(),
            data: BTreeSet::new(),
        }
    }

    /// The entries under time-stamps of `stamps`, which are those of [`Self::judge`], that hold.
    pub(super) fn covered<'a>(&'a self, stamps: &'a [Stamp]) -> impl Iterator<Item = &'a String> {
        let holding = self
            .links
            .iter()
            .zip(stamps)
            .filter(|(_, stamp)| stamp.whole.is_some());
        holding.flat_map(|(link, _)| &link.files)
    }

    /// Judges the time-stamps themselves, oldest first.
    pub(super) fn judge(&self, basis: &Basis<'_>) -> Vec<Stamp> {
        let all = Around {
            links: self.links.iter().collect(),
            data: BTreeSet::new(),
        };
        let mut material = Material::default();
        all.add_material(&mut material, 0);
        for known in material.certificates() {
            basis.context.trust.add_anchor(known);
        }
        let memory = Memory::default();
        general::judge_archive(&all.tokens(0), &material, &memory, basis).1
    }
}

/// The archive time-stamps over one signature, oldest first; none outside a container.
#[derive(Clone, Default)]
pub(super) struct Around<'a> {
    links: Vec<&'a Link>,
    /// The other entries that the signature is over.
    data: BTreeSet<String>,
}

impl<'a> Around<'a> {
    /// The same for a signature over the entries `data`: a time-stamp proves what its manifest names, and the file of a
    /// signature is not its data.
    pub(super) fn with_data(&self, data: BTreeSet<String>) -> Self {
        Self {
            links: self.links.clone(),
            data,
        }
    }

    /// The tokens, in the layers above those of the `inside` archive time-stamps that the signature has itself.
    pub(super) fn tokens(&self, inside: usize) -> Vec<Token<'a>> {
        self.links
            .iter()
            .enumerate()
            .map(|(number, link)| {
                let link: &'a Link = link;
                Token {
                    fault: link.fault.clone(),
                    listing: Listing {
                        hashes: link.hashes.clone(),
                        leaves_out_data: !self.data.is_subset(&link.files),
                    },
                    ..Token::new(
                        link.token.clone(),
                        link.name.clone(),
                        layer(inside, number).saturating_add(1),
                        Box::new(|hash| Some(hash.digest(&link.manifest))),
                    )
                }
            })
            .collect()
    }

    /// Adds what the tokens carry besides their signatures: each covered with its token by the next one.
    pub(super) fn add_material(&self, material: &mut Material, inside: usize) {
        for (number, link) in self.links.iter().enumerate() {
            // One that cannot be read proves nothing, which its own judgement says.
            let Ok(carried) = token_material::of(&link.token) else {
                continue;
            };
            let layer = layer(inside, number.saturating_add(1));
            for der in carried.certificates {
                material.add_certificate(&der, layer);
            }
            for der in carried.ocsp_responses {
                material.add_ocsp_response(der, layer);
            }
            for der in carried.crls {
                material.add_crl(der, layer);
            }
        }
    }
}

/// The layer of what the time-stamp `number` covers first.
const fn layer(inside: usize, number: usize) -> usize {
    inside.saturating_add(number).saturating_mul(2)
}
