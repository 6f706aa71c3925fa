//! What `whoami` found, as lines and as JSON. Holds no secret.

use std::fmt;

use serde_json::{Value, json};

use super::trust_policy;
use crate::credential::{Link, OidcToken, Standing};
use crate::names::calendar;

/// What there is to say of a role.
#[derive(Debug)]
pub(super) struct Report {
    pub(super) role: String,
    /// Where its credential comes from: `oidc`, `environment`.
    pub(super) source: String,
    /// The places of the default chain, in their order. Empty: the settings name the source.
    pub(super) chain: Vec<Link>,
    /// What the OIDC token at the bottom of it says.
    pub(super) oidc_token: Option<OidcToken>,
    /// `None`: nobody answered.
    pub(super) answered: Option<Answered>,
    /// Why nobody did, or why STS does not say whose the credential is.
    pub(super) fault: Option<Fault>,
    /// STS has refused the credential itself: whoever signs with it is refused as well.
    pub(super) is_refused: bool,
    /// In whole seconds since 1970.
    pub(super) now: i64,
}

/// The credential that came.
#[derive(Debug)]
pub(super) struct Answered {
    /// Shortened.
    pub(super) access_key_id: Option<String>,
    /// In whole seconds since 1970. `None`: nobody knows.
    pub(super) expires_at: Option<i64>,
    pub(super) caller: Option<Caller>,
}

/// Whose it is.
#[derive(Debug)]
pub(super) struct Caller {
    pub(super) kind: &'static str,
    pub(super) account: String,
    pub(super) arn: String,
}

/// What went wrong.
#[derive(Debug)]
pub(super) struct Fault {
    pub(super) code: &'static str,
    pub(super) message: String,
}

impl Report {
    /// One object on one line.
    pub(super) fn json(&self) -> Value {
        let answered = self.answered.as_ref();
        let caller = answered.and_then(|answered| answered.caller.as_ref());
        let iso = |seconds: i64| String::from_utf8_lossy(&calendar::iso(seconds)).into_owned();
        json!({
            "role": self.role,
            "source": self.source,
            "answered": answered.is_some(),
            "refused": self.is_refused,
            "access_key_id": answered.and_then(|answered| answered.access_key_id.as_ref()),
            "expires_at": answered.and_then(|answered| answered.expires_at).map(iso),
            "caller": caller.map(|caller| json!({
                "type": caller.kind, "account": caller.account, "arn": caller.arn,
            })),
            "error": self.fault.as_ref().map(|fault| json!({ "code": fault.code, "message": fault.message })),
            "chain": self.chain.iter().map(link).collect::<Vec<_>>(),
            "oidc_token": self.oidc_token.as_ref().map(|token| json!({
                "iss": token.claims.iss,
                "aud": token.claims.aud,
                "sub": token.claims.sub,
                "exp": token.claims.exp.map(iso),
                "role": token.role.as_str(),
                "trust_policy": trust_policy::of(token),
            })),
        })
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut line = |name: &str, text: &dyn fmt::Display| writeln!(f, "{name:<11} {text}");
        line("role", &self.role)?;
        line("source", &self.source)?;
        if let Some(answered) = &self.answered {
            if let Some(id) = &answered.access_key_id {
                line("AccessKey", id)?;
            }
            match answered.expires_at {
                Some(end) => line("ends", &Moment { at: end, now: self.now })?,
                None => line("ends", &"nobody knows when")?,
            }
            if let Some(caller) = &answered.caller {
                line("caller", &format_args!("{} ({})", caller.arn, caller.kind))?;
            }
        }
        if let Some(fault) = &self.fault {
            let what = match (self.is_refused, &self.answered) {
                (true, _) => "STS refuses this credential: ",
                (false, Some(_)) => "whose it is, STS does not say: ",
                (false, None) => "",
            };
            line("error", &format_args!("{what}{} ({})", fault.message, fault.code))?;
        }
        for (index, Link { name, standing }) in self.chain.iter().enumerate() {
            let what = match standing {
                Standing::Answers if self.answered.is_some() => "answers",
                Standing::Answers => "is asked",
                Standing::Behind => "is set, and stands behind the one that is asked",
                Standing::Absent(why) => why,
            };
            line(if index == 0 { "chain" } else { "" }, &format_args!("{}. {name}: {what}", index + 1))?;
        }
        if let Some(token) = &self.oidc_token {
            line("OIDC token", &format_args!("issuer {}", token.claims.iss))?;
            line("", &format_args!("audience {}", token.claims.aud.join(" ")))?;
            line("", &format_args!("subject {}", token.claims.sub))?;
            if let Some(end) = token.claims.exp {
                line("", &format_args!("ends {}", Moment { at: end, now: self.now }))?;
            }
            writeln!(f, "\nThe trust policy with which {} takes this token:", token.role)?;
            writeln!(f, "{:#}", trust_policy::of(token))?;
        }
        Ok(())
    }
}

/// One place of the chain.
fn link(link: &Link) -> Value {
    let (state, reason) = match &link.standing {
        Standing::Answers => ("asked", None),
        Standing::Behind => ("behind", None),
        Standing::Absent(why) => ("absent", Some(why)),
    };
    json!({ "name": link.name, "state": state, "reason": reason })
}

/// A moment, and how far away it is.
struct Moment {
    at: i64,
    now: i64,
}

impl fmt::Display for Moment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&String::from_utf8_lossy(&calendar::iso(self.at)))?;
        let away = self.at.saturating_sub(self.now);
        let (minutes, seconds) = (away.unsigned_abs() / 60, away.unsigned_abs() % 60);
        let span = match minutes {
            0 => format!("{seconds} s"),
            1..=119 => format!("{minutes} min"),
            _ => format!("{} h {} min", minutes / 60, minutes % 60),
        };
        if away > 0 { write!(f, ", in {span}") } else { write!(f, ", {span} ago") }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moment_is_told_with_how_far_away_it_is() {
        for (at, expected) in [
            (59, "1970-01-01T00:00:59Z, in 59 s"),
            (3_600, "1970-01-01T01:00:00Z, in 60 min"),
            (7_260, "1970-01-01T02:01:00Z, in 2 h 1 min"),
            (0, "1970-01-01T00:00:00Z, 0 s ago"),
        ] {
            assert_eq!(Moment { at, now: 0 }.to_string(), expected);
        }
        assert_eq!(Moment { at: 0, now: 61 }.to_string(), "1970-01-01T00:00:00Z, 1 min ago");
    }
}
