//! What a command does on a terminal: what is shown there, and a signal from its keyboard.

use std::os::unix::fs::PermissionsExt;
use std::process::Stdio;
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};

use crate::kit::place::Place;
use crate::kit::program::countersign;
use crate::kit::terminal::Terminal;
use crate::kit::{SECRET, soon};

/// Runs `credential` with a terminal as its standard output: its exit code, and what is seen there.
async fn on_a_terminal(arguments: &[&str]) -> (Option<i32>, String) {
    let (mut terminal, place) = (Terminal::open(), Place::new());
    let mut command = countersign(&place, &[&["credential"], arguments].concat());
    let mut child = command.stdout(terminal.stdio()).stderr(Stdio::null()).spawn().unwrap();
    // It holds the program's side too.
    drop(command);
    let status = soon("its end", child.wait()).await.unwrap();
    (status.code(), terminal.end().await)
}

#[tokio::test]
async fn a_credential_is_shown_on_a_terminal_to_nobody_who_has_not_asked_for_it() {
    let (code, seen) = on_a_terminal(&[]).await;
    assert_eq!((code, seen.len()), (Some(64), 0));
    let (code, seen) = on_a_terminal(&["--show-secret"]).await;
    assert_eq!((code, seen.contains(SECRET)), (Some(0), true));
}

#[tokio::test]
async fn a_signal_ends_a_command_with_the_program_that_it_runs() {
    for (signal, code) in [(Signal::INT, 130), (Signal::TERM, 143), (Signal::HUP, 129)] {
        let place = Place::new();
        // In a group of its own, with a child: neither hears what the terminal says.
        place.write("slow", "#!/bin/sh\nsleep 3600 &\necho $! > started.new\nmv started.new started\nwait\n");
        let slow = place.path().join("slow");
        std::fs::set_permissions(&slow, std::fs::Permissions::from_mode(0o755)).unwrap();
        place.write(
            "countersign.toml",
            &format!(
                "[role.default]\nsource = \"process\"\nprocess_command = {:?}\n",
                slow.display().to_string()
            ),
        );
        let mut command = countersign(&place, &["credential", "--config", "countersign.toml"]);
        let child = command
            .env("PATH", "/usr/bin:/bin")
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let started = place.path().join("started");
        let sleeper = soon("the program", async {
            loop {
                if let Ok(id) = std::fs::read_to_string(&started) {
                    return id.trim().to_owned();
                }
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
        })
        .await;
        let is_running = || {
            let stat = std::fs::read_to_string(format!("/proc/{sleeper}/stat")).unwrap_or_default();
            stat.contains("(sleep)") && !stat.contains(") Z ")
        };
        // Without this the test would see nothing end. A child has its parent's name for a moment.
        soon("the program's child", async {
            while !is_running() {
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
        })
        .await;
        let id = Pid::from_raw(i32::try_from(child.id().unwrap()).unwrap()).unwrap();
        kill_process(id, signal).unwrap();
        let output = soon("its end", child.wait_with_output()).await.unwrap();
        assert_eq!((output.status.code(), output.stdout.as_slice()), (Some(code), &b""[..]), "{signal:?}");
        soon("the end of the program's child", async {
            while is_running() {
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
        })
        .await;
    }
}
