//! DataHub: projects, topics, and records that are put into shards and got out again. JSON or protobuf, packed with LZ4 or not;
//! batches, subscriptions and connectors are not played.

mod dialect;
mod framed;
mod records;
mod schema;
mod store;
#[cfg(test)]
mod tests;
mod topics;

pub(crate) use store::DataHub;

use schema::Schema;
use serde_json::Value as Json;

use super::admission::Admission;
use super::answer::{Answer, Payload, text};
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

/// The type of framed messages.
const PROTOBUF: &str = "application/x-protobuf";

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
        // Errors are JSON whatever was asked.
        Ok((status, value)) if is_framed(heard) => {
            let mut answer = text(status, PROTOBUF, String::new());
            *answer.body_mut() = Payload::Whole(framed::answer(&value).into());
            answer
        }
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
    let call = &Call { cloud, region: place.region.as_deref().unwrap_or_default() };
    let order = if is_framed(heard) { framed_order(call, heard, &parts)? } else { order(heard)? };
    let action = order.get("Action").and_then(Json::as_str).unwrap_or_default();
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
        ("POST", ["projects", project, "topics", topic, "shards", _], "pub") if is_framed(heard) => {
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

fn is_framed(heard: &Heard) -> bool {
    heard.header("content-type").is_some_and(|media_type| media_type == PROTOBUF)
}

/// A framed body, which only a topic's records come in: as JSON would put it. A shard in the path is that of every record.
fn framed_order(call: &Call<'_>, heard: &Heard, parts: &[&str]) -> Result<Json, Error> {
    let ["projects", project, "topics", topic, "shards", shard @ ..] = parts else {
        return Err(not_played("this call"));
    };
    let action = heard.header("x-datahub-request-action").unwrap_or_default();
    let is_blob = call.cloud.datahub.hub().topic(call.region, project, topic)?.schema == Schema::Blob;
    let mut order = framed::order(&unpacked(heard)?, &action, is_blob)
        .ok_or_else(|| invalid("The body is no frame with a message of this call."))?;
    if let ([shard], Some(records)) = (shard, order.get_mut("Records").and_then(Json::as_array_mut)) {
        let objects = records.iter_mut().filter_map(Json::as_object_mut);
        objects.for_each(|record| _ = record.insert("ShardId".to_owned(), (*shard).into()));
    }
    Ok(order)
}

/// The body, unpacked and read. None is an empty one.
fn order(heard: &Heard) -> Result<Json, Error> {
    if heard.header("content-type").is_some_and(|media_type| media_type == "application/x-binary") {
        return Err(not_played("batches"));
    }
    let body = unpacked(heard)?;
    if body.is_empty() {
        return Ok(Json::Null);
    }
    serde_json::from_slice(&body).map_err(|_| invalid("The body is no JSON."))
}

fn unpacked(heard: &Heard) -> Result<Vec<u8>, Error> {
    let packed = heard.header("content-encoding").unwrap_or_default();
    match packed.as_str() {
        "" => Ok(heard.body.clone()),
        "lz4" => {
            let length = heard.header("x-datahub-content-raw-size").and_then(|length| length.parse().ok());
            let length = length.filter(|&length| length <= UNPACKED_MOST);
            length
                .and_then(|length| lz4::unpacked(&heard.body, length))
                .ok_or_else(|| invalid("The body cannot be unpacked."))
        }
        other => Err(not_played(&format!("bodies packed with {other}"))),
    }
}

/// A parameter of the wrong form.
fn invalid(why: &str) -> Error {
    Error::new(400, "InvalidParameter", why)
}

/// What DataHub knows and the sandbox does not play.
fn not_played(what: &str) -> Error {
    Error::new(501, "OperationDenied", &format!("The sandbox does not play {what}."))
}
