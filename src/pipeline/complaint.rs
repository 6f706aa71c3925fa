//! What an error of the cloud complains of: the codes, and where a product has one code for much, the words.

use memchr::memmem;

/// The cloud's error bodies are a kilobyte or two.
pub(super) const ERROR_MAX: usize = 64 * 1024;

/// What is wrong with a request that would be taken if it were signed anew.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Complaint {
    /// The credential: its token has ended, or its key is gone.
    Token,
    /// The date.
    Clock,
}

use Complaint::{Clock, Token};

/// A code, and what the whole error must say besides. The first that fits is taken.
type Row = (Complaint, &'static [u8], fn(&[u8]) -> bool);

const ROWS: [Row; 18] = [
    (Token, b"InvalidSecurityToken.Expired", anything),
    (Token, b"SecurityTokenExpired", anything),
    (Token, b"SecurityToken.Expired", anything),
    // Model Studio, of a key that has ended or was replaced.
    (Token, b"InvalidApiKey", anything),
    // MaxCompute, whose code says this of any parameter. The number is of invalid credentials.
    (Token, b"InvalidParameter", |error| says(error, "ODPS-0410051")),
    // Log Service, whose code says this of permissions too.
    (Token, b"Unauthorized", |error| says(error, "AccessKeyId not found")),
    // DataHub, whose code says this of everything that is wrong with a proof. No reference gives its words.
    (Token, b"Unauthorized", |error| is_of_datahub(error) && has_ended(error)),
    // Tablestore, whose code says this of all that is wrong with a signature. Its reference has words for keys, older ones and
    // newer, and none for tokens.
    (Token, b"OTSAuthFailed", |error| {
        says(error, "The AccessKeyID does not exist")
            || says(error, "The AccessKey ID does not exist")
            || has_ended(error)
    }),
    (Clock, b"InvalidTimeStamp.Expired", anything),
    (Clock, b"IllegalTimestamp", anything),
    (Clock, b"RequestTimeTooSkewed", anything),
    // MaxCompute's spelling.
    (Clock, b"RequestTimeTooSkewd", anything),
    (Clock, b"RequestTimeExpired", anything),
    // Of MNS and RocketMQ, with the status 408.
    (Clock, b"TimeExpired", anything),
    (Clock, b"AuthenticationRequestExpired", anything),
    (Clock, b"OTSAuthFailed", |error| says(error, "between system time and x-ots-date")),
    // Function Compute, whose code says this of everything that is not allowed.
    (Clock, b"AccessDenied", |error| says(error, "the difference between the request time")),
    // DataHub's `Date` tells whether it was that: where the clocks agree, nothing is learnt and nothing is sent again.
    (Clock, b"Unauthorized", is_of_datahub),
];

impl Complaint {
    /// Of an error's body. `None`: it is about something else.
    pub(super) fn of(error: &[u8]) -> Option<Self> {
        let code = code(error)?;
        // OpenAPI has several, and one for each reason.
        if code.starts_with(b"InvalidAccessKeyId") {
            return Some(Token);
        }
        let fits = |row: &&Row| row.1 == code && row.2(error);
        ROWS.iter().find(fits).map(|row| row.0)
    }
}

const fn anything(_: &[u8]) -> bool {
    true
}

fn says(error: &[u8], words: &str) -> bool {
    memmem::find(error, words.as_bytes()).is_some()
}

/// By the name of the code's field, which is Log Service's with another first letter.
fn is_of_datahub(error: &[u8]) -> bool {
    says(error, "\"ErrorCode\"")
}

/// Whether it speaks of a token that has expired, in whatever case.
fn has_ended(error: &[u8]) -> bool {
    let has = |word: &str| error.windows(word.len()).any(|part| part.eq_ignore_ascii_case(word.as_bytes()));
    has("token") && has("expired")
}

/// The error code of an OpenAPI, OSS, SLS, MNS or DataHub error, JSON or XML; or of Tablestore's, the first field of a protobuf message.
pub(super) fn code(body: &[u8]) -> Option<&[u8]> {
    let between = |open: &[u8], close: u8| {
        let from = memmem::find(body, open)? + open.len();
        let rest = body.get(from..)?;
        rest.get(..memchr::memchr(close, rest)?)
    };
    if body.trim_ascii_start().starts_with(b"<") {
        return between(b"<Code>", b'<');
    }
    if let [0x0a, length @ 0..0x80, rest @ ..] = body
        && let Some(code) = rest.get(..usize::from(*length)).filter(|code| code.starts_with(b"OTS"))
    {
        return Some(code);
    }
    for key in [&b"\"Code\""[..], b"\"code\"", b"\"errorCode\"", b"\"ErrorCode\""] {
        let Some(at) = memmem::find(body, key) else { continue };
        let rest = body.get(at + key.len()..)?.trim_ascii_start().strip_prefix(b":")?.trim_ascii_start();
        let value = rest.strip_prefix(b"\"")?;
        return value.get(..memchr::memchr(b'"', value)?);
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_errors_code_is_found_in_either_form() {
        for (body, expected) in [
            (
                &br#"{"RequestId":"R","Code" : "InvalidSecurityToken.Expired","Message":"m"}"#[..],
                Some(&b"InvalidSecurityToken.Expired"[..]),
            ),
            (br#"{"code":"X"}"#, Some(b"X")),
            (br#"{"ErrorCode":"X","ErrorMessage":"m"}"#, Some(b"X")),
            (
                br#"{"errorCode": "SecurityToken.Expired", "errorMessage": ""}"#,
                Some(b"SecurityToken.Expired"),
            ),
            (
                b"<?xml version='1.0'?>\n<Error><Code>SecurityTokenExpired</Code></Error>",
                Some(b"SecurityTokenExpired"),
            ),
            (b"\x0a\x0dOTSAuthFailed\x12\x01m", Some(b"OTSAuthFailed")),
            (b"\x0a\x0dOTSAuth", None),
            (b"<html>\"Code\":\"X\"", None),
            (br#"{"Code":7}"#, None),
            (b"", None),
        ] {
            assert_eq!(code(body), expected, "{}", body.escape_ascii());
        }
    }
}
