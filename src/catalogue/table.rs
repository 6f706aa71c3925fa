//! The catalogue itself: what the build script made of `data/actions.tsv`.

use crate::names::VersionName;
use crate::wire::Method;

include!(concat!(env!("OUT_DIR"), "/catalogue.rs"));

/// The front-coded names: see [`super::names`].
pub(super) static NAMES: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/catalogue.names"));

/// What it may take of the program, in bytes.
const BYTES_MAX: usize = 400 * 1024;
/// What it takes. Of listings, what they point at is a few bytes each.
pub(super) const BYTES: usize = NAMES.len()
    + TEXT.len()
    + size_of_val(&LISTINGS)
    + size_of_val(&BLOCKS)
    + size_of_val(&NODES)
    + size_of_val(&ENDS)
    + size_of_val(&ROUTES)
    + size_of_val(&CONDITIONS);
const _: () = assert!(BYTES <= BYTES_MAX, "the catalogue has outgrown its room");

const GET: u8 = 1;
const HEAD: u8 = 1 << 1;
const POST: u8 = 1 << 2;
const PUT: u8 = 1 << 3;
const DELETE: u8 = 1 << 4;
const PATCH: u8 = 1 << 5;
/// No published action has it.
const OPTIONS: u8 = 1 << 6;

/// The bits of a set of methods.
pub(super) const METHODS: [(u8, Method); 7] = [
    (GET, Method::Get),
    (HEAD, Method::Head),
    (POST, Method::Post),
    (PUT, Method::Put),
    (DELETE, Method::Delete),
    (PATCH, Method::Patch),
    (OPTIONS, Method::Options),
];

/// One product's actions.
pub(super) struct Listing {
    pub(super) code: &'static str,
    pub(super) version: VersionName,
    pub(super) first_block: u16,
    pub(super) actions: u16,
    /// Where the tree of its paths begins. `None`: its actions are called by RPC.
    pub(super) root: Option<u16>,
    first_route: u16,
}

/// What a segment of a path's template is.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Kind {
    /// None: a product's path `/`.
    Root,
    /// Itself.
    Literal,
    /// `[name]TEXT`: anything that ends in the text.
    Suffixed,
    /// `[name]`: anything.
    Placeholder,
}

/// A segment. Its children stand in the order of their kinds, literals sorted.
pub(super) struct Node {
    text: u16,
    length: u8,
    pub(super) kind: Kind,
    pub(super) parent: u16,
    children: u16,
    child_count: u8,
    ends: u16,
    end_count: u8,
}

impl Node {
    /// The segment as the table spells it.
    pub(super) fn text(&self) -> &'static str {
        let at = usize::from(self.text);
        TEXT.get(at..at + usize::from(self.length)).unwrap_or_default()
    }

    pub(super) fn children(&self) -> &'static [Self] {
        let at = usize::from(self.children);
        NODES.get(at..at + usize::from(self.child_count)).unwrap_or_default()
    }

    /// The actions whose path ends here; those with a condition first.
    pub(super) fn ends(&self) -> &'static [End] {
        let at = usize::from(self.ends);
        ENDS.get(at..at + usize::from(self.end_count)).unwrap_or_default()
    }
}

/// An action at the end of its path.
pub(super) struct End {
    /// Its place among the product's.
    pub(super) action: u16,
    pub(super) methods: u8,
    condition: u8,
}

impl End {
    pub(super) fn condition(&self) -> Condition {
        CONDITIONS.get(usize::from(self.condition)).copied().unwrap_or(Condition::None)
    }
}

/// What tells actions of one method and path apart.
#[derive(Clone, Copy)]
pub(super) enum Condition {
    None,
    /// The host names a tenant.
    Tenant,
    /// The query has this name with this value.
    Query(&'static str, &'static str),
}

/// The listing of the product whose code this is.
pub(super) fn listing(code: &str) -> Option<&'static Listing> {
    let at = LISTINGS.binary_search_by(|listing| listing.code.cmp(code)).ok()?;
    LISTINGS.get(at)
}

pub(super) fn node(place: u16) -> Option<&'static Node> {
    NODES.get(usize::from(place))
}

/// The segment at which the path of an action ends.
pub(super) fn route(listing: &Listing, action: u16) -> Option<u16> {
    listing.root?;
    ROUTES.get(usize::from(listing.first_route) + usize::from(action)).copied()
}

/// Names in a whole block.
pub(super) const BLOCK_NAMES: usize = BLOCK;

/// The names of one block of a product's.
pub(super) fn block(listing: &Listing, block: usize) -> Option<&'static [u8]> {
    let at = usize::from(listing.first_block) + block;
    let place = |at: usize| usize::try_from(*BLOCKS.get(at)?).ok();
    NAMES.get(place(at)?..place(at + 1)?)
}
