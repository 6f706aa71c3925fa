//! What a caller of STS wants to be, and for how long: the parameters that all the `AssumeRole` calls share.

use serde_json::Value;

use super::trust::{Trust, Trusts};
use crate::sandbox::error::Error;
use crate::sandbox::heard::Parameters;
use crate::sandbox::issue::Session;

/// The lifetime of a credential whose caller names none, in seconds. STS's own default.
const USUAL_LIFETIME: i64 = 3_600;

/// STS's shortest lifetime, in seconds.
const SHORTEST_LIFETIME: i64 = 900;

/// The longest session policy, in characters. From the reference of `AssumeRole`.
const POLICY_LENGTH: usize = 2_048;

/// What is asked of a role that may be given a session.
pub(super) struct Ask {
    account: String,
    role: String,
    /// In seconds.
    lifetime: i64,
    /// What the role demands.
    pub(super) trust: Trust,
}

impl Ask {
    /// Reads and judges what has a form.
    pub(super) fn read(parameters: &Parameters, trusts: &Trusts) -> Result<Self, Error> {
        let role_arn = required(parameters, "RoleArn")?;
        let (account, role) = role_arn
            .strip_prefix("acs:ram::")
            .and_then(|rest| rest.split_once(":role/"))
            .filter(|(account, role)| {
                account.bytes().all(|digit| digit.is_ascii_digit()) && !account.is_empty() && !role.is_empty()
            })
            .ok_or_else(|| Error::invalid_parameter("RoleArn"))?;
        let trust = trusts.of(role_arn);
        let lifetimes = SHORTEST_LIFETIME..=trust.longest();
        let lifetime = match parameters.get("DurationSeconds") {
            None => USUAL_LIFETIME,
            Some(text) => {
                text.parse().ok().filter(|seconds| lifetimes.contains(seconds)).ok_or_else(|| {
                    let longest = spelled(trust.longest());
                    let message = format!("The Min/Max value of DurationSeconds is 15min/{longest}.");
                    Error::new(400, "InvalidParameter.DurationSeconds", &message)
                })?
            }
        };
        judge_policy(parameters.get("Policy").map_or("", String::as_str))?;
        Ok(Self { account: account.to_owned(), role: role.to_owned(), lifetime, trust })
    }

    /// The session that this is, under the name that it is to have.
    pub(super) fn named(&self, name: &str) -> Result<Session, Error> {
        let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b".@_-".contains(&byte);
        if !(2..=64).contains(&name.len()) || !name.bytes().all(is_plain) {
            return Err(Error::invalid_parameter("RoleSessionName"));
        }
        Ok(Session {
            account: self.account.clone(),
            role: self.role.clone(),
            name: name.to_owned(),
            lifetime: self.lifetime,
        })
    }
}

/// `12hr`, or `90min` where it is no whole number of hours.
fn spelled(seconds: i64) -> String {
    if seconds % 3_600 == 0 { format!("{}hr", seconds / 3_600) } else { format!("{}min", seconds / 60) }
}

fn judge_policy(policy: &str) -> Result<(), Error> {
    if policy.chars().count() > POLICY_LENGTH {
        let message = "The size of Policy must be smaller than 2048 bytes.";
        return Err(Error::new(400, "InvalidParameter.PolicySize", message));
    }
    if !policy.is_empty() && !serde_json::from_str::<Value>(policy).is_ok_and(|policy| policy.is_object()) {
        let message = "The parameter Policy has not passed grammar check.";
        return Err(Error::new(400, "InvalidParameter.PolicyGrammar", message));
    }
    Ok(())
}

/// 2 to 1224 letters, digits and `_+=,.@:/-`. From the reference of `AssumeRole`.
pub(super) fn external_id(parameters: &Parameters) -> Result<Option<&str>, Error> {
    judged(parameters, "ExternalId", (2..=1_224, b"_+=,.@:/-"))
}

/// 2 to 64 letters, digits and `=,.@-_`. From the reference of `AssumeRole`.
pub(super) fn source_identity(parameters: &Parameters) -> Result<Option<&str>, Error> {
    judged(parameters, "SourceIdentity", (2..=64, b"=,.@-_"))
}

fn judged<'a>(
    parameters: &'a Parameters,
    name: &str,
    (lengths, signs): (std::ops::RangeInclusive<usize>, &[u8]),
) -> Result<Option<&'a str>, Error> {
    let Some(text) = parameters.get(name).map(String::as_str) else { return Ok(None) };
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || signs.contains(&byte);
    if !lengths.contains(&text.len()) || !text.bytes().all(is_plain) {
        return Err(Error::invalid_parameter(name));
    }
    Ok(Some(text))
}

pub(super) fn required<'a>(parameters: &'a Parameters, name: &str) -> Result<&'a str, Error> {
    let value = parameters.get(name).map(String::as_str).filter(|value| !value.is_empty());
    value.ok_or_else(|| Error::missing_parameter(name))
}
