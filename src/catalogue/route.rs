//! Calls by path: which action a method and a path mean, and which path an action has.

use std::fmt;

use super::table::{Condition, End, Kind, METHODS, Node, node};
use crate::wire::{Method, Parameter, Spelling, decoded};

/// The methods and the path by which an action is called. Printed as `GET|POST /clusters/[ClusterId]`.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Route {
    methods: u8,
    end: u16,
}

impl Route {
    /// The route of the action at this place among its product's, whose path ends there.
    pub(super) fn of(action: u16, end: u16) -> Option<Self> {
        let ends = node(end)?.ends();
        ends.iter().find(|end| end.action == action).map(|found| Self { methods: found.methods, end })
    }

    /// Whether the path is `/`.
    pub fn is_root(&self) -> bool {
        node(self.end).is_none_or(|end| end.kind == Kind::Root)
    }
}

impl fmt::Display for Route {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let methods = METHODS.iter().filter(|(bit, _)| self.methods & bit != 0);
        for (at, (_, method)) in methods.enumerate() {
            write!(f, "{}{}", if at == 0 { "" } else { "|" }, method.name())?;
        }
        f.write_str(" ")?;
        match node(self.end) {
            Some(end) if end.kind != Kind::Root => write_path(end, f),
            _ => f.write_str("/"),
        }
    }
}

impl fmt::Debug for Route {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Route({self})")
    }
}

fn write_path(end: &Node, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    if let Some(parent) = node(end.parent).filter(|parent| parent.kind != Kind::Root) {
        write_path(parent, f)?;
    }
    write!(f, "/{}", end.text())
}

/// A call, as far as it tells by its path which action it is.
#[derive(Clone, Copy)]
pub struct ByPath<'a> {
    /// The method.
    pub method: Method,
    /// The path as it came. It is split at its slashes first, and each segment decoded then.
    pub path: &'a [u8],
    /// The query's parameters.
    pub query: &'a [Parameter<'a>],
    /// Whether the host names a tenant.
    pub has_tenant: bool,
}

impl fmt::Debug for ByPath<'_> {
    /// Never the path: it may hold anything.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ByPath({}, a path of {} bytes)", self.method.name(), self.path.len())
    }
}

impl ByPath<'_> {
    fn meets(&self, condition: Condition) -> bool {
        match condition {
            Condition::None => true,
            Condition::Tenant => self.has_tenant,
            // Of two values nobody knows which is read.
            Condition::Query(name, value) => {
                let mut named = self.query.iter().filter(|parameter| parameter.is(name)).peekable();
                named.peek().is_some() && named.all(|one| one.decoded_value().eq(value.bytes()))
            }
        }
    }
}

/// The action at the end of the call's path, in the tree that begins at `root`.
pub(super) fn find(root: u16, call: &ByPath<'_>) -> Option<&'static End> {
    let bit = METHODS.iter().find(|(_, method)| *method == call.method)?.0;
    let rest = call.path.strip_prefix(b"/").filter(|rest| !rest.is_empty());
    walk(node(root)?, rest, &|node| {
        node.ends().iter().find(|end| end.methods & bit != 0 && call.meets(end.condition()))
    })
}

/// Goes down the tree as far as it is deep. What says more is tried first: the text itself, then `[name]TEXT`, then
/// `[name]`; the next is tried where that leads nowhere.
fn walk(
    at: &'static Node,
    rest: Option<&[u8]>,
    end: &impl Fn(&'static Node) -> Option<&'static End>,
) -> Option<&'static End> {
    let Some(rest) = rest else { return end(at) };
    let (segment, rest) = match memchr::memchr(b'/', rest) {
        Some(slash) => (rest.get(..slash)?, rest.get(slash + 1..)),
        None => (rest, None),
    };
    let children = at.children();
    let literals = children.partition_point(|child| child.kind == Kind::Literal);
    let (literals, others) = children.split_at_checked(literals)?;
    let text = || decoded(segment, Spelling::Path);
    let literal = literals.binary_search_by(|child| child.text().bytes().cmp(text()));
    let literal = literal.ok().and_then(|place| literals.get(place));
    let others = others.iter().filter(|child| match child.kind {
        Kind::Suffixed => {
            let suffix = child.text().split_once(']').map_or("", |(_, suffix)| suffix).bytes();
            let before = text().count().saturating_sub(suffix.len());
            before > 0 && text().skip(before).eq(suffix)
        }
        _ => !segment.is_empty(),
    });
    literal.into_iter().chain(others).find_map(|child| walk(child, rest, end))
}
