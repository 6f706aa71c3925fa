//! The lists themselves: each is that of a scheme's re-signing rules.

use crate::wire::NameSet;

/// Headers that hold a credential or a proof in any scheme at all. A host of one product must never see another's.
pub(super) static CREDENTIALS: NameSet = NameSet::new(&[
    "authorization",
    "x-acs-security-token",
    "x-acs-signature",
    "x-acs-accesskey-id",
    "x-acs-bearer-token",
    "x-acs-zero-trust-idtoken",
    "x-acs-credentials-provider",
    "x-acs-signature-type",
    "x-oss-security-token",
    "security-token",
    "authorization-sts-token",
    "x-odps-bearer-token",
    "application-authentication",
    "sts-authentication",
    "sts-token",
    "x-datahub-security-token",
    "x-fc-security-token",
    "x-ots-ststoken",
    "x-ots-accesskeyid",
    "x-ots-signature",
    "x-ots-signaturev4",
    "x-ca-key",
    "x-ca-signature",
    "x-amz-security-token",
]);

/// What ACS3 replaces.
pub(super) static ACS3: NameSet = NameSet::new(&[
    "x-acs-date",
    "x-acs-signature-nonce",
    "x-acs-signature-method",
    "x-acs-signature-version",
    "x-acs-content-sha256",
    "x-acs-content-sm3",
]);

/// What ROA version 1 replaces.
pub(super) static ROA: NameSet =
    NameSet::new(&["date", "x-acs-signature-nonce", "x-acs-signature-method", "x-acs-signature-version"]);

/// What OSS's schemes replace.
pub(super) static OSS: NameSet = NameSet::new(&[
    "date",
    "x-oss-date",
    "x-oss-content-sha256",
    "x-oss-signature-version",
    "x-amz-content-sha256",
    "x-amz-date",
]);

/// What Log Service's versions replace.
pub(super) static SLS: NameSet = NameSet::new(&["date", "x-log-date", "x-log-content-sha256"]);

/// Where else clients of Model Studio put a key: those of other vendors' dialects that it speaks.
pub(super) static API_KEY: NameSet = NameSet::new(&["x-api-key", "api-key"]);
/// What the schemes of the message queues replace.
pub(super) static QUEUES: NameSet = NameSet::new(&["date", "x-mns-date", "x-mq-date"]);
/// What API Gateway's signature replaces.
pub(super) static API_GATEWAY: NameSet =
    NameSet::new(&["x-ca-signature-headers", "x-ca-signature-method", "x-ca-timestamp", "x-ca-nonce"]);

/// What Tablestore's versions replace. The MD5 goes out again as the caller claimed it, or computed.
pub(super) static OTS: NameSet =
    NameSet::new(&["x-ots-date", "x-ots-contentmd5", "x-ots-signdate", "x-ots-signregion"]);

/// What MaxCompute's versions replace.
pub(super) static ODPS: NameSet = NameSet::new(&["date", "x-pyodps-token-timestamp"]);

/// What is written anew, and what proxies say of a request's origin: the cloud would believe it, and it is the caller
/// who wrote it.
pub(super) static NOT_FORWARDED: NameSet = NameSet::new(&[
    // From the endpoint.
    "host",
    // Where the body is not held.
    "expect",
    "forwarded",
    "via",
    "x-real-ip",
    "x-original-url",
    "x-rewrite-url",
    "x-host",
    "x-original-host",
    "x-acs-source-ip",
    "x-acs-secure-transport",
]);

/// What decides which operation is meant, or what else it reaches.
pub(super) static OPERATIVE: NameSet = NameSet::new(&[
    "x-acs-action",
    "x-acs-version",
    "x-oss-copy-source",
    "x-amz-copy-source",
    "x-ots-instancename",
    "content-type",
]);

/// RPC version 1's own parameters.
pub(super) static RPC_PARAMETERS: NameSet = NameSet::new(&[
    "AccessKeyId",
    "Signature",
    "SignatureMethod",
    "SignatureVersion",
    "SignatureType",
    "SignatureNonce",
    "Timestamp",
    "SecurityToken",
    "BearerToken",
]);

/// The same, but for the date and the nonce.
pub(super) static UNPROVEN_PARAMETERS: NameSet = NameSet::new(&[
    "AccessKeyId",
    "Signature",
    "SignatureMethod",
    "SignatureVersion",
    "SignatureType",
    "SecurityToken",
    "BearerToken",
]);

/// The parameters of URLs that are signed for OSS, in its own dialect or S3's; and `more`.
macro_rules! oss_parameters {
    ($($more:literal)*) => {
        NameSet::new(&[
            "OSSAccessKeyId",
            "Signature",
            "security-token",
            "SecurityToken",
            "x-oss-signature-version",
            "x-oss-credential",
            "x-oss-date",
            "x-oss-expires",
            "x-oss-signature",
            "x-oss-security-token",
            "x-oss-additional-headers",
            "x-oss-access-key-id",
            "AWSAccessKeyId",
            "X-Amz-Algorithm",
            "X-Amz-Credential",
            "X-Amz-Date",
            "X-Amz-Expires",
            "X-Amz-SignedHeaders",
            "X-Amz-Signature",
            "X-Amz-Security-Token",
            "X-Amz-Content-Sha256",
            $($more,)*
        ])
    };
}

/// All of these parameters.
pub const fn oss_parameters(is_signed_url: bool) -> &'static NameSet {
    static WITHOUT: NameSet = oss_parameters!();
    static OF_A_SIGNED_URL: NameSet = oss_parameters!("Expires");
    if is_signed_url { &OF_A_SIGNED_URL } else { &WITHOUT }
}

/// The longest of the two lists below.
pub const PROOFS_MAX: usize = 12;
const _: () = assert!(RPC_PROOFS.len() <= PROOFS_MAX && OSS_PROOFS.len() <= PROOFS_MAX);

/// The parameters above that are credentials, signatures, nonces or tokens: given twice with different values, or in
/// another letter case, they make two readers see two requests.
pub(super) static RPC_PROOFS: NameSet =
    NameSet::new(&["AccessKeyId", "Signature", "SignatureNonce", "SecurityToken", "BearerToken"]);
pub(super) static OSS_PROOFS: NameSet = NameSet::new(&[
    "OSSAccessKeyId",
    "Signature",
    "security-token",
    "SecurityToken",
    "x-oss-credential",
    "x-oss-signature",
    "x-oss-security-token",
    "x-oss-access-key-id",
    "AWSAccessKeyId",
    "X-Amz-Credential",
    "X-Amz-Signature",
    "X-Amz-Security-Token",
]);
