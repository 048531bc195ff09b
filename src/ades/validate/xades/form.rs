//! What the signed properties claim, and whether the signature has the form of the baseline.

use super::super::report::{Finding, SignatureReport};
use super::Signature;
use super::signer::identify;
use crate::ades::cms::attributes::Commitment;
use crate::ades::xades::names::{COMMITMENT, XADES};
use crate::ades::xades::properties::verdict_namespace;
use crate::base::time::Timestamp;
use crate::pki::certificate::Certificate;

impl Signature<'_> {
    /// What the signer claims; gives the verdicts of authority among it.
    pub(super) fn claims(&self, report: &mut SignatureReport) -> Vec<String> {
        let (document, properties) = (self.document, &self.properties);
        report.claimed.time = self.signing_time();
        let own = "SignedSignatureProperties";
        let place = ["SignatureProductionPlaceV2", "SignatureProductionPlace"]
            .iter()
            .find_map(|name| {
                let parts: Vec<String> = ["City", "StateOrProvince", "CountryName"]
                    .iter()
                    .filter_map(|part| properties.signed_text(document, &[own, name, part]))
                    .collect();
                (!parts.is_empty()).then(|| parts.join(", "))
            });
        report.claimed.location = place;
        let commitment = properties.signed_text(
            document,
            &[
                "SignedDataObjectProperties",
                "CommitmentTypeIndication",
                "CommitmentTypeId",
                "Identifier",
            ],
        );
        report.claimed.commitment = commitment.map(|uri| commitment_oid(&uri).map_or(uri, str::to_owned));
        let mut verdicts = Vec::new();
        for role in ["SignerRoleV2", "SignerRole"]
            .iter()
            .flat_map(|name| properties.signed_at(document, &[own, name, "ClaimedRoles", "ClaimedRole"]))
        {
            if let Some(text) = document.text(role) {
                report.claimed.roles.push(text);
                continue;
            }
            let mut inside = document.children(role);
            let (Some(attribute), None) = (inside.next(), inside.next()) else {
                continue;
            };
            let namespace = document.tag(attribute).map(|tag| tag.name.namespace().to_owned());
            if namespace == Some(verdict_namespace()) {
                verdicts.extend(document.text(attribute));
            } else if let Some(oid) =
                namespace.and_then(|name| name.strip_prefix("urn:oid:").map(str::to_owned))
            {
                report.claimed.other_attributes.push(oid);
            }
        }
        if properties
            .unsigned(document)
            .any(|property| document.is(property, XADES, "ArchiveTimeStamp"))
        {
            report.findings.push(Finding::warning(
                "ATS_V2",
                "an archive time-stamp of the old form is there, which is not judged and proves nothing",
            ));
        }
        verdicts
    }

    fn signing_time(&self) -> Option<Timestamp> {
        let path = ["SignedSignatureProperties", "SigningTime"];
        self.properties.signed_text(self.document, &path)?.parse().ok()
    }

    /// What breaks the baseline, EN 319 132-1 §6.3. Empty means: it is B-B as far as its form goes.
    pub(super) fn violations(&self, is_counter: bool) -> Vec<Finding> {
        let (document, properties) = (self.document, &self.properties);
        let own = "SignedSignatureProperties";
        let count = |path: &[&str]| properties.signed_at(document, path).len();
        let formats = properties.signed_at(document, &["SignedDataObjectProperties", "DataObjectFormat"]);
        let described = |id: &Option<String>| {
            formats.iter().any(|format| {
                let reference = document
                    .tag(*format)
                    .and_then(|tag| tag.attribute("ObjectReference"));
                reference.and_then(|text| text.strip_prefix('#')) == id.as_deref() && id.is_some()
            })
        };
        let all_described = self.data().all(|(_, reference)| described(&reference.id));
        let with_reference = formats
            .iter()
            .filter_map(|format| document.tag(*format)?.attribute("ObjectReference"))
            .all(|text| {
                text.strip_prefix('#').is_some_and(|id| {
                    self.core
                        .references
                        .iter()
                        .any(|reference| reference.id.as_deref() == Some(id))
                })
            });
        let has = |names: &[&str]| {
            properties.unsigned(document).any(|property| {
                names.iter().any(|name| {
                    document
                        .tag(property)
                        .is_some_and(|tag| tag.name.local() == *name)
                })
            })
        };
        let holds_own = identify(
            document,
            properties,
            &self
                .core
                .certificates
                .iter()
                .filter_map(|der| Certificate::parse(der.clone()).ok())
                .collect::<Vec<_>>(),
        )
        .is_ok();
        let old = document.elements().any(|element| {
            document.is_within(element, properties.element) && document.is(element, XADES, "ArchiveTimeStamp")
        });
        let rules = [
            (
                self.signing_time().is_some() && count(&[own, "SigningTime"]) == 1,
                "the signed properties state no time of signing, or more than one",
            ),
            (
                matches!(
                    (
                        count(&[own, "SigningCertificateV2"]),
                        count(&[own, "SigningCertificate"])
                    ),
                    (1, 0) | (0, 1)
                ),
                "the signing certificate is not referred to exactly once",
            ),
            (
                holds_own,
                "the key information does not hold the signing certificate",
            ),
            (
                is_counter || (all_described && with_reference),
                "not every object that is signed has its format stated",
            ),
            (
                !has(&[
                    "CompleteCertificateRefs",
                    "CompleteCertificateRefsV2",
                    "CompleteRevocationRefs",
                    "SigAndRefsTimeStamp",
                    "SigAndRefsTimeStampV2",
                    "RefsOnlyTimeStamp",
                    "RefsOnlyTimeStampV2",
                ]),
                "references stand where the baseline has values",
            ),
            (!old, "an archive time-stamp of the old form"),
            (
                properties
                    .signed_at(document, &[own, "SigningCertificateV2", "Cert"])
                    .iter()
                    .all(|cert| {
                        document
                            .tag(*cert)
                            .is_some_and(|tag| tag.attribute("URI").is_none())
                    }),
                "the signing certificate is referred to by an address",
            ),
        ];
        let broken = rules.into_iter().filter(|(kept, _)| !kept);
        broken
            .map(|(_, detail)| Finding::note("XADES_BASELINE", detail))
            .collect()
    }
}

fn commitment_oid(uri: &str) -> Option<&'static str> {
    let name = uri.strip_prefix(COMMITMENT)?;
    [
        Commitment::ProofOfApproval,
        Commitment::ProofOfCreation,
        Commitment::ProofOfOrigin,
        Commitment::ProofOfReceipt,
    ]
    .into_iter()
    .find(|commitment| commitment.name() == name)
    .map(Commitment::oid)
}
