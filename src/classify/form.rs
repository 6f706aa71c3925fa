//! Whether a body is a form, whose fields are parameters.

use crate::wire::{Framing, Head};

const FORM: &[u8] = b"application/x-www-form-urlencoded";

/// Whether the request has a body, and calls it a form.
pub fn has_form(head: &Head) -> bool {
    !matches!(head.framing(), Framing::None | Framing::Length(0))
        && head.field("content-type").is_some_and(is_form_type)
}

/// Whether a `Content-Type` calls the body a form somewhere in it, though it is not simply that of one: some servers would
/// read it as a form, and others would not.
pub(super) fn is_doubtful_form(value: &[u8]) -> bool {
    !is_form_type(value) && value.windows(FORM.len()).any(|part| part.eq_ignore_ascii_case(FORM))
}

/// Whether a `Content-Type` is that of a form. Parameters behind a `;`, such as a charset, do not make it another type.
pub fn is_form_type(value: &[u8]) -> bool {
    value.get(..FORM.len()).is_some_and(|start| start.eq_ignore_ascii_case(FORM))
}
