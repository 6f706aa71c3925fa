//! An observer that remembers.

use std::sync::Mutex;

use crate::sandbox::{News, Observer};

/// Remembers what the sandbox tells.
#[derive(Debug, Default)]
pub(crate) struct Ear(Mutex<Vec<(News, u64)>>);

impl Observer for Ear {
    fn hear(&self, news: &News, untold: u64) {
        self.0.lock().unwrap().push((news.clone(), untold));
    }
}

impl Ear {
    /// What was told since the last time, each with how often it was not.
    pub(crate) fn heard(&self) -> Vec<(News, u64)> {
        std::mem::take(&mut *self.0.lock().unwrap())
    }
}
