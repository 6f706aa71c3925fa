//! What an operator sees of requests: access lines, metrics, and the log of everything else.
//!
//! Knows what a request asked for and how it ended, and nothing that it contained.

mod access;
mod log;
mod metrics;
mod record;

pub use access::{AccessLog, FLUSH_EVERY, Format};
pub use log::start as start_log;
pub use metrics::{Metrics, Shard};
pub use record::{Outcome, Record, RequestId};
