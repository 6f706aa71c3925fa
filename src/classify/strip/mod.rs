//! What is taken out of a request before it is signed: headers of one hop, what proxies add, and whatever the caller
//! signed with.
//!
//! Header names match in any letter case, query and form names exactly as decoded.

mod aws_chunked;
mod lists;

use crate::names::Scheme;
use crate::wire::{Field, NameSet, Parameter, is_hop_by_hop};

use super::Family;
pub use aws_chunked::dechunk;
use lists::{
    ACS3, API_GATEWAY, API_KEY, CREDENTIALS, NOT_FORWARDED, ODPS, OPERATIVE, OSS, OSS_PROOFS, OTS, QUEUES,
    ROA, RPC_PARAMETERS, RPC_PROOFS, SLS, UNPROVEN_PARAMETERS,
};
pub use lists::{PROOFS_MAX, oss_parameters};

/// Version 1 keeps the hash that the caller chose, and its MD5 of the body, which Log Service spells in hexadecimal.
fn is_replaced_by_sls_v1(field: Field<'_>) -> bool {
    let value = field.value;
    SLS.holds(field.name)
        || field.is("x-log-signaturemethod") && !matches!(value, b"hmac-sha1" | b"hmac-sha256")
        || field.is("content-md5") && !(value.len() == 32 && value.iter().all(u8::is_ascii_hexdigit))
}

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
        Family::ApiKey => API_KEY.holds(name),
        Family::DataHub => field.is("date"),
        Family::Mns | Family::RocketMq => QUEUES.holds(name),
        Family::Fc => field.is("date") || ACS3.holds(name),
        Family::FcTrigger => ACS3.holds(name),
        Family::ApiGateway => API_GATEWAY.holds(name),
        Family::Dataplus => field.is("date"),
        Family::Ots => OTS.holds(name),
        Family::Odps => ODPS.holds(name),
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
    match (scheme, caller) {
        // What carries its own proof keeps its date and nonce.
        (None, _) => &UNPROVEN_PARAMETERS,
        (Some(Scheme::OssV4 | Scheme::OssV1 | Scheme::S3), _) => oss_parameters(false),
        (Some(Scheme::RpcV1), _) => &RPC_PARAMETERS,
        // Also beside another signature, which would otherwise leave as the second of two.
        (Some(Scheme::Acs3 | Scheme::Acs4 | Scheme::RoaV1), _) if has_rpc_proof => &RPC_PARAMETERS,
        (Some(Scheme::Acs3 | Scheme::Acs4 | Scheme::RoaV1), None) if is_rpc_path => &RPC_PARAMETERS,
        // Data planes have parameters of any name.
        (Some(_), _) => no_parameters(),
    }
}

/// No parameter: of a scheme whose proof is in headers.
pub const fn no_parameters() -> &'static NameSet {
    static NONE: NameSet = NameSet::new(&[]);
    &NONE
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
    match family {
        Family::Oss => &OSS_PROOFS,
        Family::Rpc | Family::Acs3 | Family::Roa => &RPC_PROOFS,
        _ => no_parameters(),
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
        || API_KEY.holds(dashed)
        || QUEUES.holds(dashed)
        || API_GATEWAY.holds(dashed)
        || OTS.holds(dashed)
        || ODPS.holds(dashed)
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
