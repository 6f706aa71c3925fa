//! countersign's executable: everything is in the library.

use std::process::ExitCode;

/// Wipes memory when it is freed: secrets and tokens pass through buffers that nobody would think of wiping.
#[global_allocator]
static ALLOCATOR: zeroizing_alloc::ZeroAlloc<std::alloc::System> =
    zeroizing_alloc::ZeroAlloc(std::alloc::System);

fn main() -> ExitCode {
    countersign::command::main().into()
}
