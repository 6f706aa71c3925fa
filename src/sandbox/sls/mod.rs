//! Simple Log Service: projects, logstores and their shards, logs written, pulled and searched, and consumer groups. Neither
//! SQL nor SPL is played.

mod consumers;
mod dialect;
mod first;
mod index;
mod log_group;
mod logstores;
mod projects;
mod query;
mod read;
mod search;
mod store;
#[cfg(test)]
mod tests;
mod write;

pub(crate) use store::Sls;

use serde_json::{Map, Value};

use super::admission::Admission;
use super::answer::Answer;
use super::cloud::Cloud;
use super::encode::path_decoded;
use super::error::Error;
use super::heard::Heard;
use super::place::Place;

/// A verified call.
struct Call<'a> {
    cloud: &'a Cloud,
    place: &'a Place,
    heard: &'a Heard,
    account: &'a str,
}

impl Call<'_> {
    fn now(&self) -> i64 {
        self.cloud.now()
    }

    /// The value of a query parameter.
    fn parameter(&self, name: &str) -> Option<String> {
        self.heard.query_value(name)
    }

    /// A number from zero on in the query, or this one where there is none.
    fn number<T: std::str::FromStr>(&self, name: &str, usual: T) -> Result<T, Error> {
        match self.parameter(name) {
            None => Ok(usual),
            Some(text) => text.parse().map_err(|_| invalid(&format!("{name} is invalid: {text}"))),
        }
    }

    /// The object in the body.
    fn object(&self) -> Result<Map<String, Value>, Error> {
        serde_json::from_slice(&self.heard.body)
            .map_err(|_| Error::new(400, "PostBodyInvalid", "The body is no JSON object."))
    }
}

/// Answers a request to a host of Log Service. Its body has been read whole.
pub(crate) fn answer(cloud: &Cloud, place: &Place, heard: &Heard) -> Answer {
    let request_id = cloud.request_id().replace('-', "").chars().take(24).collect::<String>();
    let admission = Admission::of(cloud, place, heard, dialect::words);
    let reply = match &admission.caller {
        Ok(caller) => perform(&Call { cloud, place, heard, account: caller.principal.account() }),
        Err(error) => Err(error.clone()),
    };
    let mut answer = reply.unwrap_or_else(|error| dialect::refusal(&error));
    dialect::finish(&mut answer, &request_id);
    admission.note(cloud, place, action(heard, &parts(heard)), answer.status().as_u16());
    answer
}

/// The pieces of the path, decoded.
fn parts(heard: &Heard) -> Vec<String> {
    let text = |piece: &str| String::from_utf8_lossy(&path_decoded(piece)).into_owned();
    heard.path.trim_matches('/').split('/').map(text).collect()
}

/// What a request asks, by method, path and query.
fn action(heard: &Heard, parts: &[String]) -> &'static str {
    let kind = heard.query_value("type").unwrap_or_default();
    let parts: Vec<&str> = parts.iter().map(String::as_str).collect();
    match (heard.method.as_str(), parts.as_slice()) {
        ("POST", [""]) => "CreateProject",
        ("PUT", [""]) => "UpdateProject",
        ("DELETE", [""]) => "DeleteProject",
        ("GET", [""]) => "GetProject",
        ("GET", ["logstores"]) => "ListLogStores",
        ("POST", ["logstores"]) => "CreateLogStore",
        ("GET", ["logstores", _]) if kind == "log" => "GetLogs",
        ("GET", ["logstores", _]) if kind == "histogram" => "GetHistograms",
        ("POST", ["logstores", _, "logs"]) => "GetLogsV2",
        ("GET", ["logstores", _]) => "GetLogStore",
        ("PUT", ["logstores", _]) => "UpdateLogStore",
        ("DELETE", ["logstores", _]) => "DeleteLogStore",
        ("POST", ["logstores", _, "index"]) => "CreateIndex",
        ("GET", ["logstores", _, "index"]) => "GetIndex",
        ("PUT", ["logstores", _, "index"]) => "UpdateIndex",
        ("DELETE", ["logstores", _, "index"]) => "DeleteIndex",
        ("GET", ["logstores", _, "shards"]) => "ListShards",
        ("POST", ["logstores", _, "shards", _]) => "PostLogStoreLogs",
        ("GET", ["logstores", _, "shards", _]) if kind == "cursor" => "GetCursor",
        ("GET", ["logstores", _, "shards", _]) if kind == "cursor_time" => "GetCursorTime",
        ("GET", ["logstores", _, "shards", _]) => "PullLogs",
        ("GET", ["logstores", _, "consumergroups"]) => "ListConsumerGroup",
        ("POST", ["logstores", _, "consumergroups"]) => "CreateConsumerGroup",
        ("PUT", ["logstores", _, "consumergroups", _]) => "UpdateConsumerGroup",
        ("DELETE", ["logstores", _, "consumergroups", _]) => "DeleteConsumerGroup",
        ("GET", ["logstores", _, "consumergroups", _]) => "GetCheckPoint",
        ("POST", ["logstores", _, "consumergroups", _]) if kind == "heartbeat" => "ConsumerGroupHeartBeat",
        ("POST", ["logstores", _, "consumergroups", _]) if kind == "checkpoint" => {
            "ConsumerGroupUpdateCheckPoint"
        }
        _ => "unknown",
    }
}

fn perform(call: &Call<'_>) -> Result<Answer, Error> {
    let parts = parts(call.heard);
    let part = |at: usize| parts.get(at).map(String::as_str).unwrap_or_default();
    let (logstore, last) = (part(1), part(3));
    match action(call.heard, &parts) {
        "CreateProject" => projects::create(call),
        "UpdateProject" => projects::update(call),
        "DeleteProject" => projects::delete(call),
        // The host of a region has no project, and lists them.
        "GetProject" if call.place.bucket.is_none() => projects::list(call),
        "GetProject" => projects::get(call),
        "ListLogStores" => logstores::list(call),
        "CreateLogStore" => logstores::create(call),
        "GetLogStore" => logstores::get(call, logstore),
        "UpdateLogStore" => logstores::update(call, logstore),
        "DeleteLogStore" => logstores::delete(call, logstore),
        "ListShards" => logstores::shards(call, logstore),
        "CreateIndex" | "UpdateIndex" => index::put(call, logstore),
        "GetIndex" => index::get(call, logstore),
        "DeleteIndex" => index::delete(call, logstore),
        "PostLogStoreLogs" => write::put(call, logstore, last),
        "GetCursor" => read::cursor(call, logstore, last),
        "GetCursorTime" => read::cursor_time(call, logstore, last),
        "PullLogs" => read::pull(call, logstore, last),
        "GetLogs" => search::logs(call, logstore),
        "GetLogsV2" => search::logs_by_body(call, logstore),
        "GetHistograms" => search::histograms(call, logstore),
        "ListConsumerGroup" => consumers::list(call, logstore),
        "CreateConsumerGroup" => consumers::create(call, logstore),
        "UpdateConsumerGroup" => consumers::update(call, logstore, last),
        "DeleteConsumerGroup" => consumers::delete(call, logstore, last),
        "GetCheckPoint" => consumers::checkpoints(call, logstore, last),
        "ConsumerGroupHeartBeat" => consumers::heartbeat(call, logstore, last),
        "ConsumerGroupUpdateCheckPoint" => consumers::checkpoint(call, logstore, last),
        _ => Err(Error::new(
            404,
            "InvalidAPI",
            "This path and method are no API, or none that is played here.",
        )),
    }
}

/// A parameter that is wrong. From "Common error codes".
fn invalid(message: &str) -> Error {
    Error::new(400, "ParameterInvalid", message)
}
