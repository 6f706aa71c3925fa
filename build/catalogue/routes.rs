//! The paths of a product's actions, as a tree of segments.

use std::cmp::Reverse;
use std::collections::{BTreeMap, HashMap};
use std::fmt::Write as _;

use crate::lines::{Line, Malformed};

const METHODS: [&str; 7] = ["GET", "HEAD", "POST", "PUT", "DELETE", "PATCH", "OPTIONS"];

/// What a segment is, in the order in which the look-up tries them: the more it says, the sooner.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
enum Kind {
    #[default]
    Root,
    Literal,
    /// `[name]:verb`
    Suffixed,
    /// `[name]`
    Placeholder,
}

/// A segment while the tree grows.
#[derive(Default)]
struct Growing {
    kind: Kind,
    /// As the table spells it; of placeholders that differ in their name alone the first.
    text: String,
    children: BTreeMap<(Kind, Reverse<usize>, String), usize>,
    /// The actions that end here: their places among the product's, their methods, and the condition's number.
    ends: Vec<(usize, String, usize)>,
}

/// A segment in its place.
struct Node {
    kind: Kind,
    text: String,
    parent: usize,
    children: (usize, usize),
    ends: (usize, usize),
}

/// The trees so far.
#[derive(Default)]
pub(super) struct Routes {
    nodes: Vec<Node>,
    ends: Vec<(usize, String, usize)>,
    /// The node at which each action ends.
    routes: Vec<usize>,
    conditions: Vec<String>,
}

impl Routes {
    /// How many actions have a path.
    pub(super) fn len(&self) -> usize {
        self.routes.len()
    }

    /// Takes the actions of one product in. Returns where its tree begins.
    pub(super) fn add_product(&mut self, rows: &[&Line]) -> Result<usize, Malformed> {
        let mut tree = vec![Growing::default()];
        for (action, row) in rows.iter().enumerate() {
            let (methods, condition) = (methods(row)?, self.condition(row)?);
            let at = grow(&mut tree, row)?;
            let Some(node) = tree.get_mut(at) else { continue };
            // Of two conditions only one may ever hold: where both could, nobody knows which action is meant.
            let clashes = |other| self.can_both_hold(condition, other);
            if node.ends.iter().any(|(_, others, other)| clashes(*other) && share(others, &methods)) {
                return Err(row.fault(
                    "has the method and path of another action, and the conditions of both can hold",
                ));
            }
            node.ends.push((action, methods, condition));
        }
        Ok(self.lay_out(&tree))
    }

    /// Puts a tree's segments in places such that the children of one are neighbours.
    fn lay_out(&mut self, tree: &[Growing]) -> usize {
        let root = self.nodes.len();
        let mut order = vec![(0, root)];
        let mut at = 0;
        let mut ended = BTreeMap::new();
        while let Some((grown, parent)) = order.get(at).copied() {
            let Some(Growing { kind, text, children, ends }) = tree.get(grown) else { break };
            let (first, place) = (root + order.len(), root + at);
            order.extend(children.values().map(|child| (*child, place)));
            ended.extend(ends.iter().map(|(action, ..)| (*action, place)));
            let ends_from = self.ends.len();
            self.ends.extend(ends.iter().cloned());
            // A condition goes before none, whose number is 0.
            if let Some(ends) = self.ends.get_mut(ends_from..) {
                ends.sort_by_key(|(_, _, condition)| *condition == 0);
            }
            self.nodes.push(Node {
                kind: *kind,
                text: text.clone(),
                parent,
                children: (first, children.len()),
                ends: (ends_from, ends.len()),
            });
            at += 1;
        }
        self.routes.extend(ended.into_values());
        root
    }

    /// The number of the row's condition.
    fn condition(&mut self, row: &Line) -> Result<usize, Malformed> {
        let expression = match row.field(5)? {
            "-" => "Condition::None".to_owned(),
            "{tenant}" => "Condition::Tenant".to_owned(),
            pair => match pair.split_once('=') {
                Some((name, value)) => format!("Condition::Query({name:?}, {value:?})"),
                None => return Err(row.fault("the condition is neither NAME=VALUE nor {tenant}")),
            },
        };
        if self.conditions.is_empty() {
            self.conditions.push("Condition::None".to_owned());
        }
        let known = self.conditions.iter().position(|known| *known == expression);
        Ok(known.unwrap_or_else(|| {
            self.conditions.push(expression);
            self.conditions.len() - 1
        }))
    }

    /// Whether a request may satisfy both conditions, so that neither decides. None at all gives way to any.
    fn can_both_hold(&self, one: usize, other: usize) -> bool {
        let name = |number: usize| {
            let text = self.conditions.get(number).map_or("", String::as_str);
            text.split_once(',').map_or(text, |(name, _)| name)
        };
        one == other || one != 0 && other != 0 && name(one) != name(other)
    }

    pub(super) fn write(&self, code: &mut String) -> Result<(), Malformed> {
        let mut text = String::new();
        let mut places = HashMap::<&str, usize>::new();
        let _ = writeln!(code, "static NODES: [Node; {}] = [", self.nodes.len());
        for Node { kind, text: piece, parent, children, ends } in &self.nodes {
            let at = *places.entry(piece).or_insert_with(|| {
                text.push_str(piece);
                text.len() - piece.len()
            });
            let _ = writeln!(
                code,
                "Node {{ kind: Kind::{kind:?}, text: {at}, length: {}, parent: {parent}, children: {}, \
                 child_count: {}, ends: {}, end_count: {} }},",
                piece.len(),
                children.0,
                children.1,
                ends.0,
                ends.1,
            );
        }
        if text.len() > usize::from(u16::MAX) || self.nodes.len() > usize::from(u16::MAX) {
            return Err(Malformed::new("the paths no longer fit 64 KiB of text or 65,535 segments"));
        }
        let _ = writeln!(code, "];\nstatic TEXT: &str = {text:?};");
        let _ = writeln!(code, "static ENDS: [End; {}] = [", self.ends.len());
        for (action, methods, condition) in &self.ends {
            let _ = writeln!(code, "End {{ action: {action}, methods: {methods}, condition: {condition} }},");
        }
        let _ = writeln!(code, "];\nstatic ROUTES: [u16; {}] = {:?};", self.routes.len(), self.routes);
        let (count, list) = (self.conditions.len(), self.conditions.join(", "));
        let _ = writeln!(code, "static CONDITIONS: [Condition; {count}] = [{list}];");
        Ok(())
    }
}

/// The segment at which the row's path ends, grown where it was not.
fn grow(tree: &mut Vec<Growing>, row: &Line) -> Result<usize, Malformed> {
    let path = row.field(4)?;
    let inside = path.strip_prefix('/').ok_or_else(|| row.fault("the path does not begin with a slash"))?;
    let mut at = 0;
    for segment in inside.split('/').filter(|_| !inside.is_empty()) {
        let (kind, key) = match segment.strip_prefix('[').map(|inside| inside.split_once(']')) {
            None if segment.contains(['[', ']']) => (Kind::Root, ""),
            None => (Kind::Literal, segment),
            Some(Some((name, ""))) if !name.contains('[') => (Kind::Placeholder, ""),
            Some(Some((name, suffix))) if !name.contains('[') && !suffix.contains(['[', ']']) => {
                (Kind::Suffixed, suffix)
            }
            Some(_) => (Kind::Root, ""),
        };
        if kind == Kind::Root || segment.contains('%') {
            return Err(
                row.fault(format!("segment `{segment}` is neither a text, nor [name], nor [name]TEXT"))
            );
        }
        let next = tree.len();
        let Some(parent) = tree.get_mut(at) else { break };
        // Texts by their bytes, which the look-up relies on; suffixes the longest first, as `[x]:stop` says more than `[x]stop`.
        let length = Reverse(if kind == Kind::Suffixed { key.len() } else { 0 });
        at = *parent.children.entry((kind, length, key.to_owned())).or_insert(next);
        if at == next {
            tree.push(Growing { kind, text: segment.to_owned(), ..Growing::default() });
        }
    }
    Ok(at)
}

/// The row's methods as an expression.
fn methods(row: &Line) -> Result<String, Malformed> {
    let methods = row.words(3, ' ')?;
    match methods.iter().find(|method| !METHODS.contains(method)) {
        Some(method) => Err(row.fault(format!("`{method}` is no method"))),
        None => Ok(methods.join(" | ")),
    }
}

fn share(one: &str, other: &str) -> bool {
    one.split(" | ").any(|method| other.split(" | ").any(|same| same == method))
}
