//! What a command prints: for whoever reads it, as long as somebody does.

use std::error::Error;
use std::fmt;
use std::io::{self, Write};

use super::Exit;

/// Standard output did not take what was printed.
#[derive(Debug)]
struct Unprinted(io::Error);

impl fmt::Display for Unprinted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "cannot write to standard output: {}", self.0)
    }
}

impl Error for Unprinted {}

/// Prints to standard output, at once: what the process holds back at its end could be lost without a word.
pub(super) fn print(text: fmt::Arguments<'_>) -> io::Result<()> {
    let mut out = io::stdout().lock();
    out.write_fmt(text).and_then(|()| out.flush()).map_err(unprinted)
}

fn unprinted(error: io::Error) -> io::Error {
    io::Error::new(error.kind(), Unprinted(error))
}

/// Says a line on standard error. Where nobody can be told, nothing is.
pub(super) fn complain(text: impl fmt::Display) {
    let _ = writeln!(io::stderr().lock(), "{text}");
}

/// Prints what a command came to, as it is, or says why to nothing; and how it ends with that.
pub(super) fn ended_with(outcome: Result<impl fmt::Display, (Exit, String)>) -> Exit {
    match outcome {
        Ok(text) => match print(format_args!("{text}")) {
            Ok(()) => Exit::Success,
            Err(error) => ended(&error),
        },
        Err((exit, message)) => {
            complain(message);
            exit
        }
    }
}

/// How a command ends that could not print. Whoever closes the pipe has read enough: `head` does.
pub(super) fn ended(error: &io::Error) -> Exit {
    if is_unprinted(error) && error.kind() == io::ErrorKind::BrokenPipe {
        return Exit::Success;
    }
    complain(error);
    Exit::Failed
}

/// The same for an error that standard output gave to somebody else who printed.
pub(super) fn ended_unprinted(error: io::Error) -> Exit {
    ended(&unprinted(error))
}

/// Whether it is from [`print()`], and not from what the command does.
pub(super) fn is_unprinted(error: &io::Error) -> bool {
    error.get_ref().is_some_and(|inner| inner.is::<Unprinted>())
}
