//! Records: put into shards, and got out of them from a cursor on.

use serde_json::{Value as Json, json};

use super::store::{Record, Topic, no_shard};
use super::topics::boundary;
use super::{Call, Reply, invalid};
use crate::sandbox::digest::md5;
use crate::sandbox::encode::{hex, hex_decoded};
use crate::sandbox::error::Error;

/// Records of one call at the most.
const RECORDS_MOST: usize = 10_000;

/// What a record takes besides its data, in bytes.
const OVERHEAD: usize = 128;

/// `POST …/shards` with the action `pub`. What is wrong with one record fails that one alone.
pub(super) fn put(call: &Call<'_>, project: &str, name: &str, order: &Json) -> Reply {
    let records = order["Records"].as_array().ok_or_else(|| invalid("Records is a list."))?;
    if records.is_empty() || records.len() > RECORDS_MOST {
        return Err(invalid("Records has 1 to 10000 records."));
    }
    let put_at = call.cloud.now() * 1_000;
    let mut hub = call.cloud.datahub.hub();
    hub.topic(call.region, project, name)?;
    hub.take(records.iter().map(bytes).sum())?;
    let topic = hub.topic(call.region, project, name)?;
    let (mut failed, mut unused) = (Vec::new(), 0);
    for (index, record) in records.iter().enumerate() {
        if let Err(error) = put_one(topic, record, put_at) {
            unused += bytes(record);
            failed.push(json!({"Index": index, "ErrorCode": error.code, "ErrorMessage": error.message}));
        }
    }
    hub.give(unused);
    Ok((200, json!({"FailedRecordCount": failed.len(), "FailedRecords": failed})))
}

fn bytes(record: &Json) -> usize {
    record["Data"].to_string().len() + record["Attributes"].to_string().len() + OVERHEAD
}

fn put_one(topic: &mut Topic, record: &Json, put_at: i64) -> Result<(), Error> {
    if let Some(complaint) = topic.schema.complaint(&record["Data"]) {
        return Err(Error::new(400, "MalformedRecord", &complaint));
    }
    let at = shard_of(topic, record)?;
    let shard = topic.shards.get_mut(at).ok_or_else(|| no_shard(&at.to_string()))?;
    shard.push(Record {
        data: record["Data"].clone(),
        attributes: record["Attributes"].clone(),
        put_at,
        bytes: bytes(record),
    });
    Ok(())
}

/// The shard that a record names; else the one in whose range its key lies; else the next in turn.
fn shard_of(topic: &mut Topic, record: &Json) -> Result<usize, Error> {
    let text = |name: &str| record[name].as_str().filter(|text| !text.is_empty());
    let count = topic.shards.len();
    if let Some(name) = text("ShardId") {
        topic.shard(name)?;
        return name.parse().map_err(|_| no_shard(name));
    }
    let key = match (text("HashKey"), text("PartitionKey")) {
        (Some(key), _) => Some(hex_decoded(key).ok_or_else(|| invalid("HashKey is no MD5."))?),
        (None, Some(key)) => Some(md5(key.as_bytes())),
        (None, None) => None,
    };
    if let Some(key) = key {
        let key = <[u8; 16]>::try_from(key).map_err(|_| invalid("HashKey is no MD5."))?;
        let key = u128::from_be_bytes(key);
        return Ok((0..count).rfind(|&at| boundary(at, count) <= key).unwrap_or_default());
    }
    topic.next_shard = (topic.next_shard + 1) % count.max(1);
    Ok(topic.next_shard)
}

/// `POST …/shards/S` with the action `cursor`.
pub(super) fn cursor(call: &Call<'_>, (project, name, shard): (&str, &str, &str), order: &Json) -> Reply {
    let mut hub = call.cloud.datahub.hub();
    let topic = hub.topic(call.region, project, name)?;
    let records = topic.shard(shard)?;
    let out_of_range = || Error::new(400, "SeekOutOfRange", "The shard has no such record.");
    let number =
        |name: &str| order[name].as_i64().ok_or_else(|| invalid("The cursor's type needs a number."));
    let at = match order["Type"].as_str() {
        Some("OLDEST") => 0,
        // The newest record, not what comes after it.
        Some("LATEST") => records.len().saturating_sub(1),
        Some("SEQUENCE") => {
            let at = usize::try_from(number("Sequence")?).map_err(|_| out_of_range())?;
            if at > records.len() {
                return Err(out_of_range());
            }
            at
        }
        Some("SYSTEM_TIME") => {
            let from = number("SystemTime")?;
            let found = records.iter().position(|record| record.put_at >= from);
            found.ok_or_else(out_of_range)?
        }
        _ => return Err(invalid("Type is OLDEST, LATEST, SEQUENCE or SYSTEM_TIME.")),
    };
    let recorded_at = records.get(at).map_or(0, |record| record.put_at);
    let cursor = spelled(topic.number, shard, at);
    Ok((200, json!({"Cursor": cursor, "RecordTime": recorded_at, "Sequence": at})))
}

/// `POST …/shards/S` with the action `sub`.
pub(super) fn get(call: &Call<'_>, (project, name, shard): (&str, &str, &str), order: &Json) -> Reply {
    let limit = order["Limit"].as_u64().and_then(|limit| usize::try_from(limit).ok());
    let limit = limit.filter(|limit| (1..=RECORDS_MOST).contains(limit));
    let limit = limit.ok_or_else(|| invalid("Limit is a number from 1 to 10000."))?;
    let mut hub = call.cloud.datahub.hub();
    let topic = hub.topic(call.region, project, name)?;
    let records = topic.shard(shard)?;
    let from = order["Cursor"].as_str().and_then(|cursor| read(cursor, topic.number, shard));
    let from = from.filter(|&from| from <= records.len());
    let from = from.ok_or_else(|| Error::new(400, "InvalidCursor", "The cursor is none of this shard's."))?;
    let page: Vec<Json> = records
        .iter()
        .enumerate()
        .skip(from)
        .take(limit)
        .map(|(at, record)| described(topic.number, shard, at, record))
        .collect();
    Ok((
        200,
        json!({
            "NextCursor": spelled(topic.number, shard, from + page.len()),
            "RecordCount": page.len(),
            "StartSeq": from,
            "LatestSeq": records.len() as i64 - 1,
            "LatestTime": records.last().map_or(0, |record| record.put_at),
            "Records": page,
        }),
    ))
}

fn described(topic: u64, shard: &str, at: usize, record: &Record) -> Json {
    let mut described = json!({
        "Data": record.data,
        "Sequence": at,
        "SystemTime": record.put_at,
        "Cursor": spelled(topic, shard, at),
        "NextCursor": spelled(topic, shard, at + 1),
    });
    if let (Some(members), Json::Object(_)) = (described.as_object_mut(), &record.attributes) {
        members.insert("Attributes".to_owned(), record.attributes.clone());
    }
    described
}

/// A cursor: topic, shard and sequence, in hexadecimal.
fn spelled(topic: u64, shard: &str, at: usize) -> String {
    let shard: u32 = shard.parse().unwrap_or_default();
    let topic = u32::try_from(topic).unwrap_or(u32::MAX);
    let bytes = [&topic.to_be_bytes()[..], &shard.to_be_bytes(), &(at as u64).to_be_bytes()].concat();
    hex(&bytes)
}

/// The sequence in a cursor of this topic and shard.
fn read(cursor: &str, topic: u64, shard: &str) -> Option<usize> {
    let at = u64::from_str_radix(cursor.get(16..)?, 16).ok().and_then(|at| usize::try_from(at).ok())?;
    (spelled(topic, shard, at) == cursor).then_some(at)
}
