//! `[hosts]` and `[keys.NAME]`: typed, and checked against each other. Which hosts may stand there, and which regions there
//! are, is judged by the endpoint table.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use super::problem::Problem;
use super::rows::FC_TRIGGER;
use super::settings::{Keys, OwnHost};
use super::table::{Bases, Table};
use crate::names::KeysName;
use crate::suggest::meant;

/// The keys of a completed tree.
pub(super) fn keys(root: &Table, bases: &Bases, problems: &mut Vec<Problem>) -> BTreeMap<KeysName, Keys> {
    let mut tables: Vec<(&String, &Table)> =
        root.table("keys").into_iter().flat_map(|keys| &keys.tables).collect();
    // So that of two for the same hosts the later one is blamed.
    tables.sort_by_key(|(_, table)| &table.origin);
    let named = named(root);
    let mut keys = BTreeMap::new();
    let mut opened: BTreeMap<(String, Option<String>), &String> = BTreeMap::new();
    for (name, table) in tables {
        if !table.is_set("file") {
            let text = format!("`{}`: keys are read from a file; write file = \"PATH\"", table.path);
            problems.push(Problem::new(&table.origin, text));
        }
        let product = table.text("product");
        let region = table.placed("region");
        match &product {
            Some(product) if !is_misread(table, "region") => {
                let place = (product.clone(), region.as_ref().map(|region| region.text.clone()));
                if let Some(first) = opened.get(&place) {
                    let hosts = place.1.unwrap_or_else(|| "regions without keys of their own".to_owned());
                    let text =
                        format!("`keys.{first}` opens {product:?} in {hosts} already; leave one of them out");
                    problems.push(table.problem(if region.is_some() { "region" } else { "product" }, &text));
                } else {
                    opened.insert(place, name);
                }
            }
            None if !is_misread(table, "product") => {
                check_alone(table, named.contains(name.as_str()), problems)
            }
            _ => {}
        }
        let file = table.path("file", bases).unwrap_or_else(PathBuf::new);
        let temporary = table.boolean("temporary");
        let origin = table.origin.clone();
        keys.insert(KeysName::new(name), Keys { file, product, region, temporary, origin });
    }
    keys
}

fn is_misread(table: &Table, key: &str) -> bool {
    table.misread.iter().any(|misread| misread == key)
}

/// The names that rows of `[hosts]` have for their keys.
fn named(root: &Table) -> BTreeSet<String> {
    let rows = root.table("hosts").into_iter().flat_map(|hosts| hosts.tables.values());
    rows.filter_map(|row| row.text("keys")).collect()
}

/// Keys of no product are for hosts that name them, and for all regions.
fn check_alone(table: &Table, is_named: bool, problems: &mut Vec<Problem>) {
    // What is set to its default says nothing.
    for (key, says) in [("region", table.is_set("region")), ("temporary", table.boolean("temporary"))] {
        if says {
            let text = "only keys of a product have it; write product = \"dashscope\", or leave it out";
            problems.push(table.problem(key, text));
        }
    }
    if !is_named {
        let text = format!(
            "`{}`: nothing uses these keys; name them by `keys` of a row of [hosts], or write product = \"dashscope\"",
            table.path
        );
        problems.push(Problem::new(&table.origin, text));
    }
}

/// The rows of `[hosts]`.
pub(super) fn hosts(
    table: &Table,
    keys: &BTreeMap<KeysName, Keys>,
    problems: &mut Vec<Problem>,
) -> Vec<OwnHost> {
    let mut rows: Vec<(&String, &Table)> = table.tables.iter().collect();
    rows.sort_by_key(|(_, row)| &row.origin);
    let mut hosts: Vec<OwnHost> = Vec::new();
    for (host, row) in rows {
        let Some(product) = row.text("product") else {
            if !is_misread(row, "product") {
                let text = "a host needs its product; write product = \"apigateway\", \"dataplus\" or \"fc-trigger\"";
                problems.push(Problem::new(&row.origin, format!("`{}`: {text}", row.path)));
            }
            continue;
        };
        let mut named = row.text("keys").map(|name| KeysName::new(&name));
        if let Err((key, text)) = check(&product, named.as_ref(), row, (keys, &hosts)) {
            problems.push(match key {
                Some(key) => row.problem(key, &text),
                None => Problem::new(&row.origin, format!("`{}`: {text}", row.path)),
            });
            named = None;
        }
        let host = super::Placed { text: host.clone(), origin: row.origin.clone() };
        hosts.push(OwnHost { host, product, keys: named });
    }
    hosts
}

/// What is wrong with a row's keys, beside those of the rows before it: the key to blame, and why.
fn check(
    product: &str,
    named: Option<&KeysName>,
    row: &Table,
    (keys, before): (&BTreeMap<KeysName, Keys>, &[OwnHost]),
) -> Result<(), (Option<&'static str>, String)> {
    // A file of keys holds another pair for each product.
    let other = |name| before.iter().find(|row| row.keys.as_ref() == Some(name) && row.product != product);
    match named {
        _ if product == FC_TRIGGER && row.is_set("keys") => {
            Err((Some("keys"), "a trigger is signed for with the listener's role; leave it out".to_owned()))
        }
        None if product != FC_TRIGGER && !row.is_set("keys") => {
            let text = "takes no role's credential; write keys = \"NAME\", and its file in [keys.NAME]";
            Err((None, format!("{product:?} {text}")))
        }
        Some(name) => match keys.get(name) {
            None => Err((Some("keys"), unknown(name, keys))),
            Some(Keys { product: Some(other), .. }) => {
                let text =
                    format!("`keys.{name}` is for the hosts of {other:?}; name keys without a product");
                Err((Some("keys"), text))
            }
            Some(_) => match other(name) {
                Some(other) => {
                    let text = format!(
                        "`keys.{name}` is what {:?} is signed for with, and {product:?} takes other keys; name some of its own",
                        other.host.text
                    );
                    Err((Some("keys"), text))
                }
                None => Ok(()),
            },
        },
        None => Ok(()),
    }
}

fn unknown(name: &KeysName, keys: &BTreeMap<KeysName, Keys>) -> String {
    match meant(name.as_str(), keys.keys().map(KeysName::as_str)) {
        Some(meant) => format!("there are no keys {:?}; did you mean {meant:?}?", name.as_str()),
        None => format!("there are no keys {:?}; add a table [keys.{name}]", name.as_str()),
    }
}
