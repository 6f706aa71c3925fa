//! What is wrong with the settings, and where it was written.

use std::fmt;
use std::sync::Arc;

/// Where a value was set. Ordered as problems are listed: the file from top to bottom, then the rest.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Origin {
    /// A line of the settings file.
    File {
        /// The file, as the command line or the search for it spelled it.
        name: Arc<str>,
        /// Counted from 1; 0 stands for the file as a whole.
        line: usize,
    },
    /// An environment variable, by its name.
    Environment(String),
    /// An option of the command line, with its dashes.
    Flag(&'static str),
    /// Nobody set it.
    Default,
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File { name, line: 0 } => f.write_str(name),
            Self::File { name, line } => write!(f, "{name}:{line}"),
            Self::Environment(variable) => f.write_str(variable),
            Self::Flag(flag) => f.write_str(flag),
            Self::Default => f.write_str("default"),
        }
    }
}

/// One mistake in the settings. Never holds the value of a key that looks like a secret.
///
/// **Action:** each says what to write instead; all of them are found at once, so that one edit can mend them.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Problem {
    origin: Origin,
    text: String,
}

impl Problem {
    /// A mistake at a place. The text is one line: what is wrong, and what to do.
    pub fn new(origin: &Origin, text: impl Into<String>) -> Self {
        Self { origin: origin.clone(), text: text.into() }
    }

    /// Where it is.
    pub fn origin(&self) -> &Origin {
        &self.origin
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.origin, self.text)
    }
}

impl std::error::Error for Problem {}

/// A text that a later stage judges, with the place to blame.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Placed {
    /// The text as written.
    pub text: String,
    /// Where it was written.
    pub origin: Origin,
}

impl Placed {
    /// A mistake in this text.
    pub fn problem(&self, text: impl Into<String>) -> Problem {
        Problem::new(&self.origin, text)
    }
}

/// A value as a message repeats it: quoted, on one line, and cut where it is long.
pub(super) fn shown(value: &str) -> String {
    /// Enough to recognise any sensible value by.
    const LONGEST: usize = 60;
    match value.char_indices().nth(LONGEST) {
        Some((at, _)) => format!("{:?}…", value.get(..at).unwrap_or_default()),
        None => format!("{value:?}"),
    }
}
