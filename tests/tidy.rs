//! The rules of the house, read off the sources: who may know what, how long a file may be, what must not be left over.
#![expect(clippy::expect_used, reason = "a test that cannot read the sources has failed")]

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// A file past this is two rooms.
const LINES_MAX: usize = 400;
/// So that an empty checkout cannot pass.
const FILES_MIN: usize = 120;

/// What a room may use of ours, and what it must never mention.
struct Room {
    name: &'static str,
    /// Our own modules that its files may name behind `crate::`.
    may_use: &'static [&'static str],
    /// Words that none of its lines may hold.
    never: &'static [&'static str],
}

const NO_IO: &[&str] =
    &["tokio", "async ", ".await", "std::fs", "std::net", "std::env", "tracing", "println!", "hyper"];
const NO_SOCKETS: &[&str] = &["tokio::net", "std::net", "TcpStream", "UnixStream", "std::env", "std::fs"];
const NO_ENVIRONMENT: &[&str] = &["std::env"];

/// `ARCHITECTURE.md`, "Who may know what", as a table.
const ROOMS: &[Room] = &[
    Room { name: "names", may_use: &["names"], never: NO_IO },
    Room { name: "secret", may_use: &["names"], never: NO_IO },
    Room { name: "wire", may_use: &["names", "secret", "wire"], never: NO_IO },
    Room { name: "sign", may_use: &["names", "secret", "wire", "sign"], never: NO_IO },
    Room { name: "classify", may_use: &["names", "wire", "refusal", "catalogue", "classify"], never: NO_IO },
    Room { name: "catalogue", may_use: &["names", "wire", "suggest", "catalogue"], never: NO_IO },
    Room { name: "endpoint", may_use: &["names", "suggest", "endpoint"], never: NO_IO },
    Room { name: "policy", may_use: &["names", "refusal", "policy"], never: NO_IO },
    Room { name: "clock", may_use: &["names"], never: NO_ENVIRONMENT },
    Room { name: "refusal", may_use: &["names"], never: NO_IO },
    Room { name: "mismatch", may_use: &["names", "wire", "mismatch"], never: NO_IO },
    Room { name: "redact", may_use: &["redact"], never: NO_IO },
    Room { name: "suggest", may_use: &[], never: NO_IO },
    Room { name: "deadline", may_use: &[], never: NO_SOCKETS },
    Room { name: "buffers", may_use: &[], never: NO_SOCKETS },
    Room {
        name: "credential",
        may_use: &["names", "secret", "sign", "wire", "clock", "credential"],
        never: &["tokio::net", "std::net", "hyper", "rustls", "std::env", "tracing"],
    },
    Room {
        name: "login",
        may_use: &["names", "secret", "wire", "clock", "credential", "login"],
        never: &["TcpStream::connect", "rustls", "std::env", "tracing"],
    },
    Room {
        name: "upstream",
        may_use: &["names", "wire", "refusal", "clock", "buffers", "deadline", "upstream"],
        never: NO_ENVIRONMENT,
    },
    Room {
        name: "accept",
        may_use: &["names", "wire", "refusal", "clock", "buffers", "deadline", "accept"],
        never: NO_ENVIRONMENT,
    },
    Room {
        name: "pipeline",
        may_use: &[
            "accept",
            "classify",
            "credential",
            "endpoint",
            "mismatch",
            "policy",
            "redact",
            "sign",
            "upstream",
            "names",
            "wire",
            "refusal",
            "clock",
            "buffers",
            "telemetry",
            "pipeline",
        ],
        never: NO_SOCKETS,
    },
    Room { name: "telemetry", may_use: &["names", "clock", "telemetry"], never: &["wire", "std::env"] },
    Room {
        name: "vend",
        may_use: &["credential", "names", "secret", "refusal", "clock", "vend"],
        never: &["std::env", "rustls", "TcpStream::connect"],
    },
    Room { name: "admin", may_use: &["telemetry", "admin"], never: &["std::env", "std::fs"] },
    Room {
        name: "sandbox",
        may_use: &["names", "clock", "sandbox"],
        never: &["crate::sign", "crate::credential", "tracing"],
    },
];

/// Rooms that may know everything but what a request contains.
const EVERYTHING: &[&str] = &["carry", "command", "config", "lib", "main", "sidecar"];

/// Words that are fine nowhere, and what is said instead.
const WORDS: &[(&str, &str)] = &[
    ("TODO", "open an issue"),
    ("FIXME", "open an issue"),
    ("XXX", "open an issue"),
    ("dbg!", "a test"),
    ("session token", "security token"),
    ("#[ignore", "a test that runs, or none"),
];

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// Every Rust file below a directory, by its path from the root.
fn rust_files(below: &str) -> Vec<(String, String)> {
    fn walk(directory: &Path, found: &mut Vec<PathBuf>) {
        for entry in fs::read_dir(directory).expect("the directory can be read") {
            let path = entry.expect("the entry can be read").path();
            if path.is_dir() {
                walk(&path, found);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                found.push(path);
            }
        }
    }
    let mut found = Vec::new();
    walk(&root().join(below), &mut found);
    found.sort();
    let named = |path: PathBuf| {
        let text = fs::read_to_string(&path).expect("the file can be read");
        let name = path.strip_prefix(root()).expect("the file is below the root").display().to_string();
        (name, text)
    };
    found.into_iter().map(named).collect()
}

/// The room that a file of `src/` belongs to.
fn room(path: &str) -> &str {
    let inside = path.strip_prefix("src/").expect("a file of src");
    inside.split('/').next().map_or(inside, |first| first.strip_suffix(".rs").unwrap_or(first))
}

/// Lines of code: without comments, and without a file's own tests, which may use what they like. What stands behind a
/// `mod tests;` or behind the end of an inline module is code again.
fn code(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let lines: Vec<&str> = text.lines().collect();
    let opens_tests = |index: usize| {
        let mut lines = lines.iter().skip(index);
        lines.next().is_some_and(|line| line.starts_with("#[cfg(test)]"))
            && lines
                .find(|line| !line.starts_with("#["))
                .is_some_and(|item| item.starts_with("mod ") && item.ends_with('{'))
    };
    let mut is_test = false;
    let mut kept = Vec::new();
    for (index, line) in lines.iter().enumerate() {
        is_test |= opens_tests(index);
        if !is_test && !line.trim_start().starts_with("//") {
            kept.push((index + 1, *line));
        }
        // A brace in the first column ends the module: formatting is checked elsewhere.
        is_test &= *line != "}";
    }
    kept.into_iter()
}

/// The first names behind each `crate::` of a line, braces opened.
fn named_rooms(line: &str) -> Vec<String> {
    let mut rooms = Vec::new();
    for (at, _) in line.match_indices("crate::") {
        // `pub(in crate::…)` and paths of other crates that end in the same letters.
        let before = line[..at].chars().next_back();
        if before.is_some_and(|c| c.is_alphanumeric() || c == '_' || c == ':') {
            continue;
        }
        let rest = &line[at + "crate::".len()..];
        let list = rest.strip_prefix('{').map_or(rest, |inside| inside.split('}').next().unwrap_or(inside));
        let parts: Vec<&str> = if rest.starts_with('{') { list.split(',').collect() } else { vec![list] };
        for part in parts {
            let word: String =
                part.trim().chars().take_while(|c| c.is_ascii_alphanumeric() || *c == '_').collect();
            if !word.is_empty() {
                rooms.push(word);
            }
        }
    }
    rooms
}

#[test]
fn every_room_knows_only_what_it_may() {
    let mut faults = Vec::new();
    for (path, text) in rust_files("src") {
        if path.contains("/tests/") || path.ends_with("/tests.rs") {
            continue;
        }
        let name = room(&path);
        if EVERYTHING.contains(&name) {
            continue;
        }
        let Some(room) = ROOMS.iter().find(|room| room.name == name) else {
            faults.push(format!(
                "{path}: the room `{name}` is not in the table of tests/tidy.rs and ARCHITECTURE.md"
            ));
            continue;
        };
        for (number, line) in code(&text) {
            for used in named_rooms(line) {
                if !room.may_use.contains(&used.as_str()) {
                    faults.push(format!("{path}:{number}: `{name}` must not know `{used}`"));
                }
            }
            for word in room.never {
                if line.contains(word) {
                    faults.push(format!("{path}:{number}: `{name}` must never say `{}`", word.trim()));
                }
            }
        }
    }
    assert!(faults.is_empty(), "\n{}", faults.join("\n"));
}

#[test]
fn only_their_owners_make_endpoints_and_signed_heads_and_dial() {
    let mut faults = Vec::new();
    for (path, text) in rust_files("src") {
        for (number, line) in code(&text) {
            let makes = ["from_table(", ".as_product("].iter().any(|made| line.contains(made));
            if makes && !matches!(room(&path), "endpoint" | "names") {
                faults.push(format!("{path}:{number}: an endpoint is made in `endpoint` and nowhere else"));
            }
            if line.contains("::seal(") && !matches!(room(&path), "sign" | "wire") {
                faults.push(format!("{path}:{number}: a head is sealed in `sign` and nowhere else"));
            }
            if line.contains(".triple()") && !matches!(room(&path), "credential" | "vend") {
                faults.push(format!(
                    "{path}:{number}: a credential is put in plain text in `vend` and nowhere else"
                ));
            }
            // Past the judgement of addresses. The demonstration plays the caller, and calls its own proxy.
            let dials = line.contains("TcpStream::connect") || line.contains("to_socket_addrs");
            let may = ["src/upstream/connect.rs", "src/upstream/resolve.rs", "src/command/demo.rs"];
            if dials && !path.contains("/tests/") && !may.contains(&path.as_str()) {
                faults.push(format!("{path}:{number}: `Dialler` is the one way out"));
            }
        }
    }
    assert!(faults.is_empty(), "\n{}", faults.join("\n"));
}

#[test]
fn a_file_has_one_subject_and_says_which() {
    let files = rust_files("src");
    assert!(files.len() >= FILES_MIN, "only {} files were found", files.len());
    let mut faults = Vec::new();
    for (path, text) in files.into_iter().chain(rust_files("tests")).chain(rust_files("bench")) {
        let lines = text.lines().count();
        if lines > LINES_MAX {
            faults.push(format!("{path}: {lines} lines; past {LINES_MAX} a file is two"));
        }
        if !text.starts_with("//!") {
            faults.push(format!("{path}: the first line does not say what the file is for"));
        }
    }
    assert!(faults.is_empty(), "\n{}", faults.join("\n"));
}

#[test]
fn nothing_is_left_over() {
    let mut faults = Vec::new();
    for (path, text) in rust_files("src").into_iter().chain(rust_files("tests")).chain(rust_files("bench")) {
        if path == "tests/tidy.rs" {
            continue;
        }
        for (number, line) in text.lines().enumerate() {
            for (word, instead) in WORDS {
                if line.contains(word) {
                    faults.push(format!("{path}:{}: `{word}`; say or do instead: {instead}", number + 1));
                }
            }
        }
    }
    assert!(faults.is_empty(), "\n{}", faults.join("\n"));
}

#[test]
fn the_tests_do_not_reckon_with_what_they_judge() {
    let mut faults = Vec::new();
    for (path, text) in rust_files("tests") {
        // The vectors' answers are other people's; allocations are counted, what is printed is searched and what is framed is
        // only told, not judged.
        let only_looks =
            ["tests/tidy.rs", "tests/allocations.rs", "tests/traces/debug.rs", "tests/judges/frame.rs"]
                .contains(&path.as_str());
        let whole = ["tests/vectors", "tests/allocations/"];
        if only_looks || whole.iter().any(|start| path.starts_with(start)) {
            continue;
        }
        for (number, line) in code(&text) {
            for word in ["calendar", "countersign::sign", "countersign::wire", "countersign::classify"] {
                if line.contains(word) {
                    faults.push(format!("{path}:{number}: `{word}` is what is tested"));
                }
            }
        }
    }
    assert!(faults.is_empty(), "\n{}", faults.join("\n"));
}

#[test]
fn the_listing_is_the_architecture() {
    let text = fs::read_to_string(root().join("ARCHITECTURE.md")).expect("ARCHITECTURE.md can be read");
    let rooms: BTreeSet<String> = rust_files("src").iter().map(|(path, _)| room(path).to_owned()).collect();
    let unmentioned: Vec<_> = rooms.iter().filter(|room| !text.contains(&format!("`{room}`"))).collect();
    assert!(unmentioned.is_empty(), "ARCHITECTURE.md does not mention {unmentioned:?}");
}

#[test]
fn the_rules_see_a_breach() {
    assert_eq!(named_rooms("use crate::{sign, wire::Head};"), ["sign", "wire"]);
    assert_eq!(named_rooms("let x = crate::pipeline::Worker;"), ["pipeline"]);
    assert!(named_rooms("pub(crate) fn x() {}").is_empty());
    assert_eq!(room("src/sign/rpc.rs"), "sign");
    assert_eq!(room("src/clock.rs"), "clock");
}

#[test]
fn only_inline_tests_are_not_looked_at() {
    let numbers = |text: &str| code(text).map(|(number, _)| number).collect::<Vec<_>>();
    assert_eq!(numbers("a\n// b\n    /// c\nd"), [1, 4]);
    assert_eq!(numbers("a\n#[cfg(test)]\nmod tests {\n    b\n    }\n}\nc"), [1, 7]);
    assert_eq!(numbers("a\n#[cfg(test)]\n#[expect(dead_code)]\nmod tests {\n    b\n}"), [1]);
    assert_eq!(numbers("a\n#[cfg(test)]\nmod tests;\n\nuse crate::sign;"), [1, 2, 3, 4, 5]);
    assert_eq!(numbers("#[cfg(test)]\nuse crate::sign;\nmod a {\n}"), [1, 2, 3, 4]);
}
