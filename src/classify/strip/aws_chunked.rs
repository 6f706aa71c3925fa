//! Of a body that loses its `aws-chunked` framing: the headers that spoke of it.

use super::starts_ignoring_case;
use crate::wire::{Field, NameSet};

/// Takes out what says that a body is `aws-chunked`, once it is not.
pub fn dechunk(fields: &mut Vec<Field<'_>>) {
    static OF_CHUNKS: NameSet =
        NameSet::new(&["x-amz-trailer", "x-amz-decoded-content-length", "x-amz-sdk-checksum-algorithm"]);
    for field in fields.iter_mut().filter(|field| field.is("content-encoding")) {
        field.value = without_aws_chunked(field.value);
    }
    fields.retain(|field| {
        !(OF_CHUNKS.holds(field.name) || field.is("content-encoding") && field.value.is_empty())
    });
}

/// SDKs put it first; whichever end it stands at, the rest is one piece.
fn without_aws_chunked(codings: &[u8]) -> &[u8] {
    const NAME: &[u8] = b"aws-chunked";
    let rest = match codings {
        _ if starts_ignoring_case(codings, "aws-chunked") => codings.get(NAME.len()..),
        _ => codings.len().checked_sub(NAME.len()).and_then(|at| {
            let (rest, last) = codings.split_at_checked(at)?;
            last.eq_ignore_ascii_case(NAME).then_some(rest)
        }),
    };
    let is_coding = |byte: &u8| !matches!(byte, b',' | b' ' | b'\t');
    let Some(rest) = rest else { return codings };
    let bounds = rest.iter().position(is_coding).zip(rest.iter().rposition(is_coding));
    bounds.and_then(|(first, last)| rest.get(first..=last)).unwrap_or_default()
}
