//! The executable as its supervisor meets it: signals, pipes, exit codes.

mod alone;
mod check;
mod counterparts;
mod faults;
mod memory;
mod output;
mod rotations;
mod sandbox;
mod secrecy;
mod signals;
mod start;
