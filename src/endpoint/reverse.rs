//! From the host of a request to the endpoint it means, or to the reason why it may not be signed for.
//!
//! Four steps, and nothing after them: the exact hosts; what SDKs derive by rule for a product and region that nobody
//! lists; a listed tenant's host; else a refusal. Bounded by the rows of the table; allocates nothing.

use super::grammar::{is_host, is_label};
use super::never_sign;
use super::own_hosts;
use super::table::{self, Tenant};
use super::tenants::{Key, Tenants};
use super::unresolved::Unresolved;
use crate::names::{Endpoint, Host, Kind, Network, Product, Region};

const SUFFIX: &str = ".aliyuncs.com";

/// What the table says of a host.
pub(super) struct Found {
    host: Host,
    products: Products,
    region: Option<Region>,
    network: Network,
    /// Where the tenant's name starts in the host, and its length.
    tenant: Option<(u8, u8)>,
}

/// The places of the products on one host, in the order of the table. The build script makes sure that four are enough.
#[derive(Clone, Copy, Default)]
struct Products([Option<u16>; 4]);

impl Products {
    fn add(&mut self, place: u16) {
        if let Some(free) = self.0.iter_mut().find(|slot| slot.is_none() || **slot == Some(place)) {
            *free = Some(place);
        }
    }

    fn of(places: impl Iterator<Item = u16>) -> Self {
        let mut products = Self::default();
        places.for_each(|place| products.add(place));
        products
    }
}

impl Found {
    fn new(pieces: &[&str], products: Products, region: Option<Region>, network: Network) -> Option<Self> {
        let host = Host::from_pieces(pieces).ok()?;
        Some(Self { host, products, region, network, tenant: None })
    }

    /// The endpoint, as the first product of the table.
    pub(super) fn endpoint(&self) -> Option<Endpoint> {
        self.first_product().and_then(table::product_at).map(|product| self.endpoint_of(product))
    }

    fn first_product(&self) -> Option<u16> {
        self.products.0.first().copied().flatten()
    }

    /// The endpoint, if the operator's lists admit it.
    fn admitted(&self, tenants: &Tenants) -> Option<Result<Endpoint, Unresolved>> {
        let endpoint = self.endpoint()?;
        let key = self.first_product().and_then(table::traits_at)?.key;
        Some(admit_under(key, &endpoint, tenants).map(|()| endpoint))
    }

    /// The endpoint, as `product`.
    pub(super) fn endpoint_of(&self, product: &'static Product) -> Endpoint {
        let (start, length) = self.tenant.unwrap_or_default();
        Endpoint::from_table(self.host, product, self.region, self.network, length).tenant_from(start)
    }
}

/// The endpoint that `host` means. `host` is what the authority grammar left: lower case, without a port.
///
/// # Errors
/// [`Unresolved`] when it is not a host of the table, or one that no signature may go to.
pub fn reverse(host: &str, tenants: &Tenants) -> Result<Endpoint, Unresolved> {
    if host.starts_with('[') {
        return Err(Unresolved::Unknown);
    }
    if !is_host(host) {
        return Err(Unresolved::Malformed);
    }
    let found = without_tenant(host).or_else(|| tenant_hosts(host).next());
    found.and_then(|found| found.admitted(tenants)).unwrap_or_else(|| {
        Err(match (own_hosts::product_of(host), never_sign::why(host)) {
            (Some((product, why)), _) => Unresolved::NotNamed { product, why },
            (None, Some(why)) => Unresolved::NeverSign(why),
            (None, None) => Unresolved::Unknown,
        })
    })
}

/// Whether the operator's lists admit this endpoint: its tenant is listed, or, where it names none but belongs to a
/// data plane of tenants, any tenant of the product is.
///
/// # Errors
/// [`Unresolved::TenantNotListed`], [`Unresolved::NoTenantListed`], or [`Unresolved::NeverSign`] where an unlisted
/// tenant's own code would read the request.
pub fn admit(endpoint: &Endpoint, tenants: &Tenants) -> Result<(), Unresolved> {
    admit_under(table::key_of(endpoint.product()), endpoint, tenants)
}

fn admit_under(key: Option<Key>, endpoint: &Endpoint, tenants: &Tenants) -> Result<(), Unresolved> {
    let product = endpoint.product();
    let Some(key) = key else {
        return if endpoint.tenant().is_none() { Ok(()) } else { Err(Unresolved::Unknown) };
    };
    match endpoint.tenant() {
        Some(tenant) if key.is_never_signed() || tenants.admits(key, tenant) => Ok(()),
        Some(_) => Err(key.refusal()),
        None if waits_for_a_tenant(product, key) && !tenants.admits_some(key) => {
            Err(Unresolved::NoTenantListed { key: key.name() })
        }
        None => Ok(()),
    }
}

/// Function Compute's OpenAPI hosts are those of any product: only data planes are meant here.
fn waits_for_a_tenant(product: &Product, key: Key) -> bool {
    product.kind == Kind::Data && key.guards_service_hosts()
}

/// All products that answer at this endpoint, in the order of the table; the endpoint's own is one of them. None at a host
/// of the operator's own, which the table does not know.
pub fn products_of(endpoint: &Endpoint) -> impl Iterator<Item = &'static Product> + use<> {
    let host = endpoint.host().as_str();
    let products = match without_tenant(host) {
        Some(found) => found.products,
        None => Products::of(tenant_hosts(host).filter_map(|found| found.first_product())),
    };
    products.0.into_iter().flatten().filter_map(table::product_at)
}

/// The endpoint of the tenant `label` under `pinned`, a product's host without a tenant.
///
/// # Errors
/// [`Unresolved::NoTenants`] when no tenant's host lies under it, [`Unresolved::Malformed`] when none is spelled like
/// `label`, and otherwise what [`admit`] says.
pub fn with_tenant(pinned: &Endpoint, label: &str, tenants: &Tenants) -> Result<Endpoint, Unresolved> {
    if pinned.tenant().is_some() {
        return if pinned.tenant() == Some(label) { Ok(*pinned) } else { Err(Unresolved::NoTenants) };
    }
    let under = pinned.host().as_str();
    let rows = || table::tenant_rows().iter().filter(|row| has_product(row, pinned.product()));
    if !rows().any(|row| region_under(row, under).is_some()) {
        return Err(Unresolved::NoTenants);
    }
    if !is_label(label) {
        return Err(Unresolved::Malformed);
    }
    let found = rows().find_map(|row| tenant_host(row, label, under)).ok_or(Unresolved::Malformed)?;
    let endpoint = found.endpoint_of(pinned.product());
    admit(&endpoint, tenants).map(|()| endpoint)
}

/// The host of the same product, region and network whose name begins with another label: a tunnel's beside its service's.
pub fn beside(endpoint: &Endpoint, label: &str) -> Option<Endpoint> {
    let (_, under) = endpoint.host().as_str().split_once('.')?;
    let host = Host::from_pieces(&[label, ".", under]).ok()?;
    let found = without_tenant(host.as_str())?.endpoint()?;
    (found.product() == endpoint.product()).then_some(found)
}

fn has_product(row: &Tenant, product: &Product) -> bool {
    table::product_at(row.product).is_some_and(|known| known == product)
}

/// An exact host of the table, or one that SDKs derive by rule.
pub(super) fn without_tenant(host: &str) -> Option<Found> {
    if let Some(rest) = host.strip_suffix(SUFFIX) {
        return match rest.split_once('.') {
            Some((label, region)) => regional(label, region),
            None => None,
        }
        .or_else(|| fixed(host))
        .or_else(|| shaped(host))
        .or_else(|| derived(rest));
    }
    fixed(host).or_else(|| shaped(host))
}

fn regional(label: &str, region: &str) -> Option<Found> {
    let region = table::region_label(region).filter(|region| region.is_id())?;
    let rows = || table::regional_rows(label).iter().filter(|row| row.serves(region.bit()));
    let first = rows().next()?;
    let products = Products::of(rows().map(|row| row.product));
    Found::new(&[first.label(), ".", region.text(), SUFFIX], products, region.region(), first.network)
}

fn fixed(host: &str) -> Option<Found> {
    let rows = table::fixed_rows(host);
    let first = rows.first()?;
    Found::new(
        &[first.host()],
        Products::of(rows.iter().map(|row| row.product)),
        first.region(),
        first.network,
    )
}

fn shaped(host: &str) -> Option<Found> {
    table::shaped_rows().iter().find_map(|row| {
        let (before, after) = (row.before.as_str(), row.after.as_str());
        let region = table::region_label(between(host, before, after)?)?;
        if !region.is_id() || !row.serves(region.bit()) {
            return None;
        }
        let products = Products::of(std::iter::once(row.product));
        Found::new(&[before, region.text(), after], products, region.region(), row.network)
    })
}

/// `LABEL[-vpc|-internal].REGION.aliyuncs.com` or `CODE.aliyuncs.com`, given without the suffix: what the SDKs make up
/// for a product and a region that nobody lists. The zone is Alibaba Cloud's, and no customer is known to own such a name.
fn derived(rest: &str) -> Option<Found> {
    let Some((label, region)) = rest.split_once('.') else {
        let place = table::own_place(rest)?;
        let code = table::product_at(place)?.code;
        return Found::new(&[code, SUFFIX], Products::of(std::iter::once(place)), None, Network::Public);
    };
    let region = table::region_label(region).filter(|region| region.is_id() && region.is_routable())?;
    let (label, tail, network) = match (label.strip_suffix("-vpc"), label.strip_suffix("-internal")) {
        (Some(label), _) => (label, "-vpc", Network::Vpc),
        (_, Some(label)) => (label, "-internal", Network::Internal),
        _ => (label, "", Network::Public),
    };
    let patterns = || table::regional_rows(label).iter().filter(|row| row.is_pattern);
    let own = table::own_place(label);
    let name = match (patterns().next(), own) {
        (Some(row), _) => row.label(),
        (None, Some(place)) => table::product_at(place)?.code,
        (None, None) => return None,
    };
    let first = patterns().map(|row| row.product).chain(own).min();
    let products = Products::of(first.into_iter().chain(patterns().map(|row| row.product)).chain(own));
    Found::new(&[name, tail, ".", region.text(), SUFFIX], products, region.region(), network)
}

/// What each row of tenants' hosts makes of `host`, in the order of the table.
fn tenant_hosts(host: &str) -> impl Iterator<Item = Found> {
    let (label, under) = host.split_once('.').unwrap_or_default();
    table::tenant_rows().iter().filter_map(move |row| tenant_host(row, label, under))
}

/// The host of the tenant `label` under the name `under`, if `row` describes it.
fn tenant_host(row: &Tenant, label: &str, under: &str) -> Option<Found> {
    let region = region_under(row, under)?;
    let start = row.grammar.tenant_start(label)?;
    let (text, region) = region.map_or(("", None), |region| (region.text(), region.region()));
    let products = Products::of(std::iter::once(row.product));
    let mut found =
        Found::new(&[label, row.before.as_str(), text, row.after.as_str()], products, region, row.network)?;
    found.tenant = Some((u8::try_from(start).ok()?, u8::try_from(label.len() - start).ok()?));
    Some(found)
}

/// The region in `under`, the host without its first label; `Some(None)` where the row has none, `None` where the row
/// describes another host.
fn region_under(row: &Tenant, under: &str) -> Option<Option<&'static table::RegionLabel>> {
    let before = row.before.as_str().strip_prefix('.')?;
    let after = row.after.as_str();
    if after.is_empty() {
        return (under == before).then_some(None);
    }
    let region = table::region_label(between(under, before, after)?)?;
    region.is_routable().then_some(Some(region))
}

/// What stands in `name` between `before` and `after`, if it starts and ends with them. Byte by byte and from the front of
/// each: nearly every row of a table differs in its first bytes, while the ends of all of them are alike.
fn between<'a>(name: &'a str, before: &str, after: &str) -> Option<&'a str> {
    let end = name.len().checked_sub(after.len())?;
    let starts = before.len() <= end && name.bytes().zip(before.bytes()).all(|(one, other)| one == other);
    let ends = starts && name.as_bytes().get(end..)?.iter().eq(after.as_bytes());
    if ends { name.get(before.len()..end) } else { None }
}
