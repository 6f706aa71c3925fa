//! The `COUNTERSIGN_*` variables and the command line's options, laid over what the file says.

use std::collections::BTreeMap;

use super::keys::{KEYS, Key, NOT_BUILT, PREFIX};
use super::kind::{Kind, Value};
use super::problem::{Origin, Problem};
use super::secrets;
use super::table::{Leaf, Table, quoted};
use crate::suggest::nearest;

/// The variable that sets the listeners.
pub(super) const LISTEN: &str = "COUNTERSIGN_LISTEN";

/// Variables that are not settings: how deep `exec` is nested, and what the tests are told.
const NOT_SETTINGS: [&str; 3] = ["DEPTH", "VECTORS", "CLIENTS"];

/// Lays the environment over the tree. An empty variable is one that is not set, as the SDKs read theirs.
pub(super) fn lay_over(
    environment: &BTreeMap<String, String>,
    root: &mut Table,
    problems: &mut Vec<Problem>,
) {
    for (name, value) in environment {
        let Some(rest) = name.strip_prefix(PREFIX) else { continue };
        if value.is_empty() || NOT_SETTINGS.contains(&rest) || is_service_link(rest, value) {
            continue;
        }
        let origin = Origin::Environment(name.clone());
        if name == LISTEN {
            let addresses: Vec<&str> = value.split(',').map(str::trim).collect();
            listen(&addresses, &origin, root, problems);
        } else if let Some(key) = KEYS.iter().find(|key| key.variable().as_ref() == Some(name)) {
            set(key, value, (&origin, root), problems);
        } else {
            problems.push(Problem::new(&origin, unknown(name, rest)));
        }
    }
}

/// Replaces all listeners.
pub(super) fn listen(addresses: &[&str], origin: &Origin, root: &mut Table, problems: &mut Vec<Problem>) {
    root.lists.remove("listen");
    let mut tables = Vec::new();
    for (index, address) in addresses.iter().enumerate() {
        let mut table = Table::new("listen[]", format!("listen[{index}]"), origin.clone());
        if let Some(key) = KEYS.iter().find(|key| key.name == "listen[].address") {
            set_leaf(key, address, (origin, &mut table), problems);
        }
        tables.push(table);
    }
    root.lists.insert("listen".to_owned(), tables);
}

/// Sets one value by its path in `KEYS`.
pub(super) fn set(key: &Key, value: &str, at: (&Origin, &mut Table), problems: &mut Vec<Problem>) {
    let (origin, root) = at;
    match key.split() {
        ("", _) => set_leaf(key, value, (origin, root), problems),
        (table, _) => set_leaf(key, value, (origin, root.table_mut(table)), problems),
    }
}

fn set_leaf(key: &Key, text: &str, at: (&Origin, &mut Table), problems: &mut Vec<Problem>) {
    let (origin, table) = at;
    match key.kind.read(text) {
        Ok(value) => {
            let toml = match &value {
                Value::Boolean(_) => text.to_owned(),
                Value::Number(number) if matches!(key.kind, Kind::Count(..)) => number.to_string(),
                _ => quoted(text),
            };
            let leaf = Leaf { value, toml, origin: origin.clone(), items: Vec::new() };
            table.leaves.insert(key.split().1.to_owned(), leaf);
        }
        Err(text) => {
            table.misread.push(key.split().1.to_owned());
            problems.push(Problem::new(origin, text));
        }
    }
}

fn unknown(name: &str, rest: &str) -> String {
    if secrets::is_name_of_one(rest) {
        return secrets::message(name);
    }
    let is_under =
        |table: &str| rest.starts_with(&format!("{}_", table.to_ascii_uppercase().replace('.', "_")));
    if NOT_BUILT.iter().any(|key| is_under(key) || rest == key.to_ascii_uppercase().replace('.', "_")) {
        return "not available in this version; leave it out".to_owned();
    }
    let variables: Vec<String> = KEYS.iter().filter_map(Key::variable).chain([LISTEN.to_owned()]).collect();
    let names = variables.iter().filter_map(|variable| variable.strip_prefix(PREFIX));
    if let Some(meant) = nearest(rest, names) {
        return format!("unknown variable; did you mean `{PREFIX}{meant}`?");
    }
    if ["role", "tenants", "keys", "hosts", "connect_to", "product", "listen", "vend"]
        .iter()
        .any(|table| is_under(table))
    {
        return "tables and lists are set in the settings file, not by variables".to_owned();
    }
    match rest {
        "CONFIG" => "unknown variable; the settings file is named by --config".to_owned(),
        _ => "unknown variable; docs/configuration.md lists all of them".to_owned(),
    }
}

/// Whether Kubernetes set the variable: for each Service whose name is or begins with `countersign`, every pod of the
/// namespace gets `…_SERVICE_HOST`, `…_SERVICE_PORT[_NAME]`, `…_PORT=tcp://…` and `…_PORT_N_TCP[_PROTO|_PORT|_ADDR]`.
fn is_service_link(rest: &str, value: &str) -> bool {
    let is_url = ["tcp://", "udp://", "sctp://"].iter().any(|scheme| value.starts_with(scheme));
    let ends = |name: &str| rest == name || rest.ends_with(&format!("_{name}"));
    // A part of the name's own, not the end of a longer word: `SUPPORT_` holds no `PORT_`.
    let after = |name: &str| match rest.strip_prefix(name) {
        Some(after) => Some(after),
        None => rest.split_once(&format!("_{name}")).map(|(_, after)| after),
    };
    if ends("SERVICE_HOST") || ends("SERVICE_PORT") || after("SERVICE_PORT_").is_some() {
        return true;
    }
    if ends("PORT") && is_url {
        return true;
    }
    let after = after("PORT_").unwrap_or_default();
    let parts: Vec<&str> = after.split('_').collect();
    match parts.as_slice() {
        [port, protocol, tail @ ..] => {
            !port.is_empty()
                && port.bytes().all(|byte| byte.is_ascii_digit())
                && ["TCP", "UDP", "SCTP"].contains(protocol)
                && matches!(tail, [] | ["PROTO" | "PORT" | "ADDR"])
        }
        _ => false,
    }
}
