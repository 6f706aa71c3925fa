//! As what a request to Log Service leaves.

use crate::names::{Call, Endpoint, Scheme, Version};
use crate::refusal::{Code, Refusal};
use crate::wire::{Field, Head};

use super::meant::by_path_alone;
use super::once::{check_once, starts};
use super::operation::Asked;
use super::plan::{BodyPlan, Plan, Shape, has_body, is_hexadecimal_sha256, only_reads};
use super::strip;

/// The version of Log Service's protocol, which every request must name.
const SLS_VERSION: &[u8] = b"0.6.0";

/// With what the caller signed.
pub(super) fn caller_scheme(head: &Head) -> Option<Scheme> {
    let authorization = head.field("authorization").unwrap_or_default();
    if authorization.starts_with(b"SLS4-HMAC-SHA256 ") {
        Some(Scheme::SlsV4)
    } else if authorization.starts_with(b"LOG ") || authorization.starts_with(b"SLS ") {
        Some(Scheme::SlsV1)
    } else {
        None
    }
}

/// As what a request leaves that nobody signed: version 1, but for the regions that take version 4 alone.
fn scheme_of(endpoint: &Endpoint) -> Scheme {
    let is_v4_only = endpoint.region().is_some_and(|region| region.id().contains("-acdr-ut-"));
    if is_v4_only { Scheme::SlsV4 } else { Scheme::SlsV1 }
}

/// Log Service: the caller's version is kept.
pub(super) fn plan(asked: &Asked, shape: &Shape<'_>) -> Result<Plan, Refusal> {
    let scheme = asked.caller_scheme.unwrap_or_else(|| scheme_of(shape.endpoint));
    if scheme == Scheme::SlsV4 && shape.endpoint.region().is_none() {
        return Err(Refusal::new(
            Code::SchemeUnavailable,
            "the host names no region, and this signature must",
            "use the regional endpoint, or sign with version 1",
        ));
    }
    check_once(shape.head, is_signed)?;
    let action = by_path_alone(shape);
    let body = match (has_body(shape.head), scheme) {
        (false, _) => BodyPlan::Empty,
        (true, Scheme::SlsV4) if claimed_hash(shape.head).is_some() => BodyPlan::StreamHashed,
        (true, Scheme::SlsV4) => BodyPlan::Hold,
        (true, _) => BodyPlan::Stream,
    };
    let call = Call {
        action,
        version: Version::from_plain(SLS_VERSION),
        caller_scheme: asked.caller_scheme,
        scheme: Some(scheme),
        may_be_sent_twice: action.is_some_and(only_reads),
    };
    Ok(Plan { adds_version: asked.caller_scheme.is_none(), ..Plan::of_data_plane(call, body) })
}

/// The body's SHA-256 as the caller of Log Service computed it, if it is one. Of an object's content SDKs give that of
/// nothing, which Log Service takes.
pub fn claimed_hash(head: &Head) -> Option<&[u8]> {
    let hash = head.field("x-log-content-sha256")?;
    is_hexadecimal_sha256(hash).then_some(hash)
}

/// What either version signs.
fn is_signed(field: Field<'_>) -> bool {
    starts(field.name, b"x-log-")
        || starts(field.name, b"x-acs-") && !strip::is_proof_header(field)
        || field.is("content-type")
        || field.is("content-md5")
}
