//! Whether an answer says that the same request, signed anew, would be taken: a rejected token, a wrong clock.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use super::Pipeline;
use super::prepare::Prepared;
use crate::accept::Stream;
use crate::credential::{Cell, Credential};
use crate::names::calendar;
use crate::upstream::{Arrived, CallerSide};

/// The cloud's error bodies are a kilobyte or two.
pub(super) const ERROR_MAX: usize = 64 * 1024;
/// The cloud takes requests that are up to 15 minutes off. What it complains about is more than this.
const SKEW_MIN_SECONDS: i64 = 60;

/// 2025 to 2100, in Unix seconds: before the one this program did not exist, and after the other its dates would be of
/// another form.
const PLAUSIBLE: std::ops::Range<i64> = 1_735_689_600..4_102_444_800;

enum Complaint {
    Token,
    Clock,
}

impl Pipeline {
    /// The credential to send the request with once more; `None` when the answer is the caller's. What is learnt of the clock
    /// or the credential holds for later requests, whether this one can be sent again or not.
    pub(super) async fn again(
        &self,
        arrived: &mut Arrived,
        (credential, cell): (&Arc<Credential>, &Cell),
        (prepared, can_be_sent_again): (&Prepared, bool),
        side: &mut CallerSide<'_, Stream>,
    ) -> Option<Arc<Credential>> {
        if !matches!(arrived.status(), 400 | 401 | 403 | 404 | 408) || is_a_customers(prepared) {
            return None;
        }
        match complaint(arrived, side).await? {
            Complaint::Token if can_be_sent_again => cell.renew(credential.generation()).await,
            Complaint::Token => {
                cell.reject(credential.generation());
                None
            }
            Complaint::Clock => {
                let date = || arrived.field("date").and_then(calendar::parse_http);
                let cloud = date().or_else(|| ots_date(arrived.field("x-ots-date")?))?;
                let ours = i64::try_from(self.worker.clock.now().wall.as_secs()).ok()?;
                let skew = cloud - ours;
                // A date that no cloud can have is no date to sign with.
                let is_plausible = PLAUSIBLE.contains(&cloud);
                let is_news = is_plausible
                    && (skew - self.worker.skew.load(Ordering::Relaxed)).abs() > SKEW_MIN_SECONDS;
                if is_news {
                    if skew.abs() > SKEW_MIN_SECONDS {
                        tracing::warn!(
                            seconds = skew,
                            "this machine's clock is off by so much: requests are dated by the cloud's"
                        );
                    } else {
                        tracing::info!("this machine's clock and the cloud's agree again");
                    }
                    self.worker.skew.store(skew, Ordering::Relaxed);
                }
                (is_news && can_be_sent_again).then(|| Arc::clone(credential))
            }
        }
    }
}

/// Whether a customer's own code or server may have written the answer: it says nothing of the cloud's clock, which is that
/// of every request, nor of a credential, and is not asked twice.
fn is_a_customers(prepared: &Prepared) -> bool {
    let call = &prepared.plan.call;
    matches!(prepared.endpoint.product().code, "apigateway" | "dataplus" | "fc-trigger")
        // A function that is called at its account's host: no operation of the product has its path.
        || matches!(prepared.endpoint.product().code, "fc" | "fc-open") && call.action.is_none()
}

async fn complaint(arrived: &mut Arrived, side: &mut CallerSide<'_, Stream>) -> Option<Complaint> {
    // A HEAD's answer has no body; OSS puts the code of its error into a header.
    if arrived.field("x-oss-ec") == Some(b"0002-00000007") {
        return Some(Complaint::Token);
    }
    let body = arrived.peek(ERROR_MAX, side).await;
    let code = code(body)?;
    let is = |known: &[&[u8]]| known.contains(&code);
    let is_datahub_unauthorized =
        code == b"Unauthorized" && memchr::memmem::find(body, b"\"ErrorCode\"").is_some();
    if code.starts_with(b"InvalidAccessKeyId")
        || is(&[
            b"InvalidSecurityToken.Expired",
            b"SecurityTokenExpired",
            b"SecurityToken.Expired",
            // Model Studio, of a key that has ended or was replaced.
            b"InvalidApiKey",
        ])
        // MaxCompute, whose code says this of any parameter. The number is of invalid credentials.
        || code == b"InvalidParameter" && memchr::memmem::find(body, b"ODPS-0410051").is_some()
        // Log Service, whose code says this of permissions too.
        || code == b"Unauthorized" && memchr::memmem::find(body, b"AccessKeyId not found").is_some()
        // DataHub, whose code says this of everything that is wrong with a proof. No reference gives its words.
        || is_datahub_unauthorized && has_word(body, b"token") && has_word(body, b"expired")
        // Tablestore, whose code says this of all that is wrong with a signature. Its reference has words for keys, older ones and
        // newer, and none for tokens.
        || code == b"OTSAuthFailed"
            && (memchr::memmem::find(body, b"The AccessKeyID does not exist").is_some()
                || memchr::memmem::find(body, b"The AccessKey ID does not exist").is_some()
                || has_word(body, b"token") && has_word(body, b"expired"))
    {
        Some(Complaint::Token)
    } else if is(&[
        b"InvalidTimeStamp.Expired",
        b"IllegalTimestamp",
        b"RequestTimeTooSkewed",
        // MaxCompute's spelling.
        b"RequestTimeTooSkewd",
        b"RequestTimeExpired",
        // Of MNS and RocketMQ, with the status 408.
        b"TimeExpired",
        b"AuthenticationRequestExpired",
    ]) || code == b"OTSAuthFailed"
        && memchr::memmem::find(body, b"between system time and x-ots-date").is_some()
        // Function Compute, whose code says this of everything that is not allowed.
        || code == b"AccessDenied"
            && memchr::memmem::find(body, b"the difference between the request time").is_some()
        // DataHub's `Date` tells whether it was that: where the clocks agree, nothing is learnt and nothing is sent again.
        || is_datahub_unauthorized
    {
        Some(Complaint::Clock)
    } else {
        None
    }
}

/// Whether a word is in an error's text, in whatever case.
fn has_word(body: &[u8], word: &[u8]) -> bool {
    body.windows(word.len()).any(|part| part.eq_ignore_ascii_case(word))
}

/// Tablestore's date: ISO's form with a fraction of the second, which the cloud's errors may have in place of `Date`.
fn ots_date(value: &[u8]) -> Option<i64> {
    let seconds = std::str::from_utf8(value.get(..19)?).ok()?;
    calendar::parse_iso(&format!("{seconds}Z"))
}

/// The error code of an OpenAPI, OSS, SLS, MNS or DataHub error, JSON or XML; or of Tablestore's, the first field of a protobuf message.
pub(super) fn code(body: &[u8]) -> Option<&[u8]> {
    let between = |open: &[u8], close: u8| {
        let from = memchr::memmem::find(body, open)? + open.len();
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
        let Some(at) = memchr::memmem::find(body, key) else { continue };
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
