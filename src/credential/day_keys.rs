//! The derived keys of the V4 schemes, kept for the day: four MACs that most requests need not repeat.

use std::fmt;

use moka::sync::Cache;

use super::credential::Credential;
use crate::names::Region;
use crate::sign::DayKey;

/// Most keys kept. A process that signs for 20 roles in 25 regions for two products stays below it; past it the least
/// used go first, and cost four MACs when they are needed again.
const KEYS_MAX: u64 = 1_024;

/// Generation, day, region, product: all of it `Copy`, so that looking one up allocates nothing. Generations are
/// never used twice in a process, so a key cannot outlive its credential's use.
type Scope = (u64, [u8; 8], Region, &'static str);

/// Day keys of every role, bounded. Cheap to clone; all clones share.
#[derive(Clone)]
pub struct DayKeys(Cache<Scope, DayKey>);

impl DayKeys {
    /// Empty.
    pub fn new() -> Self {
        Self(Cache::new(KEYS_MAX))
    }

    /// The key for `day` (`20240307`), region and product's word in the scope; derived when it is not here.
    pub fn day_key(
        &self,
        credential: &Credential,
        day: [u8; 8],
        region: Region,
        product: &'static str,
    ) -> DayKey {
        let scope = (credential.generation(), day, region, product);
        if let Some(key) = self.0.get(&scope) {
            return key;
        }
        // Two threads may derive the same key at once. That costs less than making one wait for the other.
        let key = credential.key().day_key(day, region.id(), product);
        self.0.insert(scope, key.clone());
        key
    }
}

impl Default for DayKeys {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for DayKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "DayKeys({} kept)", self.0.entry_count())
    }
}
