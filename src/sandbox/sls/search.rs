//! Logs searched by their own time: `GetLogs` in both versions, and `GetHistograms`.

use std::sync::Arc;

use serde_json::{Map, Value, json};

use super::dialect::{bytes, told};
use super::first::First;
use super::log_group::{Group, Log};
use super::query::Query;
use super::read::accepts_lz4;
use super::{Call, invalid};
use crate::sandbox::answer::{Answer, set};
use crate::sandbox::error::Error;
use crate::sandbox::lz4;

/// How many logs an answer has, unless fewer are asked for. From `GetLogs`.
const LINES_MOST: usize = 100;

/// How many logs can be left out before them: the sandbox's own limit, for it must remember as many.
const OFFSET_MOST: usize = 100_000;

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

    /// Whether a log is found. What it holds is read only if its time is asked for.
    fn finds(&self, group: &Group<'_>, log: &Log<'_>) -> bool {
        // The end does not belong to it, unless there is nothing else.
        let is_then = log.time >= self.from && (log.time < self.to || log.time == self.from);
        is_then && log.own().is_some_and(|own| self.query.finds([&group.shared, &own]))
    }

    /// Whether a group is of the topic.
    fn takes(&self, group: &Group<'_>) -> bool {
        let is_topic =
            |topic: &String| group.shared.iter().any(|(name, own)| name == "__topic__" && own == topic);
        self.topic.as_ref().is_none_or(is_topic)
    }

    /// Tells of each log that is found, with the place of its group; how many were looked at.
    fn search<'a>(&self, groups: &'a [Arc<Vec<u8>>], mut tell: impl FnMut(usize, Log<'a>)) -> usize {
        let mut looked_at = 0;
        for (place, group) in groups.iter().enumerate() {
            let Some(group) = Group::read(group) else { continue };
            let is_taken = self.takes(&group);
            for log in group.logs().flatten() {
                looked_at += 1;
                if is_taken && self.finds(&group, &log) {
                    tell(place, log);
                }
            }
        }
        looked_at
    }
}

/// The log groups of a logstore with an index: shared, so that nobody waits for the store while they are searched.
fn groups(call: &Call<'_>, logstore: &str) -> Result<Vec<Arc<Vec<u8>>>, Error> {
    let mut projects = call.cloud.sls.projects();
    let logstore = projects.logstore(call, logstore)?;
    if logstore.index.is_none() {
        return Err(Error::new(400, "IndexConfigNotExist", "logstore without index config"));
    }
    let groups = logstore.shards.iter().flat_map(|shard| &shard.0);
    Ok(groups.map(|group| Arc::clone(&group.bytes)).collect())
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
    if offset > OFFSET_MOST {
        return Err(Error::new(400, "InvalidOffset", "offset is at most 100000 here"));
    }
    let groups = groups(call, logstore)?;
    let mut first = First::new(offset + line, value("reverse").is_some_and(|text| text == "true"));
    let looked_at = asked.search(&groups, |place, log| first.add(place, log));
    let shown = first.sorted().into_iter().skip(offset).filter_map(|(place, log)| {
        let group = Group::read(groups.get(place)?)?;
        Some(log.shown(&group.shared))
    });
    Ok(Page { logs: shown.collect(), looked_at })
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
    let groups = groups(call, logstore)?;
    // At least one second, and one interval.
    let length = ((asked.to - asked.from - 1) / INTERVALS_MOST + 1).max(1);
    let (mut parts, mut from) = (Vec::new(), asked.from);
    while from < asked.to || parts.is_empty() {
        parts.push((from, asked.to.min(from + length), 0_u64));
        from += length;
    }
    asked.search(&groups, |_, log| {
        let part = usize::try_from((log.time - asked.from) / length).ok();
        if let Some((.., count)) = part.and_then(|part| parts.get_mut(part)) {
            *count += 1;
        }
    });
    let found: u64 = parts.iter().map(|(.., count)| count).sum();
    let shown = parts
        .iter()
        .map(|(from, to, count)| json!({ "from": from, "to": to, "count": count, "progress": "Complete" }));
    let mut answer = told(&shown.collect());
    set(&mut answer, "x-log-progress", "Complete");
    set(&mut answer, "x-log-count", &found.to_string());
    Ok(answer)
}
