//! `countersign presign`: a URL of OSS that carries its own signature, for somebody who has no credential.

use std::path::PathBuf;

use clap::Args;

use super::offline::{Failed, Offline, Sought, endpoint, moment, pair, request, usage};
use super::output;
use super::{Exit, process};
use crate::classify;
use crate::clock::SystemClock;
use crate::names::{Endpoint, Scheme, calendar};
use crate::sign::{self, Payload, Unsigned, Workspace, oss_url};
use crate::wire::{Framing, parameters};

/// What `presign` takes.
#[derive(Debug, Args)]
#[command(after_help = "\
Example:\n  countersign presign --expires 15m https://examplebucket.oss-cn-hangzhou.aliyuncs.com/report.pdf\n\n\
The URL is signed with OSS's signature V4 and with the credential that `run` would take. It opens this one call to \
whoever reads it, until its time is over or the credential ends, whichever is first: one from STS seldom lives longer \
than an hour. Nothing is sent. [tenants] does not apply here. \
Headers given with -H are part of the signature if they are Content-Type, Content-MD5 or x-oss-*; whoever uses the URL \
must send the same.")]
pub(super) struct Arguments {
    /// The object's address: `https://BUCKET.oss-REGION.aliyuncs.com/KEY`
    url: String,
    /// How long it is good for: 1s to 7d
    #[arg(long, value_name = "TIME", default_value = "15m")]
    expires: String,
    /// The method that it is good for
    #[arg(short = 'X', long, value_name = "METHOD", default_value = "GET")]
    request: String,
    /// A header that will be sent with it, as `Name: value`; may be repeated
    #[arg(short = 'H', long, value_name = "HEADER")]
    header: Vec<String>,
    /// Sign for this moment, as 2026-01-31T12:00:00Z [default: now]
    #[arg(long, value_name = "TIME")]
    date: Option<String>,
    /// The role to sign as, of those in the settings
    #[arg(long, value_name = "ROLE", default_value = "default")]
    role: String,
    /// The settings file, for its roles
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
}

pub(super) fn run(arguments: &Arguments) -> Exit {
    process::harden();
    output::ended_with(presigned(arguments).map(|text| text + "\n"))
}

fn presigned(arguments: &Arguments) -> Result<String, Failed> {
    let life = life(&arguments.expires)?;
    let moment = moment(arguments.date.as_deref(), None, &SystemClock)?;
    let sought = Sought {
        url: &arguments.url,
        method: Some(&arguments.request),
        headers: &arguments.header,
        data: None,
    };
    let (head, _) = request(&sought)?;
    let refused = |refusal: crate::refusal::Refusal| (Exit::Failed, refusal.to_string());
    let target = classify::target(head.target()).map_err(|refusal| usage(refusal.to_string()))?;
    let offline = Offline::load(arguments.config.as_ref())?;
    let endpoint = endpoint(&head, &offline.rules.own_hosts)?;
    classify::check_path(target.path, target.query, true).map_err(refused)?;
    check_bucket(&endpoint)?;
    let query: Vec<_> = parameters(target.query).collect();
    if query.iter().any(|parameter| classify::strip::oss_parameters(true).holds_parameter(parameter)) {
        return Err(usage("the address carries a signature already, or a parameter that only one has"));
    }
    let headers: Vec<_> = head
        .fields()
        .filter(|field| classify::strip::keeps_header(*field, classify::Family::Oss, false))
        .collect();
    let unsigned = Unsigned {
        method: head.method().map_or("GET", |method| method.name()),
        path: target.path,
        query: &query,
        headers: &headers,
        form: &[],
        payload: Payload::Streamed,
        framing: Framing::None,
        expects_continue: false,
        endpoint: &endpoint,
        add_action: None,
        add_version: None,
        additional_headers: &[],
        scope: None,
    };
    let credential = offline.credential(&arguments.role, (Scheme::OssV4, &endpoint))?;
    let pair = pair(&credential)?;
    let day = calendar::day(moment.unix_seconds);
    let day_key = sign::scope(Scheme::OssV4, &endpoint)
        .map(|(region, product)| pair.key().scope_key(day, region, product));
    let identity = pair.identity(day_key.as_ref());
    let proof = oss_url::presign(&unsigned, &identity, (&moment, life), &mut Workspace::default())
        .map_err(|fault| (Exit::Failed, fault.to_string()))?;
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let path = if target.path.is_empty() { "/".to_owned() } else { text(target.path) };
    let mut kept: Vec<String> = query.iter().map(|parameter| text(parameter.raw)).collect();
    kept.push(proof.query());
    Ok(format!("https://{}{path}?{}", endpoint.host(), kept.join("&")))
}

/// Refuses what is no bucket of OSS, and a host that the signature cannot be limited to.
fn check_bucket(endpoint: &Endpoint) -> Result<(), Failed> {
    let code = endpoint.product().code;
    if code != "oss" {
        return Err(usage(format!("`{code}` takes no URL that carries its own signature; OSS does")));
    }
    if endpoint.region().is_none() {
        return Err(usage(
            "the host names no region, and the signature must; use BUCKET.oss-REGION.aliyuncs.com",
        ));
    }
    if endpoint.tenant().is_none() {
        return Err(usage("the host names no bucket; use BUCKET.oss-REGION.aliyuncs.com"));
    }
    Ok(())
}

/// Seconds of a time such as `15m`.
fn life(text: &str) -> Result<u32, Failed> {
    let wrong = || usage(format!("--expires {text:?} is not a time from 1s to 7d, such as 15m"));
    let unit_at = text.find(|letter: char| !letter.is_ascii_digit()).ok_or_else(wrong)?;
    let (number, unit) = text.split_at_checked(unit_at).ok_or_else(wrong)?;
    let unit = match unit {
        "s" => 1,
        "m" => 60,
        "h" => 3_600,
        "d" => 86_400,
        _ => return Err(wrong()),
    };
    let seconds = number.parse::<u32>().ok().and_then(|number| number.checked_mul(unit));
    seconds.filter(|seconds| (1..=oss_url::LIFE_SECONDS_MAX).contains(seconds)).ok_or_else(wrong)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_life_is_a_number_and_a_unit_and_a_week_at_most() {
        for (text, seconds) in [("1s", 1), ("15m", 900), ("2h", 7_200), ("7d", 604_800), ("604800s", 604_800)]
        {
            assert_eq!(life(text), Ok(seconds));
        }
        for text in
            ["", "0s", "15", "m", "-1s", "8d", "604801s", "1w", "1h30m", "99999999999s", "4294967295d"]
        {
            assert_eq!(life(text).map_err(|failed| failed.0), Err(Exit::Usage), "{text}");
        }
    }
}
