//! What the `[keys]` settings open: hosts of the operator's own that name them, or those of Model Studio.

use std::collections::BTreeMap;

use crate::config::{Keys, Problem, Settings};
use crate::credential::{KeyConfig, KeyKind, Opens};
use crate::endpoint;
use crate::names::{Endpoint, KeysName, Network};

/// Where keys of Model Studio that name no region make short-lived ones: Beijing's host, the SDKs' default.
const DEFAULT_REGION: &str = "cn-beijing";

/// Finds keys that open nothing, or two things that are kept differently.
pub(super) fn check(settings: &Settings, problems: &mut Vec<Problem>) {
    for (name, keys) in &settings.keys {
        if let (Some(product), Some(region)) = (&keys.product, &keys.region)
            && let Err(bad) = endpoint::forward(product, Some(&region.text), Network::Public)
        {
            problems.push(region.problem(format!("`keys.{name}.region`: {:?}: {bad}", region.text)));
        }
        if let (Some(first), Some(other)) = two_kinds(settings, name) {
            let text = format!(
                "`keys.{name}`: hosts of {first:?} and of {other:?} name them, and each wants other keys; write two tables"
            );
            problems.push(Problem::new(&keys.origin, text));
        }
    }
    // Two regions may share a host.
    let mut opened: BTreeMap<String, (&KeysName, &str)> = BTreeMap::new();
    for (name, keys) in &settings.keys {
        let Some(region) = &keys.region else { continue };
        let Some(endpoint) = studio(Some(&region.text)) else { continue };
        let host = endpoint.host();
        match opened.insert(host.to_string(), (name, &region.text)) {
            Some((first, other)) if other != region.text => {
                let text =
                    format!("`keys.{name}.region`: `keys.{first}` opens {host} already, for {other:?}");
                problems.push(region.problem(text));
            }
            _ => {}
        }
    }
}

/// The products whose hosts name these keys: the first, and one that is another.
fn two_kinds<'a>(settings: &'a Settings, name: &KeysName) -> (Option<&'a str>, Option<&'a str>) {
    let mut products =
        settings.hosts.iter().filter(|row| row.keys.as_ref() == Some(name)).map(|row| row.product.as_str());
    let first = products.next();
    (first, products.find(|product| Some(*product) != first))
}

/// Model Studio's host of a region.
fn studio(region: Option<&str>) -> Option<Endpoint> {
    endpoint::forward("dashscope", region.or(Some(DEFAULT_REGION)), Network::Public).ok()
}

/// The keys for the credential room. Those in which something is wrong, which is told by [`check`], are left out.
pub(super) fn configs(settings: &Settings) -> BTreeMap<KeysName, KeyConfig> {
    let config = |(name, keys): (&KeysName, &Keys)| {
        let file = keys.file.clone();
        let opens = match (keys.product.is_some(), two_kinds(settings, name).0) {
            (true, _) => {
                let region = keys.region.as_ref().map(|region| region.text.as_str());
                let host = *studio(region)?.host();
                let region = match region {
                    Some(id) => Some(endpoint::regions().find(|known| known.id() == id)?),
                    None => None,
                };
                Opens::ModelStudio { region, host, is_temporary: keys.temporary }
            }
            (false, Some("apigateway")) => Opens::OwnHosts(KeyKind::App),
            (false, _) => Opens::OwnHosts(KeyKind::AccessKey),
        };
        Some((name.clone(), KeyConfig { file, opens }))
    };
    settings.keys.iter().filter_map(config).collect()
}
