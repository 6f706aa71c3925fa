//! countersign: unsigned requests in, signed ones out.
//!
//! The route of a request is the list of rooms below, in order; `pipeline` joins them.

pub mod endpoint;

pub mod clock;
pub mod config;
pub mod names;
pub mod secret;
pub mod suggest;
