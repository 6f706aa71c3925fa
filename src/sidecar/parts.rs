//! What the settings mean: endpoints, tenants, routes and roles, with every mistake found before anything starts.

use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;

use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;

use crate::config::{Origin, Problem, Settings, Target};
use crate::endpoint::{self, Tenants};
use crate::names::{Endpoint, Host, Network};
use crate::upstream::{Dial, Routes, trust};

/// What the listeners need.
#[derive(Debug)]
pub(super) struct Parts {
    pub(super) tenants: Arc<Tenants>,
    pub(super) routes: Arc<Routes>,
    /// By listener: the endpoint of a pinned one.
    pub(super) pinned: Vec<Option<Endpoint>>,
    pub(super) upgrades: HashSet<String>,
}

impl Parts {
    /// `elsewhere`: where everything is dialled instead of the real cloud.
    pub(super) fn new(settings: &Settings, elsewhere: Option<&Dial>) -> Result<Self, Vec<Problem>> {
        let mut problems = settings.check_products(|code| endpoint::product(code).is_some());
        problems.extend(settings.check_sts(|host| sts_host(host).is_some()));
        let tenants = tenants(settings, elsewhere.is_some(), &mut problems);
        let any = Tenants::any();
        problems.extend(settings.check_hosts(|pattern| {
            let host = pattern.strip_prefix("*.").unwrap_or(pattern);
            endpoint::reverse(host, &any).is_ok()
        }));
        let pinned = settings.listen.iter().map(|listen| {
            let placed = listen.endpoint.as_ref()?;
            let pin = endpoint::parse_pin(&placed.text, &tenants);
            pin.map_err(|bad| problems.push(placed.problem(bad.to_string()))).ok()
        });
        let pinned = pinned.collect();
        let routes = routes(settings, elsewhere, &mut problems);
        let upgrades = settings.products.iter().filter(|(_, rules)| rules.rpc_leaves_as_acs3);
        let upgrades = upgrades.map(|(code, _)| code.clone()).collect();
        match routes {
            Some(routes) if problems.is_empty() => {
                Ok(Self { tenants: Arc::new(tenants), routes: Arc::new(routes), pinned, upgrades })
            }
            _ => Err(problems),
        }
    }
}

fn tenants(settings: &Settings, allows_any: bool, problems: &mut Vec<Problem>) -> Tenants {
    if allows_any {
        return Tenants::any();
    }
    let mut tenants = Tenants::none();
    for (key, patterns) in &settings.tenants {
        for pattern in patterns {
            if let Err(bad) = tenants.allow(key, pattern) {
                problems.push(Problem::new(&Origin::Default, format!("`tenants.{key}`: {bad}")));
            }
        }
    }
    tenants
}

fn routes(settings: &Settings, elsewhere: Option<&Dial>, problems: &mut Vec<Problem>) -> Option<Routes> {
    let mut extra = Vec::new();
    if let Some(path) = &settings.upstream.extra_ca {
        let read = CertificateDer::pem_file_iter(path).and_then(Iterator::collect::<Result<Vec<_>, _>>);
        match read {
            Ok(certificates) if !certificates.is_empty() => extra = certificates,
            Ok(_) => problems.push(extra_ca(format!("{} holds no certificate", path.display()))),
            Err(error) => problems.push(extra_ca(format!("{}: {error}", path.display()))),
        }
    }
    let trust = match trust(extra) {
        Ok(trust) => trust,
        Err(error) => {
            problems.push(extra_ca(format!("a certificate cannot be used: {error}")));
            return None;
        }
    };
    let mut routes = match elsewhere {
        Some(elsewhere) => Routes::all_to(elsewhere.clone()),
        None => Routes::direct(Arc::clone(&trust)),
    };
    for row in &settings.connect_to {
        let dial = match &row.target {
            Target::Http(address) => Dial::Plain(*address),
            Target::Https { host, port } => {
                Dial::Tls { host: Some(host.as_str().into()), port: *port, trust: Arc::clone(&trust) }
            }
        };
        routes.connect(&row.host.text, dial);
    }
    Some(routes)
}

fn extra_ca(text: String) -> Problem {
    Problem::new(&Origin::Default, format!("`upstream.extra_ca`: {text}"))
}

/// `name`, if it is a host of STS.
pub(super) fn sts_host(name: &str) -> Option<Host> {
    let endpoint = endpoint::reverse(name, &Tenants::none()).ok()?;
    (endpoint.product().code == "sts").then(|| *endpoint.host())
}

/// The STS host of a region; the central one where the region has none of its own.
pub(super) fn regional_sts(region: &str, is_vpc: bool) -> Option<Host> {
    let network = if is_vpc { Network::Vpc } else { Network::Public };
    endpoint::forward("sts", Some(region), network).ok().map(|endpoint| *endpoint.host())
}

/// Settings of the credential room from those of the settings room.
pub(super) fn roles(settings: &Settings) -> BTreeMap<crate::names::RoleName, crate::credential::RoleConfig> {
    use crate::config::RoleSource;
    use crate::credential::{AssumeConfig, RoleConfig, SourceConfig};
    let source = |source: &RoleSource| match source {
        RoleSource::Auto => SourceConfig::Auto,
        RoleSource::Environment => SourceConfig::Environment,
        RoleSource::Oidc => SourceConfig::Oidc,
        RoleSource::Role(name) => SourceConfig::Role(name.clone()),
    };
    let role = |role: &crate::config::Role| RoleConfig {
        source: source(&role.source),
        duration: role.duration,
        sts: role.sts.iter().map(|host| host.text.clone()).collect(),
        role_arn: role.role_arn.clone(),
        oidc_provider_arn: role.oidc_provider_arn.clone(),
        oidc_token_file: role.oidc_token_file.clone(),
        session_name: role.session_name.clone(),
        accounts: role.accounts.clone(),
        assume: role
            .assume
            .iter()
            .map(|step| AssumeConfig {
                role_arn: step.role_arn.clone(),
                external_id: step.external_id.clone(),
                policy: step.policy.clone(),
                source_identity: step.source_identity.clone(),
                session_name: step.session_name.clone(),
                duration: step.duration,
            })
            .collect(),
    };
    settings.roles.iter().map(|(name, config)| (name.clone(), role(config))).collect()
}
