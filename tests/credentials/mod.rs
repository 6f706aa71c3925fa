//! Credentials end to end: where they come from, how long they live, and what an outage costs whom.

mod admin;
mod clocks;
mod hosts;
mod kms;
mod life;
mod minted;
mod own_proof;
mod places;
mod programs;
mod sources;
pub(crate) mod spoilt;
