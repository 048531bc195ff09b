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
/// id-aa-signatureTimeStampToken.
pub const SIGNATURE_TIME_STAMP: &str = "1.2.840.113549.1.9.16.2.14";
/// id-aa-ets-sigPolicyId.
pub const SIGNATURE_POLICY: &str = "1.2.840.113549.1.9.16.2.15";
/// id-aa-ets-commitmentType.
pub const COMMITMENT_TYPE: &str = "1.2.840.113549.1.9.16.2.16";
/// id-aa-signingCertificateV2.
pub const SIGNING_CERTIFICATE_V2: &str = "1.2.840.113549.1.9.16.2.47";
/// id-aa-ets-signerAttrV2.
pub const SIGNER_ATTRIBUTES_V2: &str = "0.4.0.19122.1.1";
/// id-at-role of X.520.
pub const ROLE: &str = "2.5.4.72";
/// rsaEncryption: common as signature algorithm beside a separate digest algorithm.
pub const RSA_ENCRYPTION: &str = "1.2.840.113549.1.1.1";
