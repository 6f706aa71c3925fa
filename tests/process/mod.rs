//! The executable as its supervisor meets it: signals, pipes, exit codes.

mod output;
mod signals;
