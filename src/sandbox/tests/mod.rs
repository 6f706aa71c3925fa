//! The sandbox as its clients meet it: over TLS, one product after the other.

mod client;
mod clock;
mod faults;
mod oss;
mod sts;

pub(super) use clock::StandingClock;
