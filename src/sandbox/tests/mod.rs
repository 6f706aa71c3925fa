//! The sandbox as its clients meet it: over TLS, one product after the other.

mod client;
mod clock;
mod faults;
mod oss;
mod products;
mod sts;

pub(super) use client::Ear;
pub(super) use clock::StandingClock;
