//! What the benchmark's programs share: made-up credentials, and a verifier that is nobody else's.

pub mod allocations;
pub mod credentials;
pub mod verify;
