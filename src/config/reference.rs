//! `docs/configuration.md`, written from the table of keys.

use super::file::SEARCHED;
use super::keys::{KEYS, Key, NOT_BUILT};

/// The reference of all settings, in Markdown. `docs/configuration.md` is this text; a test compares them.
pub fn reference() -> String {
    let mut out = String::from(INTRODUCTION);
    out.push_str(&format!(
        "The file is the one that `--config` names, else `{}`; none is fine.\n",
        SEARCHED.join("`, else `")
    ));
    out.push_str(RULES);
    let mut table = None;
    for key in &KEYS {
        let (path, _) = key.split();
        if table != Some(path) {
            table = Some(path);
            out.push_str(&format!("\n## {}\n\n", heading(path)));
            out.push_str(about(path));
            out.push_str("| key | value | default | what it is for |\n|---|---|---|---|\n");
        }
        out.push_str(&row(key));
    }
    out.push_str(&format!("\n## Not in this version\n\n`{}`.\n", NOT_BUILT.join("`, `")));
    out.push_str("They are refused by name.\n");
    out
}

const INTRODUCTION: &str = "\
# Configuration

Written from the table in `src/config/rows.rs`; change it there, then `cargo run -- reference docs`.

A setting comes from the file, from a variable over that, and from the command line over both.
";

const RULES: &str = "
A variable's name is the key's in capitals: `limits.head` is `COUNTERSIGN_LIMITS_HEAD`.
Lists, tables in lists and tables with a chosen name are for the file alone; \
`COUNTERSIGN_LISTEN` sets the listeners as a list with commas.
An empty variable is not set.
`--listen`, which may be repeated, takes the place of all listeners; `--admin` sets `admin.address`.

A time is a whole number and `ms`, `s`, `m` or `h`; a size is a whole number and `B`, `KiB`, `MiB` or `GiB`.
A relative path starts at the settings file's directory, or at the working directory if a variable or an option has it.

Unknown keys and unknown `COUNTERSIGN_*` variables are mistakes; the variables that Kubernetes makes for a Service \
called `countersign` are passed over.
All mistakes are told at once, with file and line, and the exit code is 78.
`countersign run --check` looks for them and exits; `countersign run --print-config` shows what is in force and where \
each value came from.

The log goes to standard error from the level `info` on. `RUST_LOG` changes that for one run, as `RUST_LOG=debug` or \
`RUST_LOG=warn`; it is no setting, and what it cannot read in there it passes over.

Secrets are never settings.
A file that its group or everybody can write is refused, and so is one of more than 1 MiB, and whatever is no regular \
file: a directory, a pipe, a device. A link is followed.
";

fn heading(path: &str) -> String {
    match path {
        "" => "Top of the file".to_owned(),
        _ if path == "role.NAME.assume[]" => "`assume = [{ … }]` of a role".to_owned(),
        _ => match path.strip_suffix("[]") {
            Some(list) => format!("`[[{list}]]`"),
            None => format!("`[{path}]`"),
        },
    }
}

fn about(path: &str) -> &'static str {
    match path {
        "listen[]" => {
            "A listener; there may be many.\nThis version cannot tell clients apart, so only this machine may reach one.\n\n"
        }
        "role.NAME" => {
            "A role to sign as; `NAME` is yours to choose.\n`[role.default]` is always there, and required unless it says \
             otherwise.\n\n"
        }
        "role.NAME.assume[]" => {
            "RAM roles to assume one after the other, starting with the credential of the source.\n\n"
        }
        "login" => {
            "How `countersign login` asks, for roles with `source = \"login\"`: see [login.md](login.md).\n\n"
        }
        "tenants" => {
            "Who may be named in a host, or, of a product whose projects stand in paths, there.\nEach is a whole label, or a pattern in which `*` stands for any characters \
             after at least two of your own: `team-*`.\n\n"
        }
        "keys.NAME" => "Keys of products that take no role's credential; `NAME` is yours to choose.\n\n",
        "hosts.HOST" => {
            "A host of your own, of a product that lives on its customers' names, as in \
             `\"api.example.com\" = { product = \"apigateway\", keys = \"partner\" }`.\nWhoever answers there reads the whole \
             request, so each host is named by itself, with its whole name.\n\n"
        }
        "connect_to" => "Dials elsewhere and signs for the real host.\n\n",
        "vend[]" => {
            "Hands a role's credential to a program that must hold one itself; there may be many.\nWhoever is handed it can use \
             it anywhere until it ends: [vending.md](vending.md) says how, and what that means.\n\n"
        }
        "product.NAME" => "Rules for one product, by its code.\n\n",
        _ => "",
    }
}

fn row(key: &Key) -> String {
    let (path, name) = key.split();
    let variable = key.variable().map(|variable| format!("<br>`{variable}`")).unwrap_or_default();
    let variable = if path == "listen[]" && name == "address" {
        "<br>`COUNTERSIGN_LISTEN`".to_owned()
    } else {
        variable
    };
    let default = match key.default_toml() {
        Some(default) => format!("`{default}`: {}", key.reason),
        None => "not set".to_owned(),
    };
    format!("| `{name}`{variable} | {} | {default} | {} |\n", key.kind.words(), key.sentence)
}
