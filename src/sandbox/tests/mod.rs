//! The sandbox as its clients meet it: over TLS, one product after the other.

pub(crate) mod client;
mod clock;
mod ear;
mod faults;
mod oss;
pub(crate) mod plain;
mod products;
mod spoils;
mod sts;

pub(super) use clock::StandingClock;
pub(super) use ear::Ear;
