//! Request heads: what is accepted is in the grammar, lies within the bytes, reads alike however it arrives, and says the
//! same when it is written anew.
#![no_main]

use countersign::classify::check_path;
use countersign::wire::{Framing, Head, HeadLimits, Malformed};
use libfuzzer_sys::fuzz_target;

/// Small, so that the fuzzer finds them.
const LIMITS: HeadLimits = HeadLimits { head: 1024, headers: 12, uri: 256 };

fuzz_target!(|bytes: &[u8]| {
    let mut head = Head::new();
    let outcome = at_once(&mut head, bytes);
    let every_byte: Vec<usize> = (1..bytes.len()).collect();
    // Two cuts that the input itself chooses: no second input has to be mutated along with it.
    let sum = bytes.iter().fold(7_usize, |sum, &byte| sum.wrapping_mul(31).wrapping_add(byte.into()));
    let mut two = [sum % bytes.len().max(1), (sum / 1021) % bytes.len().max(1)];
    two.sort_unstable();
    for cuts in [every_byte.as_slice(), &two] {
        let mut other = Head::new();
        let cut = in_pieces(&mut other, bytes, cuts);
        match (outcome, cut) {
            (Ok(true), _) => {
                assert_eq!(cut, Ok(true), "what is accepted at once is accepted in pieces");
                assert_same(&head, &other);
            }
            // Of several faults another may be seen first, but never none.
            (Err(_), _) => assert!(cut.is_err(), "what is refused at once is refused in pieces"),
            (Ok(false), _) => assert_eq!(cut, Ok(false)),
        }
    }
    if outcome == Ok(true) {
        judge(&mut head, bytes);
    }
});

fn at_once(head: &mut Head, bytes: &[u8]) -> Result<bool, Malformed> {
    head.buffer().extend_from_slice(bytes);
    if head.is_empty() { Ok(false) } else { head.parse(&LIMITS) }
}

/// As a connection does it: looks after each arrival, and once a head is whole or faulty at nothing more.
fn in_pieces(head: &mut Head, bytes: &[u8], cuts: &[usize]) -> Result<bool, Malformed> {
    let mut from = 0;
    for &to in cuts.iter().chain([&bytes.len()]) {
        if to > from {
            head.buffer().extend_from_slice(&bytes[from..to]);
            from = to;
            match head.parse(&LIMITS) {
                Ok(false) => {}
                done => {
                    head.buffer().extend_from_slice(&bytes[from..]);
                    return done;
                }
            }
        }
    }
    Ok(false)
}

fn pairs(head: &Head) -> Vec<(Vec<u8>, Vec<u8>)> {
    head.fields().map(|field| (field.name.to_vec(), field.value.to_vec())).collect()
}

fn assert_same(one: &Head, other: &Head) {
    assert_eq!(one.method(), other.method());
    assert_eq!(one.target(), other.target());
    assert_eq!(one.is_http_1_0(), other.is_http_1_0());
    assert_eq!(pairs(one), pairs(other));
    assert_eq!(one.framing(), other.framing());
    assert_eq!(one.keeps_alive(), other.keeps_alive());
    assert_eq!(one.expects_continue(), other.expects_continue());
    assert_eq!(one.has_metadata_text(), other.has_metadata_text());
    assert_eq!(one.behind(), other.behind());
}

/// What must hold for a head that was accepted.
fn judge(head: &mut Head, bytes: &[u8]) {
    let end = bytes.len() - head.behind().len();
    let text = &bytes[..end];
    let text = text.strip_prefix(b"\r\n").unwrap_or(text);
    assert!(text.len() <= LIMITS.head && head.target().len() <= LIMITS.uri);
    assert!(text.ends_with(b"\r\n\r\n"));
    // The first empty line ends it, and there is no line end but CR LF.
    let lines: Vec<&[u8]> = text[..text.len() - 4].split(|&byte| byte == b'\n').collect();
    for (number, line) in lines.iter().enumerate() {
        let line = if number + 1 == lines.len() { line } else { line.strip_suffix(b"\r").expect("CR LF") };
        assert!(!line.is_empty(), "an empty line inside a head");
        assert!(!line.iter().any(|byte| matches!(byte, 0..=8 | 10..=31 | 127)), "a control character");
        assert!(number == 0 || !matches!(line[0], b' ' | b'\t'), "a folded line");
    }
    assert_eq!(head.fields().count(), lines.len() - 1, "each line is a field");
    assert!(head.fields().count() <= LIMITS.headers);
    let first: Vec<&[u8]> =
        lines[0].strip_suffix(b"\r").unwrap_or(lines[0]).split(|&byte| byte == b' ').collect();
    assert!(first.len() == 3 && first[1] == head.target() && !first[1].is_empty());
    assert!(matches!((first[2], head.is_http_1_0()), (b"HTTP/1.1", false) | (b"HTTP/1.0", true)));
    assert!(head.method().is_none_or(|method| method.name().as_bytes() == first[0]));
    // UTF-8 is framed, and refused one stage later with a code of its own.
    let path = head.target();
    assert!(std::str::from_utf8(path).is_ok() && (path.is_ascii() || check_path(path, b"", true).is_err()));

    let (buffer_from, buffer_to) = {
        let range = head.buffer().as_ptr_range();
        (range.start.addr(), range.end.addr())
    };
    for field in head.fields() {
        assert!(!field.name.is_empty() && field.name.iter().all(is_token_byte));
        assert_eq!(field.value, field.value.trim_ascii(), "without the spaces around it");
        let is_metadata = field.name.len() >= 6 && field.name[..6].eq_ignore_ascii_case(b"x-oss-");
        assert!(field.value.is_ascii() || is_metadata && std::str::from_utf8(field.value).is_ok());
        for part in [field.name, field.value] {
            let range = part.as_ptr_range();
            assert!(part.is_empty() || buffer_from <= range.start.addr() && range.end.addr() <= buffer_to);
        }
    }
    judge_framing(head);

    // Written anew it says the same.
    let mut again = Vec::new();
    again.extend_from_slice(first[0]);
    again.push(b' ');
    again.extend_from_slice(head.target());
    again.extend_from_slice(if head.is_http_1_0() { b" HTTP/1.0\r\n" } else { b" HTTP/1.1\r\n" });
    for field in head.fields() {
        again.extend_from_slice(field.name);
        again.extend_from_slice(b":");
        again.extend_from_slice(field.value);
        again.extend_from_slice(b"\r\n");
    }
    again.extend_from_slice(b"\r\n");
    again.extend_from_slice(head.behind());
    let mut other = Head::new();
    assert_eq!(at_once(&mut other, &again), Ok(true), "{}", again.escape_ascii());
    assert_same(head, &other);

    // Nothing of it is left for the next one.
    let rest = head.behind().to_vec();
    head.finish(0);
    assert_eq!(*head.buffer(), rest);
    assert!(head.method().is_none() && head.fields().next().is_none() && head.target().is_empty());
}

/// The framing, read a second time.
fn judge_framing(head: &Head) {
    let values = |name: &str| -> Vec<Vec<u8>> {
        let of_name = |(found, _): &(Vec<u8>, Vec<u8>)| found.eq_ignore_ascii_case(name.as_bytes());
        pairs(head).into_iter().filter(of_name).map(|(_, value)| value).collect()
    };
    let (lengths, codings) = (values("content-length"), values("transfer-encoding"));
    match head.framing() {
        Framing::None => assert!(lengths.is_empty() && codings.is_empty()),
        Framing::Length(length) => {
            assert!(codings.is_empty());
            assert_eq!(lengths, [length.to_string().into_bytes()], "one length, plainly written");
        }
        Framing::Chunked => {
            assert!(lengths.is_empty() && codings.len() == 1 && !head.is_http_1_0());
            assert!(codings[0].eq_ignore_ascii_case(b"chunked"));
        }
    }
    assert!(values("host").len() == 1 || head.wants_tunnel() && values("host").is_empty());
}

fn is_token_byte(byte: &u8) -> bool {
    byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(byte)
}
