//! What the miniature cloud does, in the log: so that a user can watch the proxy get over it.

use crate::sandbox::{News, Observer};

/// Writes it down. What the cloud was told to do wrong is no warning; that it turned a request away is.
#[derive(Clone, Copy, Debug)]
pub(super) struct Watch;

impl Observer for Watch {
    fn hear(&self, news: &News, untold: u64) {
        // Nothing is written of a count of none.
        let more = (untold > 0).then_some(untold);
        match news {
            News::Issued { arn, key, lifetime } => {
                let seconds = lifetime.as_secs();
                tracing::info!(role = %arn, key, seconds, more, "sandbox: STS issued a credential");
            }
            News::Refused { host, product, action, code, key } => {
                let what = refused(code);
                tracing::warn!(host, product, action, code, key, more, "sandbox: {what}");
            }
            News::Failed { product, action, code, left } => {
                let what = if is_throttled(code) { "throttled" } else { "failed" };
                tracing::info!(
                    product,
                    action,
                    code,
                    left,
                    more,
                    "sandbox: a call was {what}, as it was told"
                );
                if *left == Some(0) {
                    tracing::info!(fault = "fail-sts", "sandbox: the fault is over");
                }
            }
            News::HungUp => tracing::info!(more, "sandbox: hung up without an answer, as it was told"),
        }
    }
}

fn refused(code: &str) -> &'static str {
    match code {
        "InvalidSecurityToken.Expired" | "SecurityTokenExpired" => "an expired security token was refused",
        "InvalidTimeStamp.Expired" | "RequestTimeTooSkewed" | "RequestTimeTooSkewd" => {
            "a request was refused that is dated far from the cloud's clock"
        }
        "InvalidAccessKeyId.NotFound" | "InvalidAccessKeyId" => {
            "an AccessKey was refused that is unknown or revoked"
        }
        "SignatureDoesNotMatch" | "SignatureNotMatch" => "a wrong signature was refused",
        _ => "a request was refused",
    }
}

fn is_throttled(code: &str) -> bool {
    code.starts_with("Throttling") || matches!(code, "TotalQpsLimitExceeded" | "OTSServerBusy")
}
