//! Logstores: made, shown, changed, listed and deleted; and their shards.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::dialect::{done, told};
use super::store::{LOGSTORES_MOST, Logstore, Shard, is_name};
use super::{Call, invalid};
use crate::sandbox::answer::Answer;
use crate::sandbox::error::Error;

/// How many shards one can be made with, and its settings can hold. The first is from `CreateLogStore`.
const SHARDS_MOST: u64 = 10;
const SETTINGS_BYTES_MOST: usize = 8 * 1024;

/// How long logs can be kept, in days. From `CreateLogStore`.
const DAYS_MOST: u64 = 3_650;

/// How many a list has, unless fewer are asked for. From `ListLogStores`.
const LIST_USUAL: usize = 200;
const LIST_MOST: usize = 500;

/// `CreateLogStore`.
pub(super) fn create(call: &Call<'_>) -> Result<Answer, Error> {
    let given = call.object()?;
    let name = given.get("logstoreName").and_then(Value::as_str).unwrap_or_default().to_owned();
    if !is_name(&name, "-_") {
        return Err(wrong(&format!("logstore name {name} is invalid")));
    }
    let shards = given.get("shardCount").and_then(Value::as_u64).unwrap_or(2);
    if !(1..=SHARDS_MOST).contains(&shards) {
        return Err(wrong("shardCount is 1 to 10"));
    }
    let now = call.now();
    let mut settings = Map::new();
    let usual = json!({
        "enable_tracking": false, "autoSplit": false, "maxSplitShard": 0, "appendMeta": false,
        "telemetryType": "None", "mode": "standard", "createTime": now,
    });
    settings.extend(usual.as_object().cloned().unwrap_or_default());
    change(&mut settings, given, now)?;
    settings.insert("shardCount".to_owned(), json!(shards));
    let mut projects = call.cloud.sls.projects();
    let project = projects.project(call)?;
    if project.logstores.contains_key(&name) {
        return Err(Error::new(400, "LogStoreAlreadyExist", &format!("logstore {name} already exists")));
    }
    if project.logstores.len() >= LOGSTORES_MOST {
        return Err(Error::new(400, "ProjectQuotaExceed", "Project Quota Exceed."));
    }
    let logstore = Logstore {
        settings,
        created: now,
        shards: (0..shards).map(|_| Shard::default()).collect(),
        turn: 0,
        index: None,
        groups: BTreeMap::new(),
        bytes: 0,
    };
    project.logstores.insert(name, logstore);
    Ok(done())
}

/// Sets what is given, and what every logstore has to say.
fn change(settings: &mut Map<String, Value>, given: Map<String, Value>, now: i64) -> Result<(), Error> {
    let days = given.get("ttl").and_then(Value::as_u64);
    if !days.is_some_and(|days| (1..=DAYS_MOST).contains(&days)) {
        return Err(wrong("ttl is a number of days, 1 to 3650"));
    }
    settings.extend(given);
    settings.insert("lastModifyTime".to_owned(), json!(now));
    if Value::Object(settings.clone()).to_string().len() > SETTINGS_BYTES_MOST {
        return Err(wrong("the settings are larger than 8 KiB"));
    }
    Ok(())
}

/// `UpdateLogStore`. Its shards stay.
pub(super) fn update(call: &Call<'_>, name: &str) -> Result<Answer, Error> {
    let mut given = call.object()?;
    let mut projects = call.cloud.sls.projects();
    let logstore = projects.logstore(call, name)?;
    given.remove("shardCount");
    given.insert("logstoreName".to_owned(), json!(name));
    let mut settings = logstore.settings.clone();
    change(&mut settings, given, call.now())?;
    logstore.settings = settings;
    Ok(done())
}

/// `GetLogStore`.
pub(super) fn get(call: &Call<'_>, name: &str) -> Result<Answer, Error> {
    Ok(told(&Value::Object(call.cloud.sls.projects().logstore(call, name)?.settings.clone())))
}

/// `DeleteLogStore`.
pub(super) fn delete(call: &Call<'_>, name: &str) -> Result<Answer, Error> {
    let mut projects = call.cloud.sls.projects();
    projects.logstore(call, name)?;
    projects.project(call)?.logstores.remove(name);
    Ok(done())
}

/// `ListLogStores`: by a part of their names, in pages.
pub(super) fn list(call: &Call<'_>) -> Result<Answer, Error> {
    let part = call.parameter("logstoreName").unwrap_or_default();
    // Node's SDK names what it was not given.
    let number = |name: &str, usual: usize| match call.parameter(name).as_deref() {
        Some("") => Ok(usual),
        _ => call.number(name, usual),
    };
    let (offset, size) = (number("offset", 0)?, number("size", LIST_USUAL)?);
    if size > LIST_MOST {
        return Err(invalid("size is at most 500"));
    }
    let mut projects = call.cloud.sls.projects();
    let all: Vec<&String> =
        projects.project(call)?.logstores.keys().filter(|name| name.contains(&part)).collect();
    let page: Vec<&String> = all.iter().copied().skip(offset).take(size).collect();
    Ok(told(&json!({ "count": page.len(), "total": all.len(), "logstores": page })))
}

/// `ListShards`. Each has as large a part of the keys, which are MD5 sums.
pub(super) fn shards(call: &Call<'_>, name: &str) -> Result<Answer, Error> {
    let mut projects = call.cloud.sls.projects();
    let logstore = projects.logstore(call, name)?;
    let count = logstore.shards.len();
    let shown: Vec<Value> = (0..count)
        .map(|id| {
            json!({
                "shardID": id,
                "status": "readwrite",
                "inclusiveBeginKey": begin_key(id, count),
                "exclusiveEndKey": begin_key(id + 1, count),
                "createTime": logstore.created,
            })
        })
        .collect();
    Ok(told(&Value::Array(shown)))
}

/// The first key of a shard, of so many. That behind the last is the last there is, as the cloud has it.
pub(super) fn begin_key(id: usize, count: usize) -> String {
    let (id, count) = (id as u128, count.max(1) as u128);
    format!("{:032x}", if id == count { u128::MAX } else { u128::MAX / count * id })
}

fn wrong(message: &str) -> Error {
    Error::new(400, "LogStoreInfoInvalid", message)
}
