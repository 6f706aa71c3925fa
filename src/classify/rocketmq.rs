//! As what a request to RocketMQ 4 over HTTP leaves.

use crate::names::{Call, Scheme, Version};
use crate::refusal::Refusal;
use crate::wire::{Head, Method};

use super::calls::{self, Row};
use super::mns;
use super::operation::Asked;
use super::plan::{Plan, Shape};

/// The protocol's version, which every request must name.
const VERSION: &[u8] = b"2015-06-06";

/// What there is. A half message that is consumed, committed or rolled back is told apart by `trans`.
const CALLS: [Row; 6] = [
    (Method::Post, MESSAGES, "", "PublishMessage"),
    (Method::Get, MESSAGES, "trans=pop", "ConsumeHalfMessage"),
    (Method::Get, MESSAGES, "", "ConsumeMessage"),
    (Method::Delete, MESSAGES, "trans=commit", "CommitMessage"),
    (Method::Delete, MESSAGES, "trans=rollback", "RollbackMessage"),
    (Method::Delete, MESSAGES, "", "AckMessage"),
];
const MESSAGES: &str = "/topics/*/messages";

/// With what the caller signed.
pub(super) fn caller_scheme(head: &Head) -> Option<Scheme> {
    let authorization = head.field("authorization").unwrap_or_default();
    authorization.starts_with(b"MQ ").then_some(Scheme::MqHttp)
}

/// There is one scheme, which does not look at the body.
pub(super) fn plan(asked: &Asked, shape: &Shape<'_>) -> Result<Plan, Refusal> {
    let call = Call {
        action: calls::named(&CALLS, shape),
        version: Version::from_plain(VERSION),
        caller_scheme: asked.caller_scheme,
        scheme: Some(Scheme::MqHttp),
        may_be_sent_twice: false,
    };
    mns::streamed(call, shape, ("x-mq-", "x-mq-version"))
}
