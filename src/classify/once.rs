//! Of headers that a signature covers, two of one name are refused: nobody knows how the cloud reads them.

use crate::refusal::{Code, Refusal};
use crate::wire::{Field, Head};

/// Refuses a header that `is_signed` and comes twice.
pub(super) fn check_once(head: &Head, is_signed: impl Fn(Field<'_>) -> bool) -> Result<(), Refusal> {
    let mut signed = head.fields().enumerate().filter(|(_, field)| is_signed(*field));
    let comes_twice =
        signed.any(|(at, field)| head.fields().take(at).any(|other| other.compare_names(&field).is_eq()));
    if comes_twice {
        return Err(Refusal::new(
            Code::DuplicateField,
            "a header that the signature covers comes twice, and servers do not read two alike",
            "send it once",
        ));
    }
    Ok(())
}

/// Whether a header's name begins like this, in any letter case.
pub(super) fn starts(name: &[u8], prefix: &[u8]) -> bool {
    name.get(..prefix.len()).is_some_and(|start| start.eq_ignore_ascii_case(prefix))
}
