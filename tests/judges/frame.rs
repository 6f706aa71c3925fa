//! countersign's side of the comparison with other HTTP parsers: reads requests from standard input and says how the
//! product frames each. It judges nothing: that is `frames.py`'s part, with a parser that shares nothing with this one.
//!
//! A case is its length and the size of the pieces it arrives in (zero: all at once), each as four bytes, little end
//! first; then its bytes. For each there is one line of JSON: the requests on the connection, one after the other, and
//! why there are no more.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "a tool of the tests: it fails by panicking, and standard output is what it is for"
)]

use std::fmt::Write as _;
use std::io::{BufRead, BufReader, ErrorKind, Read};

use countersign::accept::refusal_of;
use countersign::classify::{Listener, check_path, named, target};
use countersign::upstream::Upload;
use countersign::wire::{Framing, Head, HeadLimits, Malformed};
use serde_json::{Value, json};

/// The defaults of the settings.
const LIMITS: HeadLimits = HeadLimits { head: 32 * 1024, headers: 100, uri: 8 * 1024 };
/// What one reading from a connection brings at most, where nothing else is said.
const AT_ONCE: usize = 1 << 20;

fn main() {
    let mut input = BufReader::new(std::io::stdin().lock());
    while !input.fill_buf().unwrap().is_empty() {
        let (length, step) = (number(&mut input), number(&mut input));
        let mut case = vec![0; length];
        input.read_exact(&mut case).unwrap();
        println!("{}", connection(&case, if step == 0 { AT_ONCE } else { step }));
    }
}

fn number(input: &mut impl Read) -> usize {
    let mut bytes = [0; 4];
    input.read_exact(&mut bytes).unwrap();
    u32::from_le_bytes(bytes).try_into().unwrap()
}

/// The bytes that a caller sends, piece by piece.
struct Arriving<'a> {
    bytes: &'a [u8],
    step: usize,
}

impl<'a> Arriving<'a> {
    fn next(&mut self) -> std::io::Result<&'a [u8]> {
        if self.bytes.is_empty() {
            return Err(ErrorKind::UnexpectedEof.into());
        }
        let (piece, rest) = self.bytes.split_at(self.step.min(self.bytes.len()));
        self.bytes = rest;
        Ok(piece)
    }
}

/// One request after another, as `accept` and `pipeline` take them: the head is looked at after each arrival; of the body,
/// first what came with the head and then what comes; what is behind it begins the next request.
fn connection(case: &[u8], step: usize) -> Value {
    let mut arriving = Arriving { bytes: case, step };
    let mut head = Head::new();
    let mut requests = Vec::new();
    let mut ended_at = 0;
    loop {
        match next_head(&mut head, &mut arriving) {
            Ok(true) => {}
            Ok(false) => return json!({ "requests": requests, "then": "end" }),
            Err(fault) => return json!({ "requests": requests, "then": name(fault) }),
        }
        let Some(method) = head.method() else {
            return json!({ "requests": requests, "then": "method_not_allowed" });
        };
        let mut request = json!({
            "method": method.name(),
            "target": hex(head.target()),
            "version": if head.is_http_1_0() { "1.0" } else { "1.1" },
            "fields": head.fields().map(|field| [hex(field.name), hex(field.value)]).collect::<Vec<_>>(),
            "framing": match head.framing() {
                Framing::None => json!("none"),
                Framing::Length(length) => json!(length),
                Framing::Chunked => json!("chunked"),
            },
            "keeps": head.keeps_alive(),
            "continue": head.expects_continue(),
            // What has a code of its own and is refused one stage later.
            "later": later(&head),
        });
        let behind = head.behind().len();
        let head_ends_at = case.len() - arriving.bytes.len() - behind;
        let (data, outcome) = body(&mut head, &mut arriving);
        request["body"] = json!(hex(&data));
        let whole = matches!(outcome, Ok(true));
        request["state"] = json!(match outcome {
            Ok(true) => "whole",
            Ok(false) => "partial",
            Err(fault) => name(fault),
        });
        if whole {
            let consumed = case.len() - arriving.bytes.len() - head.buffer().len();
            assert!(consumed >= head_ends_at && consumed > ended_at, "what was read is not read again");
            ended_at = consumed;
            request["end"] = json!(consumed);
        }
        let keeps = request["keeps"] == json!(true);
        requests.push(request);
        if !whole || !keeps {
            return json!({ "requests": requests, "then": if whole { "close" } else { "body" } });
        }
    }
}

/// The code with which a forward listener refuses where it goes, though it is framed well enough. None: it does not.
fn later(head: &Head) -> Option<&'static str> {
    let listener = Listener { own: vec!["127.0.0.1:9110".to_owned()], pinned: None };
    let checked = target(head.target()).and_then(|target| {
        check_path(target.path, target.query, true)?;
        named(head, &target, &listener).map(drop)
    });
    checked.err().map(|refusal| refusal.code.name())
}

/// `Ok(false)`: nothing more comes, and what has come is no head.
fn next_head(head: &mut Head, arriving: &mut Arriving<'_>) -> Result<bool, Malformed> {
    loop {
        if !head.is_empty() && head.parse(&LIMITS)? {
            return Ok(true);
        }
        let Ok(piece) = arriving.next() else { return Ok(false) };
        head.buffer().extend_from_slice(piece);
    }
}

/// The data, and whether it is whole. Leaves the head finished when it is.
fn body(head: &mut Head, arriving: &mut Arriving<'_>) -> (Vec<u8>, Result<bool, Malformed>) {
    let mut data = Vec::new();
    let mut upload = match Upload::begin_with(head, None, |run| data.extend_from_slice(run)) {
        Ok(upload) => upload,
        Err(fault) => return (data, Err(fault)),
    };
    while !upload.is_done() {
        let Ok(piece) = arriving.next() else { return (data, Ok(false)) };
        match upload.advance(piece, |run| data.extend_from_slice(run)) {
            // What belongs to the next request goes where its head will be looked for.
            Ok(used) => head.buffer().extend_from_slice(&piece[used..]),
            Err(fault) => return (data, Err(fault)),
        }
    }
    head.finish(upload.prefix());
    (data, Ok(true))
}

fn name(fault: Malformed) -> &'static str {
    refusal_of(fault).code.name()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}
