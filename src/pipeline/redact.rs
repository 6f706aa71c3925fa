//! Errors of the cloud repeat what they were sent. What of that is ours is masked before the caller sees it: a caller that
//! never held the credential must not be told it.
//!
//! Before that, an error that says that a signature does not hold is explained to the operator.
//!
//! A short body is read whole, and masked at its length; a long one is masked on its way. Status, code, request id and
//! form stay, so an SDK raises what it would have raised.

use data_encoding::BASE64;
use md5::{Digest, Md5};

use super::Pipeline;
use super::carry::Exchange;
use super::complaint::{ERROR_MAX, code};
use super::mismatch::Mismatch;
use crate::accept::{Stream, error_body};
use crate::redact::{Known, Window, gunzipped};
use crate::telemetry::Record;
use crate::upstream::{Arrived, CallerSide, Rewrite};

/// The headers that hold a body's MD5 in base64.
const MD5_HEADERS: [&str; 2] = ["x-ots-contentmd5", "content-md5"];

/// Whether an answer of this status may repeat its request: an error, or a redirection to what was asked for.
pub(super) const fn may_echo(status: u16) -> bool {
    status >= 300 && status != 304
}

/// The body of an error.
enum Read {
    None,
    /// As it came.
    Whole(Vec<u8>),
    /// What it was before it was compressed.
    Unpacked(Vec<u8>),
    /// Not to be searched. Its beginning, as far as that is known.
    Unreadable(Vec<u8>),
    /// Too long to be held.
    Streams,
}

impl Read {
    fn text(&self) -> &[u8] {
        match self {
            Self::Whole(text) | Self::Unpacked(text) => text,
            Self::None | Self::Unreadable(_) | Self::Streams => &[],
        }
    }
}

/// A body that is masked on its way.
struct Masking(Window);

impl Rewrite for Masking {
    fn rewrite(&mut self, run: &[u8], out: &mut Vec<u8>) {
        self.0.push(run, false, out);
    }

    fn finish(&mut self, out: &mut Vec<u8>) {
        self.0.push(b"", true, out);
    }
}

impl Pipeline {
    /// Masks what is known of the request, in the answer's headers and in its body. `Some`: the body is to be masked on its
    /// way.
    pub(super) async fn redact(
        &self,
        arrived: &mut Arrived,
        exchange: &Exchange<'_>,
        side: &mut CallerSide<'_, Stream>,
        record: &Record,
    ) -> Option<Box<dyn Rewrite>> {
        let secrets = self.known(exchange, side.head)?;
        if !secrets.is_complete {
            // Nothing of the answer is searched in vain, or passed on unsearched.
            arrived.rewrite_fields(|value| Some(vec![b'*'; value.len()]));
            let body = self.withheld(arrived, (side, record), &[]);
            if arrived.has_body() {
                arrived.put_body(&body);
            }
            return None;
        }
        if secrets.known.is_empty() {
            return None;
        }
        let read = read(arrived, side).await;
        // As it came: it says what the cloud signed.
        let mismatch = Mismatch::read(arrived, read.text());
        arrived.rewrite_fields(|value| {
            secrets.known.mask(value).unwrap_or_else(|_| Some(vec![b'*'; value.len()]))
        });
        if let Some(mismatch) = mismatch {
            self.tell(&mismatch, arrived, exchange, &secrets);
        }
        let known = secrets.known;
        match read {
            Read::None => {}
            Read::Whole(body) => put_masked(arrived, &known, &body),
            Read::Unpacked(plain) => {
                arrived.take_field("Content-Encoding");
                arrived.put_body(&plain);
                put_masked(arrived, &known, &plain);
            }
            Read::Unreadable(start) => {
                let body = self.withheld(arrived, (side, record), &start);
                arrived.put_body(&body);
                put_masked(arrived, &known, &body);
            }
            Read::Streams => return Some(Box::new(Masking(Window::new(known)))),
        }
        None
    }

    /// The body that stands in the place of one that cannot be searched: with the code of the cloud's if `start`, the
    /// beginning of that, tells it.
    fn withheld(
        &self,
        arrived: &mut Arrived,
        (side, record): (&CallerSide<'_, Stream>, &Record),
        start: &[u8],
    ) -> Vec<u8> {
        let text = |bytes: &[u8]| Some(std::str::from_utf8(bytes).ok()?.to_owned());
        let is_code = |byte: &u8| byte.is_ascii_alphanumeric() || b"._-".contains(byte);
        let code = code(start).filter(|code| code.len() <= 128 && code.iter().all(is_code)).and_then(text);
        let id = text(arrived.request_id()).unwrap_or_default();
        let dialect = self.dialect(side.head, record);
        let message = "the text of the cloud's error is withheld, since it came in a form that is not searched for secrets: \
                       ask without Accept-Encoding";
        let code = code.as_deref().unwrap_or("Countersign.ErrorWithheld");
        arrived.take_field("Content-Encoding");
        arrived.put_field("Content-Type", dialect.content_type().as_bytes());
        error_body(dialect, (code, message), &id)
    }
}

async fn read(arrived: &mut Arrived, side: &mut CallerSide<'_, Stream>) -> Read {
    if !arrived.has_body() {
        return Read::None;
    }
    let Some(is_gzip) = is_gzip(arrived) else { return Read::Unreadable(Vec::new()) };
    match (arrived.whole_body(ERROR_MAX, side).await, is_gzip) {
        (Some(body), false) => Read::Whole(body),
        (None, false) => Read::Streams,
        (Some(body), true) => match gunzipped(&body, ERROR_MAX) {
            Ok(plain) => Read::Unpacked(plain),
            Err(start) => Read::Unreadable(start),
        },
        (None, true) => Read::Unreadable(Vec::new()),
    }
}

/// Whether the body comes as GZIP, or as it is. `None`: it was coded twice, or by what is not known here, and nothing of it
/// can be passed on.
fn is_gzip(arrived: &Arrived) -> Option<bool> {
    let mut codings = arrived.fields().filter(|field| field.is("content-encoding"));
    let coding = codings.next().map(|field| field.value.to_ascii_lowercase()).unwrap_or_default();
    match (&coding[..], codings.next()) {
        (b"" | b"identity", None) => Some(false),
        (b"gzip" | b"x-gzip", None) => Some(true),
        _ => None,
    }
}

/// Masks a body that is here whole. An MD5 of it that was right is right again.
fn put_masked(arrived: &mut Arrived, known: &Known, body: &[u8]) {
    let masked = match known.mask(body) {
        // Beside chunks, more can be said than in the body.
        Ok(None) if arrived.is_chunked() => return arrived.put_body(body),
        Ok(None) => return,
        Ok(Some(masked)) => masked,
        Err(_) => vec![b'*'; body.len()],
    };
    let md5 = |body: &[u8]| BASE64.encode(&Md5::digest(body));
    for name in MD5_HEADERS {
        if arrived.field(name).is_some_and(|stated| stated == md5(body).as_bytes()) {
            arrived.put_field(name, md5(&masked).as_bytes());
        }
    }
    arrived.put_body(&masked);
}
