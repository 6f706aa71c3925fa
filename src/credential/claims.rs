//! What an OIDC token says of itself. Nothing here is verified: that is for STS to do, and this for a human to read.

use std::fmt;

use data_encoding::BASE64URL_NOPAD;
use serde::Deserialize;

use crate::names::{OidcProviderArn, RoleArn};

/// The longest claim that is shown.
const CLAIM_CHARACTERS_MAX: usize = 512;

/// An OIDC token's own words, and what it is exchanged for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OidcToken {
    /// The identity provider that it is to be of.
    pub provider: OidcProviderArn,
    /// The role that it is exchanged for.
    pub role: RoleArn,
    /// Its claims.
    pub claims: Claims,
}

/// The claims that a trust policy can ask for, and the end. What is missing or no text is empty.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Claims {
    /// Who issued it.
    pub iss: String,
    /// Whom it is for.
    pub aud: Vec<String>,
    /// Whom it speaks of.
    pub sub: String,
    /// When it ends, in whole seconds since 1970.
    pub exp: Option<i64>,
}

#[derive(Deserialize)]
struct Payload {
    iss: Option<String>,
    aud: Option<Audience>,
    sub: Option<String>,
    exp: Option<i64>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Audience {
    One(String),
    Several(Vec<String>),
}

impl Claims {
    /// Reads the second part of a token. `None`: it is no JSON, or its claims are of other types.
    pub(super) fn of(token: &str) -> Option<Self> {
        let payload = token.split('.').nth(1)?.trim_end_matches('=');
        let payload = BASE64URL_NOPAD.decode(payload.as_bytes()).ok()?;
        let Payload { iss, aud, sub, exp } = serde_json::from_slice(&payload).ok()?;
        let aud = match aud {
            Some(Audience::One(one)) => vec![one],
            Some(Audience::Several(several)) => several,
            None => Vec::new(),
        };
        let shown = |text: String| shown(&text);
        Some(Self {
            iss: iss.map(shown).unwrap_or_default(),
            aud: aud.into_iter().map(shown).collect(),
            sub: sub.map(shown).unwrap_or_default(),
            exp,
        })
    }
}

/// Text of a stranger's, as a terminal may show it.
fn shown(text: &str) -> String {
    let visible = |letter: char| if letter.is_control() { char::REPLACEMENT_CHARACTER } else { letter };
    text.chars().take(CLAIM_CHARACTERS_MAX).map(visible).collect()
}

impl fmt::Display for Claims {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "iss {}, aud {}, sub {}", self.iss, self.aud.join(" "), self.sub)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn token(payload: &str) -> String {
        format!("e30.{}.c2ln", BASE64URL_NOPAD.encode(payload.as_bytes()))
    }

    #[test]
    fn claims_are_read_whether_the_audience_is_one_or_several() {
        for aud in [r#""sts.aliyuncs.com""#, r#"["sts.aliyuncs.com"]"#] {
            let text =
                token(&format!(r#"{{"iss":"https://oidc","aud":{aud},"sub":"system:x","exp":5,"nbf":1}}"#));
            let claims = Claims::of(&text).unwrap();
            assert_eq!(claims.aud, ["sts.aliyuncs.com"]);
            assert_eq!(
                (claims.iss.as_str(), claims.sub.as_str(), claims.exp),
                ("https://oidc", "system:x", Some(5))
            );
        }
        assert_eq!(Claims::of(&token("{}")), Some(Claims::default()));
    }

    #[test]
    fn what_is_no_token_has_no_claims_and_nothing_moves_a_terminals_cursor() {
        for text in ["", "a.b", "a.%%%.c", &token("[]"), &token(r#"{"aud":7}"#), &token("{")] {
            assert_eq!(Claims::of(text), None, "{text}");
        }
        let claims = Claims::of(&token(r#"{"sub":"a\u001b[2Jb\n"}"#)).unwrap();
        assert_eq!(claims.sub, "a\u{fffd}[2Jb\u{fffd}");
    }
}
