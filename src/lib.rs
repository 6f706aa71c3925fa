//! countersign: unsigned requests in, signed ones out.
//!
//! The route of a request is the list of rooms below, in order; `pipeline` joins them.

pub mod credential;
pub mod endpoint;
pub mod sign;
pub mod wire;

pub mod clock;
pub mod names;
pub mod secret;
