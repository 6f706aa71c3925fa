//! The endpoint table itself: arrays made by the build script, and how each is searched.

use super::grammar::Grammar;
use super::hash;
use super::tenants::Key;
use crate::names::{Kind, Network, Product, ProductVersion, Region, Scheme, Schemes, Style, VersionName};

include!(concat!(env!("OUT_DIR"), "/endpoints.rs"));

/// A piece of a host name: a stretch of `PIECES`. A reference would take 16 bytes and a relocation of 24.
#[derive(Clone, Copy)]
pub(super) struct Piece {
    at: u16,
    length: u8,
}

impl Piece {
    pub(super) fn as_str(self) -> &'static str {
        let at = usize::from(self.at);
        PIECES.get(at..at + usize::from(self.length)).unwrap_or_default()
    }
}

/// A set of regions, by its place in `SETS`: most are the set of several rows.
#[derive(Clone, Copy)]
struct Set(u16);

impl Set {
    fn has(self, bit: u8) -> bool {
        SETS.get(usize::from(self.0)).is_some_and(|regions| is_in(*regions, bit))
    }
}

const fn t(at: u16, length: u8) -> Piece {
    Piece { at, length }
}

/// What a host name says for a region: its id, or OSS's own word for it.
pub(super) struct RegionLabel {
    text: Piece,
    region: u8,
    is_id: bool,
}

impl RegionLabel {
    pub(super) fn text(&self) -> &'static str {
        self.text.as_str()
    }

    /// The region's place in the table: its bit in a set.
    pub(super) fn bit(&self) -> u8 {
        self.region
    }

    pub(super) fn region(&self) -> Option<Region> {
        REGIONS.get(usize::from(self.region)).copied()
    }

    /// Whether the label is the region's id.
    pub(super) fn is_id(&self) -> bool {
        self.is_id
    }

    /// Whether it is a place, so that another product's name may be combined with it.
    pub(super) fn is_routable(&self) -> bool {
        is_in(ROUTABLE, self.region)
    }
}

/// How SDKs derive a host that nobody lists.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Rule {
    /// `CODE.REGION.aliyuncs.com`
    Regional,
    /// `CODE.aliyuncs.com`
    Central,
    /// Not published.
    Unknown,
}

/// What this room knows of a product beyond what [`Product`] says.
pub(super) struct Traits {
    pub(super) rule: Rule,
    /// The list of the settings that names its tenants.
    pub(super) key: Option<Key>,
}

struct Alias {
    text: Piece,
    product: u16,
}

/// Hosts of the form `LABEL.REGION.aliyuncs.com`, nine in ten.
pub(super) struct Regional {
    label: Piece,
    pub(super) product: u16,
    pub(super) network: Network,
    /// Whether SDKs derive this product's unlisted hosts from the label too.
    pub(super) is_pattern: bool,
    regions: Set,
}

impl Regional {
    pub(super) fn label(&self) -> &'static str {
        self.label.as_str()
    }

    pub(super) fn serves(&self, bit: u8) -> bool {
        self.regions.has(bit)
    }
}

/// Any other host of one name.
pub(super) struct Fixed {
    host: Piece,
    pub(super) product: u16,
    pub(super) network: Network,
    /// 255: none.
    region: u8,
}

impl Fixed {
    pub(super) fn host(&self) -> &'static str {
        self.host.as_str()
    }

    pub(super) fn region(&self) -> Option<Region> {
        REGIONS.get(usize::from(self.region)).copied()
    }
}

/// Any other hosts that differ only in the region: `BEFORE REGION AFTER`.
pub(super) struct Shaped {
    pub(super) before: Piece,
    pub(super) after: Piece,
    pub(super) product: u16,
    pub(super) network: Network,
    regions: Set,
}

impl Shaped {
    pub(super) fn serves(&self, bit: u8) -> bool {
        self.regions.has(bit)
    }
}

/// Hosts whose first label names a tenant: `TENANT BEFORE REGION AFTER`, or `TENANT BEFORE` where `after` is empty.
pub(super) struct Tenant {
    pub(super) grammar: Grammar,
    pub(super) product: u16,
    pub(super) network: Network,
    /// Where the product is published; a host of any other region is recognised all the same.
    regions: Set,
    pub(super) before: Piece,
    pub(super) after: Piece,
}

impl Tenant {
    pub(super) fn serves(&self, bit: u8) -> bool {
        self.regions.has(bit)
    }
}

/// When a host is chosen for a product and a region.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Use {
    /// For the regions of the row, and by the SDKs' rule for those that nobody lists.
    Pattern,
    /// For the regions of the row.
    Listed,
    /// For any region that has no row of its own, and when none is named.
    Central,
    /// When no region is named.
    Global,
}

/// The way out: `BEFORE REGION AFTER`, or `BEFORE` where `after` is empty.
pub(super) struct Forward {
    pub(super) usage: Use,
    pub(super) product: u16,
    pub(super) network: Network,
    regions: Set,
    pub(super) before: Piece,
    pub(super) after: Piece,
}

impl Forward {
    pub(super) fn serves(&self, bit: u8) -> bool {
        self.regions.has(bit)
    }

    /// Whether the row is for the regions that it lists.
    pub(super) fn is_listed(&self) -> bool {
        matches!(self.usage, Use::Pattern | Use::Listed)
    }
}

const fn is_in(regions: u64, bit: u8) -> bool {
    bit < 64 && regions >> bit & 1 == 1
}

/// The product called `code`, in lower case; an alias of the table counts.
pub fn product(code: &str) -> Option<&'static Product> {
    product_at(place(code)?)
}

/// All products, sorted by code.
pub fn products() -> impl ExactSizeIterator<Item = &'static Product> {
    PRODUCTS.iter()
}

/// The region with this id.
pub fn region(id: &str) -> Option<Region> {
    region_label(id).filter(|label| label.is_id).and_then(RegionLabel::region)
}

/// All regions, in the order of the table.
pub fn regions() -> impl ExactSizeIterator<Item = Region> {
    REGIONS.iter().copied()
}

/// The place in the table of the product called `code`, or of the one that `code` is an alias of.
pub(super) fn place(code: &str) -> Option<u16> {
    own_place(code).or_else(|| {
        let at = ALIASES.binary_search_by(|alias| alias.text.as_str().cmp(code)).ok()?;
        ALIASES.get(at).map(|alias| alias.product)
    })
}

/// The place of the product whose own code this is.
pub(super) fn own_place(code: &str) -> Option<u16> {
    let at = search(&PRODUCT_INDEX, code, |at| PRODUCTS.get(at).map(|product| product.code))?;
    u16::try_from(at).ok()
}

pub(super) fn product_at(place: u16) -> Option<&'static Product> {
    PRODUCTS.get(usize::from(place))
}

pub(super) fn traits_at(place: u16) -> Option<&'static Traits> {
    TRAITS.get(usize::from(place))
}

/// The list of the settings that names this product's tenants.
pub(super) fn key_of(product: &Product) -> Option<Key> {
    traits_at(own_place(product.code)?)?.key
}

pub(super) fn region_label(text: &str) -> Option<&'static RegionLabel> {
    REGION_LABELS.get(search(&REGION_INDEX, text, |at| REGION_LABELS.get(at).map(RegionLabel::text))?)
}

/// The rows of `LABEL.REGION.aliyuncs.com`, in the order of their products.
pub(super) fn regional_rows(label: &str) -> &'static [Regional] {
    stretch(&REGIONAL_INDEX, &REGIONAL, label, Regional::label)
}

/// The rows of a host without a pattern, in the order of their products.
pub(super) fn fixed_rows(host: &str) -> &'static [Fixed] {
    stretch(&FIXED_INDEX, &FIXED, host, Fixed::host)
}

pub(super) fn shaped_rows() -> &'static [Shaped] {
    &SHAPED
}

pub(super) fn tenant_rows() -> &'static [Tenant] {
    &TENANT
}

/// The rows of one product's way out, in the order of the table.
pub(super) fn forward_rows(product: u16) -> &'static [Forward] {
    let from = FORWARD.partition_point(|row| row.product < product);
    let to = FORWARD.partition_point(|row| row.product <= product);
    FORWARD.get(from..to).unwrap_or_default()
}

/// The neighbouring rows whose key is `wanted`.
fn stretch<T>(
    index: &'static [u16],
    rows: &'static [T],
    wanted: &str,
    key: fn(&T) -> &'static str,
) -> &'static [T] {
    let from = search(index, wanted, |at| rows.get(at).map(key)).unwrap_or(rows.len());
    let rest = rows.get(from..).unwrap_or_default();
    let length = rest.iter().take_while(|row| key(row) == wanted).count();
    rest.get(..length).unwrap_or_default()
}

/// The place of the first row whose key is `wanted`. Ends at the first empty slot, and a third of the slots are empty.
fn search(index: &'static [u16], wanted: &str, key: impl Fn(usize) -> Option<&'static str>) -> Option<usize> {
    let (head, tail) = index.split_at_checked(hash::place(wanted.as_bytes(), index.len()))?;
    tail.iter()
        .chain(head)
        .map(|slot| usize::from(*slot))
        .take_while(|slot| *slot != usize::from(u16::MAX))
        .find(|slot| key(*slot) == Some(wanted))
}
