//! The names that RAM gives to roles and sessions, each checked where it enters.

use std::fmt;

/// A RAM role's own name for itself: `acs:ram::1000000000000001:role/app`.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct RoleArn(Box<str>);

impl RoleArn {
    /// `None` unless it is `acs:ram::ACCOUNT:role/NAME` with an account of digits and a name of at most 64 letters,
    /// digits, `-`, `.` and `_`.
    pub fn parse(text: &str) -> Option<Self> {
        let (account, name) = text.strip_prefix("acs:ram::")?.split_once(":role/")?;
        (is_account(account) && is_ram_name(name)).then(|| Self(text.into()))
    }

    /// The account that owns the role.
    pub fn account(&self) -> &str {
        self.0.split(':').nth(3).unwrap_or_default()
    }

    /// The whole name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for RoleArn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for RoleArn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "RoleArn({self})")
    }
}

/// An identity provider's own name: `acs:ram::1000000000000001:oidc-provider/rrsa`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct OidcProviderArn(Box<str>);

impl OidcProviderArn {
    /// `None` unless it is `acs:ram::ACCOUNT:oidc-provider/NAME`.
    pub fn parse(text: &str) -> Option<Self> {
        is_provider(text, ":oidc-provider/").then(|| Self(text.into()))
    }

    /// The whole name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A SAML identity provider's own name: `acs:ram::1000000000000001:saml-provider/idp`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct SamlProviderArn(Box<str>);

impl SamlProviderArn {
    /// `None` unless it is `acs:ram::ACCOUNT:saml-provider/NAME`.
    pub fn parse(text: &str) -> Option<Self> {
        is_provider(text, ":saml-provider/").then(|| Self(text.into()))
    }

    /// The whole name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

fn is_provider(text: &str, kind: &str) -> bool {
    text.strip_prefix("acs:ram::").and_then(|rest| rest.split_once(kind)).is_some_and(|(account, name)| {
        is_account(account) && (1..=128).contains(&name.len()) && name.bytes().all(is_name_byte)
    })
}

/// What the cloud's audit trail calls a session of a role.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct SessionName(Box<str>);

impl SessionName {
    /// `None` unless 2 to 64 letters, digits, `.`, `@`, `_` and `-`: what STS takes as `RoleSessionName`.
    pub fn parse(text: &str) -> Option<Self> {
        let fits =
            (2..=64).contains(&text.len()) && text.bytes().all(|byte| is_name_byte(byte) || byte == b'@');
        fits.then(|| Self(text.into()))
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Whether a text is an account's number. They have 16 digits today; the length is left open.
pub fn is_account(text: &str) -> bool {
    (1..=20).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// Whether a text can be a RAM role's name, and a part of a path: letters, digits, `-`, `.` and `_`, and not dots alone.
pub fn is_role_name(name: &str) -> bool {
    is_ram_name(name) && name.bytes().any(|byte| byte != b'.')
}

fn is_ram_name(name: &str) -> bool {
    (1..=64).contains(&name.len()) && name.bytes().all(is_name_byte)
}

const fn is_name_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_role_arn_names_its_account() {
        let arn = RoleArn::parse("acs:ram::1000000000000001:role/app").unwrap();
        assert_eq!((arn.account(), arn.as_str()), ("1000000000000001", "acs:ram::1000000000000001:role/app"));
    }

    #[test]
    fn what_ram_would_not_call_a_role_is_refused() {
        for text in [
            "",
            "app",
            "arn:aws:iam::1:role/app",
            "acs:ram::x:role/app",
            "acs:ram::1:role/",
            "acs:ram::1:user/app",
            "acs:ram::1:role/a b",
            "acs:ram:cn-hangzhou:1:role/app",
        ] {
            assert_eq!(RoleArn::parse(text), None, "{text}");
        }
    }

    #[test]
    fn a_provider_is_of_one_kind() {
        let (oidc, saml) = ("acs:ram::1:oidc-provider/idp", "acs:ram::1:saml-provider/idp");
        assert!(OidcProviderArn::parse(oidc).is_some() && OidcProviderArn::parse(saml).is_none());
        assert!(SamlProviderArn::parse(saml).is_some() && SamlProviderArn::parse(oidc).is_none());
        for text in [
            "",
            "idp",
            "acs:ram::x:saml-provider/idp",
            "acs:ram::1:saml-provider/",
            "acs:ram::1:saml-provider/a b",
        ] {
            assert_eq!(SamlProviderArn::parse(text), None, "{text}");
        }
    }

    #[test]
    fn a_session_name_has_two_to_sixty_four_plain_characters() {
        assert!(
            SessionName::parse("app@host-1.x_y").is_some() && SessionName::parse(&"a".repeat(64)).is_some()
        );
        for text in ["a", "a b", "a/b", &"a".repeat(65)] {
            assert_eq!(SessionName::parse(text), None, "{text}");
        }
    }
}
