//! How a request is framed, and what else its headers say about the connection.

use super::{Head, Malformed, NameSet};

/// How the end of a body is marked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Framing {
    /// There is no body.
    None,
    /// `Content-Length`.
    Length(u64),
    /// `Transfer-Encoding: chunked`.
    Chunked,
}

/// What [`read`] finds.
pub(super) struct Facts {
    pub(super) framing: Framing,
    pub(super) keeps_alive: bool,
    pub(super) expects_continue: bool,
}

/// Headers of one hop: never forwarded.
pub fn is_hop_by_hop(name: &[u8]) -> bool {
    const NAMES: NameSet = NameSet::new(&[
        "connection",
        "keep-alive",
        "proxy-connection",
        "proxy-authorization",
        "proxy-authenticate",
        "te",
        "trailer",
        "transfer-encoding",
        "upgrade",
        "http2-settings",
        "content-length",
    ]);
    NAMES.holds(name)
}

/// Whether the value of a header that lists names, as `Connection` does, lists `name`.
pub fn lists(value: &[u8], name: &[u8]) -> bool {
    value.split(|&byte| byte == b',').any(|listed| listed.trim_ascii().eq_ignore_ascii_case(name))
}

/// Whether `Connection` may not name this header, because the signature, the framing or the answer depends on it.
fn is_protected(name: &[u8]) -> bool {
    const NAMES: [&str; 11] = [
        "authorization",
        "host",
        "date",
        "accept",
        "expect",
        "range",
        "transfer-encoding",
        "security-token",
        "authorization-sts-token",
        "cookie",
        "x-requested-with",
    ];
    const PREFIXES: [&str; 10] = [
        "x-acs-",
        "x-oss-",
        "x-log-",
        "x-ots-",
        "x-odps-",
        "x-datahub-",
        "x-mns-",
        "x-mq-",
        "x-fc-",
        "content-",
    ];
    NAMES.iter().any(|protected| name.eq_ignore_ascii_case(protected.as_bytes()))
        || PREFIXES.iter().any(|prefix| {
            name.get(..prefix.len()).is_some_and(|start| start.eq_ignore_ascii_case(prefix.as_bytes()))
        })
}

pub(super) fn read(head: &Head) -> Result<Facts, Malformed> {
    let mut length: Option<u64> = None;
    let mut lengths = 0;
    let mut codings = 0;
    let mut hosts = 0;
    let (mut is_chunked, mut is_unknown) = (false, false);
    let mut keeps_alive = !head.is_http_1_0();
    let mut expects_continue = false;
    for field in head.fields() {
        if field.is("content-length") {
            lengths += 1;
            length = plain_decimal(field.value);
        } else if field.is("transfer-encoding") {
            for coding in field.value.split(|&byte| byte == b',') {
                codings += 1;
                let coding = coding.trim_ascii();
                is_chunked = coding.eq_ignore_ascii_case(b"chunked");
                is_unknown |= !is_chunked && !coding.eq_ignore_ascii_case(b"identity") && !coding.is_empty();
            }
        } else if field.is("host") {
            hosts += 1;
        } else if field.is("connection") {
            for name in field.value.split(|&byte| byte == b',') {
                if is_protected(name.trim_ascii()) {
                    return Err(Malformed::ConnectionNamesProtected);
                }
            }
            if lists(field.value, b"close") {
                keeps_alive = false;
            }
        } else if field.is("expect") {
            if !field.value.eq_ignore_ascii_case(b"100-continue") {
                return Err(Malformed::Expectation);
            }
            expects_continue = !head.is_http_1_0();
        }
    }
    let framing = match (lengths, codings) {
        (1.., 1..) => return Err(Malformed::AmbiguousFraming),
        (2.., _) => return Err(Malformed::DuplicateContentLength),
        (1, _) => Framing::Length(length.ok_or(Malformed::ContentLength)?),
        (_, 0) => Framing::None,
        _ if head.is_http_1_0() => return Err(Malformed::TransferEncoding),
        _ if is_unknown => return Err(Malformed::UnknownTransferCoding),
        (_, 1) if is_chunked => Framing::Chunked,
        _ => return Err(Malformed::TransferEncoding),
    };
    match hosts {
        // Named by the target, and refused for its method anyway, with better advice.
        0 if head.wants_tunnel() => Ok(Facts { framing, keeps_alive, expects_continue }),
        0 => Err(Malformed::MissingHost),
        1 => Ok(Facts { framing, keeps_alive, expects_continue }),
        _ => Err(Malformed::DuplicateHost),
    }
}

/// Digits alone, without a leading zero or a sign.
pub fn plain_decimal(value: &[u8]) -> Option<u64> {
    let is_plain = match value {
        [] => false,
        [b'0'] => true,
        [b'0', ..] => false,
        _ => value.iter().all(u8::is_ascii_digit),
    };
    is_plain.then_some(())?;
    std::str::from_utf8(value).ok()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::HeadLimits;

    fn parsed(version: &str, headers: &str) -> Result<Head, Malformed> {
        let mut head = Head::new();
        let text = format!("POST / HTTP/{version}\r\nHost: a\r\n{headers}\r\n");
        head.buffer().extend_from_slice(text.as_bytes());
        head.parse(&HeadLimits { head: 4096, headers: 10, uri: 1024 }).map(|_| head)
    }

    #[test]
    fn who_speaks_http_1_0_waits_for_no_interim_answer() {
        let waits = |version| {
            parsed(version, "Expect: 100-Continue\r\nContent-Length: 1\r\n").unwrap().expects_continue()
        };
        assert!(waits("1.1") && !waits("1.0"));
    }

    #[test]
    fn connection_names_nothing_that_matters() {
        for name in [
            "authorization",
            "host",
            "Date",
            "accept",
            "expect",
            "range",
            "transfer-encoding",
            "security-token",
            "authorization-sts-token",
            "cookie",
            "x-requested-with",
            "X-Acs-Date",
            "x-oss-date",
            "x-log-date",
            "x-ots-date",
            "x-odps-date",
            "x-datahub-date",
            "x-mns-date",
            "x-mq-date",
            "x-fc-date",
            "content-md5",
        ] {
            let fault = parsed("1.1", &format!("Connection: close, {name}\r\n")).err();
            assert_eq!(fault, Some(Malformed::ConnectionNamesProtected), "{name}");
        }
        assert!(parsed("1.1", "Connection: keep-alive, x-own, x-acs\r\n").is_ok());
    }
}
