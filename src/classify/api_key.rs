//! As what a request to Model Studio leaves: with its key, whatever the caller put in the key's place.

use crate::names::{Call, Scheme};
use crate::wire::{Head, Method};

use super::operation::Asked;
use super::plan::{BodyPlan, Plan, Shape};

/// With what the caller proved itself: a key of any kind, which opens nothing.
pub(super) fn caller_scheme(head: &Head) -> Option<Scheme> {
    let is_bearer = head.field("authorization").is_some_and(|value| value.starts_with(b"Bearer "));
    (is_bearer || head.field("x-api-key").is_some()).then_some(Scheme::ApiKey)
}

/// Decides. Everything streams, both ways: no signature looks at it.
pub(super) fn plan(asked: &Asked, shape: &Shape<'_>) -> Plan {
    let call = Call {
        action: None,
        version: None,
        caller_scheme: asked.caller_scheme,
        scheme: Some(Scheme::ApiKey),
        may_be_sent_twice: matches!(shape.head.method(), Some(Method::Get | Method::Head)),
    };
    Plan::of_data_plane(call, BodyPlan::streamed(shape.head))
}
