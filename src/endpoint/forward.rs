//! From a product, a region and a network to the endpoint. For settings and for countersign's own calls.

use super::grammar::is_host;
use super::reverse::{reverse, with_tenant, without_tenant};
use super::table::{self, Forward, Rule, Use};
use super::tenants::Tenants;
use super::unresolved::{NoEndpoint, Unresolved};
use crate::names::{Endpoint, Host, Network};
use crate::suggest::nearest;

/// The endpoint of `product` in `region`, over `network`; without a region, the host that serves them all.
///
/// On the public network, a pair that nobody lists gets the product's central host, else the host that the SDKs derive
/// by rule. On the others nothing is derived. The endpoint's own network says what its name belongs to: in a few
/// regions the listed public host is a VPC name. STS hosts come from here too: `forward("sts", Some("cn-hangzhou"), Network::Vpc)`.
///
/// # Errors
/// [`NoEndpoint`], with the nearest code or id where one is mistyped.
pub fn forward(product: &str, region: Option<&str>, network: Network) -> Result<Endpoint, NoEndpoint> {
    let place = place(product)?;
    let host = match region {
        Some(id) => regional_host(place, id, network)?,
        None => central_host(place, network)?,
    };
    let product = table::product_at(place).ok_or(NoEndpoint::Nowhere { network })?;
    // Some legacy codes have an underscore, and then the host that the rule would give them is none.
    let found = Some(host.as_str()).filter(|host| is_host(host)).and_then(without_tenant);
    let found = found.ok_or(NoEndpoint::Nowhere { network })?;
    Ok(found.endpoint_of(product))
}

/// As [`forward()`], for a product whose hosts start with a tenant's label.
///
/// # Errors
/// [`NoEndpoint::Tenant`] when the tenant is not listed or the product has none, and otherwise as [`forward()`].
pub fn forward_tenant(
    product: &str,
    region: &str,
    network: Network,
    label: &str,
    tenants: &Tenants,
) -> Result<Endpoint, NoEndpoint> {
    let place = place(product)?;
    let region = region_label(region)?;
    let row = table::tenant_rows()
        .iter()
        .find(|row| row.product == place && row.network == network && row.serves(region.bit()));
    match row {
        Some(row) => {
            let pieces = [label, row.before.as_str(), region.text(), row.after.as_str()];
            let host = Host::from_pieces(&pieces).map_err(|_| NoEndpoint::Tenant(Unresolved::Malformed))?;
            reverse(host.as_str(), tenants).map_err(NoEndpoint::Tenant)
        }
        None => {
            let under = forward(product, Some(region.text()), network)?;
            with_tenant(&under, label, tenants).map_err(NoEndpoint::Tenant)
        }
    }
}

fn place(code: &str) -> Result<u16, NoEndpoint> {
    table::place(code).ok_or_else(|| NoEndpoint::Product {
        nearest: nearest(code, table::products().map(|product| product.code)),
    })
}

fn region_label(id: &str) -> Result<&'static table::RegionLabel, NoEndpoint> {
    table::region_label(id).filter(|label| label.is_id()).ok_or_else(|| NoEndpoint::Region {
        nearest: nearest(id, table::regions().map(crate::names::Region::id)),
    })
}

fn regional_host(place: u16, id: &str, network: Network) -> Result<Host, NoEndpoint> {
    let region = region_label(id)?;
    let nowhere = NoEndpoint::Nowhere { network };
    refuse_without_tenant(place, network)?;
    let rows = || table::forward_rows(place).iter().filter(|row| row.network == network);
    if let Some(row) = rows().find(|row| row.is_listed() && row.serves(region.bit())) {
        return host(row, region.text()).ok_or(nowhere);
    }
    if let Some(row) = rows().find(|row| row.usage == Use::Central) {
        return host(row, region.text()).ok_or(nowhere);
    }
    if network != Network::Public || !region.is_routable() {
        return Err(nowhere);
    }
    let pattern = rows().find(|row| row.usage == Use::Pattern);
    match (pattern, table::product_at(place), table::traits_at(place).map(|traits| traits.rule)) {
        (Some(row), _, _) => host(row, region.text()),
        (None, Some(product), Some(Rule::Regional)) => {
            Host::from_pieces(&[product.code, ".", region.text(), ".aliyuncs.com"]).ok()
        }
        (None, Some(product), Some(Rule::Central)) => {
            Host::from_pieces(&[product.code, ".aliyuncs.com"]).ok()
        }
        _ => None,
    }
    .ok_or(nowhere)
}

/// Whether all of a product's hosts in a network name a tenant: then no host stands for the product.
fn refuse_without_tenant(place: u16, network: Network) -> Result<(), NoEndpoint> {
    let of_network = |row: &Forward| row.network == network;
    let names_tenants = table::tenant_rows().iter().any(|row| row.product == place && row.network == network);
    match table::traits_at(place).and_then(|traits| traits.key) {
        Some(key) if names_tenants && !table::forward_rows(place).iter().any(of_network) => {
            Err(NoEndpoint::TenantNeeded { key: key.name() })
        }
        _ => Ok(()),
    }
}

fn central_host(place: u16, network: Network) -> Result<Host, NoEndpoint> {
    refuse_without_tenant(place, network)?;
    let rows = || table::forward_rows(place).iter().filter(|row| row.network == network);
    let without_region = rows().find(|row| matches!(row.usage, Use::Central | Use::Global)).or_else(|| {
        // One shared host and no regional ones: that is the product's central host, whatever the metadata calls it.
        let mut listed = rows().filter(|row| row.is_listed());
        listed.next().filter(|row| listed.next().is_none() && row.after.as_str().is_empty())
    });
    if let Some(row) = without_region {
        return host(row, "").ok_or(NoEndpoint::RegionNeeded);
    }
    let rule = table::traits_at(place).map(|traits| traits.rule);
    match table::product_at(place) {
        Some(product)
            if rule == Some(Rule::Central) && network == Network::Public && rows().next().is_none() =>
        {
            Host::from_pieces(&[product.code, ".aliyuncs.com"]).map_err(|_| NoEndpoint::RegionNeeded)
        }
        _ if rows().next().is_none() => Err(NoEndpoint::Nowhere { network }),
        _ => Err(NoEndpoint::RegionNeeded),
    }
}

/// The host that a row describes; `region` is left out where the row has no place for it.
fn host(row: &Forward, region: &str) -> Option<Host> {
    let region = if row.after.as_str().is_empty() { "" } else { region };
    Host::from_pieces(&[row.before.as_str(), region, row.after.as_str()]).ok()
}
