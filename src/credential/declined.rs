//! That a place gave no credential, in its own words as far as those can be repeated.

use std::fmt;
use std::time::Duration;

use super::answer;
use super::carry::Answer;
use super::refused::Class;
use crate::names::Place;

/// One refusal of a place. Holds no text of its answer but a code: a body may hold a credential, whatever its status.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Declined {
    /// Who declined.
    pub place: String,
    /// The status.
    pub status: u16,
    /// The code, in letters, digits, `.`, `-` and `_`. Empty when the answer had none, or the place has none.
    pub code: String,
    /// What to do next.
    pub class: Class,
    /// What the reader should do.
    pub advice: &'static str,
    /// How long we were asked to wait.
    pub retry_after: Option<Duration>,
}

impl Declined {
    /// An answer that is none. Its status says whether that may pass; `advice` is for when it does not.
    pub(super) fn by_status(place: &Place, answer: &Answer, advice: &'static str) -> Self {
        let retry_after = answer::retry_after(answer);
        let class = match answer.status {
            // A success that brings nothing will bring nothing the next time.
            200..=299 => Class::Permanent,
            status => Class::of_status(status, retry_after),
        };
        let advice = if class == Class::Permanent { advice } else { "wait; it is tried again" };
        let (place, status) = (place.to_string(), answer.status);
        Self { place, status, code: String::new(), class, advice, retry_after }
    }

    /// The same with the answer's `Code`, where the place is one whose answers have it: of any other, what stands there is no
    /// code, and could be anything.
    pub(super) fn coded(self, answer: &Answer) -> Self {
        Self { code: answer::code(answer), ..self }
    }

    /// An answer that stays as it is until somebody does what is advised.
    pub(super) fn for_good(place: &Place, answer: &Answer, advice: &'static str) -> Self {
        Self { class: Class::Permanent, advice, ..Self::by_status(place, answer, advice) }
    }
}

impl fmt::Display for Declined {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} answered {}", self.place, self.status)?;
        if !self.code.is_empty() {
            write!(f, " with {}", self.code)?;
        }
        write!(f, "; {}", self.advice)
    }
}
