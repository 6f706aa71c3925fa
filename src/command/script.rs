//! `--sandbox-fault`: what the miniature cloud is to do wrong, and when, so that recovery can be watched.

use std::str::FromStr;
use std::sync::Arc;

use tokio::task::JoinSet;

use super::fault::{Fault, is_place, positive, seconds};
use crate::sandbox::{Sandbox, Spoil};

/// A fault, and its time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Script {
    fault: Fault,
    /// When it begins, from the start. In seconds.
    after: u32,
    /// How long it lasts, in seconds. None: to the end, or until it is used up.
    lasts: Option<u32>,
}

/// What the option is for.
pub(super) const HELP: &str = "Let the miniature cloud do this wrong, so that recovery can be watched: \
    expire-tokens=SECONDS, issue-for=SECONDS, fail-sts=CALLS, delay-sts=SECONDS, fail=PRODUCT, throttle=PRODUCT, delay=PRODUCT:SECONDS, \
    spoil=PRODUCT:HOW, skew=SECONDS, dark or revoke. ,after=SECONDS behind it is when it begins, ,for=SECONDS how long it lasts: fail=ecs,after=10,for=30; may be \
    repeated";

/// What can be written, for mistakes.
const FORMS: &str = "expire-tokens=SECONDS, issue-for=SECONDS, fail-sts=CALLS, delay-sts=SECONDS, fail=PRODUCT, throttle=PRODUCT, \
                     delay=PRODUCT:SECONDS, spoil=PRODUCT:HOW, skew=SECONDS, dark or revoke, and behind it ,after=SECONDS or ,for=SECONDS or both";

impl FromStr for Script {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let mut parts = text.split(',');
        let first = parts.next().unwrap_or_default();
        let fault = Fault::read(first).ok_or_else(|| match first.split_once('=') {
            Some(("fail" | "throttle", "sts")) => "to fail STS, write fail-sts=CALLS".to_owned(),
            Some(("spoil", value)) if value.split_once(':').is_some_and(|(_, how)| Spoil::named(how).is_none()) => {
                format!("HOW is {}", Spoil::NAMES.map(|(name, _)| name).join(", "))
            }
            Some(("fail" | "throttle", product)) if !is_place(product) => {
                format!("{product:?} is no product; write its code in lower case, as in \"ecs\", \"oss\" or \"cs\"")
            }
            _ => format!("write {FORMS}"),
        })?;
        let (mut after, mut lasts) = (None, None);
        for part in parts {
            let (name, value) = part.split_once('=').unwrap_or((part, ""));
            let place = match name {
                "after" => &mut after,
                "for" => &mut lasts,
                _ => return Err(format!("write {FORMS}")),
            };
            if place.is_some() {
                return Err(format!("`{name}` is there twice"));
            }
            *place =
                Some(positive(value).ok_or_else(|| format!("`{name}` is a number of seconds from 1 up"))?);
        }
        if fault == Fault::Revoke && (after.is_none() || lasts.is_some()) {
            return Err(
                "write revoke,after=SECONDS: at the start there is nothing to revoke, and it is done at once"
                    .to_owned(),
            );
        }
        Ok(Self { fault, after: after.unwrap_or(0), lasts })
    }
}

impl Script {
    /// The seconds in which it is on.
    fn span(&self) -> std::ops::Range<u64> {
        let from = u64::from(self.after);
        from..self.lasts.map_or(u64::MAX, |lasts| from + u64::from(lasts))
    }
}

/// Two faults that are on at the same time and cannot be, in words.
pub(super) fn clash(scripts: &[Script]) -> Option<String> {
    scripts.iter().enumerate().find_map(|(at, one)| {
        let meets = |other: &&Script| {
            one.fault.switch() == other.fault.switch()
                && one.fault != Fault::Revoke
                && one.span().start < other.span().end
                && other.span().start < one.span().end
        };
        let other = scripts.iter().skip(at + 1).find(meets)?;
        Some(format!(
            "--sandbox-fault {} and {} are on at the same time; end one before the other begins, with ,for= and ,after=",
            one.fault, other.fault
        ))
    })
}

/// Begins what begins at the start, and the rest at its time. It ends with the value that is returned.
pub(super) fn play(scripts: &[Script], sandbox: &Arc<Sandbox>) -> JoinSet<()> {
    let mut playing = JoinSet::new();
    for Script { fault, after, lasts } in scripts.iter().cloned() {
        let sandbox = Arc::clone(sandbox);
        if after == 0 {
            begin(&fault, lasts, &sandbox);
        }
        playing.spawn(async move {
            if after > 0 {
                tokio::time::sleep(seconds(after)).await;
                begin(&fault, lasts, &sandbox);
            }
            if let Some(lasts) = lasts {
                tokio::time::sleep(seconds(lasts)).await;
                if fault.end(sandbox.faults()) {
                    tracing::info!(%fault, "sandbox: the fault is over");
                }
            }
        });
    }
    playing
}

fn begin(fault: &Fault, lasts: Option<u32>, sandbox: &Sandbox) {
    fault.begin(sandbox.faults());
    tracing::info!(%fault, seconds = lasts, "sandbox: a fault begins");
}

#[cfg(test)]
mod tests {
    use super::*;

    fn script(fault: Fault, after: u32, lasts: Option<u32>) -> Script {
        Script { fault, after, lasts }
    }

    #[test]
    fn a_fault_is_read_with_its_time() {
        let ecs = || "ecs".to_owned();
        for (text, expected) in [
            ("expire-tokens=30", script(Fault::ExpireTokens(30), 0, None)),
            ("issue-for=240", script(Fault::IssueFor(240), 0, None)),
            ("fail-sts=2", script(Fault::FailSts(2), 0, None)),
            ("delay-sts=3,for=9", script(Fault::DelaySts(3), 0, Some(9))),
            ("fail=ecs,after=5,for=10", script(Fault::Fail(ecs()), 5, Some(10))),
            ("throttle=ecs,for=10,after=5", script(Fault::Throttle(ecs()), 5, Some(10))),
            ("throttle=sts", script(Fault::Throttle("sts".to_owned()), 0, None)),
            ("delay=vault:4", script(Fault::Delay("vault".to_owned(), 4), 0, None)),
            (
                "spoil=metadata:line-break,for=3",
                script(Fault::Spoil("metadata".to_owned(), Spoil::LineBreak), 0, Some(3)),
            ),
            ("fail=oauth", script(Fault::Fail("oauth".to_owned()), 0, None)),
            ("skew=-1200", script(Fault::Skew(-1_200), 0, None)),
            ("revoke,after=7", script(Fault::Revoke, 7, None)),
            ("dark,for=2", script(Fault::Dark, 0, Some(2))),
        ] {
            let read: Script = text.parse().unwrap();
            assert_eq!(read, expected, "{text}");
            assert!(text.starts_with(&read.fault.to_string()), "{text} is told as {}", read.fault);
        }
    }

    #[test]
    fn what_is_no_fault_is_told_the_forms() {
        let forms = format!("write {FORMS}");
        for text in [
            "",
            "expire-tokens",
            "expire-tokens=0",
            "issue-for=x",
            "fail-sts=x",
            "fail",
            "throttle",
            "delay=ecs",
            "delay=ecs:0",
            "delay=nothing:3",
            "spoil=sts",
            "spoil=nothing:html",
            "skew=0",
            "dark=1",
            "revoke=2",
            "dark,",
            "dark,until=3",
        ] {
            assert_eq!(text.parse::<Script>().unwrap_err(), forms, "{text}");
        }
        for (text, expected) in [
            (
                "spoil=sts:wrong",
                "HOW is html, truncated, empty, huge, nested, mistyped, expired, endless, incomplete, blank, line-break, \
                 another-role, unsuccessful, redirect, hang, cut",
            ),
            ("fail=sts", "to fail STS, write fail-sts=CALLS"),
            (
                "fail=ecss",
                "\"ecss\" is no product; write its code in lower case, as in \"ecs\", \"oss\" or \"cs\"",
            ),
            ("dark,for=0", "`for` is a number of seconds from 1 up"),
            ("dark,after", "`after` is a number of seconds from 1 up"),
            ("dark,for=1,for=2", "`for` is there twice"),
        ] {
            assert_eq!(text.parse::<Script>().unwrap_err(), expected, "{text}");
        }
        for text in ["revoke", "revoke,after=3,for=2"] {
            assert!(text.parse::<Script>().unwrap_err().starts_with("write revoke,after=SECONDS"), "{text}");
        }
    }

    #[test]
    fn one_switch_cannot_stand_in_two_ways() {
        let clash = |texts: &[&str]| {
            let scripts: Vec<Script> = texts.iter().map(|text| text.parse().unwrap()).collect();
            clash(&scripts).is_some()
        };
        assert!(clash(&["fail=ecs", "throttle=ecs,after=9"]));
        assert!(clash(&["delay-sts=5", "delay=sts:9"]));
        assert!(!clash(&["spoil=sts:html", "spoil=uri:html", "delay=uri:1", "fail=uri"]));
        assert!(clash(&["skew=5,for=10", "dark", "skew=9,after=9"]));
        assert!(!clash(&["fail=ecs,for=9", "throttle=ecs,after=9"]));
        assert!(!clash(&["fail=ecs", "fail=oss", "revoke,after=1", "revoke,after=2"]));
    }
}
