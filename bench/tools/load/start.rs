//! Cold start: from starting a command until it listens, and until it has answered its first request.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use crate::answer::Reading;
use crate::arguments::Arguments;
use crate::fail;

/// A start that takes longer is none.
const PATIENCE: Duration = Duration::from_secs(20);
/// Between two attempts to connect.
const PAUSE: Duration = Duration::from_micros(50);

/// Runs it, and prints milliseconds. The process is ended.
pub fn run(arguments: &Arguments) {
    let address = arguments.addresses[0];
    if TcpStream::connect(address).is_ok() {
        fail(format_args!("something listens on {address} already"));
    }
    let [program, rest @ ..] = arguments.command.as_slice() else { fail("no command") };
    let begun = Instant::now();
    let mut child = Command::new(program)
        .args(rest)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap_or_else(|error| fail(error));
    let mut stream = loop {
        match TcpStream::connect(address) {
            Ok(stream) => break stream,
            Err(_) if begun.elapsed() < PATIENCE => std::thread::sleep(PAUSE),
            Err(error) => {
                let _ = child.kill();
                fail(format_args!("it never listened: {error}"));
            }
        }
    };
    let listening = begun.elapsed();
    let _ = stream.set_read_timeout(Some(PATIENCE));
    let mut reading = Reading::default();
    let mut buffer = vec![0; 16 * 1024];
    if let Err(error) = stream.write_all(&arguments.requests[0]) {
        let _ = child.kill();
        fail(format_args!("it takes no request: {error}"));
    }
    loop {
        match stream.read(&mut buffer) {
            Ok(count) if count > 0 => {
                if reading.take(&buffer[..count]) {
                    break;
                }
            }
            _ => {
                let _ = child.kill();
                fail("the first request was not answered");
            }
        }
    }
    let answered = begun.elapsed();
    let _ = child.kill();
    let _ = child.wait();
    let ms = |time: Duration| time.as_secs_f64() * 1000.0;
    println!("{{\"listening_ms\":{:.3},\"answered_ms\":{:.3}}}", ms(listening), ms(answered));
}
