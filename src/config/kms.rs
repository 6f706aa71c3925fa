//! What `source = "kms"` reads of a role's table.

use super::problem::Problem;
use super::settings::RoleSource;
use super::table::Table;
use crate::credential::KmsConfig;
use crate::names::{KmsSecretName, RoleName};

/// The source, if all that it needs is there.
pub(super) fn source(table: &Table, problems: &mut Vec<Problem>) -> RoleSource {
    for (key, what) in [
        ("kms_secret_name", "the name of the secret, \"acs/ram/user/NAME\""),
        ("kms_role", "the role whose credential reads the secret"),
    ] {
        if !table.is_set(key) {
            problems.push(table.problem("source", &format!("source \"kms\" needs {key}, {what}")));
        }
    }
    let secret_name = table.text("kms_secret_name").and_then(|name| KmsSecretName::parse(&name));
    let role = table.text("kms_role").map(|name| RoleName::new(&name));
    match (secret_name, role) {
        (Some(secret_name), Some(role)) => {
            RoleSource::Kms(KmsConfig { secret_name, role, region: table.text("kms_region") })
        }
        // What is missing or misread has been told.
        _ => RoleSource::Absent(""),
    }
}
