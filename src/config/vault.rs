//! What `source = "vault"` reads of a role's table.

use super::problem::Problem;
use super::settings::RoleSource;
use super::table::{Bases, Table};
use crate::credential::{
    VAULT_JWT_FILE, VAULT_KUBERNETES_MOUNT, VAULT_MOUNT, VaultConfig, VaultLogin, VaultName, VaultPath,
    VaultRole,
};
use crate::names::Place;

const NO_ROLE: &str = "source \"vault\" needs vault_role, the name of a role of its AliCloud engine";
const NO_LOGIN: &str = "source \"vault\" needs a login; write vault_token_file, or vault_kubernetes_role";
const TWO_LOGINS: &str = "there is a login by vault_token_file too; take one of both out";
const NO_POD: &str = "only a login by vault_kubernetes_role reads it; write that too, or take it out";

/// The source, if all that it needs is there.
pub(super) fn source(table: &Table, bases: &Bases, problems: &mut Vec<Problem>) -> RoleSource {
    let is_set = |key| table.is_set(key);
    let (has_token, has_pod) = (is_set("vault_token_file"), is_set("vault_kubernetes_role"));
    let mistakes = [
        ("source", !is_set("vault_role"), NO_ROLE),
        ("source", !has_token && !has_pod, NO_LOGIN),
        ("vault_kubernetes_role", has_token && has_pod, TWO_LOGINS),
        ("vault_kubernetes_mount", is_set("vault_kubernetes_mount") && !has_pod, NO_POD),
        ("vault_jwt_file", is_set("vault_jwt_file") && !has_pod, NO_POD),
    ];
    for (key, _, text) in mistakes.into_iter().filter(|(_, is_one, _)| *is_one) {
        problems.push(table.problem(key, text));
    }
    let mount = path(table, "vault_mount", VAULT_MOUNT);
    let (Some(name), Some(mount), Some(login)) = (name(table, "vault_role"), mount, login(table, bases))
    else {
        return RoleSource::Absent("");
    };
    let role = VaultRole { mount, name, login };
    let address = table.text("vault_address").and_then(|url| Place::whole(&url));
    let namespace = table.text("vault_namespace").and_then(|text| VaultPath::parse(&text));
    RoleSource::Vault(VaultConfig { address, namespace, role })
}

fn login(table: &Table, bases: &Bases) -> Option<VaultLogin> {
    if let Some(file) = table.path("vault_token_file", bases) {
        return Some(VaultLogin::TokenFile(file));
    }
    Some(VaultLogin::Kubernetes {
        mount: path(table, "vault_kubernetes_mount", VAULT_KUBERNETES_MOUNT)?,
        role: name(table, "vault_kubernetes_role")?,
        jwt_file: table.path("vault_jwt_file", bases).unwrap_or_else(|| VAULT_JWT_FILE.into()),
    })
}

fn name(table: &Table, key: &str) -> Option<VaultName> {
    VaultName::parse(&table.text(key)?)
}

fn path(table: &Table, key: &str, default: &str) -> Option<VaultPath> {
    VaultPath::parse(table.text(key).as_deref().unwrap_or(default))
}
