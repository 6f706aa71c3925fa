//! What a command signs with that listens to nobody: the settings' rules, and the proofs.

use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;

use super::check::{checked, variables};
use super::programs::Programs;
use super::{Setup, Table, keys, parts, problems_of_roles, surroundings};
use crate::config::{Problem, RoleSource, Settings};
use crate::credential::{
    Assertion, Credentials, Keys, Logins, SamlError, Session, Surroundings, Variables, assume_with_saml,
};
use crate::endpoint::OwnHosts;
use crate::login::{self, Sessions};
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

/// The credential of one role and the keys, to sign with and send nothing. Nothing listens, and STS is not asked whose a
/// long-lived AccessKey is: what it signs stays here.
///
/// # Errors
/// What is wrong with the settings.
pub fn proofs_alone(setup: Setup, role: &RoleName) -> Result<(Credentials, Keys), Vec<Problem>> {
    let (settings, surroundings) = alone(setup, role)?;
    let surroundings = Surroundings { asks_whose: false, ..surroundings };
    let credentials = super::credentials(&settings, &surroundings)?;
    let keys = Keys::new(&keys::configs(&settings), &surroundings);
    Ok((credentials, keys))
}

/// The credential of one role, and of those that it comes from, as `run` has it. Nothing listens.
///
/// # Errors
/// What is wrong with the settings.
pub fn credentials_alone(setup: Setup, role: &RoleName) -> Result<Credentials, Vec<Problem>> {
    let (settings, surroundings) = alone(setup, role)?;
    super::credentials(&settings, &surroundings)
}

/// The settings with no other roles than this one and those that it comes from: nobody else's program is run, and nobody
/// else's STS asked.
fn alone(setup: Setup, role: &RoleName) -> Result<(Settings, Surroundings), Vec<Problem>> {
    let (mut settings, surroundings) = calls_alone(setup)?;
    let needed = way(&settings, role);
    settings.roles.retain(|name, _| needed.contains(name));
    Ok((settings, surroundings))
}

/// What a credential would be fetched with, for whoever makes such calls otherwise. Nothing is fetched.
///
/// # Errors
/// What is wrong with the settings.
pub fn calls_alone(setup: Setup) -> Result<(Settings, Surroundings), Vec<Problem>> {
    let Setup { settings, environment, clock, elsewhere, resolver } = setup;
    let known = known(&settings, environment);
    let parts = checked(&settings, &known.0, elsewhere.as_ref())?;
    let dialler = Arc::new(Dialler::new(parts.routes, resolver, Egress::default()));
    let surroundings = surroundings((&dialler, parts.trust), known, &clock);
    Ok((settings, surroundings))
}

/// What humans' logins left, where the settings or the operating system have a place for it.
pub fn sessions(settings: &Settings, environment: &BTreeMap<String, String>) -> Sessions {
    Sessions::new(settings.login.directory.clone().or_else(|| login::directory(environment)))
}

/// What is there before anything is fetched: the SDKs' variables, what logins left, and the programs of this machine.
pub(super) type Known = (Arc<Variables>, Arc<dyn Logins>, Programs);

pub(super) fn known(settings: &Settings, environment: BTreeMap<String, String>) -> Known {
    let sessions = sessions(settings, &environment);
    let programs = Programs::new(environment.get("PATH").map(String::as_str));
    (Arc::new(variables(settings, environment)), Arc::new(sessions), programs)
}

/// The session that an assertion is good for, by the STS that the role asks.
///
/// # Errors
/// STS refuses it, or cannot be asked.
pub async fn exchange_assertion(
    assertion: &Assertion,
    role: &RoleName,
    (settings, surroundings): (&Settings, &Surroundings),
) -> Result<Session, SamlError> {
    assume_with_saml(assertion, role, (&parts::roles(settings), &Table::of(settings)), surroundings).await
}

/// The credential of one role, to be handed out, and of those that it comes from. Nothing listens, and no other role is
/// fetched for.
///
/// # Errors
/// What is wrong with the settings.
pub fn vended_alone(setup: Setup, role: &RoleName) -> Result<Credentials, Vec<Problem>> {
    let (settings, surroundings) = alone(setup, role)?;
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
            Some(RoleSource::Kms(kms)) => Some(&kms.role),
            _ => None,
        };
    }
    way
}
