//! What Log Service keeps: projects of every region, their logstores, and the log groups in these, all in memory.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use serde_json::{Map, Value};

use super::Call;
use super::consumers::ConsumerGroup;
use crate::sandbox::error::Error;

/// How many projects there can be.
pub(super) const PROJECTS_MOST: usize = 100;
/// How many logstores one can have. From "Basic resources".
pub(super) const LOGSTORES_MOST: usize = 200;
/// How many log groups there can be together.
pub(super) const LOG_GROUPS_MOST: usize = 100_000;
/// How much they may hold together, in bytes.
pub(super) const BYTES_MOST: usize = 64 * 1024 * 1024;

/// Region and name.
pub(super) type Name = (String, String);

/// The store.
#[derive(Debug, Default)]
pub(crate) struct Sls(Mutex<Projects>);

impl Sls {
    pub(super) fn projects(&self) -> MutexGuard<'_, Projects> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// All projects.
#[derive(Debug, Default)]
pub(super) struct Projects(pub(super) BTreeMap<Name, Project>);

#[derive(Debug)]
pub(super) struct Project {
    pub(super) account: String,
    pub(super) description: String,
    /// Since 1970, in whole seconds.
    pub(super) created: i64,
    pub(super) changed: i64,
    pub(super) logstores: BTreeMap<String, Logstore>,
}

#[derive(Debug)]
pub(super) struct Logstore {
    /// What `GetLogStore` shows.
    pub(super) settings: Map<String, Value>,
    pub(super) created: i64,
    /// By their ids. Neither split nor merged.
    pub(super) shards: Vec<Shard>,
    /// Whose turn it is among the shards.
    pub(super) turn: usize,
    pub(super) index: Option<Map<String, Value>>,
    pub(super) groups: BTreeMap<String, ConsumerGroup>,
    /// How much its log groups hold, in bytes.
    pub(super) bytes: usize,
}

/// Log groups in the order of arrival: one's cursor is its place.
#[derive(Debug, Default)]
pub(super) struct Shard(pub(super) Vec<LogGroup>);

/// As it was sent.
#[derive(Debug)]
pub(super) struct LogGroup {
    /// Since 1970, in whole seconds.
    pub(super) received: i64,
    /// A search shares them, and reads them when the store is free again.
    pub(super) bytes: Arc<Vec<u8>>,
}

impl Projects {
    /// The name that a call's project is kept under. The accelerated host names no region: there it is wherever it is.
    pub(super) fn name(&self, call: &Call<'_>) -> Name {
        let project = call.place.bucket.clone().unwrap_or_default();
        let anywhere = || self.0.keys().find(|(_, name)| *name == project).map(|(region, _)| region.clone());
        (call.place.region.clone().or_else(anywhere).unwrap_or_default(), project)
    }

    /// The project in a call's host.
    pub(super) fn project(&mut self, call: &Call<'_>) -> Result<&mut Project, Error> {
        let name = self.name(call);
        self.0.get_mut(&name).ok_or_else(|| {
            Error::new(404, "ProjectNotExist", &format!("The Project does not exist : {}", name.1))
        })
    }

    /// A logstore of the project in a call's host.
    pub(super) fn logstore(&mut self, call: &Call<'_>, name: &str) -> Result<&mut Logstore, Error> {
        self.project(call)?
            .logstores
            .get_mut(name)
            .ok_or_else(|| Error::new(404, "LogStoreNotExist", &format!("logstore {name} does not exist")))
    }

    /// How many log groups there are, and what they hold, in bytes.
    pub(super) fn held(&self) -> (usize, usize) {
        let logstores = self.0.values().flat_map(|project| project.logstores.values());
        logstores.fold((0, 0), |(count, bytes), logstore| {
            let own: usize = logstore.shards.iter().map(|shard| shard.0.len()).sum();
            (count + own, bytes + logstore.bytes)
        })
    }
}

impl Logstore {
    /// A shard by the id in a path.
    pub(super) fn shard(&mut self, id: &str) -> Result<&mut Shard, Error> {
        let at = id.parse::<usize>().ok();
        at.and_then(|at| self.shards.get_mut(at))
            .ok_or_else(|| Error::new(400, "ShardNotExist", &format!("Shard {id} does not exist.")))
    }
}

/// Whether a name is of lower-case letters, digits, hyphens and (in a logstore) underscores, 3 to 63 of them, with a letter or
/// a digit at both ends. From `CreateProject` and `CreateLogStore`.
pub(super) fn is_name(name: &str, more: &str) -> bool {
    let is_plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    let is_inner = |byte: u8| is_plain(byte) || more.as_bytes().contains(&byte);
    let ends = [name.bytes().next(), name.bytes().next_back()];
    (3..=63).contains(&name.len())
        && name.bytes().all(is_inner)
        && ends.iter().all(|end| end.is_some_and(is_plain))
}
