//! A signature that the cloud did not take, told to the operator: the likely cause, and where the text that the cloud signed
//! differs from ours. The application sees the cloud's own error, and can do nothing about it.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use super::Pipeline;
use super::carry::Exchange;
use super::complaint::code;
use super::known::Secrets;
use crate::mismatch::{Texts, Told, explain, is_mismatch, told};
use crate::names::calendar;
use crate::telemetry::RequestId;
use crate::upstream::Arrived;

/// A line every so often: one cause fails every request.
const EVERY: Duration = Duration::from_secs(10);
/// Of the differences, what says enough. Few signatures differ in more than a line.
const DIFF_MAX: usize = 2 * 1024;
/// No code of the cloud is longer.
const CODE_MAX: usize = 128;
/// Clocks that are further apart than this may be what is wrong.
const SKEW_MIN_SECONDS: i64 = 60;

/// When a line was written last, and how many were not since.
#[derive(Debug, Default)]
pub struct Seldom(Mutex<(Option<Duration>, u64)>);

impl Seldom {
    /// Whether it is time for a line, and how many were left out before it. `now`: since the machine began.
    fn is_time(&self, now: Duration) -> Option<u64> {
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let (last, untold) = &mut *state;
        if last.is_some_and(|last| now.saturating_sub(last) < EVERY) {
            *untold += 1;
            return None;
        }
        *last = Some(now);
        Some(std::mem::take(untold))
    }
}

/// An error that says that a signature does not hold.
pub(super) struct Mismatch {
    code: String,
    /// What the cloud signed, if it says so.
    told: Option<Told>,
}

impl Mismatch {
    /// Reads an answer, with its body as it is meant. `None`: it says nothing of the kind.
    pub(super) fn read(arrived: &Arrived, body: &[u8]) -> Option<Self> {
        let in_header = arrived.field("x-oss-err").unwrap_or_default();
        let of_head = data_encoding::BASE64.decode(in_header).unwrap_or_default();
        let of_gateway = arrived.field("x-ca-error-message").unwrap_or_default();
        let holds = |text: &[u8], part: &str| memchr::memmem::find(text, part.as_bytes()).is_some();
        // The gateway's message tells more than its code, which has many meanings.
        let is_of_gateway = holds(of_gateway, "Invalid Signature");
        let code = if is_of_gateway {
            arrived.field("x-ca-error-code").unwrap_or(b"InvalidSignature")
        } else {
            code(body).or_else(|| code(&of_head))?
        };
        // Tablestore and DataHub have one code for everything that is wrong with a proof.
        let is_of_signature = is_mismatch(code)
            || code == b"OTSAuthFailed" && holds(body, "ignature mismatch")
            || code == b"Unauthorized" && holds(body, "signature we calculated does not match")
            || is_of_gateway;
        let is_code = |byte: &u8| byte.is_ascii_alphanumeric() || b"._-".contains(byte);
        if !is_of_signature || code.len() > CODE_MAX || !code.iter().all(is_code) {
            return None;
        }
        let code = String::from_utf8_lossy(code).into_owned();
        let header = |name: &str, value: &[u8]| [name.as_bytes(), b": ", value, b"\r\n"].concat();
        let head = match (in_header, of_gateway) {
            (b"", b"") => Vec::new(),
            (b"", message) => header("x-ca-error-message", message),
            (error, _) => header("x-oss-err", error),
        };
        Some(Self { code, told: told(&[&head, body].concat()) })
    }
}

impl Pipeline {
    /// Writes the line, if it is time for one. Nothing of the secrets is in it.
    pub(super) fn tell(
        &self,
        mismatch: &Mismatch,
        arrived: &Arrived,
        exchange: &Exchange<'_>,
        secrets: &Secrets,
    ) {
        let Some(more) = self.worker.mismatches.is_time(self.worker.clock.boot()) else { return };
        // Nothing is written of a count of none.
        let more = (more > 0).then_some(more);
        let hidden = |text: String| match secrets.known.mask(text.as_bytes()) {
            Ok(None) => text,
            Ok(Some(masked)) => String::from_utf8_lossy(&masked).into_owned(),
            Err(_) => String::new(),
        };
        let explanation = mismatch.told.as_ref().zip(secrets.texts.as_ref()).map(|(told, ours)| {
            let ours =
                Texts { canonical_request: &ours.canonical_request, string_to_sign: &ours.string_to_sign };
            explain(ours, told.texts())
        });
        let cause = match &explanation {
            Some(explanation) => explanation.cause.to_string(),
            None => untold(arrived, exchange),
        };
        let diff =
            explanation.map(|explanation| hidden(explanation.differences())).filter(|diff| !diff.is_empty());
        let diff = diff.map(|diff| diff.chars().take(DIFF_MAX).collect::<String>());
        let endpoint = &exchange.prepared.endpoint;
        let id = RequestId::new(arrived.request_id());
        tracing::warn!(
            code = hidden(mismatch.code.clone()),
            product = endpoint.product().code,
            region = endpoint.region().map(|region| region.id()),
            scheme = exchange.prepared.plan.call.scheme.map(|scheme| scheme.name()),
            role = %self.role,
            request_id = hidden(String::from_utf8_lossy(id.as_bytes()).into_owned()),
            cause = hidden(cause),
            diff,
            more,
            "the cloud did not take a signature"
        );
    }
}

/// The likely cause where the cloud does not say what it signed.
fn untold(arrived: &Arrived, exchange: &Exchange<'_>) -> String {
    let cloud = arrived.field("date").and_then(calendar::parse_http);
    let off = cloud.zip(exchange.signed_at).map(|(cloud, moment)| moment.unix_seconds - cloud);
    match off {
        Some(off) if off.abs() > SKEW_MIN_SECONDS => format!(
            "the clock: the request was dated {} s {} the cloud's answer",
            off.abs(),
            if off > 0 { "after" } else { "before" }
        ),
        _ => "the cloud does not say what it signed; either the secret is not that of the AccessKey's id, or something between \
              here and the cloud changed the request"
            .to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_due_at_once_and_then_every_ten_seconds_with_the_count_of_what_was_left_out() {
        let seldom = Seldom::default();
        let at = |seconds| seldom.is_time(Duration::from_secs(seconds));
        assert_eq!(
            [at(5), at(5), at(14), at(15), at(16), at(26), at(60)],
            [Some(0), None, None, Some(2), None, Some(1), Some(0)]
        );
    }
}
