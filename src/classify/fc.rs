//! As what a request to Function Compute leaves: signature version 1, or that of an HTTP trigger on an operator's own name.

use crate::names::{Call, Product, Scheme};
use crate::refusal::{Code, Refusal};
use crate::wire::{Field, Head};

use super::meant::by_path_alone;
use super::once::{check_once, starts};
use super::openapi::check_roa_headers;
use super::operation::Asked;
use super::plan::{BodyPlan, Plan, Shape, only_reads};
use super::strip;

/// The version whose calls are signed with version 1 and nothing else.
const FIRST_VERSION: &[u8] = b"/2016-08-15";

fn is_signed_with_v1(head: &Head) -> bool {
    head.field("authorization").is_some_and(|value| value.starts_with(b"FC "))
}

/// Whether a request is one of version 1, and no OpenAPI call: so was it signed, or its path takes nothing else.
pub(super) fn is_own(product: &Product, head: &Head, path: &[u8]) -> bool {
    let is_first =
        || path.strip_prefix(FIRST_VERSION).is_some_and(|rest| matches!(rest.first(), None | Some(b'/')));
    product.schemes.contains(&Scheme::FcV1) && (is_signed_with_v1(head) || is_first())
}

/// With what the caller of a trigger signed. One that used ACS3 did so as triggers have it: there is no other way there.
pub(super) fn caller_scheme_of_trigger(head: &Head) -> Option<Scheme> {
    let authorization = head.field("authorization").unwrap_or_default();
    if is_signed_with_v1(head) {
        Some(Scheme::FcV1)
    } else if authorization.starts_with(b"acs ") {
        Some(Scheme::RoaV1)
    } else if authorization.starts_with(b"ACS3-") {
        Some(Scheme::FcTrigger)
    } else {
        None
    }
}

/// The same of version 1's own requests, whatever else they carried.
pub(super) fn caller_scheme(head: &Head) -> Option<Scheme> {
    is_signed_with_v1(head).then_some(Scheme::FcV1)
}

/// Version 1: of an account's own host alone, where its server is.
pub(super) fn plan(asked: &Asked, shape: &Shape<'_>) -> Result<Plan, Refusal> {
    if shape.endpoint.tenant().is_none() {
        return Err(Refusal::new(
            Code::SchemeUnavailable,
            "Function Compute's signature version 1 is taken at an account's own host",
            "send it to `ACCOUNT.REGION.fc.aliyuncs.com`, or sign with ACS3",
        ));
    }
    planned(asked, shape, Scheme::FcV1)
}

/// An HTTP trigger: as the caller signed, and ACS3 in the triggers' own form where nobody did.
pub(super) fn plan_trigger(asked: &Asked, shape: &Shape<'_>) -> Result<Plan, Refusal> {
    let scheme = asked.caller_scheme.unwrap_or(Scheme::FcTrigger);
    if scheme == Scheme::RoaV1 {
        check_roa_headers(shape.head)?;
    }
    planned(asked, shape, scheme)
}

fn planned(asked: &Asked, shape: &Shape<'_>, scheme: Scheme) -> Result<Plan, Refusal> {
    check_once(shape.head, is_signed)?;
    let action = by_path_alone(shape);
    let call = Call {
        action,
        version: None,
        caller_scheme: asked.caller_scheme,
        scheme: Some(scheme),
        may_be_sent_twice: action.is_some_and(only_reads),
    };
    Ok(Plan::of_data_plane(call, BodyPlan::streamed(shape.head)))
}

/// What version 1 signs.
fn is_signed(field: Field<'_>) -> bool {
    starts(field.name, b"x-fc-") && !strip::is_proof_header(field)
        || field.is("content-type")
        || field.is("content-md5")
}
