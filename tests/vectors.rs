//! Signature vectors: what published SDKs signed, signed again and compared.
//!
//! Without `COUNTERSIGN_VECTORS` these are the project's own, under `tests/vectors/`, of the schemes that are built, and
//! every one must pass. With `COUNTERSIGN_VECTORS=FILE[:FILE…]` those files are run instead, and counted. A vector of a
//! scheme that is not built, or that is recognised and never sent, is *not emitted*: named with its reason, never passed.
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a test without a harness reports by printing")]

#[path = "vectors/acs4.rs"]
mod acs4;
#[path = "vectors/again.rs"]
mod again;
#[path = "vectors/case.rs"]
mod case;
#[path = "vectors/count.rs"]
mod count;
#[path = "vectors/fc.rs"]
mod fc;
#[path = "vectors/gateway.rs"]
mod gateway;
#[path = "vectors/messages.rs"]
mod messages;
#[path = "vectors/odps.rs"]
mod odps;
#[path = "vectors/oss.rs"]
mod oss;
#[path = "vectors/ots.rs"]
mod ots;
#[path = "vectors/own.rs"]
mod own;
#[path = "vectors/read.rs"]
mod read;
#[path = "vectors/route.rs"]
mod route;
#[path = "vectors/signer.rs"]
mod signer;
#[path = "vectors/sls.rs"]
mod sls;
#[path = "vectors/wire.rs"]
mod wire;

use std::process::ExitCode;

use count::Count;

fn main() -> ExitCode {
    // The flags of the usual harness mean nothing here: every run is a whole run, and prints what it has to say.
    let count = match files() {
        Some(files) => given(&files),
        None => own::run(),
    };
    match count {
        Ok(count) => {
            count.print();
            if count.failed() == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
        }
        Err(problem) => {
            eprintln!("error: {problem}");
            ExitCode::FAILURE
        }
    }
}

/// The files to run instead of the project's own. An empty variable is an unset one.
fn files() -> Option<String> {
    #[expect(clippy::disallowed_methods, reason = "the variable is this test's own interface")]
    let files = std::env::var_os("COUNTERSIGN_VECTORS")?;
    let files = files.to_string_lossy().into_owned();
    (!files.is_empty()).then_some(files)
}

fn given(files: &str) -> Result<Count, String> {
    if files.split(':').all(str::is_empty) {
        return Err(format!("COUNTERSIGN_VECTORS is `{files}`, which names no file"));
    }
    let mut count = Count::default();
    for file in files.split(':').filter(|file| !file.is_empty()) {
        let text = std::fs::read_to_string(file).map_err(|why| format!("{file}: {why}"))?;
        for vector in read::file(&text).map_err(|why| format!("{file}: {why}"))? {
            count.add(vector);
        }
    }
    Ok(count)
}
