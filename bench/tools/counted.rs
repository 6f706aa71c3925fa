//! The product's own `main`, with an allocator that counts. Whoever connects to `BENCH_COUNTER` is told calls and bytes.

use std::io::Write as _;
use std::net::TcpListener;
use std::process::ExitCode;

use countersign_bench::allocations::{Counting, counted};

#[global_allocator]
static ALLOCATOR: Counting = Counting;

fn main() -> ExitCode {
    let address = std::env::var("BENCH_COUNTER").expect("BENCH_COUNTER names an address");
    let listener = TcpListener::bind(address).expect("the counter's address is free");
    std::thread::spawn(move || {
        for mut asker in listener.incoming().flatten() {
            let (calls, bytes) = counted();
            let _ = writeln!(asker, "{calls} {bytes}");
        }
    });
    countersign::command::main().into()
}
