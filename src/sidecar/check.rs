//! What is wrong with the settings that only the endpoint table and the SDKs' variables show, and what is only doubtful.

use std::collections::BTreeMap;

use super::parts::{self, Parts};
use super::programs::Programs;
use super::vending;
use crate::classify;
use crate::config::{
    Access, Address, Origin, Problem, Role, RoleSource, Settings, Target, VendWay, check_appendable,
    check_directory,
};
use crate::credential::{
    BadRole, CiToken, Credentials, LaunchError, StsTable, Variables, program_and_arguments,
};
use crate::endpoint::{self, Tenants};
use crate::names::{Host, Place, RoleName};
use crate::upstream::{Dial, Egress};

/// Every mistake that the settings' own form does not show. Starts nothing, and may be asked of settings with other
/// mistakes in them. `is_sandboxed`: the miniature cloud answers for every endpoint, and every tenant is allowed.
pub fn mistakes(
    settings: &Settings,
    environment: &BTreeMap<String, String>,
    is_sandboxed: bool,
) -> Vec<Problem> {
    let variables = variables(settings, environment.clone());
    let mut problems = parts::judge(settings, is_sandboxed).problems;
    problems.extend(mistakes_of_roles(settings, &variables));
    problems.extend(loops(settings, environment));
    problems
}

/// Programs that are to print a credential, and are this one.
fn loops(settings: &Settings, environment: &BTreeMap<String, String>) -> Vec<Problem> {
    let programs = Programs::new(environment.get("PATH").map(String::as_str));
    let is_loop = |command: &str| {
        let program = program_and_arguments(command);
        program.is_some_and(|(name, _)| programs.find(&name) == Err(LaunchError::IsOurselves))
    };
    let problem = |(name, role): (&RoleName, &Role)| match &role.source {
        RoleSource::Process(command) if is_loop(command) => Some(Problem::new(
            &role.origin,
            format!(
                "role `{name}`: its process_command is countersign itself, which would ask itself for ever; name another source"
            ),
        )),
        _ => None,
    };
    settings.roles.iter().filter_map(problem).collect()
}

/// The SDKs' variables, and those that the settings name.
pub(super) fn variables(settings: &Settings, environment: BTreeMap<String, String>) -> Variables {
    let names = settings.roles.values().filter_map(|role| match &role.oidc_token {
        Some(CiToken::Variable(name)) => Some(&**name),
        _ => None,
    });
    Variables::with_named(environment, names)
}

/// That access lines have nowhere to go. Told before anything starts, and only where something is to start: who signs at
/// the command line need not be able to write them.
pub fn unwritable(settings: &Settings) -> Option<Problem> {
    let Access::File(path) = &settings.log.access else { return None };
    let text = check_appendable(path).err()?;
    Some(Problem::new(&settings.log.origin, format!("`log.access`: {text}")))
}

/// What is no mistake, and what somebody should know all the same.
pub fn warnings(settings: &Settings) -> Vec<Problem> {
    let mut warnings = Vec::new();
    for row in &settings.connect_to {
        if let Target::Http(address) = row.target {
            let text = format!("signed requests for {} leave in the clear to {address}", row.host.text);
            warnings.push(row.host.problem(text));
        }
    }
    let own_hosts = parts::own_hosts(settings, &mut Vec::new());
    for (index, listen) in settings.listen.iter().enumerate() {
        if let Some(placed) = &listen.endpoint
            && let Ok(endpoint) = endpoint::parse_pin(&placed.text, &Tenants::any(), &own_hosts)
            && let Err(refusal) = classify::family(&endpoint)
        {
            let (text, status) = (&placed.text, refusal.code.status());
            warnings.push(placed.problem(format!(
                "`listen[{index}].endpoint`: {text:?}: every request there is answered {status}: {refusal}"
            )));
        }
        warnings.extend(no_directory((&listen.address, &listen.origin), &format!("listen[{index}]")));
    }
    for (name, role) in &settings.roles {
        if let RoleSource::Absent(text) = role.source {
            warnings.push(Problem::new(&role.origin, format!("role `{name}` gets no credential: {text}")));
        }
    }
    warnings.extend(vending::warnings(settings));
    warnings.sort();
    warnings
}

/// What is wrong with the directory that the socket of a listener is to lie in.
pub(super) fn no_directory((address, origin): (&Address, &Origin), listener: &str) -> Option<Problem> {
    let Address::Unix(path) = address else { return None };
    let text = path.parent().and_then(|directory| check_directory(directory).err())?;
    Some(Problem::new(origin, format!("`{listener}.address`: {text}")))
}

/// The parts, if nothing is wrong with them and with the roles.
pub(super) fn checked(
    settings: &Settings,
    variables: &Variables,
    elsewhere: Option<&Dial>,
) -> Result<Parts, Vec<Problem>> {
    let parts = Parts::new(settings, elsewhere);
    let of_roles = mistakes_of_roles(settings, variables);
    match parts {
        Ok(parts) if of_roles.is_empty() => Ok(parts),
        parts => Err(parts.err().into_iter().flatten().chain(of_roles).collect()),
    }
}

fn mistakes_of_roles(settings: &Settings, variables: &Variables) -> Vec<Problem> {
    let checked = Credentials::check(&parts::roles(settings), &Table::of(settings), variables);
    problems_of_roles(settings, &checked.err().unwrap_or_default())
}

/// The mistakes of roles, each with its place.
pub(super) fn problems_of_roles(settings: &Settings, mistakes: &[BadRole]) -> Vec<Problem> {
    let problem = |mistake: &BadRole| {
        let role = mistake.role().and_then(|role| settings.roles.get(role));
        let is_told = match (mistake, role) {
            // What it amounts to is a guess, and a complaint about a guess would mislead.
            (_, Some(role)) if !role.is_whole && mistake.variable().is_none() => true,
            // A host of the settings has been told of, with its line.
            (BadRole::NotSts(_, host, None), Some(role)) => role.sts.iter().any(|named| named.text == *host),
            _ => false,
        };
        let origin = match (mistake.variable(), role) {
            (Some(variable), _) => Origin::Environment(variable.to_owned()),
            (None, Some(role)) => role.origin.clone(),
            (None, None) => Origin::Default,
        };
        (!is_told).then(|| Problem::new(&origin, mistake.to_string()))
    };
    mistakes.iter().filter_map(problem).collect()
}

/// The endpoint table and our own listeners, as the credential room asks for them.
#[derive(Debug)]
pub(super) struct Table {
    own: Egress,
    plays_metadata: bool,
}

impl Table {
    /// With the listeners of these settings. Where the kernel chooses a port, nobody can have meant that.
    pub(super) fn of(settings: &Settings) -> Self {
        let addresses = settings.listen.iter().map(|listen| &listen.address).chain([&settings.admin.address]);
        let addresses = addresses.chain(settings.vend.iter().map(|vend| &vend.address));
        let own = addresses.filter_map(|address| match address {
            Address::Tcp(address) => Some(*address),
            Address::Unix(_) => None,
        });
        let plays_metadata = settings.vend.iter().any(|vend| matches!(vend.way, VendWay::Metadata { .. }));
        Self { own: Egress::new(own.collect()), plays_metadata }
    }
}

impl StsTable for Table {
    fn regional(&self, region: &str, is_vpc: bool) -> Option<Host> {
        parts::regional_sts(region, is_vpc)
    }

    fn kms(&self, region: &str, is_vpc: bool) -> Option<Host> {
        parts::regional_kms(region, is_vpc)
    }

    fn named(&self, name: &str) -> Option<Host> {
        parts::sts_host(name)
    }

    fn is_own(&self, place: &Place) -> bool {
        self.own.is_own(place)
    }

    fn plays_metadata(&self) -> bool {
        self.plays_metadata
    }
}
