//! countersign: unsigned requests in, signed ones out.
//!
//! The route of a request is the list of rooms below, in order; `pipeline` joins them.

pub mod accept;
pub mod classify;
pub mod credential;
pub mod endpoint;
pub mod pipeline;
pub mod policy;
pub mod sign;
pub mod upstream;

pub mod buffers;
pub mod clock;
pub mod deadline;
pub mod names;
pub mod refusal;
pub mod secret;
pub mod telemetry;
pub mod wire;
