//! Closed: every connection sends its next request as soon as it has its answer.

use std::io::{ErrorKind, Read, Write};
use std::ops::Range;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use mio::net::TcpStream;
use mio::{Events, Interest, Poll, Token};

use crate::answer::Reading;
use crate::arguments::Arguments;
use crate::times::Times;
use crate::{done, fail, ready};

struct Connection {
    stream: TcpStream,
    reading: Reading,
    /// Which request is out, and how much of it is written. Beyond its end: all of it.
    request: usize,
    written: usize,
    begun: Instant,
}

struct Load<'a> {
    arguments: &'a Arguments,
    connections: Vec<Connection>,
    poll: Poll,
    events: Events,
    buffer: Vec<u8>,
    /// Answers that are outstanding.
    out: usize,
}

/// Runs it.
pub fn run(arguments: &Arguments) {
    let mut load = Load::connect(arguments);
    if arguments.one_by_one {
        for index in 0..load.connections.len() {
            load.first(index..index + 1);
        }
    } else {
        load.first(0..load.connections.len());
    }
    ready();
    let times_room = arguments.count.unwrap_or((arguments.seconds * 250_000.0) as u64);
    let mut times = Times::with_room(usize::try_from(times_room).unwrap_or(0));
    let wall = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_millis());
    let begun = Instant::now();
    match arguments.count {
        Some(count) => {
            let mut left = count.saturating_sub(load.connections.len() as u64);
            let mut one_more = |_| {
                let is_left = left > 0;
                left = left.saturating_sub(1);
                is_left
            };
            load.start(0..load.connections.len());
            load.go_on(begun, &mut times, &mut one_more);
        }
        None => {
            let length = Duration::from_secs_f64(arguments.seconds);
            load.start(0..load.connections.len());
            load.go_on(begun, &mut times, |ended| ended < length);
        }
    }
    done(&times.json(begun.elapsed(), arguments.window_ms, &format!(",\"began_ms\":{wall}")));
}

impl<'a> Load<'a> {
    fn connect(arguments: &'a Arguments) -> Self {
        let poll = Poll::new().unwrap_or_else(|error| fail(error));
        let mut connections = Vec::with_capacity(arguments.connections);
        for index in 0..arguments.connections {
            let address = arguments.addresses[index % arguments.addresses.len()];
            let stream = std::net::TcpStream::connect(address).unwrap_or_else(|error| fail(error));
            stream.set_nodelay(true).unwrap_or_else(|error| fail(error));
            stream.set_nonblocking(true).unwrap_or_else(|error| fail(error));
            let mut stream = TcpStream::from_std(stream);
            poll.registry()
                .register(&mut stream, Token(index), Interest::READABLE | Interest::WRITABLE)
                .unwrap_or_else(|error| fail(error));
            let (request, begun) = (index % arguments.requests.len(), Instant::now());
            connections.push(Connection {
                stream,
                reading: Reading::default(),
                request,
                written: usize::MAX,
                begun,
            });
        }
        Self {
            arguments,
            connections,
            poll,
            events: Events::with_capacity(4096),
            buffer: vec![0; 256 * 1024],
            out: 0,
        }
    }

    /// One request on each of these connections, and its answer.
    fn first(&mut self, connections: Range<usize>) {
        self.start(connections);
        self.go_on(Instant::now(), &mut Times::default(), |_| false);
    }

    /// Sends one request on each of these connections.
    fn start(&mut self, connections: Range<usize>) {
        for index in connections {
            self.connections[index].request = index % self.arguments.requests.len();
            self.send(index);
        }
    }

    /// Goes on with another request at each answer for which `goes_on` says so. Returns when every answer is there.
    fn go_on(&mut self, begun: Instant, times: &mut Times, mut goes_on: impl FnMut(Duration) -> bool) {
        while self.out > 0 {
            if let Err(error) = self.poll.poll(&mut self.events, Some(Duration::from_secs(20))) {
                if error.kind() == ErrorKind::Interrupted {
                    continue;
                }
                fail(error);
            }
            if self.events.is_empty() {
                fail(format_args!("{} answers did not come within 20 s", self.out));
            }
            let ready: Vec<usize> = self.events.iter().map(|event| event.token().0).collect();
            for index in ready {
                self.write(index);
                if !self.read(index) {
                    continue;
                }
                let now = Instant::now();
                times.add(now - begun, now - self.connections[index].begun);
                if goes_on(now - begun) {
                    let connection = &mut self.connections[index];
                    connection.request = (connection.request + 1) % self.arguments.requests.len();
                    // The answer cannot be there yet; the next event says when it is.
                    self.send(index);
                }
            }
        }
    }

    fn send(&mut self, index: usize) {
        let connection = &mut self.connections[index];
        (connection.begun, connection.written) = (Instant::now(), 0);
        self.out += 1;
        self.write(index);
    }

    fn write(&mut self, index: usize) {
        let connection = &mut self.connections[index];
        let request = &self.arguments.requests[connection.request];
        while connection.written < request.len() {
            match connection.stream.write(&request[connection.written..]) {
                Ok(count) => connection.written += count,
                Err(error) if error.kind() == ErrorKind::WouldBlock => return,
                Err(error) => fail(format_args!("a connection broke: {error}")),
            }
        }
    }

    /// Whether an answer is whole now.
    fn read(&mut self, index: usize) -> bool {
        let connection = &mut self.connections[index];
        loop {
            match connection.stream.read(&mut self.buffer) {
                Ok(0) => fail("a connection was closed; it would have to be opened again"),
                Ok(count) => {
                    if connection.reading.take(&self.buffer[..count]) {
                        self.out -= 1;
                        return true;
                    }
                }
                Err(error) if error.kind() == ErrorKind::WouldBlock => return false,
                Err(error) => fail(format_args!("a connection broke: {error}")),
            }
        }
    }
}
