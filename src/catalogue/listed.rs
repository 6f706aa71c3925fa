//! One product's actions, and how they are found.

use std::fmt;

use super::names;
use super::route::{self, ByPath, Route};
use super::table::{self, Listing};
use crate::names::{Action, Product, VersionName};
use crate::suggest;
use crate::wire::Method;

/// A product of the catalogue.
#[derive(Clone, Copy)]
pub struct Listed(&'static Listing);

/// What is known of an action.
#[derive(Clone, Copy, Debug)]
pub struct Operation {
    /// The version that has it.
    pub version: VersionName,
    /// How it is called by path (ROA). `None`: it is called by RPC.
    pub route: Option<Route>,
}

/// The catalogue's part on this product, if it has one.
pub fn listed(product: &Product) -> Option<Listed> {
    table::listing(product.code).map(Listed)
}

impl Listed {
    /// More names than this are no suggestion.
    pub const NEAREST: usize = 3;

    /// The one version that the catalogue knows of this product.
    pub fn version(self) -> VersionName {
        self.0.version
    }

    /// The action of this name. Letter case matters.
    pub fn by_name(self, name: Action) -> Option<Operation> {
        let place = names::find(self.0, name.as_bytes())?;
        let route = table::route(self.0, place).and_then(|end| Route::of(place, end));
        Some(Operation { version: self.0.version, route })
    }

    /// The action that a method and a path mean.
    pub fn by_path(self, call: &ByPath<'_>) -> Option<Action> {
        let end = route::find(self.0.root?, call)?;
        names::name(self.0, end.action)
    }

    /// The methods with which this path means something, and the call's own does not. For a message.
    pub fn other_methods(self, call: &ByPath<'_>) -> impl Iterator<Item = Method> {
        let mut methods = Method::ALL.to_vec();
        methods.retain(|method| self.by_path(&ByPath { method: *method, ..*call }).is_some());
        methods.into_iter()
    }

    /// The actions whose names are nearest to this one, nearest first, if any is near enough to be meant. For a message:
    /// it unpacks all names.
    pub fn nearest(self, name: Action) -> Vec<Action> {
        let all: Vec<Action> = names::all(self.0).collect();
        let near = suggest::several(name.as_str(), all.iter().map(Action::as_str), Self::NEAREST);
        near.iter().filter_map(|name| Action::from_plain(name.as_bytes())).collect()
    }
}

impl fmt::Debug for Listed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Listed({}, {} actions)", self.0.code, self.0.actions)
    }
}
