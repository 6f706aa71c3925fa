//! As what a request to DataHub leaves.

use crate::names::{Action, Call, Scheme, Version};
use crate::refusal::Refusal;
use crate::wire::{Head, Method};

use super::calls::{self, Row};
use super::once::{check_once, starts};
use super::operation::Asked;
use super::plan::{BodyPlan, Plan, Shape, only_reads};
use super::strip;

/// What clients call themselves, which DataHub wants to know: the version of `pydatahub`'s protocol.
const CLIENT_VERSION: &[u8] = b"1.1";

/// What the method and the path tell. A `POST` to most of these is one of several operations, which its body names.
const CALLS: [Row; 20] = [
    (Method::Get, "/projects", "", "ListProject"),
    (Method::Post, "/projects/*", "", "CreateProject"),
    (Method::Get, "/projects/*", "", "GetProject"),
    (Method::Put, "/projects/*", "", "UpdateProject"),
    (Method::Delete, "/projects/*", "", "DeleteProject"),
    (Method::Get, "/projects/*/topics", "", "ListTopic"),
    (Method::Get, "/projects/*/topics/*", "", "GetTopic"),
    (Method::Put, "/projects/*/topics/*", "", "UpdateTopic"),
    (Method::Delete, "/projects/*/topics/*", "", "DeleteTopic"),
    (Method::Get, "/projects/*/topics/*/shards", "", "ListShard"),
    (Method::Get, "/projects/*/topics/*/connectors", "", "ListConnector"),
    (Method::Get, "/projects/*/topics/*/connectors/*", "donetime", "GetConnectorDoneTime"),
    (Method::Get, "/projects/*/topics/*/connectors/*", "", "GetConnector"),
    (Method::Delete, "/projects/*/topics/*/connectors/*", "", "DeleteConnector"),
    (Method::Get, "/projects/*/topics/*/subscriptions", "", "ListSubscription"),
    (Method::Get, "/projects/*/topics/*/subscriptions/*", "", "GetSubscription"),
    (Method::Put, "/projects/*/topics/*/subscriptions/*", "", "UpdateSubscription"),
    (Method::Delete, "/projects/*/topics/*/subscriptions/*", "", "DeleteSubscription"),
    (Method::Post, "/projects/*/topics/*/shards", "", PUT_RECORDS),
    (Method::Post, "/projects/*/topics/*/shards/*", "", PUT_RECORDS),
];
const PUT_RECORDS: &str = "PutRecords";

/// With what the caller signed.
pub(super) fn caller_scheme(head: &Head) -> Option<Scheme> {
    let authorization = head.field("authorization").unwrap_or_default();
    authorization.starts_with(b"DATAHUB ").then_some(Scheme::DataHub)
}

/// DataHub has one scheme, which does not look at the body.
pub(super) fn plan(asked: &Asked, shape: &Shape<'_>) -> Result<Plan, Refusal> {
    check_once(shape.head, |field| {
        starts(field.name, b"x-datahub-") && !strip::is_proof_header(field) || field.is("content-type")
    })?;
    let action = action(shape);
    let call = Call {
        action,
        version: Version::from_plain(CLIENT_VERSION),
        caller_scheme: asked.caller_scheme,
        scheme: Some(Scheme::DataHub),
        may_be_sent_twice: action.is_some_and(only_reads),
    };
    Ok(Plan {
        adds_version: shape.head.field("x-datahub-client-version").is_none(),
        ..Plan::of_data_plane(call, BodyPlan::streamed(shape.head))
    })
}

/// Records are put and got by one method and path; a header says which, and only a cursor is read then.
fn action(shape: &Shape<'_>) -> Option<Action> {
    let action = calls::named(&CALLS, shape)?;
    if action.as_str() != PUT_RECORDS {
        return Some(action);
    }
    match shape.head.field("x-datahub-request-action") {
        Some(b"pub") => Some(action),
        Some(b"sub") => Action::from_plain(b"GetRecords"),
        _ => None,
    }
}
