//! Secrets are never settings: the names under which people try to write one.

/// Whether a key looks like it holds a secret. Its value is then never repeated.
pub(super) fn is_name_of_one(key: &str) -> bool {
    let key: String =
        key.chars().filter(char::is_ascii_alphanumeric).map(|letter| letter.to_ascii_lowercase()).collect();
    let ends = ["secret", "password", "passwd", "token", "privatekey", "apikey", "secretkey", "accesskey"];
    ends.iter().any(|end| key.ends_with(end)) || ["accesskeyid", "accesskeys", "aksk"].contains(&key.as_str())
}

/// What to do instead.
pub(super) fn message(name: &str) -> String {
    format!(
        "secrets are never settings: take `{name}` out, and let the SDKs' own variables or a file that the settings \
         name (`oidc_token_file`, or `file` of `[keys]`) carry it"
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::keys::KEYS;

    #[test]
    fn the_names_of_secrets_are_known_in_any_spelling() {
        for name in [
            "access_key_id",
            "access_key_secret",
            "AccessKeySecret",
            "ACCESS_KEY_SECRET",
            "secret",
            "security_token",
            "sts-token",
            "token",
            "app_secret",
            "password",
            "private_key",
        ] {
            assert!(is_name_of_one(name), "{name}");
        }
    }

    #[test]
    fn no_key_of_ours_looks_like_a_secret_but_one_that_takes_none() {
        assert!(crate::config::grammar::ci_token("a.b.c").is_err());
        for key in KEYS.iter().filter(|key| key.name != "role.NAME.oidc_token") {
            assert!(!is_name_of_one(key.split().1), "{}", key.name);
        }
    }
}
