//! The forms of texts in the settings: names, hosts, patterns. Each check says what to write instead.

use super::kind::Check;
use super::problem::shown;
use crate::credential::{CredentialsUri, VaultName, VaultPath, program_and_arguments};
use crate::names::{
    KmsSecretName, OidcProviderArn, Place, RoleArn, SamlProviderArn, SessionName, is_account, is_host_name,
    is_role_name,
};
use crate::suggest::meant;

/// What the tables with names of the operator's own choosing accept as a name, by the table's path in `KEYS`.
pub(super) const NAMES: [(&str, Check); 4] =
    [("role", role_name), ("keys", keys_name), ("connect_to", connect_to_host), ("product", product_code)];

fn held_to(fits: bool, text: &str, rule: &str) -> Result<(), String> {
    if fits { Ok(()) } else { Err(format!("{} {rule}", shown(text))) }
}

/// A name after `role.`. It also names the role in logs and metrics.
///
/// # Errors
/// What to write instead.
pub fn role_name(text: &str) -> Result<(), String> {
    held_to(is_name(text), text, "is not a role's name; use 1 to 64 letters, digits, `-` and `_`")
}

/// A name after `keys.`.
pub(super) fn keys_name(text: &str) -> Result<(), String> {
    held_to(is_name(text), text, "is not a name for keys; use 1 to 64 letters, digits, `-` and `_`")
}

fn is_name(text: &str) -> bool {
    (1..=64).contains(&text.len())
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'))
}

/// A region. The endpoint table judges it later.
pub(super) fn region(text: &str) -> Result<(), String> {
    let fits = (1..=64).contains(&text.len())
        && text.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-');
    held_to(fits, text, "is not a region; write its id, such as \"cn-beijing\"")
}

/// A product code as endpoints spell it.
pub(super) fn product_code(text: &str) -> Result<(), String> {
    let fits = (1..=64).contains(&text.len())
        && text.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-');
    held_to(fits, text, "is not a product code; use lower-case letters, digits and `-`, such as \"ecs\"")
}

macro_rules! sources {
    ($($word:literal)*) => {
        /// The words for where a role's credential comes from, beside `role:NAME`.
        const SOURCES: &[&str] = &[$($word),*];

        /// The same for the reference.
        pub(super) const SOURCE_WORDS: &str = concat!($("`\"", $word, "\"`, ",)* "or `\"role:NAME\"`");
    };
}

sources! { "auto" "environment" "oidc" "ecs" "cli" "ini" "process" "uri" "vault" "kms" "login" }

/// Where a role's credential comes from.
pub(super) fn source(text: &str) -> Result<(), String> {
    if let Some(name) = text.strip_prefix("role:") {
        return role_name(name);
    }
    if SOURCES.contains(&text) {
        return Ok(());
    }
    let meant = match meant(text, SOURCES.iter().copied()) {
        Some(word) => format!("; did you mean {word:?}?"),
        None => String::new(),
    };
    let words: Vec<String> = SOURCES.iter().map(|word| format!("{word:?}")).collect();
    Err(format!("{} is not a source; write {} or \"role:NAME\"{meant}", shown(text), words.join(", ")))
}

/// Where a CI platform has a job's OIDC token. Never repeated: people may write the token itself.
pub(super) fn ci_token(text: &str) -> Result<(), String> {
    let is_variable = |name: &str| {
        (1..=128).contains(&name.len())
            && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
            && !name.starts_with(|first: char| first.is_ascii_digit())
    };
    if text == "github" || text.strip_prefix("env:").is_some_and(is_variable) {
        return Ok(());
    }
    Err("it says where the token is, and is none; write \"github\", or \"env:NAME\" with the name of a variable".to_owned())
}

/// Whom an OIDC token is made out to.
pub(super) fn audience(text: &str) -> Result<(), String> {
    let fits = (1..=255).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic());
    held_to(
        fits,
        text,
        "is not an audience; write one of the OIDC provider's client ids, such as \"sts.aliyuncs.com\"",
    )
}

/// The name of a RAM role, without its account.
pub(super) fn ram_role_name(text: &str) -> Result<(), String> {
    held_to(
        is_role_name(text),
        text,
        "is not a RAM role's name; use 1 to 64 letters, digits, `-`, `.` and `_`",
    )
}

/// A credentials URI. Never repeated: its path may be a secret.
pub(super) fn credentials_uri(text: &str) -> Result<(), String> {
    let why = |bad| format!("it is no URL that can be asked: {bad}; write \"http://HOST[:PORT]/PATH\"");
    CredentialsUri::parse(text).map(drop).map_err(why)
}

/// Where Vault is.
pub(super) fn vault_address(text: &str) -> Result<(), String> {
    origin_like(text, "https://vault.example:8200")
}

/// The name of a role in Vault.
pub(super) fn vault_name(text: &str) -> Result<(), String> {
    held_to(
        VaultName::parse(text).is_some(),
        text,
        "is not a role's name in Vault; use 1 to 128 letters, digits, `-`, `_` and `.`",
    )
}

/// Where something is mounted in Vault, or a namespace of it.
pub(super) fn vault_path(text: &str) -> Result<(), String> {
    held_to(
        VaultPath::parse(text).is_some(),
        text,
        "is not a path in Vault; use names of letters, digits, `-`, `_` and `.` with `/` between them",
    )
}

/// A profile of another program, by its name.
pub(super) fn profile(text: &str) -> Result<(), String> {
    let fits = (1..=128).contains(&text.chars().count()) && !text.chars().any(char::is_control);
    held_to(fits, text, "is not a profile's name; write it as the program's own file has it")
}

/// A program and its arguments, as for a shell.
pub(super) fn process_command(text: &str) -> Result<(), String> {
    let fits = !text.contains('\0') && program_and_arguments(text).is_some();
    held_to(fits, text, "names no program, or a quote in it is not closed; write it as for a shell")
}

/// The secret of KMS that keeps a RAM user's AccessKey.
pub(super) fn kms_secret_name(text: &str) -> Result<(), String> {
    held_to(
        KmsSecretName::parse(text).is_some(),
        text,
        "is not a secret that keeps a RAM user's AccessKey; write it as KMS shows it, \"acs/ram/user/NAME\"",
    )
}

/// A RAM role.
pub(super) fn role_arn(text: &str) -> Result<(), String> {
    held_to(
        RoleArn::parse(text).is_some(),
        text,
        "is not a RAM role; write it as \"acs:ram::ACCOUNT:role/NAME\"",
    )
}

/// An OIDC identity provider of RAM.
pub(super) fn oidc_provider_arn(text: &str) -> Result<(), String> {
    let fits = OidcProviderArn::parse(text).is_some();
    held_to(fits, text, "is not an OIDC provider; write it as \"acs:ram::ACCOUNT:oidc-provider/NAME\"")
}

/// A SAML identity provider of RAM.
pub(super) fn saml_provider_arn(text: &str) -> Result<(), String> {
    let fits = SamlProviderArn::parse(text).is_some();
    held_to(fits, text, "is not a SAML provider; write it as \"acs:ram::ACCOUNT:saml-provider/NAME\"")
}

/// A session's name.
pub(super) fn session_name(text: &str) -> Result<(), String> {
    let fits = SessionName::parse(text).is_some();
    held_to(fits, text, "is not a session name; STS takes 2 to 64 letters, digits, `.`, `@`, `_` and `-`")
}

/// An account's number.
pub(super) fn account(text: &str) -> Result<(), String> {
    held_to(is_account(text), text, "is not an account; write its number, such as \"1000000000000001\"")
}

/// The id of a client of CloudSSO or OAuth.
pub(super) fn client_id(text: &str) -> Result<(), String> {
    let fits = (1..=128).contains(&text.len())
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'-'));
    held_to(fits, text, "is not a client's id; use 1 to 128 letters, digits, `.`, `_` and `-`")
}

/// A scheme, a host and a port, and nothing behind them.
pub(super) fn origin(text: &str) -> Result<(), String> {
    origin_like(text, "https://oauth.aliyun.com")
}

fn origin_like(text: &str, example: &str) -> Result<(), String> {
    match Place::parse(text) {
        Ok((_, "/")) => Ok(()),
        Ok(_) => {
            Err(format!("{} has a path; write scheme and host alone, such as \"{example}\"", shown(text)))
        }
        Err(why) => Err(format!("{} is not an address: {why}", shown(text))),
    }
}

/// What STS takes as `ExternalId`.
pub(super) fn external_id(text: &str) -> Result<(), String> {
    let fits = (2..=1224).contains(&text.len())
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_+=,.@:/-".contains(&byte));
    held_to(fits, text, "is not an external id; STS takes 2 to 1224 letters, digits and `_+=,.@:/-`")
}

/// What STS takes as `SourceIdentity`. Its form is not published; this is the session name's with `+`, `=` and `,`.
pub(super) fn source_identity(text: &str) -> Result<(), String> {
    let fits = (2..=64).contains(&text.len())
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_+=,.@-".contains(&byte));
    held_to(fits, text, "is not a source identity; use 2 to 64 letters, digits and `_+=,.@-`")
}

/// A listener's endpoint. The endpoint table judges it later; here only what can be none at all is refused.
pub(super) fn endpoint(text: &str) -> Result<(), String> {
    let fits = (1..=255).contains(&text.len())
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-./".contains(&byte));
    held_to(
        fits,
        text,
        "is not an endpoint; write PRODUCT.REGION such as \"ecs.cn-hangzhou\", or a whole host",
    )
}

/// What a pattern must begin with: names are given out to whoever asks first, and `*-*` is nearly everybody's.
const PREFIX_MIN: usize = 2;

/// A tenant whose name stands in a host, or a pattern for several.
pub(super) fn tenant(text: &str) -> Result<(), String> {
    listed(
        text,
        |byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || matches!(byte, b'-' | b'*'),
        "is not one label of a host; use lower-case letters, digits, `-`, and `*` for any of them",
    )
}

/// The same of one whose name stands in a path, where more may.
pub(super) fn project(text: &str) -> Result<(), String> {
    listed(
        text,
        |byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'*'),
        "is not a project's name; use letters, digits, `_`, `-`, and `*` for any of them",
    )
}

fn listed(text: &str, is_plain: impl Fn(u8) -> bool, otherwise: &str) -> Result<(), String> {
    if !text.is_empty() && text.bytes().all(|byte| byte == b'*') {
        return Err(format!("{} would admit every tenant of the cloud; name yours", shown(text)));
    }
    let fits = (1..=63).contains(&text.len())
        && text.bytes().all(is_plain)
        && !text.starts_with('-')
        && !text.ends_with('-');
    held_to(fits, text, otherwise)?;
    let begins = text.split('*').next().unwrap_or_default();
    held_to(
        begins.len() == text.len() || begins.len() >= PREFIX_MIN,
        text,
        "would admit strangers' names too; begin it with at least 2 characters of yours, as in \"team-*\"",
    )
}

/// A host name in lower case.
pub(super) fn host(text: &str) -> Result<(), String> {
    held_to(is_host(text), text, "is not a host; write its whole name in lower case, without a port")
}

/// A key of `connect_to`.
pub(super) fn connect_to_host(text: &str) -> Result<(), String> {
    let fits = text == "*" || is_host(text.strip_prefix("*.").unwrap_or(text));
    held_to(
        fits,
        text,
        "is not a host; write its whole name in lower case, without a port, or \"*.HOST\", or \"*\"",
    )
}

/// A host name in lower case: an address in digits is not one.
pub(super) fn is_host(text: &str) -> bool {
    let last = text.rsplit('.').next().unwrap_or_default();
    is_host_name(text.as_bytes())
        && !text.bytes().any(|byte| byte.is_ascii_uppercase())
        && !last.bytes().all(|byte| byte.is_ascii_digit())
}

/// Where access lines go. A file's name must look like one, so that a misspelt word does not become a file.
pub(super) fn access_log(text: &str) -> Result<(), String> {
    let fits = ["stdout", "off"].contains(&text) || text.contains(['/', '.']);
    held_to(fits, text, "is not \"stdout\", \"off\" or a file; a file's name has a `/` or a `.` in it")
}
