//! Object identifiers of RFC 5652, RFC 5035, RFC 3161 and EN 319 122-1 that this room names.

/// id-data.
pub const DATA: &str = "1.2.840.113549.1.7.1";
/// id-signedData.
pub const SIGNED_DATA: &str = "1.2.840.113549.1.7.2";
/// id-contentType.
pub const CONTENT_TYPE: &str = "1.2.840.113549.1.9.3";
/// id-messageDigest.
pub const MESSAGE_DIGEST: &str = "1.2.840.113549.1.9.4";
/// id-signingTime.
pub const SIGNING_TIME: &str = "1.2.840.113549.1.9.5";
/// id-aa-CMSAlgorithmProtect, RFC 6211.
pub const ALGORITHM_PROTECTION: &str = "1.2.840.113549.1.9.52";
/// id-aa-signingCertificate, SHA-1 only.
pub const SIGNING_CERTIFICATE: &str = "1.2.840.113549.1.9.16.2.12";
/// id-aa-ets-contentTimestamp.
pub const CONTENT_TIME_STAMP: &str = "1.2.840.113549.1.9.16.2.20";
/// adbe-revocationInfoArchival, ISO 32000-2 §12.8.3.3.2.
pub const REVOCATION_ARCHIVAL: &str = "1.2.840.113583.1.1.8";
/// id-aa-signatureTimeStampToken.
pub const SIGNATURE_TIME_STAMP: &str = "1.2.840.113549.1.9.16.2.14";
/// id-aa-ets-sigPolicyId.
pub const SIGNATURE_POLICY: &str = "1.2.840.113549.1.9.16.2.15";
/// id-aa-ets-sigPolicyStore, EN 319 122-1 §5.2.10.
pub const SIGNATURE_POLICY_STORE: &str = "0.4.0.19122.1.3";
/// id-aa-ets-commitmentType.
pub const COMMITMENT_TYPE: &str = "1.2.840.113549.1.9.16.2.16";
/// id-aa-signingCertificateV2.
pub const SIGNING_CERTIFICATE_V2: &str = "1.2.840.113549.1.9.16.2.47";
/// id-aa-ets-signerAttrV2.
pub const SIGNER_ATTRIBUTES_V2: &str = "0.4.0.19122.1.1";
/// id-at-name of X.520: a DirectoryString, in which EU DSS and all that is built on it write a role in words.
pub const NAME: &str = "2.5.4.41";
/// id-at-role of X.520. Its value is a RoleSyntax; signatures of others have text there all the same.
pub const ROLE: &str = "2.5.4.72";
/// rsaEncryption: common as signature algorithm beside a separate digest algorithm.
pub const RSA_ENCRYPTION: &str = "1.2.840.113549.1.1.1";
/// id-countersignature, RFC 5652 §11.4.
pub const COUNTER_SIGNATURE: &str = "1.2.840.113549.1.9.6";
/// id-aa-contentHint, RFC 2634 §2.9.
pub const CONTENT_HINTS: &str = "1.2.840.113549.1.9.16.2.4";
/// id-aa-ets-signerLocation.
pub const SIGNER_LOCATION: &str = "1.2.840.113549.1.9.16.2.17";
/// id-aa-ets-certValues: not allowed in the baseline from B-LT on.
pub const CERTIFICATE_VALUES: &str = "1.2.840.113549.1.9.16.2.23";
/// id-aa-ets-revocationValues: not allowed in the baseline from B-LT on.
pub const REVOCATION_VALUES: &str = "1.2.840.113549.1.9.16.2.24";
/// id-aa-ets-archiveTimestampV2: read as unknown, it predates EN 319 122-1.
pub const ARCHIVE_TIME_STAMP_V2: &str = "1.2.840.113549.1.9.16.2.48";
/// id-aa-ets-mimeType.
pub const MIME_TYPE: &str = "0.4.0.1733.2.1";
/// id-aa-ets-archiveTimestampV3.
pub const ARCHIVE_TIME_STAMP_V3: &str = "0.4.0.1733.2.4";
/// id-aa-ATSHashIndex-v3.
pub const ATS_HASH_INDEX_V3: &str = "0.4.0.19122.1.5";
/// id-spq-ets-uri.
pub const POLICY_URI: &str = "1.2.840.113549.1.9.16.5.1";
/// id-ri-ocsp-response, RFC 5940 §2.1.
pub const OCSP_RESPONSE: &str = "1.3.6.1.5.5.7.16.2";
/// id-pkix-ocsp-basic: some write the basic response alone into `crls`.
pub const OCSP_BASIC: &str = "1.3.6.1.5.5.7.48.1.1";
