//! Which projects and topics there are, and the records of their shards.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use serde_json::Value as Json;

use super::schema::Schema;
use crate::sandbox::error::Error;

/// Projects of a region, topics of a project and shards of a topic at the most.
pub(super) const PROJECTS_MOST: usize = 100;
pub(super) const TOPICS_MOST: usize = 1_000;
pub(super) const SHARDS_MOST: usize = 256;

/// A comment's length at the most, in bytes: the sandbox's own bound, for want of a published one.
pub(super) const COMMENT_MOST: usize = 1_024;

/// What all records, schemas and comments together may take, in bytes.
const RECORDS_MOST: usize = 64 * 1024 * 1024;

/// All projects.
#[derive(Debug, Default)]
pub(crate) struct DataHub(Mutex<Hub>);

/// What is behind the lock.
#[derive(Debug, Default)]
pub(super) struct Hub {
    /// By region and name in lower case: names differ in no other way.
    pub(super) projects: BTreeMap<(String, String), Project>,
    /// How many topics were ever made: what their cursors are told apart by.
    pub(super) made: u64,
    /// What all topics take, in bytes.
    taken: usize,
}

/// One project.
#[derive(Debug)]
pub(super) struct Project {
    pub(super) comment: String,
    /// Since 1970, in whole seconds.
    pub(super) created_at: i64,
    pub(super) modified_at: i64,
    /// By name in lower case.
    pub(super) topics: BTreeMap<String, Topic>,
}

/// One topic.
#[derive(Debug)]
pub(super) struct Topic {
    pub(super) number: u64,
    pub(super) schema: Schema,
    pub(super) comment: String,
    /// In days.
    pub(super) lifecycle: u64,
    /// Since 1970, in whole seconds.
    pub(super) created_at: i64,
    pub(super) modified_at: i64,
    /// The records of each. A shard is named by its place.
    pub(super) shards: Vec<Vec<Record>>,
    /// Where the next record without a key goes.
    pub(super) next_shard: usize,
}

/// One record. Its sequence is its place in its shard.
#[derive(Clone, Debug)]
pub(super) struct Record {
    pub(super) data: Json,
    pub(super) attributes: Json,
    /// Since 1970, in milliseconds.
    pub(super) put_at: i64,
    pub(super) bytes: usize,
}

impl DataHub {
    /// All of it, to read or to change.
    pub(super) fn hub(&self) -> MutexGuard<'_, Hub> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Hub {
    /// A project that must be there.
    pub(super) fn project(&mut self, region: &str, name: &str) -> Result<&mut Project, Error> {
        let project = self.projects.get_mut(&(region.to_owned(), name.to_lowercase()));
        project.ok_or_else(|| {
            Error::new(404, "NoSuchProject", &format!("The specified project {name} does not exist."))
        })
    }

    /// A topic that must be there.
    pub(super) fn topic(&mut self, region: &str, project: &str, name: &str) -> Result<&mut Topic, Error> {
        let topic = self.project(region, project)?.topics.get_mut(&name.to_lowercase());
        topic.ok_or_else(|| {
            Error::new(404, "NoSuchTopic", &format!("The specified topic {name} does not exist."))
        })
    }

    /// Makes room for so many bytes.
    pub(super) fn take(&mut self, bytes: usize) -> Result<(), Error> {
        if self.taken + bytes > RECORDS_MOST {
            let message = format!("The sandbox keeps {} MiB of records and schemas.", RECORDS_MOST >> 20);
            return Err(Error::new(400, "LimitExceeded", &message));
        }
        self.taken += bytes;
        Ok(())
    }

    /// Gives room back.
    pub(super) fn give(&mut self, bytes: usize) {
        self.taken = self.taken.saturating_sub(bytes);
    }
}

impl Topic {
    /// What it takes, in bytes: its records, its schema, and the longest comment that it may be given.
    pub(super) fn bytes(&self) -> usize {
        let records: usize = self.shards.iter().flatten().map(|record| record.bytes).sum();
        records + self.schema.bytes() + COMMENT_MOST
    }

    /// The records of a shard that must be there.
    pub(super) fn shard(&self, name: &str) -> Result<&Vec<Record>, Error> {
        let shard = name.parse::<usize>().ok().and_then(|at| self.shards.get(at));
        shard.ok_or_else(|| no_shard(name))
    }
}

/// A shard that is not there.
pub(super) fn no_shard(name: &str) -> Error {
    Error::new(404, "NoSuchShard", &format!("The specified shard {name} does not exist."))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn records_take_room_until_their_topic_is_gone() {
        let mut hub = Hub::default();
        let record = Record { data: Json::Null, attributes: Json::Null, put_at: 0, bytes: RECORDS_MOST };
        hub.take(record.bytes).unwrap();
        assert_eq!(hub.take(1).unwrap_err().code, "LimitExceeded");
        let topic = Topic {
            number: 0,
            schema: Schema::Blob,
            comment: String::new(),
            lifecycle: 1,
            created_at: 0,
            modified_at: 0,
            shards: vec![vec![record]],
            next_shard: 0,
        };
        hub.give(topic.bytes());
        assert!(hub.take(1).is_ok());
    }
}
