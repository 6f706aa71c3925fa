//! What a command signs with that listens to nobody: the settings' rules, and the proofs.

use std::collections::HashSet;
use std::sync::Arc;

use super::check::checked;
use super::programs::Programs;
use super::{Setup, Table, keys, parts, problems_of_roles, surroundings};
use crate::config::{Problem, RoleSource, Settings};
use crate::credential::{Credentials, Keys, Surroundings, Variables};
use crate::endpoint::OwnHosts;
use crate::names::RoleName;
use crate::upstream::{Dialler, Egress};

/// What the settings say of signatures, beside the roles.
#[derive(Debug)]
pub struct SigningRules {
    /// The operator's own hosts.
    pub own_hosts: OwnHosts,
    /// Products whose RPC signatures leave as ACS3.
    pub upgrades: HashSet<String>,
    /// Whether requests to OSS leave with its signature V1.
    pub oss_v1: bool,
}

impl SigningRules {
    /// Of settings in which nothing is wrong.
    pub fn of(settings: &Settings) -> Self {
        let upgrades = settings.products.iter().filter(|(_, rules)| rules.rpc_leaves_as_acs3);
        Self {
            own_hosts: parts::own_hosts(settings, &mut Vec::new()),
            upgrades: upgrades.map(|(code, _)| code.clone()).collect(),
            oss_v1: settings.products.get("oss").is_some_and(|rules| rules.leaves_as_oss_v1),
        }
    }
}

/// The roles' credentials and the keys, to sign with and send nothing. Nothing listens, and STS is not asked whose a
/// long-lived AccessKey is: what it signs stays here.
///
/// # Errors
/// What is wrong with the settings.
pub fn proofs_alone(setup: Setup) -> Result<(Credentials, Keys), Vec<Problem>> {
    let (settings, surroundings) = alone(setup)?;
    let surroundings = Surroundings { asks_whose: false, ..surroundings };
    let credentials = super::credentials(&settings, &surroundings)?;
    let keys = Keys::new(&keys::configs(&settings), &surroundings);
    Ok((credentials, keys))
}

/// The roles' credentials as `run` has them. Nothing listens.
///
/// # Errors
/// What is wrong with the settings.
pub fn credentials_alone(setup: Setup) -> Result<Credentials, Vec<Problem>> {
    let (settings, surroundings) = alone(setup)?;
    super::credentials(&settings, &surroundings)
}

fn alone(setup: Setup) -> Result<(Settings, Surroundings), Vec<Problem>> {
    let programs = Programs::new(setup.environment.get("PATH").map(String::as_str));
    let variables = Arc::new(Variables::from_pairs(setup.environment));
    let parts = checked(&setup.settings, &variables, setup.elsewhere.as_ref())?;
    let dialler = Arc::new(Dialler::new(parts.routes, setup.resolver, Egress::default()));
    let surroundings = surroundings((&dialler, parts.trust), (variables, programs), &setup.clock);
    Ok((setup.settings, surroundings))
}

/// The credential of one role, to be handed out, and of those that it comes from. Nothing listens, and no other role is
/// fetched for.
///
/// # Errors
/// What is wrong with the settings.
pub fn vended_alone(setup: Setup, role: &RoleName) -> Result<Credentials, Vec<Problem>> {
    let (mut settings, surroundings) = alone(setup)?;
    let needed = way(&settings, role);
    settings.roles.retain(|name, _| needed.contains(name));
    let mut roles = parts::roles(&settings);
    if let Some(config) = roles.get_mut(role) {
        config.is_vended = true;
    }
    Credentials::new(&roles, &(Arc::new(Table::of(&settings)) as _), &surroundings)
        .map_err(|mistakes| problems_of_roles(&settings, &mistakes))
}

/// A role, and those that it comes from.
fn way(settings: &Settings, role: &RoleName) -> HashSet<RoleName> {
    let mut way = HashSet::new();
    let mut next = Some(role);
    while let Some(role) = next.filter(|role| way.insert(RoleName::clone(role))) {
        next = match settings.roles.get(role).map(|role| &role.source) {
            Some(RoleSource::Role(inner)) => Some(inner),
            _ => None,
        };
    }
    way
}
