//! As what a request to an API behind API Gateway, or to Dataplus, leaves: each has one signature, whatever the caller used.

use crate::names::{Call, Scheme};
use crate::refusal::Refusal;
use crate::wire::{Field, Head, lists};

use super::once::{check_once, starts};
use super::operation::Asked;
use super::plan::{BodyPlan, Plan, Shape, has_body};
use super::strip;

/// Whether an app of API Gateway signed, or only named itself.
pub(super) fn caller_scheme(head: &Head) -> Option<Scheme> {
    let is_signed = head.field("x-ca-key").is_some() || head.field("x-ca-signature").is_some();
    is_signed.then_some(Scheme::ApiGateway)
}

/// The same of Dataplus.
pub(super) fn caller_scheme_of_dataplus(head: &Head) -> Option<Scheme> {
    let is_signed = head.field("authorization").is_some_and(|value| value.starts_with(b"Dataplus "));
    is_signed.then_some(Scheme::Dataplus)
}

/// The names of headers that the caller's own signature covered beside API Gateway's.
pub fn signed_headers(head: &Head) -> &[u8] {
    head.field("x-ca-signature-headers").unwrap_or_default()
}

/// API Gateway: the fields of a form are signed, so it is held; every other body streams.
pub(super) fn plan(asked: &Asked, shape: &Shape<'_>) -> Result<Plan, Refusal> {
    let listed = signed_headers(shape.head);
    let is_signed = |field: Field<'_>| {
        starts(field.name, b"x-ca-") && !strip::is_proof_header(field)
            || has_a_line(field)
            || field.is("content-md5")
            || lists(listed, field.name)
    };
    check_once(shape.head, is_signed)?;
    let body = match has_body(shape.head) {
        false => BodyPlan::Empty,
        true if shape.is_form => BodyPlan::Hold,
        true => BodyPlan::Stream,
    };
    Ok(planned(asked, Scheme::ApiGateway, body))
}

/// Dataplus: the body's MD5 is signed, and no header carries it.
pub(super) fn plan_dataplus(asked: &Asked, shape: &Shape<'_>) -> Result<Plan, Refusal> {
    check_once(shape.head, has_a_line)?;
    let body = if has_body(shape.head) { BodyPlan::Hold } else { BodyPlan::Empty };
    Ok(planned(asked, Scheme::Dataplus, body))
}

/// What either signs in a line of its own.
fn has_a_line(field: Field<'_>) -> bool {
    field.is("accept") || field.is("content-type") || field.is("date")
}

fn planned(asked: &Asked, scheme: Scheme, body: BodyPlan) -> Plan {
    let call = Call {
        action: None,
        version: None,
        caller_scheme: asked.caller_scheme,
        scheme: Some(scheme),
        may_be_sent_twice: false,
    };
    Plan::of_data_plane(call, body)
}
