//! What an operator sees of requests: access lines, metrics, and the log of everything else.
//!
//! Knows what a request asked for and how it ended, and nothing that it contained.

mod access;
mod log;
mod metrics;
mod outlet;
mod record;

pub use access::{AccessLog, AccessWriter, FLUSH_EVERY, Format};
pub use log::{LAST_LINES, Log, start as start_log};
pub use metrics::{Metrics, Shard};
pub use record::{Outcome, Record, RequestId};
