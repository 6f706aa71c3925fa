//! countersign: unsigned requests in, signed ones out.
//!
//! The route of a request is the list of rooms below, in order; `pipeline` joins them.

pub mod endpoint;

pub mod clock;
pub mod names;
pub mod secret;

// Beside the route: what a newcomer and the tests talk to instead of the cloud.
#[cfg(feature = "sandbox")]
pub mod sandbox;
