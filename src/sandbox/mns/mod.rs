//! Simple Message Queue (MNS): queues and their messages, with long polling. Topics are not played.

mod dialect;
mod messages;
mod queue;
mod queues;
#[cfg(test)]
mod tests;

pub(crate) use dialect::{Dialect, element, words};
pub(crate) use queue::within;
pub(crate) use queues::Mns;

use super::admission::Admission;
use super::answer::Answer;
use super::cloud::Cloud;
use super::encode::path_decoded;
use super::error::Error;
use super::heard::Heard;
use super::place::Place;
use dialect::MNS;

/// A verified call.
struct Call<'a> {
    cloud: &'a Cloud,
    place: &'a Place,
    heard: &'a Heard,
    account: String,
}

impl Call<'_> {
    fn now(&self) -> i64 {
        self.cloud.now()
    }

    /// What a queue is kept under.
    fn name(&self, queue: &str) -> queues::Name {
        (self.place.region.clone().unwrap_or_default(), self.account.clone(), queue.to_owned())
    }

    /// The value of a query parameter, in whichever letter case it is named: SDKs differ.
    fn parameter(&self, name: &str) -> Option<String> {
        let pairs = self.heard.query_pairs();
        let (_, value) = pairs.into_iter().find(|(known, _)| known.eq_ignore_ascii_case(name.as_bytes()))?;
        Some(String::from_utf8_lossy(&value).into_owned())
    }
}

/// Answers a request to a host of MNS. Its body has been read whole.
pub(crate) async fn answer(cloud: &Cloud, place: &Place, heard: &Heard) -> Answer {
    let request_id = cloud.request_id();
    let admission = Admission::of(cloud, place, heard, words);
    let reply = match &admission.caller {
        Ok(caller) => {
            // Hosts of a region name no account: there it is the caller's own.
            let account = match place.host.split_once(".mns.") {
                Some((account, rest)) if rest != "aliyuncs.com" => account.to_owned(),
                _ => caller.principal.account().to_owned(),
            };
            perform(&Call { cloud, place, heard, account }).await
        }
        Err(error) => Err(error.clone()),
    };
    let mut answer = reply.unwrap_or_else(|error| MNS.error(&error, place, &request_id));
    MNS.finish(&mut answer, &request_id);
    admission.note(cloud, place, action(heard), answer.status().as_u16());
    answer
}

/// What a request asks, by method, path and query.
fn action(heard: &Heard) -> &'static str {
    let path = path(heard);
    let parts: Vec<&str> = path.split('/').collect();
    let has =
        |name: &str| heard.query_pairs().iter().any(|(known, _)| known.eq_ignore_ascii_case(name.as_bytes()));
    let is_batch = has("numOfMessages");
    match (heard.method.as_str(), parts.as_slice()) {
        ("GET", ["queues"]) => "ListQueue",
        ("PUT", ["queues", _]) if has("metaoverride") => "SetQueueAttributes",
        ("PUT", ["queues", _]) => "CreateQueue",
        ("GET", ["queues", _]) => "GetQueueAttributes",
        ("DELETE", ["queues", _]) => "DeleteQueue",
        ("POST", ["queues", _, "messages"]) => "SendMessage",
        ("GET", ["queues", _, "messages"]) if has("peekonly") && is_batch => "BatchPeekMessage",
        ("GET", ["queues", _, "messages"]) if has("peekonly") => "PeekMessage",
        ("GET", ["queues", _, "messages"]) if is_batch => "BatchReceiveMessage",
        ("GET", ["queues", _, "messages"]) => "ReceiveMessage",
        ("DELETE", ["queues", _, "messages"]) if has("ReceiptHandle") => "DeleteMessage",
        ("DELETE", ["queues", _, "messages"]) => "BatchDeleteMessage",
        ("PUT", ["queues", _, "messages"]) => "ChangeMessageVisibility",
        _ => "unknown",
    }
}

/// The path between its slashes, decoded.
fn path(heard: &Heard) -> String {
    let decoded = path_decoded(heard.path.trim_matches('/'));
    String::from_utf8_lossy(&decoded).into_owned()
}

async fn perform(call: &Call<'_>) -> Result<Answer, Error> {
    let path = path(call.heard);
    let name = path.split('/').nth(1).unwrap_or_default();
    match action(call.heard) {
        "ListQueue" => queues::list(call),
        "SetQueueAttributes" | "CreateQueue" => queues::put(call, name),
        "GetQueueAttributes" => queues::get(call, name),
        "DeleteQueue" => Ok(queues::delete(call, name)),
        "SendMessage" => messages::send(call, name),
        "PeekMessage" | "BatchPeekMessage" => messages::peek(call, name),
        "ReceiveMessage" | "BatchReceiveMessage" => messages::receive(call, name).await,
        "DeleteMessage" => messages::delete(call, name),
        "BatchDeleteMessage" => messages::delete_many(call, name),
        "ChangeMessageVisibility" => messages::change_visibility(call, name),
        _ => {
            Err(Error::new(400, "InvalidRequestURL", "Http request URL format invalid, or not played here."))
        }
    }
}
