//! HTTP/1.1 heads and bodies as borrowed bytes. Used on both sides; knows no sockets and no clock.

mod answer;
mod aws_chunks;
mod body;
mod chunks;
mod field;
mod framing;
mod head;
mod malformed;
mod multipart;
mod name_set;
mod parameters;
mod percent;
mod recycle;
mod signed;
mod target;

pub use answer::{AnswerFraming, AnswerHead, BadAnswer, Toward};
pub use aws_chunks::AwsChunks;
pub use body::Progress;
pub use chunks::{Chunks, Side, write_chunk};
pub use field::Field;
pub use framing::{Framing, is_hop_by_hop, lists, plain_decimal};
pub use head::{HEADERS_MAX, Head, HeadLimits, Method};
pub use malformed::Malformed;
pub use multipart::{BadForm, FormField, FormFields, boundary, form_fields};
pub use name_set::NameSet;
pub use parameters::{Parameter, parameters};
pub use percent::{Decoded, Spelling, decoded, is_unreserved};
pub use recycle::recycle;
pub use signed::Signed;
pub use target::Target;
