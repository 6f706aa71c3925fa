//! Whether a body is a form, whose fields are parameters.

use crate::wire::{Framing, Head};

/// Whether the request has a body, and calls it a form.
pub fn has_form(head: &Head) -> bool {
    !matches!(head.framing(), Framing::None | Framing::Length(0))
        && head.field("content-type").is_some_and(is_form_type)
}

/// Whether a `Content-Type` is that of a form. Parameters behind a `;`, such as a charset, do not make it another type.
pub fn is_form_type(value: &[u8]) -> bool {
    const FORM: &[u8] = b"application/x-www-form-urlencoded";
    value.get(..FORM.len()).is_some_and(|start| start.eq_ignore_ascii_case(FORM))
}
