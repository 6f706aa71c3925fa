//! `sign --explain --against FILE`: the answer of a cloud that did not take a signature.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use super::Exit;
use super::offline::Failed;
use crate::mismatch::{self, Texts, Told};
use crate::names::calendar;

/// Errors of the cloud are of a kilobyte or two; with the canonical request of a large form it may be some hundred.
const ANSWER_MAX: u64 = 1024 * 1024;

/// What the cloud says that it signed.
#[derive(Debug)]
pub(super) struct Against(Told);

impl Against {
    /// Reads an answer from a file, or from stdin for `-`.
    pub(super) fn read(path: &Path) -> Result<Self, Failed> {
        let failed =
            |why: &dyn std::fmt::Display| (Exit::Failed, format!("--against {}: {why}", path.display()));
        let mut answer = Vec::new();
        let read = match path.as_os_str() == "-" {
            true => io::stdin().lock().take(ANSWER_MAX).read_to_end(&mut answer),
            false => File::open(path).and_then(|file| file.take(ANSWER_MAX).read_to_end(&mut answer)),
        };
        read.map_err(|error| failed(&error))?;
        let none = "it does not say what the cloud signed: it needs an error SignatureDoesNotMatch with a string-to-sign, \
                    as OSS, OpenAPI and API gateways write it";
        mismatch::told(&answer).map(Self).ok_or_else(|| failed(&none))
    }

    /// The date of the request, as `--date` takes it.
    pub(super) fn date(&self) -> Option<String> {
        let seconds = self.0.unix_seconds()?;
        Some(String::from_utf8_lossy(&calendar::iso(seconds)).into_owned())
    }

    /// The nonce of the request.
    pub(super) fn nonce(&self) -> Option<String> {
        self.0.nonce()
    }

    pub(super) fn texts(&self) -> Texts<'_> {
        self.0.texts()
    }
}
