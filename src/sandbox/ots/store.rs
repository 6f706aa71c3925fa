//! Which instances there are, and their tables. An instance is there as soon as it is named, in each region its own. All is
//! kept in memory, and counts against one bound.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use super::table::Table;
use crate::sandbox::error::Error;

/// Instances at the most, and tables of an instance. The latter is Tablestore's own limit.
const INSTANCES_MOST: usize = 100;
pub(super) const TABLES_MOST: usize = 64;

/// What all rows together may take, in bytes.
const ROWS_MOST: usize = 64 * 1024 * 1024;

/// All instances.
#[derive(Debug, Default)]
pub(crate) struct Ots(Mutex<Shelf>);

#[derive(Debug, Default)]
struct Shelf {
    /// By region and name.
    instances: BTreeMap<(String, String), Instance>,
    room: Room,
}

/// The tables of an instance, by name.
pub(super) type Instance = BTreeMap<String, Table>;

/// How much all rows take.
#[derive(Debug, Default)]
pub(super) struct Room(usize);

impl Room {
    /// Whether something of `before` bytes may become one of `after`: if it may, it has.
    pub(super) fn change(&mut self, before: usize, after: usize) -> Result<(), Error> {
        let taken = self.0.saturating_sub(before).saturating_add(after);
        if after > before && taken > ROWS_MOST {
            let message = format!("The sandbox keeps {} MiB of rows.", ROWS_MOST >> 20);
            return Err(Error::new(403, "OTSQuotaExhausted", &message));
        }
        self.0 = taken;
        Ok(())
    }
}

impl Ots {
    /// Does something with an instance and with the room that there is.
    pub(super) fn with<T>(
        &self,
        (region, name): (&str, &str),
        act: impl FnOnce(&mut Instance, &mut Room) -> Result<T, Error>,
    ) -> Result<T, Error> {
        let shelf = &mut *self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let key = (region.to_owned(), name.to_owned());
        if !shelf.instances.contains_key(&key) && shelf.instances.len() >= INSTANCES_MOST {
            return Err(Error::new(403, "OTSAuthFailed", "The instance is not found."));
        }
        act(shelf.instances.entry(key).or_default(), &mut shelf.room)
    }
}

/// A table that must be there.
pub(super) fn table<'a>(instance: &'a mut Instance, name: &str) -> Result<&'a mut Table, Error> {
    instance
        .get_mut(name)
        .ok_or_else(|| Error::new(404, "OTSObjectNotExist", "Requested table does not exist."))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn room_is_taken_and_given_back_and_ends() {
        let mut room = Room::default();
        room.change(0, ROWS_MOST).unwrap();
        assert_eq!(room.change(0, 1).unwrap_err().code, "OTSQuotaExhausted");
        assert_eq!(room.change(10, 11).unwrap_err().code, "OTSQuotaExhausted");
        room.change(10, 9).unwrap();
        room.change(0, 1).unwrap();
    }

    #[test]
    fn instances_are_made_by_being_named_but_not_without_end() {
        let ots = Ots::default();
        let touch =
            |region: &str, name: &str| ots.with((region, name), |instance, _| Ok(instance.is_empty()));
        for number in 0..INSTANCES_MOST / 2 {
            assert_eq!(touch("cn-hangzhou", &format!("i{number}")), Ok(true));
            assert_eq!(touch("cn-beijing", &format!("i{number}")), Ok(true));
        }
        assert_eq!(touch("cn-beijing", "i0"), Ok(true));
        assert_eq!(touch("cn-beijing", "one-more").unwrap_err().code, "OTSAuthFailed");
    }
}
