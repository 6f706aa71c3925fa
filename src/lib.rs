//! countersign: unsigned requests in, signed ones out.
//!
//! The route of a request is accept → classify → endpoint → policy → credential → sign → upstream; `pipeline` joins the
//! rooms. `ARCHITECTURE.md` says who may know what.

pub mod accept;
pub mod classify;
pub mod credential;
pub mod endpoint;
pub mod pipeline;
pub mod policy;
pub mod sign;
pub mod upstream;
pub mod vend;

pub mod admin;
pub mod buffers;
pub mod carry;
pub mod catalogue;
pub mod clock;
pub mod command;
pub mod config;
pub mod deadline;
pub mod login;
pub mod mismatch;
pub mod names;
pub mod redact;
pub mod refusal;
pub mod secret;
pub mod sidecar;
pub mod suggest;
pub mod telemetry;
pub mod wire;

// Beside the route: what a newcomer and the tests talk to instead of the cloud.
#[cfg(feature = "sandbox")]
pub mod sandbox;
