//! Logs searched by their own time: `GetLogs` in both versions, and `GetHistograms`.

use serde_json::{Map, Value, json};

use super::dialect::{bytes, told};
use super::log_group::{self, Log};
use super::query::Query;
use super::read::accepts_lz4;
use super::{Call, invalid};
use crate::sandbox::answer::{Answer, set};
use crate::sandbox::error::Error;
use crate::sandbox::lz4;

/// How many logs an answer has, unless fewer are asked for. From `GetLogs`.
const LINES_MOST: usize = 100;

/// Into how many intervals a histogram parts its time at most. From `GetHistograms`.
const INTERVALS_MOST: i64 = 60;

/// What is asked, in a query or in a body.
struct Asked {
    from: i64,
    to: i64,
    topic: Option<String>,
    text: String,
    query: Query,
}

impl Asked {
    fn read(value: impl Fn(&str) -> Option<String>) -> Result<Self, Error> {
        let moment = |name: &str| {
            let text = value(name).unwrap_or_default();
            text.parse::<i64>().map_err(|_| invalid(&format!("{name} is invalid: {text}")))
        };
        let (from, to) = (moment("from")?, moment("to")?);
        // A log's time is a number of 32 bits.
        if from < 0 || from > to || to > i64::from(u32::MAX) {
            return Err(Error::new(400, "InvalidTimeRange", "request time range is invalid"));
        }
        let text = value("query").unwrap_or_default();
        let query = Query::read(&text).ok_or_else(|| {
            Error::new(
                400,
                "InvalidQueryString",
                &format!("query string is invalid, or not played here: {text}"),
            )
        })?;
        Ok(Self { from, to, topic: value("topic").filter(|topic| !topic.is_empty()), text, query })
    }

    fn finds(&self, log: &Log) -> bool {
        let is_topic =
            |topic: &String| log.fields.iter().any(|(name, own)| name == "__topic__" && own == topic);
        // The end does not belong to it, unless there is nothing else.
        let is_then = log.time >= self.from && (log.time < self.to || log.time == self.from);
        is_then && self.topic.as_ref().is_none_or(is_topic) && self.query.finds(&log.fields)
    }
}

/// What is found, by time; and how many were looked at.
fn found(call: &Call<'_>, logstore: &str, asked: &Asked) -> Result<(Vec<Log>, usize), Error> {
    let mut projects = call.cloud.sls.projects();
    let logstore = projects.logstore(call, logstore)?;
    if logstore.index.is_none() {
        return Err(Error::new(400, "IndexConfigNotExist", "logstore without index config"));
    }
    let groups = logstore.shards.iter().flat_map(|shard| &shard.0);
    let all = groups.flat_map(|group| log_group::logs(&group.bytes).unwrap_or_default());
    let mut looked_at = 0;
    let mut found: Vec<Log> = all.inspect(|_| looked_at += 1).filter(|log| asked.finds(log)).collect();
    found.sort_by_key(|log| log.time);
    Ok((found, looked_at))
}

/// One page of what is found.
struct Page {
    logs: Vec<Value>,
    looked_at: usize,
}

fn page(
    call: &Call<'_>,
    logstore: &str,
    asked: &Asked,
    value: impl Fn(&str) -> Option<String>,
) -> Result<Page, Error> {
    let number = |name: &str, code: &str, usual: usize| match value(name) {
        None => Ok(usual),
        Some(text) => text.parse().map_err(|_| Error::new(400, code, &format!("{name} is invalid: {text}"))),
    };
    let (line, offset) = (number("line", "InvalidLine", LINES_MOST)?, number("offset", "InvalidOffset", 0)?);
    if line > LINES_MOST {
        return Err(Error::new(400, "InvalidLine", "line is at most 100"));
    }
    let (mut logs, looked_at) = found(call, logstore, asked)?;
    if value("reverse").is_some_and(|text| text == "true") {
        logs.reverse();
    }
    Ok(Page { logs: logs.iter().skip(offset).take(line).map(Log::shown).collect(), looked_at })
}

/// `GetLogs`, asked in the query.
pub(super) fn logs(call: &Call<'_>, logstore: &str) -> Result<Answer, Error> {
    let value = |name: &str| call.parameter(name);
    let page = page(call, logstore, &Asked::read(value)?, value)?;
    let (count, rows) = (page.logs.len().to_string(), page.looked_at.to_string());
    let mut answer = told(&Value::Array(page.logs));
    set(&mut answer, "x-log-progress", "Complete");
    set(&mut answer, "x-log-count", &count);
    set(&mut answer, "x-log-processed-rows", &rows);
    set(&mut answer, "x-log-elapsed-millisecond", "1");
    set(&mut answer, "x-log-has-sql", "false");
    Ok(answer)
}

/// `GetLogsV2`, asked in the body. Its answer may be packed.
pub(super) fn logs_by_body(call: &Call<'_>, logstore: &str) -> Result<Answer, Error> {
    let given = call.object()?;
    let value = |name: &str| text(&given, name);
    let asked = Asked::read(value)?;
    let page = page(call, logstore, &asked, value)?;
    let meta = json!({
        "progress": "Complete",
        "count": page.logs.len(),
        "processedRows": page.looked_at,
        "elapsedMillisecond": 1,
        "hasSQL": false,
        "whereQuery": asked.text,
        "aggQuery": "",
        "isAccurate": true,
        "mode": 0,
        "telementryType": "",
        "terms": [],
    });
    let plain = json!({ "meta": meta, "data": page.logs }).to_string().into_bytes();
    let size = plain.len();
    let is_packed = accepts_lz4(call);
    let mut answer = bytes("application/json", if is_packed { lz4::packed(&plain) } else { plain });
    if is_packed {
        set(&mut answer, "x-log-compresstype", "lz4");
    }
    set(&mut answer, "x-log-bodyrawsize", &size.to_string());
    Ok(answer)
}

/// A member of a body, as it would stand in a query.
fn text(given: &Map<String, Value>, name: &str) -> Option<String> {
    match given.get(name)? {
        Value::Null => None,
        Value::String(text) => Some(text.clone()),
        other => Some(other.to_string()),
    }
}

/// `GetHistograms`: how many logs are found in each part of the time.
pub(super) fn histograms(call: &Call<'_>, logstore: &str) -> Result<Answer, Error> {
    let asked = Asked::read(|name| call.parameter(name))?;
    let (found, _) = found(call, logstore, &asked)?;
    // At least one second, and one interval.
    let length = ((asked.to - asked.from - 1) / INTERVALS_MOST + 1).max(1);
    let (mut parts, mut from) = (Vec::new(), asked.from);
    while from < asked.to || parts.is_empty() {
        let to = if from == asked.to { from } else { asked.to.min(from + length) };
        let count = found.iter().filter(|log| log.time == from || (from..to).contains(&log.time)).count();
        parts.push(json!({ "from": from, "to": to, "count": count, "progress": "Complete" }));
        from += length;
    }
    let mut answer = told(&Value::Array(parts));
    set(&mut answer, "x-log-progress", "Complete");
    set(&mut answer, "x-log-count", &found.len().to_string());
    Ok(answer)
}
