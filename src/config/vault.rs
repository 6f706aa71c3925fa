//! What `source = "vault"` reads of a role's table.

use super::problem::Problem;
use super::settings::RoleSource;
use super::table::{Bases, Table};
use crate::credential::{JWT_FILE, KUBERNETES_MOUNT, MOUNT, VaultConfig, VaultLogin, VaultRole};
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
    let (Some(name), Some(login)) = (table.text("vault_role"), login(table, bases)) else {
        return RoleSource::Absent("");
    };
    let mount = table.text("vault_mount").map_or_else(|| MOUNT.into(), Into::into);
    let role = VaultRole { mount, name: name.into(), login };
    let address = table.text("vault_address").and_then(|url| Place::whole(&url));
    RoleSource::Vault(VaultConfig { address, namespace: table.text("vault_namespace").map(Into::into), role })
}

fn login(table: &Table, bases: &Bases) -> Option<VaultLogin> {
    if let Some(file) = table.path("vault_token_file", bases) {
        return Some(VaultLogin::TokenFile(file));
    }
    Some(VaultLogin::Kubernetes {
        mount: table.text("vault_kubernetes_mount").map_or_else(|| KUBERNETES_MOUNT.into(), Into::into),
        role: table.text("vault_kubernetes_role")?.into(),
        jwt_file: table.path("vault_jwt_file", bases).unwrap_or_else(|| JWT_FILE.into()),
    })
}
