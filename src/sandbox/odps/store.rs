//! Which projects there are, and what is in them: tables with their rows, instances, and sessions of the tunnel.
//!
//! A project is there as soon as it is named, in each region its own. Rows are kept in memory, and count against one bound.

use std::collections::{BTreeMap, VecDeque};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use super::column::{Column, Row, weight};
use super::instances::Instance;
use crate::sandbox::error::Error;

/// Projects at the most, and tables of a project.
const PROJECTS_MOST: usize = 100;
const TABLES_MOST: usize = 1_000;

/// Instances, and sessions of either direction, that a project remembers. Past it the oldest go.
const REMEMBERED: usize = 1_000;

/// What all rows together may take, in bytes.
const ROWS_MOST: usize = 256 * 1024 * 1024;

/// All projects, by region and name.
#[derive(Debug, Default)]
pub(crate) struct Odps {
    projects: Mutex<BTreeMap<(String, String), Project>>,
    taken: Arc<AtomicUsize>,
}

/// One project.
#[derive(Debug)]
pub(super) struct Project {
    pub(super) name: String,
    /// Since 1970, in whole seconds.
    pub(super) created_at: i64,
    /// By name in lower case: names differ in no other way.
    pub(super) tables: BTreeMap<String, Table>,
    pub(super) instances: Recent<Instance>,
    pub(super) uploads: Recent<Upload>,
    pub(super) downloads: Recent<Download>,
}

/// One table.
#[derive(Clone, Debug)]
pub(super) struct Table {
    pub(super) name: String,
    /// What sessions hold it to: a table that was dropped and made again is another.
    pub(super) id: String,
    pub(super) comment: String,
    pub(super) columns: Vec<Column>,
    /// Since 1970, in whole seconds.
    pub(super) created_at: i64,
    pub(super) modified_at: i64,
    pub(super) blocks: Vec<Arc<Block>>,
}

impl Table {
    /// The number of its rows, and about how many bytes they take.
    pub(super) fn size(&self) -> (usize, usize) {
        let sum = |of: fn(&Block) -> usize| self.blocks.iter().map(|block| of(block)).sum();
        (sum(|block| block.rows.len()), sum(|block| block.bytes))
    }
}

/// Rows that came together. Never changed; gives its room back when nobody has it any more.
#[derive(Debug)]
pub(super) struct Block {
    pub(super) rows: Vec<Row>,
    bytes: usize,
    taken: Arc<AtomicUsize>,
}

impl Drop for Block {
    fn drop(&mut self) {
        self.taken.fetch_sub(self.bytes, Ordering::Relaxed);
    }
}

/// A session that writes into a table.
#[derive(Debug)]
pub(super) struct Upload {
    /// The table's name in lower case, and its id.
    pub(super) table: String,
    pub(super) table_id: String,
    /// Whether the rows take the place of those that are there.
    pub(super) overwrites: bool,
    /// By number.
    pub(super) blocks: BTreeMap<u32, Arc<Block>>,
    pub(super) is_committed: bool,
}

/// A session that reads what a table or a result held when it began.
#[derive(Clone, Debug)]
pub(super) struct Download {
    /// The path of what is read, which is the only one that the session answers at.
    pub(super) of: String,
    pub(super) columns: Vec<Column>,
    pub(super) blocks: Vec<Arc<Block>>,
}

impl Download {
    pub(super) fn rows(&self) -> impl Iterator<Item = &Row> {
        self.blocks.iter().flat_map(|block| &block.rows)
    }
}

/// The newest of what has ids.
#[derive(Debug)]
pub(super) struct Recent<T> {
    by_id: BTreeMap<String, T>,
    order: VecDeque<String>,
}

impl<T> Default for Recent<T> {
    fn default() -> Self {
        Self { by_id: BTreeMap::new(), order: VecDeque::new() }
    }
}

impl<T> Recent<T> {
    /// Remembers one, and forgets the oldest past the bound.
    pub(super) fn put(&mut self, id: &str, one: T) {
        self.by_id.insert(id.to_owned(), one);
        self.order.push_back(id.to_owned());
        if self.order.len() > REMEMBERED
            && let Some(oldest) = self.order.pop_front()
        {
            self.by_id.remove(&oldest);
        }
    }

    pub(super) fn get(&self, id: &str) -> Option<&T> {
        self.by_id.get(id)
    }

    pub(super) fn get_mut(&mut self, id: &str) -> Option<&mut T> {
        self.by_id.get_mut(id)
    }

    /// All of them, oldest first.
    pub(super) fn iter(&self) -> impl Iterator<Item = (&String, &T)> {
        self.order.iter().filter_map(|id| self.by_id.get_key_value(id))
    }
}

impl Odps {
    /// Does something with a project, which is made if it is not there.
    pub(super) fn with<T>(
        &self,
        (region, name): (&str, &str),
        now: i64,
        act: impl FnOnce(&mut Project) -> Result<T, Error>,
    ) -> Result<T, Error> {
        let mut projects = self.projects.lock().unwrap_or_else(PoisonError::into_inner);
        let key = (region.to_owned(), name.to_owned());
        let is_new = !projects.contains_key(&key);
        if is_new && (projects.len() >= PROJECTS_MOST || !is_name(name)) {
            let message = format!("ODPS-0420111: Project not found - '{name}'.");
            return Err(Error::new(404, "NoSuchProject", &message));
        }
        act(projects.entry(key).or_insert_with(|| Project {
            name: name.to_owned(),
            created_at: now,
            tables: BTreeMap::new(),
            instances: Recent::default(),
            uploads: Recent::default(),
            downloads: Recent::default(),
        }))
    }

    /// Makes a block of rows, if there is room for it.
    pub(super) fn block(&self, rows: Vec<Row>) -> Result<Block, Error> {
        let bytes = rows.iter().map(weight).sum();
        // Taken first, so that two that come at once do not both get the last of it. Too much is given back by the block.
        let taken = self.taken.fetch_add(bytes, Ordering::Relaxed) + bytes;
        let block = Block { rows, bytes, taken: Arc::clone(&self.taken) };
        if taken > ROWS_MOST {
            let message = format!("The sandbox keeps {} MiB of rows.", ROWS_MOST >> 20);
            return Err(Error::new(503, "ServiceUnavailable", &message));
        }
        Ok(block)
    }
}

impl Project {
    /// A table, by its name in any letter case.
    pub(super) fn table(&self, name: &str) -> Option<&Table> {
        self.tables.get(&name.to_lowercase())
    }

    /// Whether one more table would be too many.
    pub(super) fn is_full(&self) -> bool {
        self.tables.len() >= TABLES_MOST
    }
}

/// Letters, digits and underscores, a letter first. From "Terms: project".
pub(super) fn is_name(name: &str) -> bool {
    name.len() <= 128
        && name.starts_with(|first: char| first.is_ascii_alphabetic())
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
}

#[cfg(test)]
mod tests {
    use super::super::column::Value;
    use super::*;

    #[test]
    fn rows_take_room_until_nobody_has_them() {
        let odps = Odps::default();
        let quarter = || vec![vec![Some(Value::Text(vec![0; ROWS_MOST / 4]))]];
        let blocks: Vec<Block> = (0..3).map(|_| odps.block(quarter()).unwrap()).collect();
        assert_eq!(odps.block(quarter()).unwrap_err().code, "ServiceUnavailable");
        assert!(odps.block(vec![vec![None]]).is_ok());
        drop(blocks);
        assert_eq!(odps.taken.load(Ordering::Relaxed), 0);
    }

    #[test]
    fn projects_are_made_by_being_named_but_not_without_end() {
        let odps = Odps::default();
        let touch = |region: &str, name: &str| odps.with((region, name), 7, |project| Ok(project.created_at));
        for number in 0..PROJECTS_MOST / 2 {
            assert_eq!(touch("cn-hangzhou", &format!("p{number}")), Ok(7));
            assert_eq!(touch("cn-beijing", &format!("p{number}")), Ok(7));
        }
        assert_eq!(touch("cn-beijing", "p0"), Ok(7));
        assert_eq!(touch("cn-beijing", "one_more").unwrap_err().code, "NoSuchProject");
        assert_eq!(Odps::default().with(("", "1 x"), 0, |_| Ok(())).unwrap_err().code, "NoSuchProject");
    }

    #[test]
    fn the_oldest_of_what_is_remembered_goes() {
        let mut recent = Recent::default();
        (0..=REMEMBERED).for_each(|number| recent.put(&number.to_string(), number));
        assert!(recent.get("0").is_none());
        assert_eq!(recent.iter().count(), REMEMBERED);
        assert_eq!(recent.iter().next().map(|(_, &number)| number), Some(1));
    }
}
