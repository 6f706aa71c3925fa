//! The command line.

use std::net::SocketAddr;
use std::str::FromStr;

use crate::fail;

/// Everything that any kind of load takes.
#[derive(Default)]
pub struct Arguments {
    pub addresses: Vec<SocketAddr>,
    /// The requests' bytes, as they are in the files.
    pub requests: Vec<Vec<u8>>,
    pub connections: usize,
    /// Of the measured part.
    pub seconds: f64,
    /// Of the measured part, instead of seconds.
    pub count: Option<u64>,
    /// A second over all connections.
    pub rate: f64,
    /// Of a large body.
    pub bytes: u64,
    /// Milliseconds of a window that has percentiles of its own.
    pub window_ms: Option<u64>,
    /// The first requests go out one after the other, so that no more than one is ever busy.
    pub one_by_one: bool,
    pub command: Vec<String>,
}

fn number<T: FromStr>(name: &str, text: &str) -> T {
    text.parse().unwrap_or_else(|_| fail(format_args!("{name}: {text:?}")))
}

impl Arguments {
    /// Reads what stands behind the kind of load.
    pub fn parse(mut given: impl Iterator<Item = String>) -> Self {
        let mut read = Self { connections: 1, seconds: 1.0, ..Self::default() };
        while let Some(name) = given.next() {
            if name == "--" {
                read.command = given.collect();
                break;
            }
            let Some(text) = given.next() else { fail(format_args!("{name}: no value")) };
            match name.as_str() {
                "--address" => read.addresses.push(number(&name, &text)),
                "--request" => match std::fs::read(&text) {
                    Ok(bytes) => read.requests.push(bytes),
                    Err(error) => fail(format_args!("{text}: {error}")),
                },
                "--connections" | "--parallel" => read.connections = number(&name, &text),
                "--seconds" => read.seconds = number(&name, &text),
                "--requests" => read.count = Some(number(&name, &text)),
                "--rate" => read.rate = number(&name, &text),
                "--bytes" => read.bytes = number(&name, &text),
                "--one-by-one" => read.one_by_one = number(&name, &text),
                "--window" => read.window_ms = Some(number(&name, &text)),
                _ => fail(format_args!("{name}: unknown")),
            }
        }
        if read.addresses.is_empty() || read.requests.is_empty() || read.connections == 0 {
            fail("an address, a request and a connection are needed");
        }
        read
    }
}
