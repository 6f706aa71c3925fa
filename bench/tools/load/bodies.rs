//! Large bodies: one on each of so many connections at once, up or down as the request's head says.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use crate::answer::Reading;
use crate::arguments::Arguments;
use crate::times::Times;
use crate::{done, fail, ready};

/// What is written and read at once. Not 64 KiB, which loopback's segments take badly.
const PIECE: usize = 256 * 1024;

/// Runs it.
pub fn run(arguments: &Arguments) {
    let connect = |_| {
        let stream = TcpStream::connect(arguments.addresses[0]).unwrap_or_else(|error| fail(error));
        stream.set_read_timeout(Some(Duration::from_secs(60))).unwrap_or_else(|error| fail(error));
        stream
    };
    let mut streams: Vec<TcpStream> = (0..arguments.connections).map(connect).collect();
    ready();
    let begun = Instant::now();
    let times = std::thread::scope(|scope| {
        let threads: Vec<_> =
            streams.iter_mut().map(|stream| scope.spawn(move || one(stream, arguments))).collect();
        let mut times = Times::default();
        for thread in threads {
            let bytes = thread.join().unwrap_or_else(|_| fail("a thread ended"));
            if bytes < arguments.bytes {
                fail(format_args!("{bytes} bytes went over a connection, and not {}", arguments.bytes));
            }
            times.add(begun.elapsed(), begun.elapsed());
        }
        times
    });
    done(&times.json(begun.elapsed(), None, ""));
}

/// One request and its answer; returns how many bytes of either body passed.
fn one(stream: &mut TcpStream, arguments: &Arguments) -> u64 {
    let broke = |error: std::io::Error| -> ! { fail(format_args!("a connection broke: {error}")) };
    let head = &arguments.requests[0];
    stream.write_all(head).unwrap_or_else(|error| broke(error));
    let mut buffer = vec![b'x'; PIECE];
    let mut passed = 0;
    if head.starts_with(b"PUT ") {
        while passed < arguments.bytes {
            let piece = usize::try_from(arguments.bytes - passed).unwrap_or(PIECE).min(PIECE);
            stream.write_all(&buffer[..piece]).unwrap_or_else(|error| broke(error));
            passed += piece as u64;
        }
    }
    let mut reading = Reading::default();
    loop {
        match stream.read(&mut buffer) {
            Ok(0) => fail("a connection was closed before its answer was whole"),
            Ok(count) => {
                if !head.starts_with(b"PUT ") {
                    passed += count as u64;
                }
                if reading.take(&buffer[..count]) {
                    return passed;
                }
            }
            Err(error) => broke(error),
        }
    }
}
