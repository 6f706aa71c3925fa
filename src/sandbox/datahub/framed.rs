//! Records as protobuf in a frame: another spelling of what the JSON says, for putting and getting alone.
//!
//! ```text
//! Frame = "DHUB" CRC-32C(message) length(message) message        numbers of four bytes, the highest first
//! ```
//!
//! From the official SDKs for Python and Java, whose messages (`record.proto`) are the same: DataHub publishes none.

use serde_json::{Value as Json, json};

use crate::sandbox::crc32c::Crc32c;
use crate::sandbox::encode::{base64, base64_decoded};
use crate::sandbox::protobuf::{Message, Writer};

const MAGIC: &[u8] = b"DHUB";

/// The body of a request as JSON would put it. `None`: it is no frame, or no message of this action.
pub(super) fn order(body: &[u8], action: &str, is_blob: bool) -> Option<Json> {
    let message = Message::read(unframed(body)?)?;
    if action == "sub" {
        let cursor = text(message.bytes(1)?)?;
        return Some(json!({"Action": action, "Cursor": cursor, "Limit": message.number(2).unwrap_or(1)}));
    }
    let records: Option<Vec<Json>> = message.all(1).map(|entry| record(entry, is_blob)).collect();
    Some(json!({"Action": action, "Records": records?}))
}

fn record(entry: &[u8], is_blob: bool) -> Option<Json> {
    let entry = Message::read(entry)?;
    let mut record = json!({"Data": data(entry.bytes(9)?, is_blob)?});
    for (name, tag) in [("ShardId", 1), ("HashKey", 2), ("PartitionKey", 3)] {
        if let Some(value) = entry.bytes(tag) {
            record.as_object_mut()?.insert(name.to_owned(), text(value)?.into());
        }
    }
    if let Some(attributes) = entry.bytes(8) {
        let pairs = Message::read(attributes)?;
        let pairs: Option<serde_json::Map<String, Json>> = pairs.all(1).map(pair).collect();
        record.as_object_mut()?.insert("Attributes".to_owned(), pairs?.into());
    }
    Some(record)
}

/// The fields of a tuple, each a text or nothing; or the one field of a blob, which is its bytes.
fn data(data: &[u8], is_blob: bool) -> Option<Json> {
    let data = Message::read(data)?;
    let values: Option<Vec<Option<&[u8]>>> =
        data.all(1).map(|field| Some(Message::read(field)?.bytes(1))).collect();
    let values = values?;
    if is_blob {
        let [Some(bytes)] = values.as_slice() else { return None };
        return Some(base64(bytes).into());
    }
    let spelled = |value: Option<&[u8]>| value.map_or(Some(Json::Null), |value| Some(text(value)?.into()));
    values.into_iter().map(spelled).collect::<Option<Vec<Json>>>().map(Json::Array)
}

fn pair(pair: &[u8]) -> Option<(String, Json)> {
    let pair = Message::read(pair)?;
    Some((text(pair.bytes(1)?)?, text(pair.bytes(2)?)?.into()))
}

fn text(bytes: &[u8]) -> Option<String> {
    String::from_utf8(bytes.to_vec()).ok()
}

fn unframed(body: &[u8]) -> Option<&[u8]> {
    let (head, message) = body.strip_prefix(MAGIC)?.split_at_checked(8)?;
    let (claimed, length) = head.split_at_checked(4)?;
    let length = u32::from_be_bytes(length.try_into().ok()?);
    let is_whole = u32::try_from(message.len()) == Ok(length) && claimed == sum(message);
    is_whole.then_some(message)
}

/// What was got or put, as the message of such an answer, in a frame.
pub(super) fn answer(value: &Json) -> Vec<u8> {
    let message = match value.get("Records").and_then(Json::as_array) {
        Some(records) => got(value, records),
        None => put(value),
    };
    let message = message.finish();
    let length = u32::try_from(message.len()).unwrap_or(u32::MAX);
    [MAGIC, &sum(&message), &length.to_be_bytes(), &message].concat()
}

fn put(value: &Json) -> Writer {
    let failed = value.get("FailedRecords").and_then(Json::as_array).map_or(&[][..], Vec::as_slice);
    let answer = Writer::default().number(1, number(value, "FailedRecordCount"));
    failed.iter().fold(answer, |answer, one| {
        let failed = Writer::default().number(1, number(one, "Index"));
        answer.message(2, &failed.text(2, string(one, "ErrorCode")).text(3, string(one, "ErrorMessage")))
    })
}

fn got(value: &Json, records: &[Json]) -> Writer {
    let answer = Writer::default()
        .text(1, string(value, "NextCursor"))
        .number(2, number(value, "RecordCount"))
        .number(3, number(value, "StartSeq"));
    records.iter().fold(answer, |answer, record| answer.message(4, &entry(record)))
}

fn entry(record: &Json) -> Writer {
    let mut entry = Writer::default()
        .text(4, string(record, "Cursor"))
        .text(5, string(record, "NextCursor"))
        .number(6, number(record, "Sequence"))
        .number(7, number(record, "SystemTime"));
    if let Some(attributes) = record.get("Attributes").and_then(Json::as_object) {
        let pairs = attributes.iter().fold(Writer::default(), |pairs, (name, value)| {
            pairs.message(1, &Writer::default().text(1, name).text(2, value.as_str().unwrap_or_default()))
        });
        entry = entry.message(8, &pairs);
    }
    let field =
        |bytes: Option<&[u8]>| bytes.map_or_else(Writer::default, |bytes| Writer::default().bytes(1, bytes));
    let data = match record.get("Data") {
        Some(Json::Array(values)) => values.iter().fold(Writer::default(), |data, value| {
            data.message(1, &field(value.as_str().map(str::as_bytes)))
        }),
        blob => {
            let blob = blob.and_then(Json::as_str).and_then(base64_decoded).unwrap_or_default();
            Writer::default().message(1, &field(Some(&blob)))
        }
    };
    entry.message(9, &data)
}

fn sum(bytes: &[u8]) -> [u8; 4] {
    let mut sum = Crc32c::default();
    sum.update(bytes);
    sum.value().to_be_bytes()
}

fn string<'a>(value: &'a Json, name: &str) -> &'a str {
    value.get(name).and_then(Json::as_str).unwrap_or_default()
}

fn number(value: &Json, name: &str) -> u64 {
    value.get(name).and_then(Json::as_u64).unwrap_or_default()
}
