//! What is wrong with a program that is to print a credential.

use std::fmt;

use super::launch::{DEPTH, LaunchError};

/// How countersign ends when it is asked for the credential that it is asking for (EX_CONFIG).
const CONFIG: i32 = 78;

/// Why a program gave no credential. Holds its name, never its arguments and nothing that it printed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProcessError {
    /// The program.
    pub program: String,
    /// What is wrong.
    pub fault: ProcessFault,
}

/// What is wrong with it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ProcessFault {
    /// The command is empty, or a quote in it is not closed.
    BadCommand,
    /// countersign runs already inside of such a program.
    Nested,
    /// It was not run to its end.
    Launch(LaunchError),
    /// It failed: its status, where it was not a signal, and how much it said on stderr.
    Failed(Option<i32>, u64),
    /// What it printed is no JSON object of texts.
    NotJson,
    /// It does not say of which kind its credential is.
    NoMode,
    /// It says a kind that programs do not print.
    OtherMode,
    /// The named part is missing or empty.
    Lacks(&'static str),
    /// The named part has characters or a length that none has.
    Malformed(&'static str),
    /// What it printed had expired.
    Expired,
}

impl ProcessError {
    /// Whether it stays until somebody changes something.
    pub(super) const fn is_permanent(&self) -> bool {
        // Run again each second, a program that asks a human to log in would ask each second.
        !matches!(self.fault, ProcessFault::Launch(LaunchError::TimedOut | LaunchError::Broken))
    }

    pub(super) const fn code(&self) -> &'static str {
        match &self.fault {
            ProcessFault::BadCommand => "process_bad_command",
            ProcessFault::Nested | ProcessFault::Launch(LaunchError::IsOurselves) => "process_loop",
            ProcessFault::Launch(LaunchError::TimedOut) => "timed_out",
            ProcessFault::Launch(LaunchError::TooLong) => "answer_too_long",
            ProcessFault::Launch(LaunchError::NotStarted(_) | LaunchError::Broken) => "process_not_started",
            ProcessFault::Failed(..) => "process_failed",
            ProcessFault::NotJson => "not_json",
            ProcessFault::NoMode | ProcessFault::OtherMode => "process_bad_mode",
            ProcessFault::Lacks(_) => "incomplete",
            ProcessFault::Malformed(_) => "malformed_credential",
            ProcessFault::Expired => "source_expired",
        }
    }
}

impl fmt::Display for ProcessError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { program, fault } = self;
        match fault {
            ProcessFault::BadCommand => f.write_str(
                "process_command names no program, or a quote in it is not closed; write it as for a shell",
            ),
            _ => write!(f, "process_command {program:?}: {fault}"),
        }
    }
}

impl std::error::Error for ProcessError {}

impl fmt::Display for ProcessFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::BadCommand => f.write_str("it names no program"),
            Self::Nested => f.write_str(
                "countersign runs inside of such a program already (COUNTERSIGN_DEPTH is set), and would run for ever; \
                 give this one another source",
            ),
            Self::Launch(LaunchError::IsOurselves) => {
                f.write_str("it is countersign itself, which would ask itself for ever; name another source")
            }
            Self::Launch(LaunchError::NotStarted(kind)) => {
                write!(f, "it cannot be started ({kind}); check its path and that it may be executed")
            }
            Self::Launch(LaunchError::TimedOut) => {
                f.write_str("it did not end within 60 s and was ended; run it by hand to see what it waits for")
            }
            Self::Launch(LaunchError::TooLong) => {
                f.write_str("it printed more than 64 KiB; only the one JSON object may go to stdout")
            }
            Self::Launch(LaunchError::Broken) => f.write_str("what it printed could not be read; run it by hand"),
            Self::Failed(status, stderr) => {
                match status {
                    Some(status) => write!(f, "it ended with status {status}")?,
                    None => f.write_str("a signal ended it")?,
                }
                write!(f, " and {stderr} bytes on stderr, which are not shown; run it by hand to see them")?;
                if *status == Some(CONFIG) {
                    write!(f, ", with {DEPTH}=1 set: countersign itself ends so where it would ask itself for ever")?;
                }
                Ok(())
            }
            Self::NotJson => {
                f.write_str("it did not print one JSON object of texts; run it by hand, and send all else to stderr")
            }
            Self::NoMode => f.write_str("what it printed lacks \"mode\"; it must be \"AK\" or \"StsToken\""),
            Self::OtherMode => {
                f.write_str("what it printed has a \"mode\" other than \"AK\" and \"StsToken\"; no other is taken")
            }
            Self::Lacks(part) => write!(f, "what it printed lacks \"{part}\"; mend the program"),
            Self::Malformed(part) => {
                write!(f, "what it printed is malformed: \"{part}\" has characters or a length that none has; mend the program")
            }
            Self::Expired => f.write_str("the credential that it printed had expired; log in where it gets it from"),
        }
    }
}
