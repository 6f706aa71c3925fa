//! Turns the tables under `data/` into static Rust, so that looking something up needs no heap.
#![expect(clippy::print_stdout, reason = "a build script speaks to Cargo on its standard output")]

mod catalogue;
mod endpoints;
mod lines;

use std::path::PathBuf;

use lines::Malformed;

fn main() -> Result<(), Malformed> {
    println!("cargo::rerun-if-changed=build");
    println!("cargo::rerun-if-changed=data");
    #[expect(clippy::disallowed_methods, reason = "Cargo names the output directory in the environment only")]
    let out = std::env::var_os("OUT_DIR").map(PathBuf::from);
    let out = out.ok_or_else(|| Malformed::new("OUT_DIR is not set: this program is run by Cargo"))?;
    endpoints::generate(&out.join("endpoints.rs"))?;
    catalogue::generate(&out)
}
