//! Renders a refusal in the dialect that the caller's SDK parses.

use std::io::Write;

use crate::names::{Nonce, calendar};
use crate::refusal::{Code, Refusal};
use crate::wire::Method;

/// The form of an error body.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Dialect {
    /// OpenAPI's JSON.
    #[default]
    Json,
    /// OpenAPI's XML, which an RPC caller gets that asks for it.
    Xml,
    /// OSS's XML.
    Oss,
    /// MaxCompute's, which is OpenAPI's with another header for the request's id.
    Odps,
    /// Tablestore's message in protobuf: 1 is the code, 2 the sentence.
    Ots,
    /// The XML of Simple Message Queue, which was MNS.
    Mns,
    /// RocketMQ's, over HTTP.
    RocketMq,
    /// DataHub's JSON.
    DataHub,
    /// Log Service's JSON.
    Sls,
}

impl Dialect {
    /// SDKs tell the form of an error by this.
    pub const fn content_type(self) -> &'static str {
        match self {
            Self::Json | Self::DataHub | Self::Sls => "application/json; charset=utf-8",
            Self::Xml | Self::Oss | Self::Odps => "application/xml",
            Self::Ots => "application/x-protobuf",
            // One SDK of MNS takes any other for JSON.
            Self::Mns | Self::RocketMq => "text/xml; charset=utf-8",
        }
    }

    /// The header with the request's id.
    const fn id_header(self) -> &'static str {
        match self {
            Self::Json | Self::Xml => "x-acs-request-id",
            Self::Oss => "x-oss-request-id",
            Self::Mns => "x-mns-request-id",
            Self::RocketMq => "x-mq-request-id",
            Self::DataHub => "x-datahub-request-id",
            Self::Sls => "x-log-requestid",
            Self::Odps => "x-odps-request-id",
            Self::Ots => "x-ots-requestid",
        }
    }
}

/// An answer, ready for the wire.
#[derive(Debug)]
pub struct Rendered {
    /// All of it.
    pub answer: Vec<u8>,
    /// How much of it is the body.
    pub body_bytes: u64,
}

/// Writes the whole answer. `unix_seconds`: now, since an SDK may read no error that has no date. `to_head`: the request
/// was a `HEAD`, whose answer has no body.
pub fn render(
    refusal: &Refusal,
    dialect: Dialect,
    (request_id, unix_seconds): (Nonce, i64),
    closes: bool,
    to_head: bool,
) -> Rendered {
    let spelled = format!("Countersign.{}", refusal.code.pascal());
    let body = error_body(dialect, (&spelled, &refusal.to_string()), request_id.as_str());
    let mut answer = Vec::with_capacity(512 + body.len());
    let code = refusal.code;
    // Writing to a `Vec` cannot fail.
    let _ = write!(answer, "HTTP/1.1 {} {}\r\n", code.status(), reason(code.status()));
    let _ = write!(
        answer,
        "Content-Type: {}\r\nContent-Length: {}\r\nx-countersign-error: {}\r\n",
        dialect.content_type(),
        body.len(),
        code.name()
    );
    let _ = write!(
        answer,
        "{}: {}\r\nDate: {}\r\n",
        dialect.id_header(),
        request_id.as_str(),
        calendar::http(unix_seconds)
    );
    answer.extend_from_slice(
        b"Cache-Control: no-store\r\nX-Content-Type-Options: nosniff\r\nCross-Origin-Resource-Policy: same-origin\r\n",
    );
    if code == Code::MethodNotAllowed {
        let _ = write!(answer, "Allow: {}\r\n", Method::ALLOW);
    }
    if let Some(after) = refusal.retry_after {
        // Rounded up: a caller that comes too early is told the same again.
        let _ = write!(answer, "Retry-After: {}\r\n", after.as_secs_f64().ceil().max(1.0));
    }
    if closes {
        answer.extend_from_slice(b"Connection: close\r\n");
    }
    answer.extend_from_slice(b"\r\n");
    if to_head {
        return Rendered { answer, body_bytes: 0 };
    }
    answer.extend_from_slice(&body);
    Rendered { answer, body_bytes: body.len() as u64 }
}

/// The body of an error in the form that the caller's SDK parses.
pub fn error_body(dialect: Dialect, (code, message): (&str, &str), request_id: &str) -> Vec<u8> {
    match dialect {
        Dialect::Json => {
            let body = serde_json::json!({
                "Code": code, "Message": message, "RequestId": request_id, "HostId": "countersign",
            });
            body.to_string().into_bytes()
        }
        Dialect::Ots => [(0x0a, code), (0x12, message)].into_iter().flat_map(protobuf_text).collect(),
        Dialect::Sls => {
            serde_json::json!({ "errorCode": code, "errorMessage": message }).to_string().into_bytes()
        }
        Dialect::DataHub => {
            let body =
                serde_json::json!({ "ErrorCode": code, "ErrorMessage": message, "RequestId": request_id });
            body.to_string().into_bytes()
        }
        Dialect::Xml | Dialect::Oss | Dialect::Odps | Dialect::Mns | Dialect::RocketMq => format!(
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Error><Code>{}</Code><Message>{}</Message>\
             <RequestId>{}</RequestId><HostId>countersign</HostId></Error>\n",
            escape_xml(code),
            escape_xml(message),
            escape_xml(request_id)
        )
        .into_bytes(),
    }
}

/// A field of a protobuf message that is a text: its tag, its length in groups of seven bits, itself.
fn protobuf_text((tag, text): (u8, &str)) -> Vec<u8> {
    let (mut field, mut length) = (vec![tag], text.len());
    while length >= 0x80 {
        field.push((length & 0x7f) as u8 | 0x80);
        length >>= 7;
    }
    field.push(length as u8);
    field.extend_from_slice(text.as_bytes());
    field
}

/// A sentence may quote what the caller sent.
fn escape_xml(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

const fn reason(status: u16) -> &'static str {
    match status {
        400 => "Bad Request",
        403 => "Forbidden",
        405 => "Method Not Allowed",
        408 => "Request Timeout",
        413 => "Content Too Large",
        414 => "URI Too Long",
        417 => "Expectation Failed",
        421 => "Misdirected Request",
        431 => "Request Header Fields Too Large",
        500 => "Internal Server Error",
        501 => "Not Implemented",
        502 => "Bad Gateway",
        503 => "Service Unavailable",
        _ => "Gateway Timeout",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rendered(dialect: Dialect, to_head: bool) -> String {
        let refusal = Refusal::new(Code::HostNotAllowed, "`a<b` is not known", "check it");
        let rendered = render(&refusal, dialect, (Nonce::from_bytes([7; 16]), 0), true, to_head);
        String::from_utf8(rendered.answer).unwrap()
    }

    #[test]
    fn a_refusal_speaks_the_dialect_of_its_caller() {
        let json = rendered(Dialect::Json, false);
        assert!(json.starts_with("HTTP/1.1 403 Forbidden\r\n"), "{json}");
        assert!(json.contains("x-countersign-error: host_not_allowed\r\n"), "{json}");
        let body: serde_json::Value = serde_json::from_str(json.split("\r\n\r\n").nth(1).unwrap()).unwrap();
        assert_eq!(body["Code"], "Countersign.HostNotAllowed");
        let oss = rendered(Dialect::Oss, false);
        assert!(oss.contains("<Message>`a&lt;b` is not known: check it</Message>"), "{oss}");
        for (dialect, id_header) in
            [(Dialect::Mns, "x-mns-request-id: "), (Dialect::RocketMq, "x-mq-request-id: ")]
        {
            let xml = rendered(dialect, false);
            assert!(xml.contains("\r\nContent-Type: text/xml") && xml.contains(id_header), "{xml}");
            assert!(xml.contains("<Error><Code>Countersign.HostNotAllowed</Code>"), "{xml}");
        }
        let json = rendered(Dialect::Sls, false);
        assert!(json.contains("x-log-requestid: "), "{json}");
        let body: serde_json::Value = serde_json::from_str(json.split("\r\n\r\n").nth(1).unwrap()).unwrap();
        assert_eq!(body["errorCode"], "Countersign.HostNotAllowed");
        let json = rendered(Dialect::DataHub, false);
        assert!(json.contains("x-datahub-request-id: "), "{json}");
        let body: serde_json::Value = serde_json::from_str(json.split("\r\n\r\n").nth(1).unwrap()).unwrap();
        assert_eq!(body["ErrorCode"], "Countersign.HostNotAllowed");
        assert_eq!(body["ErrorMessage"], "`a<b` is not known: check it");
    }

    #[test]
    fn an_answer_to_head_has_a_length_and_no_body() {
        let answer = rendered(Dialect::Json, true);
        assert!(answer.contains("Content-Length: ") && answer.ends_with("\r\n\r\n"), "{answer}");
    }
}
