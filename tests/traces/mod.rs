//! What a request leaves behind: one access line, numbers, and not a trace of any secret.

mod access;
mod debug;
mod key_files;
mod refusals;
mod secrecy;
