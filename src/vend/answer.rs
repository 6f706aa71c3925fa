//! Answers as they go out: never kept by anybody on the way, and a credential in one of status 200 alone, since clients
//! write every other answer into their logs.

use http_body_util::Full;
use hyper::body::Bytes;
use hyper::header::{ALLOW, CACHE_CONTROL, CONTENT_TYPE, HeaderValue, RETRY_AFTER};
use hyper::{Response, StatusCode};

use super::denial::Denial;

/// One answer.
pub(super) type Answer = Response<Full<Bytes>>;

const JSON: HeaderValue = HeaderValue::from_static("application/json");
const TEXT: HeaderValue = HeaderValue::from_static("text/plain");

/// A credential in JSON.
pub(super) fn json(body: String) -> Answer {
    answer(StatusCode::OK, body, JSON)
}

/// What the metadata server says, which calls everything text.
pub(super) fn text(body: String) -> Answer {
    answer(StatusCode::OK, body, TEXT)
}

/// A denial in JSON, as clients of a URI read errors.
pub(super) fn denied(denial: &Denial) -> Answer {
    let body = serde_json::json!({"Code": denial.word(), "Message": denial.to_string()});
    with_advice(answer(status(denial), format!("{body}\n"), JSON), denial)
}

/// A denial in a line.
pub(super) fn denied_in_text(denial: &Denial) -> Answer {
    with_advice(answer(status(denial), format!("{}: {denial}\n", denial.status()), TEXT), denial)
}

fn status(denial: &Denial) -> StatusCode {
    StatusCode::from_u16(denial.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
}

fn with_advice(mut answer: Answer, denial: &Denial) -> Answer {
    match denial {
        Denial::Unavailable { retry_after: Some(after), .. } => {
            let seconds = after.as_secs() + u64::from(after.subsec_nanos() > 0);
            answer.headers_mut().insert(RETRY_AFTER, seconds.max(1).into());
        }
        Denial::Method(allowed) => {
            answer.headers_mut().insert(ALLOW, HeaderValue::from_static(allowed));
        }
        _ => {}
    }
    answer
}

fn answer(status: StatusCode, body: String, kind: HeaderValue) -> Answer {
    let mut answer = Response::new(Full::new(Bytes::from(body)));
    *answer.status_mut() = status;
    let headers = answer.headers_mut();
    headers.insert(CONTENT_TYPE, kind);
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    answer
}
