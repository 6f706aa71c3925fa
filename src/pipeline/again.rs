//! Whether an answer says that the same request, signed anew, would be taken: a rejected token, a wrong clock.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use super::Pipeline;
use super::complaint::{Complaint, ERROR_MAX};
use super::prepare::Prepared;
use crate::accept::Stream;
use crate::credential::{Cell, Credential};
use crate::names::calendar;
use crate::upstream::{Arrived, CallerSide};

/// The cloud takes requests that are up to 15 minutes off. What it complains about is more than this.
const SKEW_MIN_SECONDS: i64 = 60;

/// 2025 to 2100, in Unix seconds: before the one this program did not exist, and after the other its dates would be of
/// another form.
const PLAUSIBLE: std::ops::Range<i64> = 1_735_689_600..4_102_444_800;

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

/// What an answer complains of.
async fn complaint(arrived: &mut Arrived, side: &mut CallerSide<'_, Stream>) -> Option<Complaint> {
    // A HEAD's answer has no body; OSS puts the code of its error into a header.
    if arrived.field("x-oss-ec") == Some(b"0002-00000007") {
        return Some(Complaint::Token);
    }
    Complaint::of(arrived.peek(ERROR_MAX, side).await)
}

/// Tablestore's date: ISO's form with a fraction of the second, which the cloud's errors may have in place of `Date`.
fn ots_date(value: &[u8]) -> Option<i64> {
    let seconds = std::str::from_utf8(value.get(..19)?).ok()?;
    calendar::parse_iso(&format!("{seconds}Z"))
}
