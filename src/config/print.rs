//! What is in force and where each value came from: a settings file with its origins as comments.

use super::keys::{self, Child, under};
use super::problem::Origin;
use super::table::{Table, quoted};

/// Where the origins stand, so that they can be read as a column.
const COLUMN: usize = 44;

/// The completed tree as a file that would bring the same settings about.
pub(super) fn print(root: &Table) -> String {
    let mut out = String::new();
    values(root, &mut out);
    tables(root, &mut out);
    out
}

fn values(table: &Table, out: &mut String) {
    for key in keys::leaves(&table.pattern).filter(|key| !key.name.ends_with(".HOST")) {
        let name = key.split().1;
        match (table.leaves.get(name), key.default_toml()) {
            (Some(leaf), _) => line(&format!("{name} = {}", leaf.toml), &leaf.origin.to_string(), out),
            (None, Some(default)) => line(&format!("{name} = {default}"), &Origin::Default.to_string(), out),
            (None, None) => line(&format!("# {name}"), "not set", out),
        }
    }
    if table.pattern == "connect_to" {
        for (host, leaf) in &table.leaves {
            line(&format!("{} = {}", quoted(host), leaf.toml), &leaf.origin.to_string(), out);
        }
    }
}

fn tables(table: &Table, out: &mut String) {
    for name in keys::names(&table.pattern) {
        for item in table.list(name) {
            // The file's name for an item of a list is that of the list: `role.app.assume`.
            let path = item.path.rsplit_once('[').map_or(item.path.as_str(), |(list, _)| list);
            out.push_str(&format!("\n[[{path}]]\n"));
            values(item, out);
        }
        if let Some(inner) = table.table(name) {
            let holds_values = keys::leaves(&under(&table.pattern, name)).next().is_some();
            if holds_values {
                out.push_str(&format!("\n[{}]\n", inner.path));
                values(inner, out);
            }
            tables(inner, out);
        }
    }
    let chosen = under(&table.pattern, keys::chosen_part(&table.pattern));
    if !table.pattern.is_empty()
        && matches!(keys::child(&table.pattern, "-"), Child::Table(pattern) if pattern == chosen)
    {
        for inner in table.tables.values() {
            out.push_str(&format!("\n[{}]\n", inner.path));
            values(inner, out);
            tables(inner, out);
        }
    }
}

fn line(text: &str, origin: &str, out: &mut String) {
    let padding = COLUMN.saturating_sub(text.chars().count()).max(1);
    out.push_str(&format!("{text}{:padding$}# {origin}\n", ""));
}
