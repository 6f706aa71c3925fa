//! Logs read by shard, in the order of arrival: cursors, and what lies behind one.

use serde_json::json;

use super::dialect::{bytes, told};
use super::store::Shard;
use super::{Call, invalid};
use crate::sandbox::answer::{Answer, set};
use crate::sandbox::encode::{base64, base64_url_decoded};
use crate::sandbox::error::Error;
use crate::sandbox::lz4;
use crate::sandbox::protobuf::Writer;

/// How many log groups an answer has at most, and how much it holds in bytes, unless one alone is larger. From `PullLogs`.
const COUNT_MOST: usize = 1_000;
const BYTES_MOST: usize = 10 * 1024 * 1024;

/// `GetCursor`: `from` the beginning, the end, or what arrived at a moment or later.
pub(super) fn cursor(call: &Call<'_>, logstore: &str, shard: &str) -> Result<Answer, Error> {
    let mut projects = call.cloud.sls.projects();
    let shard = projects.logstore(call, logstore)?.shard(shard)?;
    let at = match call.parameter("from").unwrap_or_default().as_str() {
        "begin" => 0,
        "end" => shard.0.len(),
        moment => {
            let moment: i64 =
                moment.parse().map_err(|_| invalid(&format!("Parameter from is invalid: {moment}")))?;
            shard.0.partition_point(|group| group.received < moment)
        }
    };
    Ok(told(&json!({ "cursor": spelled(at) })))
}

/// `GetCursorTime`: when that arrived which a cursor points at.
pub(super) fn cursor_time(call: &Call<'_>, logstore: &str, shard: &str) -> Result<Answer, Error> {
    let mut projects = call.cloud.sls.projects();
    let shard = projects.logstore(call, logstore)?.shard(shard)?;
    let at = placed(shard, &call.parameter("cursor").unwrap_or_default())?;
    let time = shard.0.get(at).map_or_else(|| call.now(), |group| group.received);
    Ok(told(&json!({ "cursor_time": time })))
}

/// `PullLogs`: as many log groups as are wanted, and the cursor behind them.
pub(super) fn pull(call: &Call<'_>, logstore: &str, shard: &str) -> Result<Answer, Error> {
    if call.parameter("query").is_some() || call.parameter("processor").is_some() {
        return Err(invalid("SPL is not played here."));
    }
    let count: usize = call.number("count", 100)?;
    if !(1..=COUNT_MOST).contains(&count) {
        return Err(invalid("Parameter count is 1 to 1000."));
    }
    let mut projects = call.cloud.sls.projects();
    let shard = projects.logstore(call, logstore)?.shard(shard)?;
    let from = placed(shard, &call.parameter("cursor").unwrap_or_default())?;
    let end = match call.parameter("end_cursor") {
        Some(cursor) => placed(shard, &cursor)?,
        None => shard.0.len(),
    };
    let (mut list, mut taken, mut size) = (Writer::default(), 0, 0);
    for group in shard.0.get(from..end).unwrap_or_default().iter().take(count) {
        size += group.bytes.len();
        if taken > 0 && size > BYTES_MOST {
            break;
        }
        list = list.bytes(1, &group.bytes);
        taken += 1;
    }
    // Others need not wait for the packing.
    drop(projects);
    let plain = list.finish();
    let raw = plain.len();
    let is_packed = raw > 0 && accepts_lz4(call);
    let mut answer = bytes("application/x-protobuf", if is_packed { lz4::packed(&plain) } else { plain });
    if is_packed {
        set(&mut answer, "x-log-compresstype", "lz4");
    }
    set(&mut answer, "x-log-bodyrawsize", &raw.to_string());
    set(&mut answer, "x-log-count", &taken.to_string());
    set(&mut answer, "x-log-cursor", &spelled(from + taken));
    Ok(answer)
}

/// Whether an answer may be packed.
pub(super) fn accepts_lz4(call: &Call<'_>) -> bool {
    let accepted = call.heard.header("accept-encoding").unwrap_or_default();
    accepted.split(',').any(|one| one.trim() == "lz4")
}

/// A cursor: a number in base64, as the cloud's. Here it is a place in the shard.
fn spelled(at: usize) -> String {
    base64(at.to_string().as_bytes())
}

/// What a cursor points at: something in the shard, or its end.
fn placed(shard: &Shard, cursor: &str) -> Result<usize, Error> {
    let read = || {
        let digits = base64_url_decoded(cursor.trim_end_matches('='))?;
        let at: usize = std::str::from_utf8(&digits).ok()?.parse().ok()?;
        (at <= shard.0.len() && spelled(at) == cursor).then_some(at)
    };
    read().ok_or_else(|| Error::new(400, "InvalidCursor", &format!("cursor {cursor} is invalid")))
}
