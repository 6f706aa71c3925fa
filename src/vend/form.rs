//! The forms in which programs take a credential. What each of them insists on stands beside its form.

use serde::Serialize;

use super::plain::{Handed, Plain, Unfit};
use crate::credential::Credential;
use crate::names::calendar;

/// What a program reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// An external process of the SDKs and the aliyun CLI.
    External,
    /// The answer of a credentials URI.
    Uri,
    /// An external process of OSS's SDKs.
    Oss,
    /// Variables, for a POSIX shell.
    Env,
}

impl Form {
    /// A credential in this form, with a line end behind it.
    ///
    /// # Errors
    /// Why there is nothing to write.
    pub fn write(self, credential: &Credential) -> Result<String, Unfit> {
        Plain::of(credential).map(|plain| self.plain(&plain)).ok_or(Unfit::NotKept)
    }

    /// The same of one that another countersign handed over.
    pub fn write_handed(self, handed: &Handed) -> String {
        self.plain(&handed.plain())
    }

    fn plain(self, plain: &Plain<'_>) -> String {
        match self {
            Self::External => line(&External::of(plain)),
            Self::Uri => line(&Answer::of(plain)),
            Self::Oss => line(&Oss::of(plain)),
            Self::Env => env(plain),
        }
    }
}

fn line(value: &impl Serialize) -> String {
    // Texts alone: there is nothing that could fail.
    let mut text = serde_json::to_string(value).unwrap_or_default();
    text.push('\n');
    text
}

/// Whole seconds and a `Z`: with milliseconds, the SDKs of Python and Java refuse it.
fn iso(unix_seconds: i64) -> String {
    String::from_utf8_lossy(&calendar::iso(unix_seconds)).into_owned()
}

/// What each client that asks a URI takes: Python, Java, the CLI and Terraform want `Code`, and the SDKs all of the rest.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Answer<'a> {
    code: &'static str,
    access_key_id: &'a str,
    access_key_secret: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    security_token: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    expiration: Option<String>,
    /// Of the metadata server alone.
    #[serde(skip_serializing_if = "Option::is_none")]
    last_updated: Option<String>,
}

impl<'a> Answer<'a> {
    fn of(plain: &Plain<'a>) -> Self {
        Self {
            code: "Success",
            access_key_id: plain.id,
            access_key_secret: plain.secret,
            security_token: plain.security_token,
            expiration: plain.ends.map(iso),
            last_updated: None,
        }
    }
}

/// What the URI answers.
pub(super) fn uri(plain: &Plain<'_>) -> String {
    line(&Answer::of(plain))
}

/// What the metadata server answers: the same, and since when.
pub(super) fn metadata(plain: &Plain<'_>) -> String {
    line(&Answer { last_updated: plain.since.map(iso), ..Answer::of(plain) })
}

/// `mode` always: without it the aliyun CLI runs the command again and again. An end where there is one: without it the
/// SDKs run the command for each time they read the credential.
#[derive(Serialize)]
struct External<'a> {
    mode: &'static str,
    access_key_id: &'a str,
    access_key_secret: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    sts_token: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    expiration: Option<String>,
}

impl<'a> External<'a> {
    fn of(plain: &Plain<'a>) -> Self {
        Self {
            mode: if plain.security_token.is_some() { "StsToken" } else { "AK" },
            access_key_id: plain.id,
            access_key_secret: plain.secret,
            sts_token: plain.security_token,
            expiration: plain.ends.map(iso),
        }
    }
}

/// What the `ProcessCredentialsProvider` of OSS's SDKs reads.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Oss<'a> {
    access_key_id: &'a str,
    access_key_secret: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    security_token: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    expiration: Option<String>,
}

impl<'a> Oss<'a> {
    fn of(plain: &Plain<'a>) -> Self {
        Self {
            access_key_id: plain.id,
            access_key_secret: plain.secret,
            security_token: plain.security_token,
            expiration: plain.ends.map(iso),
        }
    }
}

/// The variables that the SDKs read first. A token that is none takes one of before away: mixed, they open nothing.
fn env(plain: &Plain<'_>) -> String {
    const TOKEN: &str = "ALIBABA_CLOUD_SECURITY_TOKEN";
    let export = |name: &str, value: &str| format!("export {name}={}\n", quoted(value));
    let mut text = export("ALIBABA_CLOUD_ACCESS_KEY_ID", plain.id);
    text.push_str(&export("ALIBABA_CLOUD_ACCESS_KEY_SECRET", plain.secret));
    match plain.security_token {
        Some(token) => text.push_str(&export(TOKEN, token)),
        None => text.push_str(&format!("unset {TOKEN}\n")),
    }
    text
}

/// A text as a POSIX shell takes it for itself: between single quotes nothing has a meaning but the quote.
fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    const PLAIN: Plain<'_> = Plain {
        id: "STS.NFAKE0000000000000000",
        secret: "FAKE0secret0000000000000000000000000000000",
        security_token: Some("CAISFAKE0token0000+/="),
        ends: Some(2_082_762_000),
        since: Some(2_082_740_400),
    };

    fn json(text: &str) -> serde_json::Value {
        assert!(text.ends_with("}\n") && text.matches('\n').count() == 1, "{text}");
        serde_json::from_str(text).unwrap()
    }

    #[test]
    fn every_form_is_what_its_clients_were_seen_to_take() {
        let triple = serde_json::json!({
            "AccessKeyId": PLAIN.id,
            "AccessKeySecret": PLAIN.secret,
            "SecurityToken": "CAISFAKE0token0000+/=",
            "Expiration": "2036-01-01T01:00:00Z",
        });
        assert_eq!(json(&Form::Oss.plain(&PLAIN)), triple);
        let mut answer = triple;
        answer["Code"] = "Success".into();
        assert_eq!(json(&Form::Uri.plain(&PLAIN)), answer);
        assert_eq!(json(&uri(&PLAIN)), answer);
        answer["LastUpdated"] = "2035-12-31T19:00:00Z".into();
        assert_eq!(json(&metadata(&PLAIN)), answer);
        assert_eq!(
            Form::External.plain(&PLAIN),
            "{\"mode\":\"StsToken\",\"access_key_id\":\"STS.NFAKE0000000000000000\",\
             \"access_key_secret\":\"FAKE0secret0000000000000000000000000000000\",\
             \"sts_token\":\"CAISFAKE0token0000+/=\",\"expiration\":\"2036-01-01T01:00:00Z\"}\n"
        );
    }

    #[test]
    fn what_is_not_known_is_left_out() {
        let key = Plain { security_token: None, ends: None, since: None, ..PLAIN };
        let external = json(&Form::External.plain(&key));
        assert_eq!(external["mode"], "AK");
        assert_eq!(external.as_object().unwrap().len(), 3);
        assert!(Form::Env.plain(&key).ends_with("unset ALIBABA_CLOUD_SECURITY_TOKEN\n"));
        assert_eq!(key.judge(), Err(Unfit::LongLived));
        assert_eq!(Plain { ends: None, ..PLAIN }.judge(), Err(Unfit::Endless));
        assert_eq!(PLAIN.judge(), Ok(()));
    }

    #[test]
    fn a_shell_takes_every_text_for_what_it_is() {
        let secret = r#"a'b"c$d`e\f g!h;i|j&k"#;
        let text = Form::Env.plain(&Plain { secret, ..PLAIN });
        let script = format!("{text}printf %s \"$ALIBABA_CLOUD_ACCESS_KEY_SECRET\"");
        let shell = std::process::Command::new("sh").args(["-c", &script]).output().unwrap();
        assert_eq!(String::from_utf8(shell.stdout).unwrap(), secret);
    }
}
