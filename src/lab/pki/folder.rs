//! Saves a PKI to a folder and loads it again: certificates in DER, keys in PEM readable by their owner only.

use std::collections::BTreeSet;
use std::path::Path;

use super::super::LabError;
use super::authority::{Authority, AuthorityKind, Serial};
use super::folder_keys::{read_key, write_key};
use super::name::Name;
use super::{KeyPair, LabPki};
use crate::base::time::Timestamp;
use crate::crypto::key::PrivateKey;

#[derive(serde::Serialize, serde::Deserialize)]
struct Manifest {
    format: String,
    base_url: String,
    made_at: Timestamp,
    issued: Vec<(AuthorityKind, Vec<Serial>)>,
}

const FORMAT: &str = "zegel-test-pki/1";

impl LabPki {
    /// Writes everything into `folder`, which is made when it is missing. Existing files are replaced.
    ///
    /// # Errors
    /// When a file cannot be written.
    pub fn save(&self, folder: &Path) -> Result<(), LabError> {
        std::fs::create_dir_all(folder).map_err(LabError::io(folder))?;
        for authority in self.authorities() {
            let slug = authority.kind().slug();
            write_pair(folder, slug, authority.certificate_der(), authority.key())?;
            let responder = authority.responder();
            write_pair(
                folder,
                &format!("{slug}-ocsp"),
                &responder.certificate_der,
                &responder.key,
            )?;
        }
        write_pair(
            folder,
            "register",
            &self.register.certificate_der,
            &self.register.key,
        )?;
        write_pair(folder, "unit", &self.unit.certificate_der, &self.unit.key)?;
        self.save_issued(folder)
    }

    /// Writes the list of issued serial numbers, after more certificates were issued.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn save_issued(&self, folder: &Path) -> Result<(), LabError> {
        let manifest = Manifest {
            format: FORMAT.to_owned(),
            base_url: self.base_url.clone(),
            made_at: self.made_at,
            issued: self
                .authorities()
                .iter()
                .map(|one| (one.kind(), one.issued()))
                .collect(),
        };
        let path = folder.join("pki.json");
        let text = serde_json::to_vec_pretty(&manifest)
            .map_err(|_| LabError::Malformed("PKI manifest".to_owned()))?;
        std::fs::write(&path, text).map_err(LabError::io(&path))
    }

    /// Reads what [`Self::save`] wrote.
    ///
    /// # Errors
    /// When a file is missing or malformed.
    pub fn load(folder: &Path) -> Result<Self, LabError> {
        let path = folder.join("pki.json");
        let text = std::fs::read(&path).map_err(LabError::io(&path))?;
        let manifest: Manifest = serde_json::from_slice(&text)
            .ok()
            .filter(|manifest: &Manifest| manifest.format == FORMAT)
            .ok_or_else(|| LabError::Malformed(path.display().to_string()))?;
        let authority = |kind: AuthorityKind| -> Result<Authority, LabError> {
            let slug = kind.slug();
            let certificate = read_pair(folder, slug)?;
            let name = Name::of_subject(&certificate.certificate_der)
                .ok_or_else(|| LabError::Malformed(format!("certificate {slug}")))?;
            let issued: BTreeSet<Serial> = manifest
                .issued
                .iter()
                .filter(|(of, _)| *of == kind)
                .flat_map(|(_, serials)| serials.iter().cloned())
                .collect();
            let responder = read_pair(folder, &format!("{slug}-ocsp"))?;
            Ok(Authority::from_parts(
                kind,
                name,
                certificate,
                responder,
                manifest.made_at,
                issued,
            ))
        };
        Ok(Self {
            base_url: manifest.base_url.clone(),
            made_at: manifest.made_at,
            root: authority(AuthorityKind::Root)?,
            citizen: authority(AuthorityKind::Citizen)?,
            organisation: authority(AuthorityKind::Organisation)?,
            timestamp: authority(AuthorityKind::Timestamp)?,
            register: read_pair(folder, "register")?,
            unit: read_pair(folder, "unit")?,
        })
    }
}

fn write_pair(folder: &Path, name: &str, certificate_der: &[u8], key: &PrivateKey) -> Result<(), LabError> {
    let path = folder.join(format!("{name}.crt"));
    std::fs::write(&path, certificate_der).map_err(LabError::io(&path))?;
    write_key(&folder.join(format!("{name}.key.pem")), key)
}

fn read_pair(folder: &Path, name: &str) -> Result<KeyPair, LabError> {
    let path = folder.join(format!("{name}.crt"));
    let certificate_der = std::fs::read(&path).map_err(LabError::io(&path))?;
    let key = read_key(&folder.join(format!("{name}.key.pem")))?;
    Ok(KeyPair { certificate_der, key })
}
