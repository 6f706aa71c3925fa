//! As what a request to Simple Message Queue leaves, which was MNS.

use crate::names::{Action, Call, Scheme, Version};
use crate::refusal::{Code, Refusal};
use crate::wire::{Field, Head, Method};

use super::calls::{self, Row};
use super::family::Family;
use super::once::{check_once, starts};
use super::operation::Asked;
use super::plan::{BodyPlan, Plan, Shape};

/// The protocol's version, where the product's row names none.
const VERSION: &[u8] = b"2015-06-06";

/// What method, path and query tell. Of messages that are sent or deleted together only the body knows, or the handle that
/// is missing.
const CALLS: [Row; 28] = [
    (Method::Get, "/", "accountmeta", "GetAccountAttributes"),
    (Method::Put, "/", "accountmeta", "SetAccountAttributes"),
    (Method::Get, "/queues", "", "ListQueue"),
    (Method::Put, "/queues/*", "metaoverride=true", "SetQueueAttributes"),
    (Method::Put, "/queues/*", "", "CreateQueue"),
    (Method::Get, "/queues/*", "", "GetQueueAttributes"),
    (Method::Delete, "/queues/*", "", "DeleteQueue"),
    (Method::Post, MESSAGES, "", "SendMessage"),
    (Method::Get, MESSAGES, "peekonly=true&numOfMessages", "BatchPeekMessage"),
    (Method::Get, MESSAGES, "peekonly=true", "PeekMessage"),
    (Method::Get, MESSAGES, "numOfMessages", "BatchReceiveMessage"),
    (Method::Get, MESSAGES, "", "ReceiveMessage"),
    (Method::Delete, MESSAGES, "ReceiptHandle", "DeleteMessage"),
    (Method::Delete, MESSAGES, "receiptHandle", "DeleteMessage"),
    (Method::Delete, MESSAGES, "", "BatchDeleteMessage"),
    (Method::Put, MESSAGES, "", "ChangeMessageVisibility"),
    (Method::Get, "/topics", "", "ListTopic"),
    (Method::Put, "/topics/*", "metaoverride=true", "SetTopicAttributes"),
    (Method::Put, "/topics/*", "", "CreateTopic"),
    (Method::Get, "/topics/*", "", "GetTopicAttributes"),
    (Method::Delete, "/topics/*", "", "DeleteTopic"),
    (Method::Post, "/topics/*/messages", "", "PublishMessage"),
    (Method::Get, "/topics/*/subscriptions", "", "ListSubscriptionByTopic"),
    (Method::Put, SUBSCRIPTION, "metaoverride=true", "SetSubscriptionAttributes"),
    (Method::Put, SUBSCRIPTION, "", "Subscribe"),
    (Method::Get, SUBSCRIPTION, "", "GetSubscriptionAttributes"),
    (Method::Delete, SUBSCRIPTION, "", "Unsubscribe"),
    (Method::Post, "/commonbuy/openservice", "", "OpenService"),
];
const MESSAGES: &str = "/queues/*/messages";
const SUBSCRIPTION: &str = "/topics/*/subscriptions/*";

/// With what the caller signed.
pub(super) fn caller_scheme(head: &Head) -> Option<Scheme> {
    let authorization = head.field("authorization").unwrap_or_default();
    if authorization.starts_with(b"MNS4-HMAC-SHA256 ") {
        Some(Scheme::MnsV4)
    } else {
        authorization.starts_with(b"MNS ").then_some(Scheme::MnsV2)
    }
}

/// The product says which version leaves, whatever the caller signed with: accounts' own hosts are known to take version 2,
/// which every released client of theirs sends, and the regional hosts take version 4 alone.
pub(super) fn plan(asked: &Asked, shape: &Shape<'_>) -> Result<Plan, Refusal> {
    let product = shape.endpoint.product();
    let scheme = if product.schemes.contains(&Scheme::MnsV2) { Scheme::MnsV2 } else { Scheme::MnsV4 };
    if scheme == Scheme::MnsV4 && shape.endpoint.region().is_none() {
        return Err(Refusal::new(
            Code::SchemeUnavailable,
            "the host names no region, and this signature must",
            "use the regional endpoint",
        ));
    }
    let version = product.versions.first().map_or(VERSION, |version| version.name.as_bytes());
    let call = Call {
        action: calls::named(&CALLS, shape),
        version: Version::from_plain(version),
        caller_scheme: asked.caller_scheme,
        scheme: Some(scheme),
        may_be_sent_twice: false,
    };
    streamed(call, shape, ("x-mns-", "x-mns-version"))
}

/// The plan of a message queue's request, whose body is never looked at.
pub(super) fn streamed(
    call: Call,
    shape: &Shape<'_>,
    (prefix, version): (&str, &str),
) -> Result<Plan, Refusal> {
    check_once(shape.head, |field: Field<'_>| {
        starts(field.name, prefix.as_bytes()) || field.is("content-type") || field.is("content-md5")
    })?;
    let may_be_sent_twice = call.action.is_some_and(only_reads);
    Ok(Plan {
        adds_version: shape.head.field(version).is_none(),
        ..Plan::of_data_plane(Call { may_be_sent_twice, ..call }, BodyPlan::streamed(shape.head))
    })
}

/// Whether an operation leaves every message as it found it. To receive one hides it from the others.
fn only_reads(action: Action) -> bool {
    ["List", "Get", "Peek", "BatchPeek"].iter().any(|verb| action.as_str().starts_with(verb))
}

/// The header that a client of the queue repeated its date in, which goes out anew: to say that it was there.
pub fn dated(head: &Head, family: Family) -> &'static [u8] {
    let name = if family == Family::Mns { "x-mns-date" } else { "x-mq-date" };
    if head.field(name).is_some() { name.as_bytes() } else { &[] }
}
