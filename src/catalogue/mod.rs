//! What exists: the actions that Alibaba Cloud publishes, by name, and by method and path.
//!
//! The source is `data/actions.tsv`, turned by the build script into bytes that are searched where they lie: nothing is
//! unpacked at the start, and a look-up allocates nothing. Of each product it knows the version that is preferred, and
//! that one alone; it says nothing of other versions, nor of products without rows.

mod listed;
mod names;
mod route;
mod table;

pub use listed::{Listed, Operation, listed};
pub use route::{ByPath, Route};

#[cfg(test)]
mod tests;
