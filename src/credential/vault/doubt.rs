//! Which readings may have made a RAM user that nobody here has heard of.

use crate::credential::carry::CarryError;
use crate::credential::declined::Declined;
use crate::credential::error::{AnswerError, FetchError};

/// Whether a reading that ended so may have made a user, had the role been one that does.
pub(super) const fn is_left_by(error: &FetchError) -> bool {
    match error {
        FetchError::NoAnswer(_, CarryError::Unreachable(_)) => false,
        FetchError::NoAnswer(..) => true,
        // Of what is wrong with a session's parts there is a security token, and no user has one.
        FetchError::BadAnswer(_, error) => {
            matches!(
                error,
                AnswerError::TooLong | AnswerError::NotUtf8 | AnswerError::NotJson | AnswerError::Incomplete
            )
        }
        // Something was made and is not shown; or a gateway lost the answer. Vault's own refusals make nothing: the engine
        // takes back what it has begun.
        FetchError::Declined(Declined { status, .. }) => matches!(status, 200..=299 | 502 | 504),
        _ => false,
    }
}
