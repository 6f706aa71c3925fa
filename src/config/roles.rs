//! `[role.NAME]`: typed, and checked as a whole: references, session policies. Where their sources lead, and to which
//! accounts, is judged in `credential`, which knows the SDKs' variables too.

use std::collections::BTreeMap;

use super::file;
use super::kms;
use super::problem::Problem;
use super::settings::{Assume, Role, RoleSource};
use super::table::{Bases, Table};
use super::vault;
use crate::credential::{CiToken, CredentialsUri, KmsConfig};
use crate::names::{OidcProviderArn, RoleArn, RoleName, SamlProviderArn, SessionName};
use crate::suggest::meant;

/// The role that a listener serves when nothing else is said.
pub(super) const DEFAULT: &str = "default";

/// What STS takes as `Policy`.
const POLICY_CHARACTERS_MAX: usize = 2048;

/// The roles of a completed tree.
pub(super) fn roles(root: &Table, bases: &Bases, problems: &mut Vec<Problem>) -> BTreeMap<RoleName, Role> {
    let tables = root.table("role").map(|roles| &roles.tables);
    let mut roles = BTreeMap::new();
    for (name, table) in tables.into_iter().flatten() {
        let before = problems.len();
        let mut role = role(table, bases, problems);
        check_keys(table, problems);
        let is_read = |table: &Table| table.misread.is_empty();
        role.is_whole =
            problems.len() == before && is_read(table) && table.list("assume").iter().all(is_read);
        roles.insert(RoleName::new(name), role);
    }
    for (name, role) in &roles {
        let Some(table) = tables.and_then(|tables| tables.get(name.as_str())) else { continue };
        let other = match &role.source {
            RoleSource::Role(other) => ("source", other),
            RoleSource::Kms(kms) => ("kms_role", &kms.role),
            _ => continue,
        };
        if !roles.contains_key(other.1) {
            problems.push(table.problem(other.0, &unknown(other.1.as_str(), &roles)));
        }
    }
    spread_doubt(&mut roles);
    roles
}

/// A role that comes from one that is not whole, or not there, is not whole either.
fn spread_doubt(roles: &mut BTreeMap<RoleName, Role>) {
    loop {
        let is_doubtful = |role: &Role| match &role.source {
            RoleSource::Role(inner) | RoleSource::Kms(KmsConfig { role: inner, .. }) => {
                !roles.get(inner).is_some_and(|inner| inner.is_whole)
            }
            _ => false,
        };
        let next = roles.iter().find(|(_, role)| role.is_whole && is_doubtful(role));
        let Some(role) = next.map(|(name, _)| name.clone()).and_then(|name| roles.get_mut(&name)) else {
            return;
        };
        role.is_whole = false;
    }
}

/// That a role is not there, with the one that may be meant.
pub(super) fn unknown(name: &str, roles: &BTreeMap<RoleName, Role>) -> String {
    match meant(name, roles.keys().map(RoleName::as_str)) {
        Some(meant) => format!("there is no role {name:?}; did you mean {meant:?}?"),
        None => format!("there is no role {name:?}; add a table [role.{name}]"),
    }
}

fn role(table: &Table, bases: &Bases, problems: &mut Vec<Problem>) -> Role {
    let source = match table.text("source").as_deref() {
        // Nothing that a source would read is judged where nobody knows which it is.
        _ if table.misread.iter().any(|key| key == "source") => RoleSource::Absent(""),
        Some("environment") => RoleSource::Environment,
        Some("login") => RoleSource::Login,
        Some("oidc") => RoleSource::Oidc,
        Some("ecs") => RoleSource::Ecs {
            role: table.text("ecs_role").map(Into::into),
            v1: table.is_set("ecs_v1").then(|| table.boolean("ecs_v1")),
        },
        Some("vault") => vault::source(table, bases, problems),
        Some("uri") => RoleSource::Uri(table.text("uri").and_then(|text| CredentialsUri::parse(&text).ok())),
        Some("cli") => RoleSource::Cli,
        Some("ini") => RoleSource::Ini,
        Some("process") => match table.text("process_command") {
            Some(command) => RoleSource::Process(command),
            None => {
                if !table.is_set("process_command") {
                    let text =
                        "source \"process\" needs process_command, the program that prints the credential";
                    problems.push(table.problem("source", text));
                }
                RoleSource::Absent("")
            }
        },
        Some("kms") => kms::source(table, problems),
        Some(other) => match other.strip_prefix("role:") {
            Some(name) => RoleSource::Role(RoleName::new(name)),
            None => RoleSource::Auto,
        },
        None => RoleSource::Auto,
    };
    for list in ["sts", "accounts"] {
        if table.is_set(list) && !table.misread.contains(&list.to_owned()) && table.items(list).is_empty() {
            problems
                .push(table.problem(list, "an empty list allows nothing; leave the key out to allow all"));
        }
    }
    Role {
        source,
        required: table.boolean("required"),
        duration: table.duration("duration"),
        sts: table.items("sts"),
        role_arn: table.text("role_arn").and_then(|text| RoleArn::parse(&text)),
        oidc_provider_arn: table.text("oidc_provider_arn").and_then(|text| OidcProviderArn::parse(&text)),
        oidc_token_file: table.path("oidc_token_file", bases),
        profile: table.text("profile"),
        config_file: table.path("config_file", bases),
        credentials_file: table.path("credentials_file", bases),
        saml_provider_arn: table.text("saml_provider_arn").and_then(|text| SamlProviderArn::parse(&text)),
        oidc_token: ci_token(table, problems),
        session_name: session_name(table),
        accounts: table.items("accounts").into_iter().map(|item| item.text).collect(),
        assume: table.list("assume").iter().filter_map(|step| assume(step, bases, problems)).collect(),
        is_whole: true,
        origin: table.origin.clone(),
    }
}

fn ci_token(table: &Table, problems: &mut Vec<Problem>) -> Option<CiToken> {
    let token = table.text("oidc_token");
    if token.is_some() && table.is_set("oidc_token_file") {
        let text = "the token is in a file by `oidc_token_file`; take one of both out";
        problems.push(table.problem("oidc_token", text));
    }
    let audience = table.text("oidc_audience").map(Into::into);
    if audience.is_some() && token.as_deref() != Some("github") {
        let text = "only a token that is asked for has an audience of our choosing; write oidc_token = \"github\", or take it out";
        problems.push(table.problem("oidc_audience", text));
    }
    match token?.strip_prefix("env:") {
        Some(name) => Some(CiToken::Variable(name.into())),
        None => Some(CiToken::GitHub { audience }),
    }
}

fn session_name(table: &Table) -> Option<SessionName> {
    table.text("session_name").and_then(|text| SessionName::parse(&text))
}

fn assume(step: &Table, bases: &Bases, problems: &mut Vec<Problem>) -> Option<Assume> {
    if !step.is_set("role_arn") {
        let text = "a step without a role; write role_arn = \"acs:ram::ACCOUNT:role/NAME\"";
        problems.push(Problem::new(&step.origin, format!("`{}`: {text}", step.path)));
    }
    let policy = match step.path("policy_file", bases).map(|path| policy(&path)) {
        Some(Ok(policy)) => Some(policy),
        Some(Err(text)) => {
            problems.push(step.problem("policy_file", &text));
            None
        }
        None => None,
    };
    Some(Assume {
        role_arn: RoleArn::parse(&step.text("role_arn")?)?,
        external_id: step.text("external_id"),
        policy,
        source_identity: step.text("source_identity"),
        session_name: session_name(step),
        duration: step.duration("duration"),
    })
}

fn policy(path: &std::path::Path) -> Result<String, String> {
    /// Four bytes a character, and room for white space around it.
    const BYTES_MAX: u64 = 4 * 4096;
    let text = file::read(path, BYTES_MAX).map_err(|unread| format!("{}: {unread}", path.display()))?;
    let text = text.trim();
    let is_object = serde_json::from_str::<serde_json::Value>(text).is_ok_and(|json| json.is_object());
    if !is_object {
        return Err(format!("{}: a session policy is one JSON object", path.display()));
    }
    match text.chars().count() {
        characters if characters > POLICY_CHARACTERS_MAX => {
            Err(format!("{}: STS takes {POLICY_CHARACTERS_MAX} characters, not {characters}", path.display()))
        }
        _ => Ok(text.to_owned()),
    }
}

/// The sources that read each key. Who assumes a role from another source writes that as a step.
const READ_BY: &[(&str, &[&str])] = &[
    ("role_arn", &["auto", "oidc", "login"]),
    ("oidc_provider_arn", &["auto", "oidc"]),
    ("oidc_token_file", &["auto", "oidc"]),
    ("oidc_token", &["auto", "oidc"]),
    ("oidc_audience", &["auto", "oidc"]),
    ("ecs_role", &["ecs"]),
    ("ecs_v1", &["ecs"]),
    ("profile", &["cli", "ini", "auto"]),
    ("config_file", &["cli", "auto"]),
    ("credentials_file", &["ini", "auto"]),
    ("process_command", &["process"]),
    ("uri", &["uri"]),
    ("kms_secret_name", &["kms"]),
    ("kms_role", &["kms"]),
    ("kms_region", &["kms"]),
    ("vault_address", &["vault"]),
    ("vault_role", &["vault"]),
    ("vault_mount", &["vault"]),
    ("vault_namespace", &["vault"]),
    ("vault_token_file", &["vault"]),
    ("vault_kubernetes_role", &["vault"]),
    ("vault_kubernetes_mount", &["vault"]),
    ("vault_jwt_file", &["vault"]),
    ("saml_provider_arn", &["login"]),
];

/// A key that the source does not read would be believed to be in force.
fn check_keys(table: &Table, problems: &mut Vec<Problem>) {
    let source = table.text("source").unwrap_or_default();
    for (key, sources) in READ_BY {
        if !table.is_set(key) || sources.contains(&source.as_str()) {
            continue;
        }
        let advice = match sources.contains(&"oidc") {
            true => "to assume a RAM role from there, write assume = [{ role_arn = \"…\" }]".to_owned(),
            false => {
                let words = sources.iter().map(|word| format!("{word:?}")).collect::<Vec<_>>().join(" or ");
                format!("write source = {words}, or take it out")
            }
        };
        problems.push(table.problem(key, &format!("source {source:?} does not read it; {advice}")));
    }
}
