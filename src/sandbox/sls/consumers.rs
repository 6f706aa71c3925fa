//! Consumer groups: who of a group reads which shard, and how far it has come.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use super::dialect::{done, told};
use super::{Call, invalid};
use crate::sandbox::answer::Answer;
use crate::sandbox::error::Error;

/// How many groups a logstore can have. From "Basic resources".
const GROUPS_MOST: usize = 30;
/// How many consumers a group can have.
const CONSUMERS_MOST: usize = 100;
/// How long a name or a checkpoint can be, in bytes.
const TEXT_MOST: usize = 256;

/// A group: its consumers, and its checkpoints by shard.
#[derive(Debug)]
pub(super) struct ConsumerGroup {
    /// After so many seconds without a heartbeat a consumer is gone.
    timeout: i64,
    in_order: bool,
    consumers: BTreeMap<String, Consumer>,
    checkpoints: BTreeMap<usize, Checkpoint>,
}

#[derive(Debug)]
struct Consumer {
    heard: i64,
    /// The shards that it said it reads.
    held: BTreeSet<usize>,
    /// The shards that it was told to read.
    given: Vec<usize>,
}

#[derive(Clone, Debug, Default)]
struct Checkpoint {
    cursor: String,
    consumer: String,
    updated: i64,
}

impl ConsumerGroup {
    /// A consumer's heartbeat: which shards it is to read. All are dealt out evenly among those that are there, but one that
    /// another still reads is given only once that lets go of it.
    fn beat(&mut self, name: &str, said: &[usize], (shards, now): (usize, i64)) -> Vec<usize> {
        self.consumers.retain(|_, consumer| now - consumer.heard < self.timeout);
        let held = said.iter().copied().filter(|shard| *shard < shards).collect();
        let consumer = Consumer { heard: now, held, given: Vec::new() };
        self.consumers.insert(name.to_owned(), consumer);
        let turn = self.consumers.keys().position(|known| known == name).unwrap_or_default();
        let is_free = |shard: &usize| {
            let mut others = self.consumers.iter().filter(|(known, _)| *known != name);
            others.all(|(_, other)| !other.held.contains(shard) && !other.given.contains(shard))
        };
        let given: Vec<usize> = (turn..shards).step_by(self.consumers.len()).filter(is_free).collect();
        if let Some(consumer) = self.consumers.get_mut(name) {
            consumer.given.clone_from(&given);
        }
        given
    }
}

/// `CreateConsumerGroup`.
pub(super) fn create(call: &Call<'_>, logstore: &str) -> Result<Answer, Error> {
    let given = call.object()?;
    let name = given.get("consumerGroup").and_then(Value::as_str).unwrap_or_default().to_owned();
    if name.is_empty() || name.len() > TEXT_MOST {
        return Err(invalid("consumerGroup is a name of 1 to 256 bytes"));
    }
    let group = ConsumerGroup {
        timeout: seconds(given.get("timeout"))?,
        in_order: given.get("order").and_then(Value::as_bool).unwrap_or(false),
        consumers: BTreeMap::new(),
        checkpoints: BTreeMap::new(),
    };
    let mut projects = call.cloud.sls.projects();
    let groups = &mut projects.logstore(call, logstore)?.groups;
    if groups.contains_key(&name) {
        let message = "specified consumer group already exists";
        return Err(Error::new(400, "ConsumerGroupAlreadyExist", message));
    }
    if groups.len() >= GROUPS_MOST {
        return Err(Error::new(400, "ConsumerGroupQuotaExceed", "consumer group quota exceed"));
    }
    groups.insert(name, group);
    Ok(done())
}

/// `UpdateConsumerGroup`: either setting, or both.
pub(super) fn update(call: &Call<'_>, logstore: &str, name: &str) -> Result<Answer, Error> {
    let given = call.object()?;
    with_group(call, logstore, name, |group, _| {
        if given.contains_key("timeout") {
            group.timeout = seconds(given.get("timeout"))?;
        }
        group.in_order = given.get("order").and_then(Value::as_bool).unwrap_or(group.in_order);
        Ok(done())
    })
}

/// `DeleteConsumerGroup`.
pub(super) fn delete(call: &Call<'_>, logstore: &str, name: &str) -> Result<Answer, Error> {
    let mut projects = call.cloud.sls.projects();
    let gone = projects.logstore(call, logstore)?.groups.remove(name);
    gone.map(|_| done()).ok_or_else(not_there)
}

/// `ListConsumerGroup`.
pub(super) fn list(call: &Call<'_>, logstore: &str) -> Result<Answer, Error> {
    let mut projects = call.cloud.sls.projects();
    let groups = projects.logstore(call, logstore)?.groups.iter();
    let shown: Vec<Value> = groups
        .map(|(name, group)| json!({ "name": name, "timeout": group.timeout, "order": group.in_order }))
        .collect();
    Ok(told(&Value::Array(shown)))
}

/// `ConsumerGroupHeartBeat`: its body names the shards that the consumer reads, the answer those that it is to read.
pub(super) fn heartbeat(call: &Call<'_>, logstore: &str, name: &str) -> Result<Answer, Error> {
    let consumer = call.parameter("consumer").unwrap_or_default();
    if consumer.is_empty() || consumer.len() > TEXT_MOST {
        return Err(invalid("consumer is a name of 1 to 256 bytes"));
    }
    let said: Vec<usize> = serde_json::from_slice(&call.heard.body)
        .map_err(|_| Error::new(400, "PostBodyInvalid", "The body is no JSON array of shards."))?;
    with_group(call, logstore, name, |group, shards| {
        if group.consumers.len() >= CONSUMERS_MOST && !group.consumers.contains_key(&consumer) {
            return Err(Error::new(400, "ConsumerQuotaExceed", "the group has as many consumers as it can"));
        }
        Ok(told(&json!(group.beat(&consumer, &said, (shards, call.now())))))
    })
}

/// `ConsumerGroupUpdateCheckPoint`: by the one that reads the shard, or forced.
pub(super) fn checkpoint(call: &Call<'_>, logstore: &str, name: &str) -> Result<Answer, Error> {
    let given = call.object()?;
    let cursor = given.get("checkpoint").and_then(Value::as_str).unwrap_or_default().to_owned();
    if cursor.len() > TEXT_MOST {
        return Err(invalid("checkpoint is longer than 256 bytes"));
    }
    let shard = given.get("shard").and_then(Value::as_u64).and_then(|shard| usize::try_from(shard).ok());
    let consumer = call.parameter("consumer").unwrap_or_default();
    let is_forced = call.parameter("forceSuccess").is_some_and(|text| text.eq_ignore_ascii_case("true"));
    let now = call.now();
    with_group(call, logstore, name, |group, shards| {
        let shard = shard.filter(|shard| *shard < shards).ok_or_else(no_shard)?;
        if !is_forced {
            // The cloud's own spelling.
            let reader = group.consumers.get(&consumer);
            let reader = reader.ok_or_else(|| Error::new(400, "ConsumerNotExsit", "consumer not exist"))?;
            if !reader.given.contains(&shard) && !reader.held.contains(&shard) {
                return Err(Error::new(400, "ConsumerNotMatch", "the shard is read by another consumer"));
            }
        }
        group.checkpoints.insert(shard, Checkpoint { cursor, consumer, updated: now });
        Ok(done())
    })
}

/// `GetCheckPoint`, of one shard or of all. That of a shard that nobody has read yet is empty.
pub(super) fn checkpoints(call: &Call<'_>, logstore: &str, name: &str) -> Result<Answer, Error> {
    let wanted: Option<usize> = match call.parameter("shard") {
        None => None,
        Some(_) => Some(call.number("shard", 0)?),
    };
    with_group(call, logstore, name, |group, shards| {
        if wanted.is_some_and(|shard| shard >= shards) {
            return Err(no_shard());
        }
        let shown: Vec<Value> = (0..shards)
            .filter(|shard| wanted.is_none_or(|wanted| wanted == *shard))
            .map(|shard| {
                let known = group.checkpoints.get(&shard).cloned().unwrap_or_default();
                json!({
                    "shard": shard,
                    "checkpoint": known.cursor,
                    // In microseconds.
                    "updateTime": known.updated * 1_000_000,
                    "consumer": known.consumer,
                })
            })
            .collect();
        Ok(told(&Value::Array(shown)))
    })
}

/// Does something with a group, which is told how many shards there are.
fn with_group(
    call: &Call<'_>,
    logstore: &str,
    name: &str,
    act: impl FnOnce(&mut ConsumerGroup, usize) -> Result<Answer, Error>,
) -> Result<Answer, Error> {
    let mut projects = call.cloud.sls.projects();
    let logstore = projects.logstore(call, logstore)?;
    let shards = logstore.shards.len();
    act(logstore.groups.get_mut(name).ok_or_else(not_there)?, shards)
}

fn seconds(given: Option<&Value>) -> Result<i64, Error> {
    let seconds = given.and_then(Value::as_i64).filter(|seconds| (1..=86_400).contains(seconds));
    seconds.ok_or_else(|| invalid("timeout is a number of seconds"))
}

fn not_there() -> Error {
    Error::new(404, "ConsumerGroupNotExist", "consumer group not exist")
}

fn no_shard() -> Error {
    Error::new(404, "ShardNotExist", "shard not exist")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn group() -> ConsumerGroup {
        ConsumerGroup {
            timeout: 60,
            in_order: false,
            consumers: BTreeMap::new(),
            checkpoints: BTreeMap::new(),
        }
    }

    #[test]
    fn shards_are_dealt_out_among_who_is_there_and_given_when_they_are_let_go() {
        let mut group = group();
        assert_eq!(group.beat("a", &[], (4, 0)), [0, 1, 2, 3]);
        // The second finds them taken; the first is told to let go of two of them, and does.
        assert_eq!(group.beat("b", &[], (4, 1)), [0_usize; 0]);
        assert_eq!(group.beat("a", &[0, 1, 2, 3], (4, 2)), [0, 2]);
        assert_eq!(group.beat("b", &[], (4, 3)), [0_usize; 0]);
        assert_eq!(group.beat("a", &[0, 2], (4, 4)), [0, 2]);
        assert_eq!(group.beat("b", &[], (4, 5)), [1, 3]);
        // One that is not heard of for a minute is gone.
        assert_eq!(group.beat("b", &[1, 3], (4, 63)), [1, 3]);
        assert_eq!(group.beat("b", &[1, 3], (4, 64)), [0, 1, 2, 3]);
    }

    #[test]
    fn a_shard_that_is_said_often_is_kept_once() {
        let mut group = group();
        group.beat("a", &[3, 3, 3, 1, 3, 4, usize::MAX], (4, 0));
        assert_eq!(group.consumers["a"].held.iter().copied().collect::<Vec<_>>(), [1, 3]);
    }
}
