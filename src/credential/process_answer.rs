//! Reads what a program printed: the SDKs' and the CLI's own form, `acc`'s, and the one of OSS's SDK.

use serde::Deserialize;
use zeroize::Zeroizing;

use super::credential::Fetched;
use super::grammar;
use super::process_error::ProcessFault;
use crate::clock::Now;
use crate::names::calendar::parse_iso_fraction;

type Text = Option<Zeroizing<String>>;

/// All that the three forms hold.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Pieces {
    mode: Text,
    access_key_id: Text,
    access_key_secret: Text,
    sts_token: Text,
    /// As `acc` calls the token.
    security_token: Text,
    /// Anything but a date that is understood counts as none.
    expiration: serde_json::Value,
    #[serde(rename = "AccessKeyId")]
    oss_id: Text,
    #[serde(rename = "AccessKeySecret")]
    oss_secret: Text,
    #[serde(rename = "SecurityToken")]
    oss_token: Text,
    #[serde(rename = "Expiration")]
    oss_expiration: serde_json::Value,
}

/// What each form calls the parts.
struct Form {
    names: (&'static str, &'static str, &'static str),
    id: Text,
    secret: Text,
    token: Text,
    /// Whether it must have one.
    wants_token: bool,
    expiration: serde_json::Value,
}

/// The credential, with a life if its end is said.
pub(super) fn read(stdout: &[u8], now: Now) -> Result<Fetched, ProcessFault> {
    // A list in the order of the fields would be read as well.
    if !stdout.trim_ascii_start().starts_with(b"{") {
        return Err(ProcessFault::NotJson);
    }
    let pieces: Pieces = serde_json::from_slice(stdout).map_err(|_| ProcessFault::NotJson)?;
    let Form { names, id, secret, token, wants_token, expiration } = form(pieces)?;
    let (id_name, secret_name, token_name) = names;
    let present = |text: Text, name| {
        let text = text.filter(|text| !text.is_empty());
        // A copy, which is wiped as well.
        text.map(|text| (*text).clone()).ok_or(ProcessFault::Lacks(name))
    };
    let (id, secret) = (present(id, id_name)?, present(secret, secret_name)?);
    let token = if wants_token { Some(present(token, token_name)?) } else { None };
    let (id, secret) = (grammar::id(id), grammar::secret(secret));
    let token = token.map(|token| grammar::token(token).ok_or(ProcessFault::Malformed(token_name)));
    let id = id.ok_or(ProcessFault::Malformed(id_name))?;
    let secret = secret.ok_or(ProcessFault::Malformed(secret_name))?;
    let mut fetched = Fetched::pair(id, secret, token.transpose()?);
    if let Some(ends_at) = expiration.as_str().and_then(parse_iso_fraction) {
        let ends_at = std::time::Duration::from_secs(u64::try_from(ends_at).unwrap_or(0));
        let length = ends_at.checked_sub(now.wall).filter(|length| !length.is_zero());
        fetched.life = Some((now, length.ok_or(ProcessFault::Expired)?));
    }
    Ok(fetched)
}

fn form(pieces: Pieces) -> Result<Form, ProcessFault> {
    const SDKS: (&str, &str, &str) = ("access_key_id", "access_key_secret", "sts_token");
    const OSSES: (&str, &str, &str) = ("AccessKeyId", "AccessKeySecret", "SecurityToken");
    let Pieces { mode, access_key_id: id, access_key_secret: secret, expiration, .. } = pieces;
    let mode = mode.filter(|mode| !mode.is_empty());
    let is = |name: &str| mode.as_ref().is_some_and(|mode| mode.eq_ignore_ascii_case(name));
    if is("AK") {
        return Ok(Form { names: SDKS, id, secret, token: None, wants_token: false, expiration });
    }
    if is("StsToken") || is("STS") {
        let token = pieces.sts_token.or(pieces.security_token);
        return Ok(Form { names: SDKS, id, secret, token, wants_token: true, expiration });
    }
    if mode.is_some() {
        return Err(ProcessFault::OtherMode);
    }
    if pieces.oss_id.is_none() && pieces.oss_secret.is_none() {
        return Err(ProcessFault::NoMode);
    }
    let token = pieces.oss_token.filter(|token| !token.is_empty());
    let (id, secret, wants_token) = (pieces.oss_id, pieces.oss_secret, token.is_some());
    Ok(Form { names: OSSES, id, secret, token, wants_token, expiration: pieces.oss_expiration })
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::credential::credential::Proof;

    /// 2027-01-15T08:00:00Z.
    const NOW: Now = Now { wall: Duration::from_secs(1_800_000_000), boot: Duration::from_secs(5) };

    fn taken(text: &str) -> Result<(String, bool, Option<u64>), ProcessFault> {
        let fetched = read(text.as_bytes(), NOW)?;
        let Proof::AccessKey { id, security_token, .. } = fetched.proof else { panic!("no pair") };
        Ok((
            id.as_str().to_owned(),
            security_token.is_some(),
            fetched.life.map(|(_, length)| length.as_secs()),
        ))
    }

    #[test]
    fn every_form_that_official_programs_print_is_taken() {
        let sts = "STS.NFAKE0000000000000000".to_owned();
        for (text, id, has_token, life) in [
            (
                r#"{"mode":"AK","access_key_id":"LTAI5tFAKEext","access_key_secret":"FAKEextSECRET"}"#,
                "LTAI5tFAKEext",
                false,
                None,
            ),
            (
                r#"{"mode":"StsToken","access_key_id":"STS.NFAKE0000000000000000","access_key_secret":"s","sts_token":"CAIS+/=","expiration":"2027-01-15T09:00:00Z"}"#,
                &sts,
                true,
                Some(3_600),
            ),
            (
                r#"{"mode":"ststoken","access_key_id":"STS.NFAKE0000000000000000","access_key_secret":"s","sts_token":"CAIS+/=","expiration":"soon","more":{"x":1}}"#,
                &sts,
                true,
                None,
            ),
            (
                r#"{"mode":"StsToken","access_key_id":"STS.NFAKE0000000000000000","access_key_secret":"s","sts_token":"CAIS+/=","expiration":7}"#,
                &sts,
                true,
                None,
            ),
            (
                r#"{"mode":"STS","access_key_id":"STS.NFAKE0000000000000000","access_key_secret":"s","security_token":"CAIS+/="}"#,
                &sts,
                true,
                None,
            ),
            (
                "\n {\"AccessKeyId\":\"STS.NFAKE0000000000000000\",\"AccessKeySecret\":\"s\",\"SecurityToken\":\"CAIS\",\"Expiration\":\"2027-01-15T08:15:00Z\"}\n",
                &sts,
                true,
                Some(900),
            ),
            (r#"{"AccessKeyId":"LTAI5tFAKEext","AccessKeySecret":"s"}"#, "LTAI5tFAKEext", false, None),
        ] {
            assert_eq!(taken(text), Ok((id.to_owned(), has_token, life)), "{text}");
        }
    }

    #[test]
    fn what_is_not_whole_is_refused_and_names_what_is_wrong() {
        let pair = r#""access_key_id":"STS.x","access_key_secret":"s""#;
        let long = "t".repeat(9_000);
        for (text, fault) in [
            (String::new(), ProcessFault::NotJson),
            ("<html>".to_owned(), ProcessFault::NotJson),
            (format!("{{{pair},\"mode\":\"StsTok"), ProcessFault::NotJson),
            (format!("{{{pair}}} trailing"), ProcessFault::NotJson),
            (r#"["AK","x","y"]"#.to_owned(), ProcessFault::NotJson),
            (r#"{"mode":"AK","access_key_id":7,"access_key_secret":"s"}"#.to_owned(), ProcessFault::NotJson),
            (format!("{{{pair},\"sts_token\":\"t\"}}"), ProcessFault::NoMode),
            (format!("{{\"mode\":\"RamRoleArn\",{pair}}}"), ProcessFault::OtherMode),
            (format!("{{\"mode\":\"StsToken\",{pair}}}"), ProcessFault::Lacks("sts_token")),
            (
                r#"{"mode":"AK","access_key_id":"","access_key_secret":"s"}"#.to_owned(),
                ProcessFault::Lacks("access_key_id"),
            ),
            (
                r#"{"mode":"AK","access_key_id":"x","access_key_secret":null}"#.to_owned(),
                ProcessFault::Lacks("access_key_secret"),
            ),
            (r#"{"AccessKeyId":"x"}"#.to_owned(), ProcessFault::Lacks("AccessKeySecret")),
            (
                format!("{{\"mode\":\"StsToken\",{pair},\"sts_token\":\"a\\r\\nX: 1\"}}"),
                ProcessFault::Malformed("sts_token"),
            ),
            (
                format!("{{\"mode\":\"StsToken\",{pair},\"sts_token\":\"{long}\"}}"),
                ProcessFault::Malformed("sts_token"),
            ),
            (
                r#"{"mode":"AK","access_key_id":"a/b","access_key_secret":"s"}"#.to_owned(),
                ProcessFault::Malformed("access_key_id"),
            ),
            (
                format!(
                    "{{\"mode\":\"StsToken\",{pair},\"sts_token\":\"t\",\"expiration\":\"2027-01-15T08:00:00Z\"}}"
                ),
                ProcessFault::Expired,
            ),
            (
                format!(
                    "{{\"mode\":\"StsToken\",{pair},\"sts_token\":\"t\",\"expiration\":\"1969-12-31T23:00:00Z\"}}"
                ),
                ProcessFault::Expired,
            ),
        ] {
            assert_eq!(taken(&text), Err(fault), "{text}");
        }
    }
}
