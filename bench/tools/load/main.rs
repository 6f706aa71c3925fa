//! The load: requests from files, each answer looked at. Whatever is not a whole 200 on the connection that asked, ends the run.
//!
//!     load closed --connections N --request FILE… --address HOST:PORT… [--seconds S | --requests M] [--window MS]
//!                 [--one-by-one true]
//!     load paced  --connections N --request FILE  --address HOST:PORT --rate R --seconds S
//!     load bodies --parallel N --request FILE --address HOST:PORT --bytes B
//!     load start  --request FILE --address HOST:PORT -- COMMAND…
//!
//! `closed`, `paced` and `bodies` connect, send one request on each connection, print `ready`, and begin when a line comes in;
//! then they print one line of JSON and hold their connections until the input ends.

mod answer;
mod arguments;
mod bodies;
mod closed;
mod paced;
mod start;
mod times;

use std::io::{BufRead, Write};

use arguments::Arguments;

/// Prints `ready`, and waits for the word to begin.
pub fn ready() {
    println!("ready");
    let _ = std::io::stdout().flush();
    if std::io::stdin().lock().read_line(&mut String::new()).unwrap_or(0) == 0 {
        std::process::exit(0);
    }
}

/// Prints the result, and waits until nobody needs the connections any more.
pub fn done(json: &str) {
    println!("{json}");
    let _ = std::io::stdout().flush();
    while std::io::stdin().lock().read_line(&mut String::new()).unwrap_or(0) > 0 {}
}

/// Ends a run that went wrong: it must not look like a fast one.
pub fn fail(what: impl std::fmt::Display) -> ! {
    eprintln!("load: {what}");
    std::process::exit(1);
}

fn main() {
    let mut given = std::env::args().skip(1);
    let kind = given.next().unwrap_or_default();
    let arguments = Arguments::parse(given);
    match kind.as_str() {
        "closed" => closed::run(&arguments),
        "paced" => paced::run(&arguments),
        "bodies" => bodies::run(&arguments),
        "start" => start::run(&arguments),
        _ => fail("usage: load closed|paced|bodies|start …"),
    }
}
