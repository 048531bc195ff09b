//! The report as XML of ETSI TS 119 102-2 V1.4.1. Elements stand in the order of its schema.
//!
//! Time-stamps and certificates are validation objects with an id each; what is said of them refers to the id.

use std::collections::BTreeMap;

use super::general::SOME_CONTENT;
use super::indication::{Indication, SubIndication};
use super::report::{
    Allowed, DigestReport, FieldLock, Finding, Format, PolicyDocumentSource, Process, Report,
    SignatureReport, TimeStampReport, Weight,
};
use crate::ades::asic::uri::{of_name, to_name};
use crate::ades::level::Level;
use crate::asn1::oid::Oid;
use crate::base::digest::{HashAlgorithm, Sha256Digest};
use crate::base::time::Timestamp;
use crate::pki::lists::qualification::Outcome;

/// Target namespace of TS 119 102-2 V1.4.1.
const REPORT: &str = "http://uri.etsi.org/19102/v1.4.1#";
/// XML signatures.
const DSIG: &str = "http://www.w3.org/2000/09/xmldsig#";

/// What stands in no URI as it is. RFC 3986 §2.
const NO_URI: &percent_encoding::AsciiSet = &percent_encoding::CONTROLS
    .add(b' ')
    .add(b'"')
    .add(b'<')
    .add(b'>')
    .add(b'\\')
    .add(b'^')
    .add(b'`')
    .add(b'{')
    .add(b'|')
    .add(b'}');

/// Writes elements with correct escaping. Nothing but elements, attributes and text.
struct Writer {
    out: String,
    open: Vec<&'static str>,
}

impl Writer {
    fn new() -> Self {
        Self {
            out: "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n".to_owned(),
            open: Vec::new(),
        }
    }

    fn start(&mut self, name: &'static str, attributes: &[(&str, &str)]) {
        self.indent();
        self.head(name, attributes);
        self.out.push_str(">\n");
        self.open.push(name);
    }

    fn end(&mut self) {
        if let Some(name) = self.open.pop() {
            self.indent();
            self.out.push_str("</");
            self.out.push_str(name);
            self.out.push_str(">\n");
        }
    }

    fn text(&mut self, name: &'static str, text: &str) {
        self.indent();
        self.head(name, &[]);
        self.out.push('>');
        escape(&mut self.out, text);
        self.out.push_str("</");
        self.out.push_str(name);
        self.out.push_str(">\n");
    }

    fn empty(&mut self, name: &'static str, attributes: &[(&str, &str)]) {
        self.indent();
        self.head(name, attributes);
        self.out.push_str("/>\n");
    }

    fn head(&mut self, name: &str, attributes: &[(&str, &str)]) {
        self.out.push('<');
        self.out.push_str(name);
        for (key, value) in attributes {
            self.out.push(' ');
            self.out.push_str(key);
            self.out.push_str("=\"");
            escape(&mut self.out, value);
            self.out.push('"');
        }
    }

    fn indent(&mut self) {
        self.out.push_str(&"  ".repeat(self.open.len()));
    }

    fn finish(mut self) -> String {
        while !self.open.is_empty() {
            self.end();
        }
        self.out
    }
}

/// XML 1.0 §2.2 and §2.4: characters that it does not allow at all become U+FFFD.
fn escape(out: &mut String, text: &str) {
    for character in text.chars() {
        match character {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\t' => out.push_str("&#x9;"),
            '\n' => out.push_str("&#xA;"),
            '\r' => out.push_str("&#xD;"),
            '\u{0}'..='\u{1f}' | '\u{fffe}' | '\u{ffff}' => out.push('\u{fffd}'),
            other => out.push(other),
        }
    }
}

/// Objects that are referred to: each has an id and stands once.
#[derive(Default)]
struct Objects<'a> {
    certificates: BTreeMap<Sha256Digest, String>,
    revocation_data: BTreeMap<Sha256Digest, String>,
    stamps: Vec<(String, &'a TimeStampReport, Over)>,
}

/// What a time-stamp shows to have existed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Over {
    /// The content of the signature of this number, which is younger itself.
    Content(usize),
    /// Every signature that stands before it.
    Document,
    /// The signature of this number.
    Signature(usize),
}

impl<'a> Objects<'a> {
    fn of(report: &'a Report) -> Self {
        let mut found = Self::default();
        for (index, signature) in report.signatures.iter().enumerate() {
            let own = signature.certificate.iter().map(|certificate| certificate.sha256);
            let chain = signature.chain.iter().map(|certificate| certificate.sha256);
            for sha256 in own.chain(chain) {
                found.certificates.insert(sha256, format!("C-{sha256}"));
            }
            for sha256 in &signature.revocation_data {
                found.revocation_data.insert(*sha256, format!("R-{sha256}"));
            }
            for stamp in &signature.content_time_stamps {
                found.add_stamp(stamp, Over::Content(index));
            }
            for stamp in &signature.time_stamps {
                found.add_stamp(stamp, Over::Signature(index));
            }
        }
        for stamp in &report.document_time_stamps {
            found.add_stamp(stamp, Over::Document);
        }
        found
    }

    fn add_stamp(&mut self, stamp: &'a TimeStampReport, over: Over) {
        let number = self.stamps.len().saturating_add(1);
        self.stamps
            .push((format!("T-{number}-{}", stamp.sha256), stamp, over));
    }

    fn stamp(&self, stamp: &TimeStampReport) -> Option<&str> {
        let found = self
            .stamps
            .iter()
            .find(|(_, known, _)| std::ptr::eq(*known, stamp));
        found.map(|(id, _, _)| id.as_str())
    }
}

impl Report {
    /// The report as ETSI TS 119 102-2 V1.4.1 XML, UTF-8, unsigned.
    pub fn to_etsi_xml(&self) -> String {
        let objects = Objects::of(self);
        let mut xml = Writer::new();
        let spaces = [("xmlns", REPORT), ("xmlns:ds", DSIG)];
        xml.start("ValidationReport", &spaces);
        for (index, signature) in self.signatures.iter().enumerate() {
            write_signature(&mut xml, self, index, signature, &objects);
        }
        if self.signatures.is_empty() {
            write_none(&mut xml, self);
        }
        write_objects(&mut xml, self, &objects);
        xml.finish()
    }
}

/// A file without a signature, or that could not be read: TS 119 102-2 asks for one report at least.
fn write_none(xml: &mut Writer, report: &Report) {
    xml.start("SignatureValidationReport", &[]);
    xml.start("SignatureValidationStatus", &[]);
    match report.document.failure() {
        Some(failure) => {
            xml.text("MainIndication", &main(Indication::TotalFailed));
            xml.text("SubIndication", &sub(SubIndication::FormatFailure));
            write_data(xml, &[failure], &[]);
        }
        None => xml.text(
            "MainIndication",
            "urn:etsi:019102:mainindication:no-signature-found",
        ),
    }
    xml.end();
    xml.end();
}

fn write_signature(
    xml: &mut Writer,
    report: &Report,
    index: usize,
    signature: &SignatureReport,
    objects: &Objects<'_>,
) {
    xml.start("SignatureValidationReport", &[]);
    xml.start(
        "SignatureIdentifier",
        &[("id", &format!("S-{}", index.saturating_add(1)))],
    );
    if let Some(digest) = &signature.to_be_signed {
        write_digest(xml, digest);
    }
    if let Some(value) = &signature.value {
        xml.text("ds:SignatureValue", value);
    }
    // TS 119 102-2 §4.2.2: the signature itself is always at hand; its document may be known by its digest alone.
    xml.text("HashOnly", "false");
    let doc_hash_only = if signature.content_by_digest {
        "true"
    } else {
        "false"
    };
    xml.text("DocHashOnly", doc_hash_only);
    xml.end();
    write_policy(xml, report);
    let best = signature.best_signature_time.unwrap_or(report.validated_at);
    write_times(xml, report, best, proof_of(signature, report, objects));
    if let Some(digest) = &signature.signed_data {
        xml.start("SignersDocument", &[]);
        write_digest(xml, digest);
        if has_proven_content(signature) {
            write_reference(xml, "SignersDocumentRepresentation", &[&content_id(index)]);
        }
        xml.end();
    } else if !signature.covered_files.is_empty() {
        let ids: Vec<String> = (0..signature.covered_files.len())
            .map(|number| file_id(index, number))
            .collect();
        let ids: Vec<&str> = ids.iter().map(String::as_str).collect();
        xml.start("SignersDocument", &[]);
        write_reference(xml, "SignersDocumentRepresentation", &ids);
        xml.end();
    }
    write_attributes(xml, report, signature, objects);
    if let Some(says) = &signature.certificate {
        xml.start("SignerInformation", &[]);
        write_reference(xml, "SignerCertificate", &[&format!("C-{}", says.sha256)]);
        xml.text("Signer", &says.common_name);
        xml.end();
    }
    if let Some(uri) = quality_uri(signature) {
        xml.start("SignatureQuality", &[]);
        xml.text("SignatureQualityInformation", uri);
        xml.end();
    }
    write_process(xml, signature.process);
    write_status(
        xml,
        &main(signature.indication),
        signature.sub_indication,
        &signature.findings,
        Some(signature),
    );
    xml.end();
}

/// The identifier for a qualification that a trusted list decided, of a signature that passed; none else. The names are
/// those of the matrix in TS 119 172-4.
fn quality_uri(signature: &SignatureReport) -> Option<&'static str> {
    if signature.indication != Indication::TotalPassed {
        return None;
    }
    match signature.qualified.as_ref()?.outcome {
        Outcome::QualifiedSignature => Some("urn:zegel:signature-quality:QESig"),
        Outcome::QualifiedSeal => Some("urn:zegel:signature-quality:QESeal"),
        Outcome::QualifiedCertificateForSignatures => Some("urn:zegel:signature-quality:AdESig-QC"),
        Outcome::QualifiedCertificateForSeals => Some("urn:zegel:signature-quality:AdESeal-QC"),
        Outcome::Conflict
        | Outcome::NotDetermined
        | Outcome::NotQualified
        | Outcome::QualifiedCertificateForWebSites => None,
    }
}

fn write_policy(xml: &mut Writer, report: &Report) {
    xml.start("ValidationConstraintsEvaluationReport", &[]);
    // No `SignatureValidationPolicy`: it asks for the digest of a policy's document, and the policy is built in.
    write_constraint(xml, "validation-policy", &report.validation_policy);
    write_constraint(xml, "algorithm-policy", &report.algorithm_policy);
    xml.end();
}

/// A policy that was applied, by its name.
fn write_constraint(xml: &mut Writer, kind: &str, name: &str) {
    xml.start("ValidationConstraint", &[]);
    xml.text(
        "ValidationConstraintIdentifier",
        &format!("urn:zegel:validation-constraint:{kind}"),
    );
    xml.start("ValidationConstraintParameter", &[]);
    xml.text("Type", &format!("urn:zegel:{kind}"));
    xml.text("Value", name);
    xml.end();
    xml.start("ConstraintStatus", &[]);
    xml.text("Status", "urn:etsi:019102:constraintStatus:applied");
    xml.end();
    xml.end();
}

/// `proof`: the id of the time-stamp that proves `best`; none when nothing but the validation does.
fn write_times(xml: &mut Writer, report: &Report, best: Timestamp, proof: Option<&str>) {
    xml.start("ValidationTimeInfo", &[]);
    xml.text("ValidationTime", &time(report.validated_at));
    xml.start("BestSignatureTime", &[]);
    xml.text("POETime", &time(best));
    xml.text("TypeOfProof", "urn:etsi:019102:poetype:validation");
    if let Some(id) = proof {
        write_reference(xml, "POEObject", &[id]);
    }
    xml.end();
    xml.end();
}

/// Which time-stamp gave the best signature time.
fn proof_of<'a>(signature: &SignatureReport, report: &Report, objects: &'a Objects<'_>) -> Option<&'a str> {
    let stamps = signature.time_stamps.iter().chain(&report.document_time_stamps);
    let proof = stamps
        .filter(|stamp| stamp.indication == Indication::TotalPassed)
        .find(|stamp| stamp.gen_time == signature.best_signature_time)?;
    objects.stamp(proof)
}

fn write_attributes(xml: &mut Writer, report: &Report, signature: &SignatureReport, objects: &Objects<'_>) {
    let claimed = &signature.claimed;
    xml.start("SignatureAttributes", &[]);
    if let Some(claimed) = claimed.time {
        xml.start("SigningTime", &[("Signed", "true")]);
        xml.text("Time", &time(claimed));
        xml.end();
    }
    if let Some(kind) = &claimed.commitment {
        xml.start("CommitmentTypeIndication", &[("Signed", "true")]);
        xml.text("CommitmentTypeIdentifier", &uri_of_identifier(kind));
        xml.end();
    }
    if let Some(id) = signature
        .signature_policy
        .as_ref()
        .and_then(|policy| policy.id.as_ref())
    {
        xml.start("SigPolicyIdentifier", &[("Signed", "true")]);
        xml.text("SigPolicyId", &uri_of_identifier(id));
        xml.end();
    }
    if let Some(place) = &claimed.location {
        xml.start("SignatureProductionPlace", &[("Signed", "true")]);
        xml.text("AddressString", place);
        xml.end();
    }
    for stamp in &signature.content_time_stamps {
        let name = if stamp.field.as_deref() == Some(SOME_CONTENT) {
            "IndividualDataObjectsTimeStamp"
        } else {
            "AllDataObjectsTimeStamp"
        };
        write_stamp_attribute(xml, name, "true", stamp, objects);
    }
    for role in &claimed.roles {
        xml.start("SignerRole", &[("Signed", "true")]);
        xml.start("RoleDetails", &[]);
        xml.text("Role", role);
        xml.text("EndorsementType", "claimed");
        xml.end();
        xml.end();
    }
    for stamp in &signature.time_stamps {
        let name = if stamp.is_archive() {
            "ArchiveTimeStamp"
        } else {
            "SignatureTimeStamp"
        };
        write_stamp_attribute(xml, name, "false", stamp, objects);
    }
    let covering = report.document_time_stamps.iter();
    for stamp in covering.filter(|stamp| is_over(stamp, signature)) {
        write_stamp_attribute(xml, "DocTimeStamp", "false", stamp, objects);
    }
    for (element, inner, text) in [
        ("Reason", "ReasonElement", &claimed.reason),
        ("Name", "NameElement", &claimed.name),
    ] {
        if let Some(text) = text {
            xml.start(element, &[("Signed", "true")]);
            xml.text(inner, text);
            xml.end();
        }
    }
    xml.end();
}

/// An object identifier stands in a URI as RFC 3061 says; of anything else what no URI holds is escaped.
fn uri_of_identifier(identifier: &str) -> String {
    if identifier.parse::<Oid>().is_ok() {
        return format!("urn:oid:{identifier}");
    }
    percent_encoding::utf8_percent_encode(identifier, NO_URI).to_string()
}

/// Whether a document time-stamp may be over `signature`: those of a container are over its files, and one that passed
/// and is older than the signature is first proven stands before it.
fn is_over(stamp: &TimeStampReport, signature: &SignatureReport) -> bool {
    matches!(signature.format, Format::CmsInPdf | Format::Pades)
        && (stamp.indication != Indication::TotalPassed || stamp.gen_time >= signature.best_signature_time)
}

fn write_stamp_attribute(
    xml: &mut Writer,
    name: &'static str,
    signed: &str,
    stamp: &TimeStampReport,
    objects: &Objects<'_>,
) {
    let (Some(gen_time), Some(id)) = (stamp.gen_time, objects.stamp(stamp)) else {
        return;
    };
    xml.start(name, &[("Signed", signed)]);
    write_reference(xml, "AttributeObject", &[id]);
    xml.text("TimeStampValue", &time(gen_time));
    xml.end();
}

fn write_process(xml: &mut Writer, process: Process) {
    let id = match process {
        Process::Basic => "urn:etsi:019102:validationprocess:Basic",
        Process::LongTerm => "urn:etsi:019102:validationprocess:LTVM",
        Process::Past => "urn:etsi:019102:validationprocess:LTA",
    };
    xml.start("SignatureValidationProcess", &[]);
    xml.text("SignatureValidationProcessID", id);
    xml.end();
}

fn write_status(
    xml: &mut Writer,
    main: &str,
    sub_indication: Option<SubIndication>,
    findings: &[Finding],
    signature: Option<&SignatureReport>,
) {
    xml.start("SignatureValidationStatus", &[]);
    xml.text("MainIndication", main);
    if let Some(sub_indication) = sub_indication {
        xml.text("SubIndication", &sub(sub_indication));
    }
    if let Some([leaf, between @ .., anchor]) = signature.map(|signature| signature.chain.as_slice()) {
        xml.start("AssociatedValidationReportData", &[]);
        let reference = |sha256: &Sha256Digest| format!("C-{sha256}");
        write_reference(xml, "TrustAnchor", &[&reference(&anchor.sha256)]);
        xml.start("CertificateChain", &[]);
        write_reference(xml, "SigningCertificate", &[&reference(&leaf.sha256)]);
        for certificate in between {
            write_reference(xml, "IntermediateCertificate", &[&reference(&certificate.sha256)]);
        }
        write_reference(xml, "TrustAnchor", &[&reference(&anchor.sha256)]);
        xml.end();
        xml.end();
    }
    write_data(xml, findings, &signature.map(facts).unwrap_or_default());
    xml.end();
}

/// What the schema has no place for, as typed data: the type's name and the value.
fn facts(signature: &SignatureReport) -> Vec<(&'static str, String)> {
    let name = |level: Option<Level>| level.map_or("none", Level::name).to_owned();
    let mut facts = vec![
        ("signature-level", name(signature.level)),
        ("proven-signature-level", name(signature.proven_level)),
    ];
    if let Some(binds) = &signature.binds {
        let name = if binds.certifies {
            "certification"
        } else {
            "allowed-changes"
        };
        let allowed = binds.allows.map(|allowed| match allowed {
            Allowed::Annotations => "annotations",
            Allowed::FormsAndSigning => "forms_and_signing",
            Allowed::NoChanges => "no_changes",
        });
        facts.extend(allowed.map(|allowed| (name, allowed.to_owned())));
        for lock in &binds.locks {
            let lock = match lock {
                FieldLock::All => "all".to_owned(),
                FieldLock::Exclude(names) => format!("exclude: {}", names.join(", ")),
                FieldLock::Include(names) => format!("include: {}", names.join(", ")),
            };
            facts.push(("field-lock", lock));
        }
    }
    if let Some(policy) = &signature.signature_policy {
        let source = match policy.document {
            PolicyDocumentSource::Absent => "absent",
            PolicyDocumentSource::Given => "given",
            PolicyDocumentSource::Store => "store",
        };
        facts.push(("signature-policy-document", source.to_owned()));
        if let Some(matches) = policy.matches {
            facts.push(("signature-policy-document-matches", matches.to_string()));
        }
        if let Some(uri) = &policy.uri {
            facts.push(("signature-policy-uri", uri.clone()));
        }
    }
    facts
}

/// Each finding as typed data, its code and what it says, and the `facts` behind.
fn write_data(xml: &mut Writer, findings: &[Finding], facts: &[(&str, String)]) {
    if findings.is_empty() && facts.is_empty() {
        return;
    }
    xml.start("AssociatedValidationReportData", &[]);
    xml.start("AdditionalValidationReportData", &[]);
    for finding in findings {
        let weight = match finding.weight {
            Weight::Error => "error",
            Weight::Note => "note",
            Weight::Warning => "warning",
        };
        xml.start("ReportData", &[]);
        xml.text("Type", &format!("urn:zegel:finding:{weight}:{}", finding.cause));
        xml.text("Value", &finding.detail);
        xml.end();
    }
    for (name, value) in facts {
        xml.start("ReportData", &[]);
        xml.text("Type", &format!("urn:zegel:{name}"));
        xml.text("Value", value);
        xml.end();
    }
    xml.end();
    xml.end();
}

fn write_objects(xml: &mut Writer, report: &Report, objects: &Objects<'_>) {
    let names_files = |one: &SignatureReport| one.signed_data.is_none() && !one.covered_files.is_empty();
    let is_empty = objects.certificates.is_empty()
        && objects.revocation_data.is_empty()
        && objects.stamps.is_empty()
        && !report.signatures.iter().any(names_files);
    if is_empty {
        return;
    }
    xml.start("SignatureValidationObjects", &[]);
    for (sha256, id) in &objects.certificates {
        let digest = DigestReport::new(HashAlgorithm::Sha256, sha256.as_bytes());
        write_object(xml, id, "urn:etsi:019102:validationObject:certificate", &digest);
        xml.end();
    }
    for (sha256, id) in &objects.revocation_data {
        let digest = DigestReport::new(HashAlgorithm::Sha256, sha256.as_bytes());
        write_object(
            xml,
            id,
            "urn:etsi:019102:validationObject:revocationData",
            &digest,
        );
        xml.end();
    }
    for (index, signature) in report.signatures.iter().enumerate() {
        if let (true, Some(digest)) = (has_proven_content(signature), &signature.signed_data) {
            let kind = "urn:etsi:019102:validationObject:signedData";
            write_object(xml, &content_id(index), kind, digest);
            xml.end();
        }
    }
    for (index, signature) in report.signatures.iter().enumerate() {
        if signature.signed_data.is_none() {
            for (number, file) in signature.covered_files.iter().enumerate() {
                write_file(xml, &file_id(index, number), file);
            }
        }
    }
    for (id, stamp, over) in &objects.stamps {
        write_object(
            xml,
            id,
            "urn:etsi:019102:validationObject:timestamp",
            &DigestReport::new(HashAlgorithm::Sha256, stamp.sha256.as_bytes()),
        );
        if let (Some(gen_time), Indication::TotalPassed) = (stamp.gen_time, stamp.indication) {
            xml.start("POEProvisioning", &[]);
            xml.text("POETime", &time(gen_time));
            if let Over::Content(number) = over
                && report.signatures.get(*number).is_some_and(has_proven_content)
            {
                write_reference(xml, "ValidationObject", &[&content_id(*number)]);
            }
            let signatures = report.signatures.iter().enumerate();
            let shown = signatures.filter(|(index, signature)| match over {
                Over::Content(_) => false,
                Over::Document => is_over(stamp, signature),
                Over::Signature(number) => number == index,
            });
            for (_, signature) in shown {
                write_signature_reference(xml, signature);
            }
            xml.end();
        }
        xml.start("ValidationReport", &[]);
        write_process(xml, stamp.process);
        write_status(
            xml,
            &stamp_main(stamp.indication),
            stamp.sub_indication,
            &stamp.findings,
            None,
        );
        xml.end();
        xml.end();
    }
    xml.end();
}

/// Which signature is meant, TS 119 102-2 §4.4.8: by its field in a PDF, else by the digest of what was signed, as its
/// identifier has it; nothing when neither is known.
fn write_signature_reference(xml: &mut Writer, signature: &SignatureReport) {
    let is_in_pdf = matches!(signature.format, Format::CmsInPdf | Format::Pades);
    match &signature.to_be_signed {
        _ if is_in_pdf => {
            xml.start("SignatureReference", &[]);
            xml.text("PAdESFieldName", &signature.field);
            xml.end();
        }
        Some(digest) => {
            xml.start("SignatureReference", &[]);
            xml.text("DigestMethod", hash_uri(digest.algorithm));
            xml.text("DigestValue", &digest.value);
            xml.end();
        }
        None => {}
    }
}

/// Whether the content is an object of its own: one that a time-stamp over it proves.
fn has_proven_content(signature: &SignatureReport) -> bool {
    let mut stamps = signature.content_time_stamps.iter();
    signature.signed_data.is_some() && stamps.any(|stamp| stamp.indication == Indication::TotalPassed)
}

/// The identifier of the content of the signature number `index`, from 0.
fn content_id(index: usize) -> String {
    format!("D-{}", index.saturating_add(1))
}

/// The identifier of the file number `number` that the signature number `index` covers, from 0.
fn file_id(index: usize, number: usize) -> String {
    format!("F-{}-{}", index.saturating_add(1), number.saturating_add(1))
}

/// The URI of a file: of a name in a container its reference, else what the signature gives, with what no URI holds escaped.
fn uri_of(file: &str) -> String {
    let reference = of_name(file);
    if to_name(&reference).as_deref() == Some(file) {
        return reference;
    }
    percent_encoding::utf8_percent_encode(file, NO_URI).to_string()
}

/// A file that a signature covers, by its name or reference, as a URI.
fn write_file(xml: &mut Writer, id: &str, name: &str) {
    xml.start("ValidationObject", &[("id", id)]);
    xml.text("ObjectType", "urn:etsi:019102:validationObject:signedData");
    xml.start("ValidationObjectRepresentation", &[]);
    xml.text("URI", &uri_of(name));
    xml.end();
    xml.end();
}

/// Begins an object; the caller ends it.
fn write_object(xml: &mut Writer, id: &str, kind: &str, digest: &DigestReport) {
    xml.start("ValidationObject", &[("id", id)]);
    xml.text("ObjectType", kind);
    xml.start("ValidationObjectRepresentation", &[]);
    write_digest(xml, digest);
    xml.end();
}

fn write_digest(xml: &mut Writer, digest: &DigestReport) {
    xml.start("DigestAlgAndValue", &[]);
    xml.empty("ds:DigestMethod", &[("Algorithm", hash_uri(digest.algorithm))]);
    xml.text("ds:DigestValue", &digest.value);
    xml.end();
}

fn write_reference(xml: &mut Writer, name: &'static str, ids: &[&str]) {
    xml.empty(name, &[("VOReference", &ids.join(" "))]);
}

/// Identifiers of RFC 6931.
const fn hash_uri(hash: HashAlgorithm) -> &'static str {
    match hash {
        HashAlgorithm::Sha1 => "http://www.w3.org/2000/09/xmldsig#sha1",
        HashAlgorithm::Sha256 => "http://www.w3.org/2001/04/xmlenc#sha256",
        HashAlgorithm::Sha384 => "http://www.w3.org/2001/04/xmldsig-more#sha384",
        HashAlgorithm::Sha512 => "http://www.w3.org/2001/04/xmlenc#sha512",
    }
}

fn main(indication: Indication) -> String {
    indication.urn().to_owned()
}

/// A time-stamp is not the whole: its status has the names of a single process. EN 319 102-1 §5.1.3.
fn stamp_main(indication: Indication) -> String {
    let name = match indication {
        Indication::Indeterminate => "indeterminate",
        Indication::TotalFailed => "failed",
        Indication::TotalPassed => "passed",
    };
    format!("urn:etsi:019102:mainindication:{name}")
}

fn sub(sub_indication: SubIndication) -> String {
    sub_indication.urn()
}

fn time(at: Timestamp) -> String {
    at.truncated_to_second().to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_an_object_identifier_is_made_a_urn() {
        for (identifier, uri) in [
            ("2.16.56.13.6.1", "urn:oid:2.16.56.13.6.1"),
            ("https://beleid.zegel.example/1", "https://beleid.zegel.example/1"),
            ("2026-beleid", "2026-beleid"),
            ("9.9", "9.9"),
            ("1.2 beleid", "1.2%20beleid"),
        ] {
            assert_eq!(uri_of_identifier(identifier), uri);
        }
    }

    #[test]
    fn text_is_escaped_and_what_xml_forbids_is_replaced() {
        let mut out = String::new();
        escape(&mut out, "a<b>&\"'\r\n\t\u{0}\u{1b}\u{fffe}é");
        assert_eq!(
            out,
            "a&lt;b&gt;&amp;&quot;'&#xD;&#xA;&#x9;\u{fffd}\u{fffd}\u{fffd}é"
        );
    }

    #[test]
    fn elements_nest_and_close() {
        let mut xml = Writer::new();
        xml.start("A", &[("k", "v\"w")]);
        xml.text("B", "x");
        xml.empty("C", &[]);
        assert_eq!(
            xml.finish(),
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<A k=\"v&quot;w\">\n  <B>x</B>\n  <C/>\n</A>\n"
        );
    }
}
