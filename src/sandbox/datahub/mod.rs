//! DataHub: projects, topics, and records that are put into shards and got out again. JSON, packed with LZ4 or not; protobuf,
//! subscriptions and connectors are not played.

mod dialect;
mod records;
mod schema;
mod store;
#[cfg(test)]
mod tests;
mod topics;

pub(crate) use store::DataHub;

use serde_json::Value as Json;

use super::admission::Admission;
use super::answer::{Answer, text};
use super::cloud::Cloud;
use super::encode::{hex, path_decoded};
use super::error::Error;
use super::heard::Heard;
use super::lz4;
use super::place::Place;

/// Who made everything.
const CREATOR: &str = "sandbox";

/// The largest body once it is unpacked, in bytes. DataHub's own limit is 4 MiB.
const UNPACKED_MOST: usize = 16 * 1024 * 1024;

/// A verified call.
struct Call<'a> {
    cloud: &'a Cloud,
    region: &'a str,
}

/// The status and the body of an answer.
type Reply = Result<(u16, Json), Error>;

/// Answers a request to a host of DataHub. Its body has been read whole.
pub(crate) fn answer(cloud: &Cloud, place: &Place, heard: &Heard) -> Answer {
    let request_id = hex(&cloud.random(16));
    let admission = Admission::of(cloud, place, heard, dialect::words);
    let reply = match &admission.caller {
        Ok(_) => perform(cloud, place, heard),
        Err(error) => Err(error.clone()),
    };
    let mut answer = match reply {
        Ok((status, value)) => text(status, "application/json", value.to_string()),
        Err(error) => dialect::error(&error, &request_id),
    };
    dialect::finish(&mut answer, &request_id);
    admission.note(cloud, place, &heard.method, answer.status().as_u16());
    answer
}

fn perform(cloud: &Cloud, place: &Place, heard: &Heard) -> Reply {
    let path = String::from_utf8_lossy(&path_decoded(&heard.path)).into_owned();
    let parts: Vec<&str> = path.trim_matches('/').split('/').collect();
    let order = order(heard)?;
    let action = order.get("Action").and_then(Json::as_str).unwrap_or_default();
    let call = &Call { cloud, region: place.region.as_deref().unwrap_or_default() };
    match (heard.method.as_str(), parts.as_slice(), action) {
        ("GET", ["projects"], _) => topics::list_projects(call),
        ("POST", ["projects", project], _) => topics::create_project(call, project, &order),
        ("GET", ["projects", project], _) => topics::get_project(call, project),
        ("PUT", ["projects", project], _) => topics::update_project(call, project, &order),
        ("DELETE", ["projects", project], _) => topics::delete_project(call, project),
        ("GET", ["projects", project, "topics"], _) => topics::list(call, project),
        ("POST", ["projects", project, "topics", topic], "create" | "") => {
            topics::create(call, project, topic, &order)
        }
        ("GET", ["projects", project, "topics", topic], _) => topics::get(call, project, topic),
        ("PUT", ["projects", project, "topics", topic], _) => topics::update(call, project, topic, &order),
        ("DELETE", ["projects", project, "topics", topic], _) => topics::delete(call, project, topic),
        ("GET", ["projects", project, "topics", topic, "shards"], _) => topics::shards(call, project, topic),
        ("POST", ["projects", project, "topics", topic, "shards"], "pub") => {
            records::put(call, project, topic, &order)
        }
        ("POST", ["projects", project, "topics", topic, "shards", shard], "cursor") => {
            records::cursor(call, (project, topic, shard), &order)
        }
        ("POST", ["projects", project, "topics", topic, "shards", shard], "sub") => {
            records::get(call, (project, topic, shard), &order)
        }
        _ => Err(not_played("this call")),
    }
}

/// The body, unpacked and read. None is an empty one.
fn order(heard: &Heard) -> Result<Json, Error> {
    let media_type = heard.header("content-type").unwrap_or_default();
    if matches!(media_type.as_str(), "application/x-protobuf" | "application/x-binary") {
        return Err(not_played("protobuf"));
    }
    let packed = heard.header("content-encoding").unwrap_or_default();
    let body = match packed.as_str() {
        "" => heard.body.clone(),
        "lz4" => {
            let length = heard.header("x-datahub-content-raw-size").and_then(|length| length.parse().ok());
            let length = length.filter(|&length| length <= UNPACKED_MOST);
            length
                .and_then(|length| lz4::unpacked(&heard.body, length))
                .ok_or_else(|| invalid("The body cannot be unpacked."))?
        }
        other => return Err(not_played(&format!("bodies packed with {other}"))),
    };
    if body.is_empty() {
        return Ok(Json::Null);
    }
    serde_json::from_slice(&body).map_err(|_| invalid("The body is no JSON."))
}

/// A parameter of the wrong form.
fn invalid(why: &str) -> Error {
    Error::new(400, "InvalidParameter", why)
}

/// What DataHub knows and the sandbox does not play.
fn not_played(what: &str) -> Error {
    Error::new(501, "OperationDenied", &format!("The sandbox does not play {what}."))
}
