//! Answers: the body types that the sandbox sends, and the two dialects of OpenAPI.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};

use hyper::Response;
use hyper::body::{Body, Bytes, Frame, SizeHint};
use hyper::header::{CONTENT_TYPE, HeaderName, HeaderValue, RETRY_AFTER};
use serde_json::{Value, json};

use super::encode::xml;
use super::error::Error;
use super::events::Events;
use super::heard::Heard;
use super::oss::Reader;

/// A whole answer.
pub(crate) type Answer = Response<Payload>;

/// The body of an answer.
#[derive(Debug)]
pub(crate) enum Payload {
    /// Bytes at hand.
    Whole(Bytes),
    /// What OSS keeps. Reads block for as long as the page cache takes, which is what a sandbox can afford.
    Kept(Reader),
    /// What comes piece by piece.
    Events(Events),
    /// What ends before its length.
    Cut(Cut),
}

/// A body of which a part comes, and then the connection ends.
#[derive(Debug)]
pub(crate) struct Cut {
    /// None once it was sent.
    part: Option<Bytes>,
    length: usize,
    is_flushed: bool,
}

impl Cut {
    /// The part that comes, and how long the whole is said to be.
    pub(crate) const fn new(part: Bytes, length: usize) -> Self {
        Self { part: Some(part), length, is_flushed: false }
    }

    fn poll_next(&mut self, context: &Context<'_>) -> Poll<io::Result<Bytes>> {
        match self.part.take() {
            Some(part) => Poll::Ready(Ok(part)),
            // What came before has to leave first.
            None if !self.is_flushed => {
                self.is_flushed = true;
                context.waker().wake_by_ref();
                Poll::Pending
            }
            None => Poll::Ready(Err(io::Error::other("the sandbox was told to cut this off"))),
        }
    }
}

impl Payload {
    /// No bytes.
    pub(crate) const fn empty() -> Self {
        Self::Whole(Bytes::new())
    }
}

impl Body for Payload {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, io::Error>>> {
        let piece = match &mut *self {
            Self::Whole(bytes) if bytes.is_empty() => None,
            Self::Whole(bytes) => Some(Ok(std::mem::take(bytes))),
            Self::Kept(reader) => reader.next(),
            Self::Events(events) => std::task::ready!(events.poll_next(context)).map(Ok),
            Self::Cut(cut) => Some(std::task::ready!(cut.poll_next(context))),
        };
        Poll::Ready(piece.map(|piece| piece.map(Frame::data)))
    }

    fn is_end_stream(&self) -> bool {
        self.size_hint().exact() == Some(0)
    }

    fn size_hint(&self) -> SizeHint {
        match self {
            Self::Whole(bytes) => SizeHint::with_exact(bytes.len() as u64),
            Self::Kept(reader) => SizeHint::with_exact(reader.left()),
            Self::Events(_) => SizeHint::default(),
            Self::Cut(cut) => SizeHint::with_exact(cut.length as u64),
        }
    }
}

/// Sets a header, unless its value cannot stand in one.
pub(crate) fn set(answer: &mut Answer, name: &'static str, value: &str) {
    if let Ok(value) = HeaderValue::from_bytes(value.as_bytes()) {
        answer.headers_mut().insert(HeaderName::from_static(name), value);
    }
}

/// An answer of this status, type and text.
pub(crate) fn text(status: u16, media_type: &'static str, text: String) -> Answer {
    let mut answer = Response::new(Payload::Whole(Bytes::from(text)));
    *answer.status_mut() =
        hyper::StatusCode::from_u16(status).unwrap_or(hyper::StatusCode::INTERNAL_SERVER_ERROR);
    answer.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(media_type));
    answer
}

/// The two forms of an OpenAPI answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Dialect {
    Json,
    Xml,
}

impl Dialect {
    /// `Format` decides where it is given. An RPC call without it gets XML, the gateway's default; a call that names its
    /// action in a header (ACS3, ROA) gets what it accepts.
    pub(crate) fn of(heard: &Heard) -> Self {
        if let Some(format) = heard.parameters().get("Format") {
            return if format.eq_ignore_ascii_case("json") { Self::Json } else { Self::Xml };
        }
        let accept = heard.header("accept").unwrap_or_default().to_ascii_lowercase();
        let is_acs3 = heard.header("authorization").is_some_and(|value| value.starts_with("ACS3-"));
        let names_action = heard.header("x-acs-action").is_some() || heard.path != "/";
        match () {
            () if accept.contains("xml") && !accept.contains("json") => Self::Xml,
            () if is_acs3 => Self::Json,
            () if names_action && (accept.contains("json") || accept.contains("*/*")) => Self::Json,
            () => Self::Xml,
        }
    }

    fn render(self, status: u16, root: &str, value: &Value) -> Answer {
        match self {
            Self::Json => text(status, "application/json;charset=utf-8", value.to_string()),
            Self::Xml => {
                let body =
                    format!("<?xml version='1.0' encoding='UTF-8'?><{root}>{}</{root}>", elements(value));
                text(status, "text/xml;charset=utf-8", body)
            }
        }
    }

    /// A success. In XML its root is named after the action.
    pub(crate) fn success(self, status: u16, action: &str, value: &Value) -> Answer {
        self.render(status, &format!("{action}Response"), value)
    }

    /// An error.
    pub(crate) fn error(self, error: &Error, product: &str, host: &str, request_id: &str) -> Answer {
        let recommend = format!(
            "https://api.aliyun.com/troubleshoot?q={}&product={product}&requestId={request_id}",
            error.code
        );
        let value = json!({
            "RequestId": request_id,
            "HostId": host,
            "Code": error.code,
            "Message": error.message,
            "Recommend": recommend,
        });
        let mut answer = self.render(error.status, "Error", &value);
        if let Some(wait) = error.retry_after {
            set(&mut answer, "x-acs-retry-after", &wait.as_millis().to_string());
            answer.headers_mut().insert(RETRY_AFTER, HeaderValue::from(wait.as_secs().max(1)));
        }
        answer
    }
}

/// JSON as XML elements: a list repeats its name.
fn elements(value: &Value) -> String {
    let one = |name: &str, value: &Value| format!("<{name}>{}</{name}>", elements(value));
    match value {
        Value::Object(members) => members
            .iter()
            .map(|(name, value)| match value {
                Value::Array(items) => items.iter().map(|item| one(name, item)).collect(),
                other => one(name, other),
            })
            .collect::<Vec<String>>()
            .concat(),
        Value::Array(items) => items.iter().map(|item| one("Item", item)).collect(),
        Value::String(text) => xml(text),
        Value::Null => String::new(),
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_in_xml_repeats_its_name() {
        let value = json!({"Regions": {"Region": [{"RegionId": "a"}, {"RegionId": "b&c"}]}, "Total": 2});
        let expected = "<Regions><Region><RegionId>a</RegionId></Region><Region><RegionId>b&amp;c</RegionId>\
                        </Region></Regions><Total>2</Total>";
        assert_eq!(elements(&value), expected);
    }

    #[test]
    fn the_dialect_is_what_the_call_asked_for() {
        let heard = |query: &str, headers: &[(&str, &str)]| Heard {
            path: "/".to_owned(),
            query: query.to_owned(),
            headers: headers.iter().map(|(n, v)| ((*n).to_owned(), v.as_bytes().to_vec())).collect(),
            ..Heard::default()
        };
        assert_eq!(Dialect::of(&heard("Action=A", &[("accept", "*/*")])), Dialect::Xml);
        assert_eq!(Dialect::of(&heard("Format=json", &[])), Dialect::Json);
        assert_eq!(Dialect::of(&heard("", &[("authorization", "ACS3-HMAC-SHA256 x")])), Dialect::Json);
        let anonymous = [("accept", "application/json"), ("x-acs-action", "AssumeRoleWithOIDC")];
        assert_eq!(Dialect::of(&heard("", &anonymous)), Dialect::Json);
    }
}
