//! What is taken out of a request before it is signed: headers of one hop, what proxies add, and whatever the caller
//! signed with.
//!
//! The lists are those of each scheme's re-signing rules. Header names match in any letter case, query and form names
//! exactly as decoded.

use crate::names::Scheme;
use crate::wire::{Field, NameSet, Parameter, is_hop_by_hop};

/// The family of a scheme: requests of one family carry their credentials in the same places.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Family {
    /// RPC version 1: in the parameters.
    Rpc,
    /// ACS3: in headers.
    Acs3,
    /// ROA version 1: in other headers.
    Roa,
    /// OSS.
    Oss,
    /// Log Service, version 1. Its requests are read alike whatever they leave as.
    SlsV1,
    /// Log Service, version 4.
    SlsV4,
}

impl Family {
    /// Of the scheme that a request leaves with. `None`: nothing is signed, and nothing that looks signed may stay.
    pub const fn of(scheme: Option<Scheme>) -> Self {
        match scheme {
            Some(Scheme::RpcV1) | None => Self::Rpc,
            Some(Scheme::RoaV1) => Self::Roa,
            Some(Scheme::OssV4 | Scheme::OssV1 | Scheme::S3) => Self::Oss,
            Some(Scheme::SlsV1) => Self::SlsV1,
            Some(Scheme::SlsV4) => Self::SlsV4,
            Some(_) => Self::Acs3,
        }
    }

    /// Whether its requests are OpenAPI calls, named by parameters and headers, with fields of a form among the first.
    pub const fn is_openapi(self) -> bool {
        matches!(self, Self::Rpc | Self::Acs3 | Self::Roa)
    }
}

/// Headers that hold a credential or a proof in any scheme at all. A host of one product must never see another's.
static CREDENTIALS: NameSet = NameSet::new(&[
    "authorization",
    "x-acs-security-token",
    "x-acs-accesskey-id",
    "x-acs-bearer-token",
    "x-acs-zero-trust-idtoken",
    "x-acs-credentials-provider",
    "x-acs-signature-type",
    "x-oss-security-token",
    "security-token",
    "authorization-sts-token",
    "x-odps-bearer-token",
    "x-datahub-security-token",
    "x-fc-security-token",
    "x-ots-ststoken",
    "x-ots-accesskeyid",
    "x-ots-signature",
    "x-ca-key",
    "x-ca-signature",
    "x-amz-security-token",
]);

/// What ACS3 replaces.
static ACS3: NameSet = NameSet::new(&[
    "x-acs-date",
    "x-acs-signature-nonce",
    "x-acs-signature-method",
    "x-acs-signature-version",
    "x-acs-content-sha256",
    "x-acs-content-sm3",
]);

/// What ROA version 1 replaces.
static ROA: NameSet =
    NameSet::new(&["date", "x-acs-signature-nonce", "x-acs-signature-method", "x-acs-signature-version"]);

/// What OSS's schemes replace.
static OSS: NameSet = NameSet::new(&[
    "date",
    "x-oss-date",
    "x-oss-content-sha256",
    "x-oss-signature-version",
    "x-amz-content-sha256",
    "x-amz-date",
]);

/// What Log Service's versions replace.
static SLS: NameSet = NameSet::new(&["date", "x-log-date", "x-log-content-sha256"]);

/// Version 1 keeps the hash that the caller chose, and its MD5 of the body, which Log Service spells in hexadecimal.
fn is_replaced_by_sls_v1(field: Field<'_>) -> bool {
    let value = field.value;
    SLS.holds(field.name)
        || field.is("x-log-signaturemethod") && !matches!(value, b"hmac-sha1" | b"hmac-sha256")
        || field.is("content-md5") && !(value.len() == 32 && value.iter().all(u8::is_ascii_hexdigit))
}

/// What is written anew, and what proxies say of a request's origin: the cloud would believe it, and it is the caller
/// who wrote it.
static NOT_FORWARDED: NameSet = NameSet::new(&[
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
static OPERATIVE: NameSet = NameSet::new(&[
    "x-acs-action",
    "x-acs-version",
    "x-oss-copy-source",
    "x-amz-copy-source",
    "content-type",
]);

/// RPC version 1's own parameters.
static RPC_PARAMETERS: NameSet = NameSet::new(&[
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
static UNPROVEN_PARAMETERS: NameSet = NameSet::new(&[
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
static RPC_PROOFS: NameSet =
    NameSet::new(&["AccessKeyId", "Signature", "SignatureNonce", "SecurityToken", "BearerToken"]);
static OSS_PROOFS: NameSet = NameSet::new(&[
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

fn starts_ignoring_case(name: &[u8], prefix: &str) -> bool {
    name.get(..prefix.len()).is_some_and(|start| start.eq_ignore_ascii_case(prefix.as_bytes()))
}

/// Whether a header stays. `named_by_connection`: the caller's `Connection` header lists it.
pub fn keeps_header(field: Field<'_>, family: Family, named_by_connection: bool) -> bool {
    let name = field.name;
    let is_replaced = match family {
        Family::Rpc => false,
        Family::Acs3 => ACS3.holds(name),
        Family::Roa => ROA.holds(name),
        Family::Oss => OSS.holds(name),
        Family::SlsV1 => is_replaced_by_sls_v1(field),
        Family::SlsV4 => SLS.holds(name) || field.is("x-log-signaturemethod"),
    };
    !(named_by_connection
        || is_replaced
        || NOT_FORWARDED.holds(name)
        || is_hop_by_hop(name)
        || starts_ignoring_case(name, "x-forwarded-")
        || starts_ignoring_case(name, "x-countersign-")
        || CREDENTIALS.holds(name))
}

/// The parameters to remove, wherever they stand, from a request that was signed as `caller` and leaves as `scheme`.
/// `has_rpc_proof`: they hold what an RPC signature does, whatever else the caller signed with.
/// `is_rpc_path`: the path is `/`, where the names of RPC version 1 are the gateway's.
pub const fn owned_parameters(
    (caller, has_rpc_proof): (Option<Scheme>, bool),
    scheme: Option<Scheme>,
    is_rpc_path: bool,
) -> &'static NameSet {
    static NONE: NameSet = NameSet::new(&[]);
    match (scheme, caller) {
        // What carries its own proof keeps its date and nonce.
        (None, _) => &UNPROVEN_PARAMETERS,
        (Some(Scheme::OssV4 | Scheme::OssV1 | Scheme::S3), _) => oss_parameters(false),
        (Some(Scheme::SlsV1 | Scheme::SlsV4), _) => &NONE,
        (Some(Scheme::RpcV1), _) => &RPC_PARAMETERS,
        // Also beside another signature, which would otherwise leave as the second of two.
        (Some(_), _) if has_rpc_proof => &RPC_PARAMETERS,
        (Some(_), None) if is_rpc_path => &RPC_PARAMETERS,
        (Some(_), _) => &NONE,
    }
}

/// Takes out what says that a body is `aws-chunked`, once it is not.
pub fn dechunk(fields: &mut Vec<Field<'_>>) {
    static OF_CHUNKS: NameSet =
        NameSet::new(&["x-amz-trailer", "x-amz-decoded-content-length", "x-amz-sdk-checksum-algorithm"]);
    for field in fields.iter_mut().filter(|field| field.is("content-encoding")) {
        field.value = without_aws_chunked(field.value);
    }
    fields.retain(|field| {
        !(OF_CHUNKS.holds(field.name) || field.is("content-encoding") && field.value.is_empty())
    });
}

/// SDKs put it first; whichever end it stands at, the rest is one piece.
fn without_aws_chunked(codings: &[u8]) -> &[u8] {
    const NAME: &[u8] = b"aws-chunked";
    let rest = match codings {
        _ if starts_ignoring_case(codings, "aws-chunked") => codings.get(NAME.len()..),
        _ => codings.len().checked_sub(NAME.len()).and_then(|at| {
            let (rest, last) = codings.split_at_checked(at)?;
            last.eq_ignore_ascii_case(NAME).then_some(rest)
        }),
    };
    let is_coding = |byte: &u8| !matches!(byte, b',' | b' ' | b'\t');
    let Some(rest) = rest else { return codings };
    let bounds = rest.iter().position(is_coding).zip(rest.iter().rposition(is_coding));
    bounds.and_then(|(first, last)| rest.get(first..=last)).unwrap_or_default()
}

/// Whether this is the mark of a bearer token, which goes even where a signature owns no parameter.
fn is_bearer_mark(parameter: &Parameter<'_>) -> bool {
    parameter.is("SignatureType") && parameter.decoded_value().eq(*b"BEARERTOKEN")
}

/// Whether a parameter stays, by the lists that apply.
pub fn keeps_parameter(parameter: &Parameter<'_>, owned: &NameSet) -> bool {
    !owned.holds_parameter(parameter) && !is_bearer_mark(parameter)
}

/// The parameters that may stand once, in one spelling.
pub const fn proofs(family: Family) -> &'static NameSet {
    static NONE: NameSet = NameSet::new(&[]);
    match family {
        Family::Oss => &OSS_PROOFS,
        Family::SlsV1 | Family::SlsV4 => &NONE,
        Family::Rpc | Family::Acs3 | Family::Roa => &RPC_PROOFS,
    }
}

/// Whether a header may stand once only, because it is a credential or a token.
pub fn is_proof_header(field: Field<'_>) -> bool {
    CREDENTIALS.holds(field.name)
}

/// Whether this is a header of the lists, spelled with underscores, which some servers read as the dashed one.
pub fn is_underscore_spelling(field: Field<'_>) -> bool {
    /// Longer than any name of the lists.
    const LONGEST: usize = 48;
    if !field.name.contains(&b'_') || field.name.len() > LONGEST {
        return false;
    }
    let mut dashed = [b'-'; LONGEST];
    for (slot, byte) in dashed.iter_mut().zip(field.name) {
        if *byte != b'_' {
            *slot = *byte;
        }
    }
    let dashed = dashed.get(..field.name.len()).unwrap_or_default();
    CREDENTIALS.holds(dashed)
        || ACS3.holds(dashed)
        || OSS.holds(dashed)
        || SLS.holds(dashed)
        || dashed.eq_ignore_ascii_case(b"x-log-signaturemethod")
        || NOT_FORWARDED.holds(dashed)
        || OPERATIVE.holds(dashed)
        || is_hop_by_hop(dashed)
        || starts_ignoring_case(dashed, "x-forwarded-")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keeps(name: &'static str, family: Family) -> bool {
        keeps_header(Field::new(name, b"x"), family, false)
    }

    #[test]
    fn what_the_caller_signed_with_goes_and_what_it_asked_for_stays() {
        for name in
            ["Authorization", "X-Acs-Security-Token", "security-token", "Connection", "X-Forwarded-Host"]
        {
            assert!(
                [Family::Rpc, Family::Acs3, Family::Oss].iter().all(|family| !keeps(name, *family)),
                "{name}"
            );
        }
        for name in ["x-acs-action", "x-acs-region-id", "content-md5", "x-oss-meta-a", "expires", "accept"] {
            assert!(
                [Family::Rpc, Family::Acs3, Family::Oss].iter().all(|family| keeps(name, *family)),
                "{name}"
            );
        }
        assert!(keeps("date", Family::Acs3) && !keeps("Date", Family::Oss));
        assert!(keeps("x-acs-date", Family::Rpc) && !keeps("x-acs-date", Family::Acs3));
    }

    #[test]
    fn the_underscore_spelling_of_a_credential_is_seen() {
        for name in ["X-ACS-Security_Token", "x_acs_date", "X_Oss_Date", "x-oss_content-sha256"] {
            assert!(is_underscore_spelling(Field::new(name, b"")), "{name}");
        }
        assert!(!is_underscore_spelling(Field::new("x-acs-security-token", b"")));
        for name in
            ["x_acs_action", "x-oss-copy_source", "Transfer_Encoding", "content_length", "X_Forwarded_For"]
        {
            assert!(is_underscore_spelling(Field::new(name, b"")), "{name}");
        }
        for name in ["x_my_header", "x-oss-meta-my_key", "x_acs_region_id"] {
            assert!(!is_underscore_spelling(Field::new(name, b"")), "{name}");
        }
    }
}
