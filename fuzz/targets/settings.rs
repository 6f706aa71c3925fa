//! Settings: whatever a file holds, it is either in force or refused with places and reasons; what is in force can be
//! printed and means the same when it is read again; and no message holds the contents of a file that a setting names.
#![no_main]

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use countersign::config::{Flags, Loaded, Origin, Problem, load};
use libfuzzer_sys::fuzz_target;

/// What the other files hold. No message may repeat it.
const CANARY: &str = "canary-5f2b";

fuzz_target!(|bytes: &[u8]| {
    // It would stand in messages by rights.
    if bytes.windows(CANARY.len()).any(|part| part == CANARY.as_bytes()) {
        return;
    }
    let directory = directory();
    let file = write(directory, "countersign.toml", bytes);
    let flags = Flags { config: Some(file), ..Flags::default() };
    match read(&flags) {
        Ok(loaded) => {
            assert!(std::str::from_utf8(bytes).is_ok(), "settings are text");
            print_and_read(directory, &loaded);
        }
        Err(problems) => judge(bytes, &problems),
    }
});

/// In memory, one for each process, with two files that a setting may name.
fn directory() -> &'static Path {
    static DIRECTORY: OnceLock<PathBuf> = OnceLock::new();
    DIRECTORY.get_or_init(|| {
        let shared = Path::new("/dev/shm");
        let parent = if shared.is_dir() { shared.to_owned() } else { std::env::temp_dir() };
        let directory = parent.join(format!("countersign-fuzz-{}", std::process::id()));
        fs::create_dir_all(&directory).expect("the directory can be made");
        write(&directory, "notes", format!("{CANARY} = not a policy, not a certificate").as_bytes());
        write(&directory, "policy.json", br#"{"Version":"1","Statement":[]}"#);
        directory
    })
}

fn write(directory: &Path, name: &str, bytes: &[u8]) -> PathBuf {
    let path = directory.join(name);
    fs::write(&path, bytes).expect("the file can be written");
    fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).expect("its mode can be set");
    path
}

fn read(flags: &Flags) -> Result<Loaded, Vec<Problem>> {
    load(flags, &BTreeMap::new(), directory())
}

fn judge(bytes: &[u8], problems: &[Problem]) {
    assert!(!problems.is_empty(), "refused without a reason");
    assert!(problems.is_sorted(), "in the order of the file");
    let lines = bytes.iter().filter(|byte| **byte == b'\n').count() + 1;
    for problem in problems {
        let text = problem.to_string();
        assert!(!text.contains(CANARY), "the contents of another file: {text}");
        assert!(!text.contains('\n'), "one line each: {text:?}");
        match problem.origin() {
            Origin::File { line, .. } => assert!(*line <= lines, "line {line} of {lines}"),
            Origin::Default => {}
            other => panic!("neither variable nor option was set: {other}"),
        }
    }
}

/// What `--print-config` shows is a file that brings the same about.
fn print_and_read(directory: &Path, loaded: &Loaded) {
    let printed = loaded.print();
    assert!(!printed.contains(CANARY), "the contents of another file");
    let file = write(directory, "printed.toml", printed.as_bytes());
    let again = match read(&Flags { config: Some(file), ..Flags::default() }) {
        Ok(again) => again,
        Err(problems) => panic!("what is printed is refused: {problems:?}\n{printed}"),
    };
    let values = |text: &str| -> Vec<String> {
        // Without where they were set.
        text.lines()
            .map(|line| line.rsplit_once(" # ").map_or(line, |(value, _)| value).trim_end().to_owned())
            .collect()
    };
    assert_eq!(values(&printed), values(&again.print()));
}
