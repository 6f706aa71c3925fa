//! The names that KMS gives to secrets, checked where they enter.

use std::fmt;

/// What the names of all secrets of RAM users begin with.
const PREFIX: &str = "acs/ram/user/";
/// The longest name of a RAM user.
const USER_BYTES_MAX: usize = 64;

/// The name of a secret that KMS keeps a RAM user's AccessKey in: `acs/ram/user/NAME`. The name is no secret.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct KmsSecretName(Box<str>);

impl KmsSecretName {
    /// Takes the whole name, as KMS shows it.
    pub fn parse(text: &str) -> Option<Self> {
        let user = text.strip_prefix(PREFIX)?;
        let fits = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'-');
        let is_one = (1..=USER_BYTES_MAX).contains(&user.len()) && user.bytes().all(fits);
        is_one.then(|| Self(text.into()))
    }

    /// The whole name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for KmsSecretName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_goes_by_its_whole_name() {
        let long = "a".repeat(64);
        for (name, is_one) in [
            ("acs/ram/user/ops-user", true),
            (&format!("acs/ram/user/{long}"), true),
            (&format!("acs/ram/user/{long}a"), false),
            ("acs/ram/user/", false),
            ("ops-user", false),
            ("acs/ram/user/a/b", false),
            ("acs/ram/user/a&SecretName=b", false),
            ("acs/ram/user/a b", false),
            ("acs/ram/user/é", false),
            ("", false),
        ] {
            assert_eq!(KmsSecretName::parse(name).is_some(), is_one, "{name}");
        }
    }
}
