//! What a pinned listener's `endpoint` key says: `PRODUCT[.REGION][/vpc|/internal]`, or a full host.

use std::fmt;

use super::forward::forward;
use super::own_hosts::OwnHosts;
use super::reverse::{reverse, without_tenant};
use super::tenants::Tenants;
use super::unresolved::{NoEndpoint, Unresolved};
use crate::names::{Endpoint, Network};

/// An `endpoint` key that names no endpoint.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BadPin {
    /// What follows the `/` is no network that can be chosen. **Action:** write `/vpc` or `/internal`, or leave it out.
    Network,
    /// There is no such product, region or host of both. **Action:** as the inner sentence says.
    NoEndpoint(NoEndpoint),
    /// The full host is not one that is signed for. **Action:** as the inner sentence says.
    Host(Unresolved),
}

impl fmt::Display for BadPin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Network => f.write_str(
                "the network of an endpoint is `/vpc` or `/internal`; leave it out for the public one",
            ),
            Self::NoEndpoint(why) => why.fmt(f),
            Self::Host(why) => why.fmt(f),
        }
    }
}

impl std::error::Error for BadPin {}

/// The endpoint that `text` names, in any letter case. A product's host without a tenant is taken whether or not a tenant
/// is listed: [`super::admit`] decides for each request. What the table does not know may be one of the operator's `own`.
///
/// # Errors
/// [`BadPin`], with the nearest product or region where one is mistyped.
pub fn parse_pin(text: &str, tenants: &Tenants, own: &OwnHosts) -> Result<Endpoint, BadPin> {
    let text = text.to_ascii_lowercase();
    of_the_table(&text, tenants).or_else(|bad| own.endpoint(&text).ok_or(bad))
}

fn of_the_table(text: &str, tenants: &Tenants) -> Result<Endpoint, BadPin> {
    let (name, network) = match text.split_once('/') {
        None => (text, Network::Public),
        Some((name, "vpc")) => (name, Network::Vpc),
        Some((name, "internal")) => (name, Network::Internal),
        Some(_) => return Err(BadPin::Network),
    };
    // Neither product codes nor region ids have a dot, and every host has at least two.
    let (product, region) = match name.split_once('.') {
        None => (name, None),
        Some((product, region)) if !region.contains('.') => (product, Some(region)),
        Some(_) if name.len() < text.len() => return Err(BadPin::Network),
        Some(_) => return full_host(name, tenants),
    };
    forward(product, region, network).map_err(BadPin::NoEndpoint)
}

fn full_host(host: &str, tenants: &Tenants) -> Result<Endpoint, BadPin> {
    match reverse(host, tenants) {
        Err(Unresolved::NoTenantListed { .. }) => {
            without_tenant(host).and_then(|found| found.endpoint()).ok_or(BadPin::Host(Unresolved::Unknown))
        }
        known => known.map_err(BadPin::Host),
    }
}
