//! What the catalogue adds to what a request says: the version of its action, and the action of its path.

use std::fmt::Write as _;

use crate::catalogue::{ByPath, Route, listed};
use crate::names::{Action, Product, Scheme, Style, Version};
use crate::refusal::{Code, Refusal};

use super::operation::Asked;
use super::plan::{Plan, Shape};

/// The operation that a request means, as far as that is known.
#[derive(Clone, Copy, Debug)]
pub(super) struct Meant {
    pub(super) action: Option<Action>,
    /// The one that the request names, else the catalogue's, else the first of the product.
    pub(super) version: Option<Version>,
    /// Why the request must not leave as it is, if it must not.
    pub(super) doubt: Option<Doubt>,
}

/// Why the version of an action that was named without one is not known.
#[derive(Clone, Copy, Debug)]
pub enum Doubt {
    /// The product's list does not have the name.
    Unlisted,
    /// The action is called by this path, and the request's is `/`.
    ByPath(Route),
}

/// Finds what the request leaves out; what it says itself is taken as it says it.
pub(super) fn meant(asked: &Asked, shape: &Shape<'_>) -> Meant {
    let product = shape.endpoint.product();
    if asked.action.is_some() && asked.version.is_some() {
        return Meant { action: asked.action, version: asked.version, doubt: None };
    }
    // What has an RPC signature is named by its parameters, and nothing is added to it.
    let listed = listed(product).filter(|_| asked.caller_scheme != Some(Scheme::RpcV1));
    let Some(listed) = listed else {
        let version = asked.version.or_else(|| first_version(product));
        return Meant { action: asked.action, version, doubt: None };
    };
    let its_version = Version::new(listed.version().bytes());
    let version = asked.version.or(its_version);
    let Some(action) = asked.action else {
        // Of the paths of another version the catalogue knows nothing.
        let by_path = by_path(shape).filter(|_| version == its_version);
        return Meant { action: by_path.and_then(|call| listed.by_path(&call)), version, doubt: None };
    };
    let doubt = match listed.by_name(action) {
        // The form may name the version yet.
        _ if shape.is_form_unread => None,
        None => Some(Doubt::Unlisted),
        Some(operation) => {
            let route = operation.route.filter(|route| shape.target.is_root() && !route.is_root());
            route.map(Doubt::ByPath)
        }
    };
    Meant { action: Some(action), version, doubt }
}

/// Refuses a call whose version could only be guessed. Behind policy: what is denied is denied whether or not it is known.
pub fn settle(plan: &Plan, product: &Product) -> Result<(), Refusal> {
    let (Some(doubt), Some(action)) = (plan.doubt, plan.call.action) else { return Ok(()) };
    let (code, name) = (product.code, action.as_str());
    let (sentence, action) = match (doubt, listed(product)) {
        (Doubt::ByPath(route), _) => {
            (format!("`{name}` of `{code}` is called by its path"), format!("send `{route}`"))
        }
        (Doubt::Unlisted, listed) => {
            let nearest = listed.map(|listed| listed.nearest(action)).unwrap_or_default();
            (format!("`{code}` has no operation `{name}` that is known"), unknown_action(&nearest))
        }
    };
    Err(Refusal::new(Code::OperationUnknown, sentence, action))
}

fn unknown_action(nearest: &[Action]) -> String {
    let mut text = String::new();
    for (at, name) in nearest.iter().enumerate() {
        let before = if at == 0 { "did you mean " } else { " or " };
        let _ = write!(text, "{before}`{}`", name.as_str());
    }
    text.push_str(if text.is_empty() { "correct it, or " } else { "? If it is new or of another version, " });
    text.push_str("name the API version too: by `Version`, or by the header `x-acs-version`");
    text
}

/// The operation of a product whose calls are named by their paths alone, if the catalogue has it.
pub(super) fn by_path_alone(shape: &Shape<'_>) -> Option<Action> {
    listed(shape.endpoint.product())?.by_path(&by_path(shape)?)
}

/// The call as the catalogue reads it.
fn by_path<'a>(shape: &Shape<'a>) -> Option<ByPath<'a>> {
    Some(ByPath {
        method: shape.head.method()?,
        path: shape.target.path,
        query: shape.query,
        has_tenant: shape.endpoint.tenant().is_some(),
    })
}

/// The refusal of a request that says neither by name nor by path which operation it is.
pub(super) fn nameless(asked: &Asked, shape: &Shape<'_>) -> Refusal {
    let product = shape.endpoint.product();
    let is_rpc = shape.target.is_root() && product.style != Style::Roa;
    if is_rpc || asked.caller_scheme == Some(Scheme::RpcV1) {
        return Refusal::new(
            Code::OperationUnknown,
            "the request names no operation",
            "send `?Action=NAME`, or the header `x-acs-action`",
        );
    }
    let mut others = String::new();
    if let (Some(listed), Some(call)) = (listed(product), by_path(shape)) {
        for method in listed.other_methods(&call) {
            let _ = write!(others, "{}{}", if others.is_empty() { "" } else { ", " }, method.name());
        }
    }
    let action = if others.is_empty() {
        "check the path, or send the operation's name in the header `x-acs-action`".to_owned()
    } else {
        format!("this path takes {others}; or send the operation's name in the header `x-acs-action`")
    };
    let sentence = format!("no known operation of `{}` is called by this method and path", product.code);
    Refusal::new(Code::OperationUnknown, sentence, action)
}

fn first_version(product: &'static Product) -> Option<Version> {
    product.versions.first().and_then(|row| Version::new(row.name.bytes()))
}
