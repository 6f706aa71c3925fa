//! Completions and manual pages: whatever the help has, they have.

use std::process::{Command, Output};

use crate::kit::place::Place;

fn countersign(arguments: &[&str]) -> String {
    let Output { status, stdout, stderr } =
        Command::new(env!("CARGO_BIN_EXE_countersign")).args(arguments).env_clear().output().unwrap();
    assert!(status.success(), "{}", String::from_utf8_lossy(&stderr));
    String::from_utf8(stdout).unwrap()
}

/// The commands that the help lists.
fn commands() -> Vec<String> {
    let help = countersign(&["--help"]);
    let (_, after) = help.split_once("Commands:\n").unwrap();
    let (list, _) = after.split_once("\n\n").unwrap();
    let names = list.lines().filter_map(|line| line.split_whitespace().next()).map(str::to_owned);
    let commands: Vec<String> = names.filter(|name| name != "help").collect();
    assert!(commands.len() >= 5, "{help}");
    commands
}

/// The long options that a command's help lists.
fn options(command: &str) -> Vec<String> {
    let help = countersign(&[command, "--help"]);
    let words = help.lines().map(str::trim_start).filter(|line| line.starts_with('-'));
    words
        .filter_map(|line| line.split([' ', ',', '=']).find(|word| word.starts_with("--")))
        .map(str::to_owned)
        .collect()
}

#[test]
fn every_command_and_option_is_completed_in_every_shell() {
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let script = countersign(&["completions", shell]);
        assert!(!script.contains("reference"), "{shell}: what the help hides");
        for command in commands() {
            assert!(script.contains(&command), "{shell}: {command}");
            for option in options(&command) {
                // fish writes the name without its dashes.
                let name = if shell == "fish" { option.trim_start_matches('-') } else { &option };
                assert!(script.contains(name), "{shell}: {command} {option}");
            }
        }
    }
}

#[test]
fn every_command_has_a_manual_page_with_all_its_options() {
    let place = Place::new();
    countersign(&["man", &place.path().join("new/man1").display().to_string()]);
    let first = place.read("new/man1/countersign.1");
    assert_eq!(first, countersign(&["man"]));
    for command in commands() {
        assert!(first.contains(&format!("countersign\\-{command}(1)")), "{command}");
        let page = place.read(&format!("new/man1/countersign-{command}.1"));
        assert!(page.starts_with(".ie ") && page.contains(".SH SYNOPSIS"), "{command}: {page}");
        for option in options(&command) {
            let escaped = option.replace('-', "\\-");
            assert!(page.contains(&escaped), "{command} {option}: {page}");
        }
    }
}
