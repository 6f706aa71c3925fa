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

    /// The key for `day` (`20240307`), region and product's word in the scope; derived when it is not here. `None`: the credential is no
    /// pair to sign with.
    pub fn day_key(
        &self,
        credential: &Credential,
        day: [u8; 8],
        region: Region,
        product: &'static str,
    ) -> Option<DayKey> {
        let scope = (credential.generation(), day, region, product);
        if let Some(key) = self.0.get(&scope) {
            return Some(key);
        }
        // Two threads may derive the same key at once. That costs less than making one wait for the other.
        let key = credential.access_key()?.key().scope_key(day, region, product);
        self.0.insert(scope, key.clone());
        Some(key)
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

#[cfg(test)]
mod tests {
    use super::super::{Fetched, Use};
    use super::*;
    use crate::names::AccessKeyId;
    use crate::secret::Secret;

    fn credential() -> Credential {
        let (access_key_id, secret) = (AccessKeyId::new("LTAI-day"), Secret::new("s".to_owned()));
        let fetched = Fetched::pair(access_key_id, secret, None);
        Credential::absorb(fetched, None, Use::Signing)
    }

    #[test]
    fn a_key_is_derived_once_for_each_generation_day_region_and_product() {
        let (keys, first, second) = (DayKeys::new(), credential(), credential());
        let region = Region::new("cn-hangzhou");
        for _ in 0..3 {
            keys.day_key(&first, *b"20270115", region, "oss");
            keys.day_key(&second, *b"20270115", region, "oss");
            keys.day_key(&first, *b"20270116", region, "oss");
            keys.day_key(&first, *b"20270115", Region::new("cn-beijing"), "oss");
            keys.day_key(&first, *b"20270115", region, "sls");
        }
        keys.0.run_pending_tasks();
        assert_eq!(keys.0.entry_count(), 5);
    }

    #[test]
    fn what_is_kept_is_bounded() {
        let (keys, region) = (DayKeys::new(), Region::new("cn-hangzhou"));
        for _ in 0..2 * KEYS_MAX {
            keys.day_key(&credential(), *b"20270115", region, "oss");
        }
        keys.0.run_pending_tasks();
        assert!((1..=KEYS_MAX).contains(&keys.0.entry_count()), "{}", keys.0.entry_count());
    }
}
