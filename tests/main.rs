//! The product as its callers, its operators and the cloud meet it: whole sidecars in this process, real sockets.
//!
//! In the order of the route; the tests of single modules are beside them, in `src/`.
#![cfg(feature = "sandbox")]
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking, also where it sets itself up"
)]

mod kit;

// What an operator writes, and what it amounts to.
mod settings;

// The listeners: addresses, unix sockets, pinned endpoints, draining.
mod listeners;

// What is refused, with which code, with nothing sent; and what beside it is not.
mod gate;

// The table of hosts, against a second reading of the published data.
mod endpoints;

// Bodies and answers: framing, order, flow.
mod bodies;

// Each scheme on its whole way.
mod schemes;

// The cloud on a bad day.
mod cloud;

// Credentials, and what is said of them.
mod credentials;

// What is handed to programs that must hold a credential themselves.
mod vending;

// What a request leaves behind.
mod traces;

// The other commands.
mod commands;
// The executable: signals, pipes, exit codes.
mod process;
