//! What the settings mean: endpoints, tenants, routes and roles, with every mistake found before anything starts.

use std::collections::BTreeMap;
use std::sync::Arc;

use rustls::RootCertStore;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;

use super::{SigningRules, keys, vending};
use crate::config::{Problem, Settings, Target};
use crate::endpoint::{self, OwnHosts, Tenants};
use crate::names::{Endpoint, Host, Network, Place, RoleName};
use crate::suggest::nearest;
use crate::upstream::{Dial, Routes, Trust};

/// What the listeners need.
#[derive(Debug)]
pub(super) struct Parts {
    pub(super) tenants: Arc<Tenants>,
    pub(super) rules: SigningRules,
    pub(super) routes: Routes,
    pub(super) trust: Trust,
    /// By listener: the endpoint of a pinned one.
    pub(super) pinned: Vec<Option<Endpoint>>,
}

/// What can be judged before anything is built.
pub(super) struct Judged {
    tenants: Tenants,
    pinned: Vec<Option<Endpoint>>,
    extra_ca: RootCertStore,
    pub(super) problems: Vec<Problem>,
}

/// Judges the settings by the endpoint table.
pub(super) fn judge(settings: &Settings, allows_any: bool) -> Judged {
    let mut problems = Vec::new();
    check_products(settings, &mut problems);
    check_sts(settings, &mut problems);
    keys::check(settings, &mut problems);
    let tenants = tenants(settings, allows_any, &mut problems);
    let own_hosts = own_hosts(settings, &mut problems);
    check_connect_to(settings, &mut problems);
    let pinned = settings.listen.iter().enumerate().map(|(index, listen)| {
        let placed = listen.endpoint.as_ref()?;
        let pin = endpoint::parse_pin(&placed.text, &tenants, &own_hosts);
        let told = |bad| format!("`listen[{index}].endpoint`: {:?}: {bad}", placed.text);
        pin.map_err(|bad| problems.push(placed.problem(told(bad)))).ok()
    });
    let pinned = pinned.collect();
    let extra_ca = extra_ca(settings, &mut problems);
    Judged { tenants, pinned, extra_ca, problems }
}

impl Parts {
    /// `elsewhere`: where everything is dialled instead of the real cloud.
    pub(super) fn new(settings: &Settings, elsewhere: Option<&Dial>) -> Result<Self, Vec<Problem>> {
        let Judged { tenants, pinned, extra_ca, problems } = judge(settings, elsewhere.is_some());
        if !problems.is_empty() {
            return Err(problems);
        }
        let trust = Trust::platform(extra_ca);
        let routes = routes(settings, elsewhere, &trust);
        Ok(Self { tenants: Arc::new(tenants), rules: SigningRules::of(settings), routes, trust, pinned })
    }
}

fn check_products(settings: &Settings, problems: &mut Vec<Problem>) {
    for (name, rules) in settings.products.iter().filter(|(name, _)| endpoint::product(name).is_none()) {
        let meant = match nearest(name, endpoint::products().map(|product| product.code)) {
            Some(meant) => format!("did you mean {meant:?}?"),
            None => "use the code that its host names start with, such as \"ecs\"".to_owned(),
        };
        let text = format!("`product.{name}`: no product is called {name:?}; {meant}");
        problems.push(Problem::new(&rules.origin, text));
    }
}

fn check_sts(settings: &Settings, problems: &mut Vec<Problem>) {
    for (name, role) in &settings.roles {
        for host in role.sts.iter().filter(|host| sts_host(&host.text).is_none()) {
            let text = format!(
                "`role.{name}.sts`: {:?} is no STS host of the endpoint table; use one such as \
                 \"sts.cn-hangzhou.aliyuncs.com\"",
                host.text
            );
            problems.push(host.problem(text));
        }
    }
}

/// The operator's own hosts, as far as they may be any.
pub(super) fn own_hosts(settings: &Settings, problems: &mut Vec<Problem>) -> OwnHosts {
    let mut own_hosts = OwnHosts::default();
    for row in &settings.hosts {
        if let Err(bad) = own_hosts.add(&row.host.text, &row.product, row.keys.clone()) {
            problems.push(row.host.problem(format!("`hosts`: {:?} {bad}", row.host.text)));
        }
    }
    own_hosts
}

fn check_connect_to(settings: &Settings, problems: &mut Vec<Problem>) {
    for host in settings.connect_to.iter().map(|row| &row.host) {
        let is_known = match host.text.strip_prefix("*.") {
            Some(host) => has_tenants(host),
            None if host.text == "*" => true,
            None => {
                let is_named = settings.hosts.iter().any(|row| row.host.text == host.text);
                is_named || endpoint::reverse(&host.text, &Tenants::any()).is_ok()
            }
        };
        if !is_known {
            let what = if host.text.starts_with("*.") { "stands for no tenant's host" } else { "is no host" };
            let text = format!(
                "`connect_to`: {:?} {what} of the endpoint table or under [hosts]; it could never be asked for",
                host.text
            );
            problems.push(host.problem(text));
        }
    }
}

/// Whether the hosts of tenants lie under this one.
fn has_tenants(host: &str) -> bool {
    // Between them, names that every product's tenants may have.
    ["12345", "a-12345"].iter().any(|tenant| {
        let tenants_host = endpoint::reverse(&format!("{tenant}.{host}"), &Tenants::any());
        tenants_host.is_ok_and(|endpoint| endpoint.tenant().is_some())
    })
}

fn tenants(settings: &Settings, allows_any: bool, problems: &mut Vec<Problem>) -> Tenants {
    let mut tenants = Tenants::none();
    for (key, patterns) in &settings.tenants {
        for pattern in patterns {
            if let Err(bad) = tenants.allow(key, &pattern.text) {
                problems.push(pattern.problem(format!("`tenants.{key}`: {:?}: {bad}", pattern.text)));
            }
        }
    }
    if allows_any { Tenants::any() } else { tenants }
}

fn extra_ca(settings: &Settings, problems: &mut Vec<Problem>) -> RootCertStore {
    let Some(file) = &settings.upstream.extra_ca else { return RootCertStore::empty() };
    let mut told = |text: String| {
        let text = format!("`upstream.extra_ca`: {}: {text}", file.path.display());
        problems.push(Problem::new(&file.origin, text));
        RootCertStore::empty()
    };
    let certificates = match CertificateDer::pem_slice_iter(&file.pem).collect::<Result<Vec<_>, _>>() {
        Ok(certificates) if certificates.is_empty() => {
            return told("it holds no certificate; name a PEM file of certificate authorities".to_owned());
        }
        Ok(certificates) => certificates,
        Err(error) => return told(format!("it is not PEM: {error}; name a PEM file")),
    };
    let mut roots = RootCertStore::empty();
    for certificate in certificates {
        if let Err(error) = roots.add(certificate) {
            return told(format!("a certificate cannot be used: {error}; take it out"));
        }
    }
    roots
}

fn routes(settings: &Settings, elsewhere: Option<&Dial>, trust: &Trust) -> Routes {
    let mut routes = match elsewhere {
        Some(elsewhere) => Routes::all_to(elsewhere.clone()),
        None => Routes::direct(trust.clone()),
    };
    for row in &settings.connect_to {
        let dial = match &row.target {
            Target::Http(address) => Dial::Plain(*address),
            Target::Https { host, port } => {
                Dial::Tls { host: Some(host.as_str().into()), port: *port, trust: trust.clone() }
            }
        };
        routes.connect(&row.host.text, dial);
    }
    routes
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

/// The KMS host of a region.
pub(super) fn regional_kms(region: &str, is_vpc: bool) -> Option<Host> {
    let network = if is_vpc { Network::Vpc } else { Network::Public };
    endpoint::forward("kms", Some(region), network).ok().map(|endpoint| *endpoint.host())
}

/// Settings of the credential room from those of the settings room.
pub(super) fn roles(settings: &Settings) -> BTreeMap<RoleName, crate::credential::RoleConfig> {
    use crate::config::RoleSource;
    use crate::credential::{AssumeConfig, RoleConfig, SourceConfig};
    let source = |source: &RoleSource| match source {
        RoleSource::Auto => SourceConfig::Auto,
        RoleSource::Environment => SourceConfig::Environment,
        RoleSource::Login => SourceConfig::Login,
        RoleSource::Oidc => SourceConfig::Oidc,
        RoleSource::Ecs { role, v1 } => SourceConfig::Ecs { role: role.clone(), v1: *v1 },
        RoleSource::Vault(vault) => SourceConfig::Vault(vault.clone()),
        RoleSource::Uri(uri) => SourceConfig::Uri(uri.clone()),
        RoleSource::Cli => SourceConfig::Cli,
        RoleSource::Ini => SourceConfig::Ini,
        RoleSource::Process(command) => SourceConfig::Process(command.clone()),
        RoleSource::Kms(kms) => SourceConfig::Kms(kms.clone()),
        RoleSource::Absent(text) => SourceConfig::Absent(text),
        RoleSource::Role(name) => SourceConfig::Role(name.clone()),
    };
    let vended = vending::roles(settings);
    // Of this form, or the settings would have been refused.
    let oauth_url = settings.login.oauth_url.as_deref().and_then(|url| Place::parse(url).ok());
    let oauth_url = oauth_url.map(|(place, _)| place);
    let role = |name: &RoleName, role: &crate::config::Role| RoleConfig {
        source: source(&role.source),
        duration: role.duration,
        sts: role.sts.iter().map(|host| host.text.clone()).collect(),
        role_arn: role.role_arn.clone(),
        oidc_provider_arn: role.oidc_provider_arn.clone(),
        oidc_token_file: role.oidc_token_file.clone(),
        profile: role.profile.clone(),
        config_file: role.config_file.clone(),
        credentials_file: role.credentials_file.clone(),
        oauth_url: oauth_url.clone(),
        oidc_token: role.oidc_token.clone(),
        session_name: role.session_name.clone(),
        accounts: role.accounts.clone(),
        is_vended: vended.contains(name),
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
    settings.roles.iter().map(|(name, config)| (name.clone(), role(name, config))).collect()
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::config::{ConnectTo, Flags, Origin, OwnHost, Placed, load_without_file};

    /// How a host of the operator's own and one that has a row of its own are dialled, and one of the table.
    fn dialled(rows: &[&str], elsewhere: Option<&Dial>) -> [String; 3] {
        let mut settings =
            load_without_file(&Flags::default(), &BTreeMap::new(), Path::new("/")).unwrap().settings;
        let placed = |text: &str| Placed { text: text.to_owned(), origin: Origin::Default };
        let hosts = ["a.example.com", "b.example.com", "ecs.cn-hangzhou.aliyuncs.com"];
        settings.hosts = hosts[..2]
            .iter()
            .map(|host| OwnHost { host: placed(host), product: "fc-trigger".to_owned(), keys: None })
            .collect();
        let target = Target::Http(([127, 0, 0, 1], 2).into());
        let row = |host: &&str| ConnectTo { host: placed(host), target: target.clone() };
        settings.connect_to = rows.iter().map(row).collect();
        let routes = routes(&settings, elsewhere, &Trust::platform(RootCertStore::empty()));
        hosts.map(|host| format!("{:?}", routes.dial_name(&Host::in_lower_case(host).unwrap())))
    }

    #[test]
    fn in_the_sandbox_an_own_host_is_dialled_as_all_others_unless_a_row_says_where() {
        let sandbox = Dial::Plain(([127, 0, 0, 1], 1).into());
        let (there, row, itself) = ("Plain(127.0.0.1:1)", "Plain(127.0.0.1:2)", "Tls(the endpoint:443)");
        assert_eq!(dialled(&["b.example.com"], Some(&sandbox)), [there, row, there]);
        assert_eq!(dialled(&["*"], Some(&sandbox)), [row, row, row]);
        assert_eq!(dialled(&["b.example.com"], None), [itself, row, itself]);
    }
}
