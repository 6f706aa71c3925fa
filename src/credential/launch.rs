//! How this room runs a program. `sidecar` hands in what carries it out.

use std::fmt;
use std::io::ErrorKind;
use std::time::Duration;

use zeroize::Zeroizing;

use super::carry::Boxed;

/// Set in every program that is run: a countersign that is run by one would run it again, and so for ever.
pub const DEPTH: &str = "COUNTERSIGN_DEPTH";

/// Runs one program to its end.
///
/// It gets the environment of this process and `COUNTERSIGN_DEPTH`, nothing to read, and nobody sees what it prints.
/// Dropping the future ends the program, with what it has started.
pub trait Launch: Send + Sync + fmt::Debug {
    /// Starts it, waits, and brings what it printed.
    fn launch(&self, program: Program) -> Boxed<'_, Result<Printed, LaunchError>>;
}

/// What is run.
pub struct Program {
    /// The program, looked for in `PATH` unless it holds a slash. Never empty.
    pub name: String,
    /// Its arguments. May hold secrets.
    pub arguments: Vec<String>,
    /// For all of it.
    pub timeout: Duration,
    /// More on stdout is [`LaunchError::TooLong`], without reading on.
    pub stdout_bytes_max: usize,
}

impl fmt::Debug for Program {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Program({:?}, {} arguments)", self.name, self.arguments.len())
    }
}

/// What came of it.
pub struct Printed {
    /// Its exit status. `None`: a signal ended it.
    pub status: Option<i32>,
    /// What it printed. Holds a secret when all went well.
    pub stdout: Zeroizing<Vec<u8>>,
    /// How much it said on stderr. What, nobody knows: it may be the secret.
    pub stderr_bytes: u64,
}

impl fmt::Debug for Printed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Printed(status {:?}, {} bytes)", self.status, self.stdout.len())
    }
}

/// Why it was not run to its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LaunchError {
    /// The operating system would not start it.
    NotStarted(ErrorKind),
    /// It is countersign itself, by whatever name.
    IsOurselves,
    /// It did not end within [`Program::timeout`].
    TimedOut,
    /// More on stdout than [`Program::stdout_bytes_max`].
    TooLong,
    /// What it printed could not be read.
    Broken,
}
