//! Paced: so many requests a second, whatever the answers do. For latency where nothing queues.
//!
//! A thread a connection, each with its own turn. A request that is late because the one before it was slow counts from its
//! due time; one that is late because the machine woke the thread late, which is nobody's fault here, from when it was sent.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use crate::answer::Reading;
use crate::arguments::Arguments;
use crate::times::Times;
use crate::{done, fail, ready};

/// Runs it.
pub fn run(arguments: &Arguments) {
    let count = arguments.connections;
    let mut streams: Vec<TcpStream> = (0..count).map(|_| connect(arguments)).collect();
    for stream in &mut streams {
        ask(stream, &arguments.requests[0], &mut vec![0; 16 * 1024]);
    }
    ready();
    let begun = Instant::now();
    let interval = Duration::from_secs_f64(count as f64 / arguments.rate);
    let times = std::thread::scope(|scope| {
        let threads: Vec<_> = streams
            .iter_mut()
            .enumerate()
            .map(|(index, stream)| {
                let first = begun + interval.mul_f64(index as f64 / count as f64);
                scope.spawn(move || turns(stream, arguments, (begun, first, interval)))
            })
            .collect();
        let mut all = Times::default();
        for thread in threads {
            all.merge(thread.join().unwrap_or_else(|_| fail("a thread ended")));
        }
        all
    });
    done(&times.json(begun.elapsed(), None, ""));
}

fn connect(arguments: &Arguments) -> TcpStream {
    let stream = TcpStream::connect(arguments.addresses[0]).unwrap_or_else(|error| fail(error));
    stream.set_nodelay(true).unwrap_or_else(|error| fail(error));
    stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap_or_else(|error| fail(error));
    stream
}

fn turns(stream: &mut TcpStream, arguments: &Arguments, pace: (Instant, Instant, Duration)) -> Times {
    let (begun, mut due, interval) = pace;
    let end = begun + Duration::from_secs_f64(arguments.seconds);
    let mut buffer = vec![0; 16 * 1024];
    let mut times =
        Times::with_room((arguments.rate * arguments.seconds) as usize / arguments.connections + 16);
    while due < end {
        let wait = due.saturating_duration_since(Instant::now());
        std::thread::sleep(wait);
        let from = if wait.is_zero() { due } else { Instant::now() };
        ask(stream, &arguments.requests[0], &mut buffer);
        times.add(begun.elapsed(), from.elapsed());
        due += interval;
    }
    times
}

fn ask(stream: &mut TcpStream, request: &[u8], buffer: &mut [u8]) {
    stream.write_all(request).unwrap_or_else(|error| fail(format_args!("a connection broke: {error}")));
    let mut reading = Reading::default();
    loop {
        match stream.read(buffer) {
            Ok(0) => fail("a connection was closed; it would have to be opened again"),
            Ok(count) if reading.take(&buffer[..count]) => return,
            Ok(_) => {}
            Err(error) => fail(format_args!("a connection broke: {error}")),
        }
    }
}
