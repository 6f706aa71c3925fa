//! The cloud on a bad day: answers that are none, connections that end, tokens that are rejected, and no connection.

mod again;
mod echoes;
mod egress;
mod hostile;
mod kept;
mod lost;
mod mismatches;
mod unreachable;
mod vanish;
