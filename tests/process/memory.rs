//! How much memory bodies take: none of them is kept, however large it is and however many there are.

use tokio::task::JoinSet;

use crate::kit::door::{Door, Doors};
use crate::kit::pattern::Pattern;
use crate::kit::program::Program;
use crate::kit::reader::Framing;
use crate::kit::tls::Identity;
use crate::kit::{Caller, Gate, OSS, Reply, Seen, Step, Upstream, get, request};

const KIB: usize = 1024;
const MIB: usize = 1024 * KIB;
/// What a large body may take more than a small one. The buffers that both use are of 56 KiB.
const MORE_MAX_KIB: usize = 2 * KIB;
/// What each of many transfers at once may take: a buffer of 56 KiB and two of 8 KiB, TLS sessions with records of 16 KiB
/// in both directions, and what the allocator rounds up.
const EACH_MAX_KIB: usize = 128;

/// How large a large body is: 64 MiB, or what `BODY_MIB` says. `./check long` sets it to 1024.
fn large_body_mib() -> usize {
    #[expect(clippy::disallowed_methods, reason = "the variable is the test's own interface")]
    let given = std::env::var("BODY_MIB").ok();
    given.map_or(64, |mib| mib.parse().expect("BODY_MIB is a number"))
}

/// Answers `/get-BYTES` with so many of the pattern, and everything else with its length.
fn script(seen: &Seen, _: usize) -> Reply {
    let target = seen.target();
    match target.strip_prefix("/get-") {
        Some(bytes) => {
            let bytes: usize = bytes.parse().unwrap();
            Reply::new(format!("HTTP/1.1 200 OK\r\nContent-Length: {bytes}\r\n\r\n"))
                .then(Step::Pattern(Pattern::of_target(&target), bytes))
        }
        None => Reply::ok(),
    }
}

/// What takes seconds, and on a busy machine many of them.
async fn in_the_end(what: &str, future: impl Future<Output = ()>) {
    let patience = std::time::Duration::from_secs(120);
    assert!(tokio::time::timeout(patience, future).await.is_ok(), "waited in vain for {what}");
}

/// The product as a process of its own, and the cloud in this one.
async fn start(
    is_tls: bool,
    script: impl Fn(&Seen, usize) -> Reply + Send + Sync + 'static,
) -> (Upstream, Program) {
    let identity = Identity::new();
    let doors = Doors::new(is_tls.then(|| identity.acceptor.clone()), |_| Door::Open);
    let upstream = Upstream::start_behind(doors, script).await;
    let off = "[log]\naccess = \"off\"";
    let program = if is_tls {
        Program::start_over_tls(off, &upstream, &identity).await
    } else {
        Program::start("", off, &upstream).await
    };
    (upstream, program)
}

/// Sends a body of the pattern.
async fn upload(caller: &mut Caller, target: &str, framing: &str, bytes: usize) {
    let mut pattern = Pattern::of_target(target);
    let is_chunked = framing.starts_with("Transfer");
    caller.send(request("PUT", OSS, target, framing)).await;
    let mut left = bytes;
    while left > 0 {
        let piece = pattern.next(left);
        left -= piece.len();
        if is_chunked {
            caller.send([format!("{:x}\r\n", piece.len()).as_bytes(), piece, b"\r\n"].concat()).await;
        } else {
            caller.send(piece).await;
        }
    }
    if is_chunked {
        caller.send("0\r\n\r\n").await;
    }
}

/// Reads an answer's body, and compares it.
async fn download(caller: &mut Caller, target: &str, bytes: usize) {
    let head = caller.reader.until(b"\r\n\r\n").await.unwrap();
    assert!(head.starts_with(b"HTTP/1.1 200 "), "{}", head.escape_ascii());
    let (mut pattern, mut is_right) = (Pattern::of_target(target), true);
    let mut compare = |piece: &[u8]| is_right &= pattern.is_next(piece);
    caller.reader.body(Framing::Length(bytes), &mut compare).await.unwrap();
    assert!(is_right, "{target}: another body");
}

/// The most memory that a process took for one body of this size, in KiB.
async fn peak(is_tls: bool, method: &str, bytes: usize) -> usize {
    let (upstream, program) = start(is_tls, script).await;
    let mut caller = Caller::connect(program.forward).await;
    match method {
        "GET" => {
            let target = format!("/get-{bytes}");
            caller.send(get(OSS, &target)).await;
            download(&mut caller, &target, bytes).await;
        }
        _ => {
            let framing = match method {
                "PUT" => format!("Content-Length: {bytes}\r\n"),
                _ => "Transfer-Encoding: chunked\r\n".to_owned(),
            };
            upload(&mut caller, "/put", &framing, bytes).await;
            assert_eq!(caller.answer().await.status, 200);
            let seen = upstream.last();
            assert_eq!((seen.body_bytes, seen.is_whole, seen.is_pattern), (bytes, true, true));
        }
    }
    program.memory_kib("VmHWM")
}

#[expect(clippy::print_stdout, reason = "the figures are wanted, not only that they are small enough")]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_large_body_takes_no_more_memory_than_a_small_one() {
    let large = large_body_mib() * MIB;
    for is_tls in [false, true] {
        for method in ["GET", "PUT", "PUT in chunks"] {
            let small_kib = peak(is_tls, method, KIB).await;
            let large_kib = peak(is_tls, method, large).await;
            println!(
                "{method}, TLS: {is_tls}: {small_kib} KiB for 1 KiB, {large_kib} KiB for {} MiB",
                large / MIB
            );
            assert!(
                large_kib <= small_kib + MORE_MAX_KIB,
                "{method}, TLS: {is_tls}: {small_kib}, {large_kib}"
            );
        }
    }
}

/// Transfers in each direction, of which every tenth caller and every tenth answer of the cloud stands still until all
/// others have passed.
const TRANSFERS: usize = 100;

fn is_slow_caller(index: usize) -> bool {
    index.is_multiple_of(10)
}

fn is_slow_cloud(index: usize) -> bool {
    index % 10 == 5
}

/// 1 to 4 MiB, and no round number.
fn size(index: usize) -> usize {
    MIB + index * 31_331 % (3 * MIB)
}

#[expect(clippy::print_stdout, reason = "the figures are wanted, not only that they are small enough")]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_hundred_uploads_and_downloads_at_once_pass_whole_whoever_is_slow() {
    for is_tls in [false, true] {
        let gate = Gate::new();
        let waits = gate.clone();
        let (upstream, program) = start(is_tls, move |seen, _| slow_script(seen, &waits)).await;
        let mut caller = Caller::connect(program.forward).await;
        caller.send(get(OSS, "/warm")).await;
        assert_eq!(caller.answer().await.status, 200);
        let before = program.memory_kib("VmRSS");

        let (mut fast, mut slow) = (JoinSet::new(), JoinSet::new());
        for index in 0..TRANSFERS {
            let is_slow = is_slow_caller(index) || is_slow_cloud(index);
            let set = if is_slow { &mut slow } else { &mut fast };
            set.spawn(up(program.forward, index, gate.clone()));
            set.spawn(down(program.forward, index, gate.clone()));
        }
        in_the_end("those that nobody holds up", async {
            while fast.join_next().await.transpose().unwrap().is_some() {}
        })
        .await;
        assert_eq!(slow.len(), TRANSFERS / 5 * 2);
        assert!(slow.try_join_next().is_none(), "the slow ones still stand");
        for _ in 0..slow.len() {
            gate.open();
        }
        in_the_end("the slow ones", async { while slow.join_next().await.transpose().unwrap().is_some() {} })
            .await;

        let put = |seen: &&Seen| seen.method() == "PUT";
        let requests = upstream.requests();
        for seen in requests.iter().filter(put) {
            let index: usize = seen.target().trim_start_matches("/put-").parse().unwrap();
            assert_eq!(
                (seen.body_bytes, seen.is_whole, seen.is_pattern),
                (size(index), true, true),
                "{index}"
            );
        }
        assert_eq!(requests.iter().filter(put).count(), TRANSFERS);
        let more = program.memory_kib("VmHWM") - before;
        println!("TLS: {is_tls}: {more} KiB for {} transfers at once", 2 * TRANSFERS);
        assert!(more <= 2 * TRANSFERS * EACH_MAX_KIB, "TLS: {is_tls}: {more} KiB");
    }
}

fn slow_script(seen: &Seen, gate: &Gate) -> Reply {
    let target = seen.target();
    let number = target.rsplit('-').next().and_then(|number| number.parse::<usize>().ok());
    let Some(index) = number else { return Reply::ok() };
    let is_slow = is_slow_cloud(index);
    if target.starts_with("/put-") {
        return if is_slow { Reply::ok().after(Step::Wait(gate.clone())) } else { Reply::ok() };
    }
    let (first, bytes) = (64 * KIB, size(index));
    let mut pattern = Pattern::of(index);
    let start = Step::Pattern(pattern, first);
    let _ = (pattern.next(first / 2), pattern.next(first / 2));
    let reply = Reply::new(format!("HTTP/1.1 200 OK\r\nContent-Length: {bytes}\r\n\r\n")).then(start);
    let reply = if is_slow { reply.then(Step::Wait(gate.clone())) } else { reply };
    reply.then(Step::Pattern(pattern, bytes - first))
}

async fn up(address: std::net::SocketAddr, index: usize, gate: Gate) {
    let mut caller = Caller::connect(address).await;
    let (target, bytes) = (format!("/put-{index}"), size(index));
    let mut pattern = Pattern::of(index);
    caller.send(request("PUT", OSS, &target, &format!("Content-Length: {bytes}\r\n"))).await;
    let mut left = bytes;
    let mut send = async |count: usize| {
        let piece = pattern.next(count.min(left));
        left -= piece.len();
        caller.send(piece).await;
        left
    };
    if is_slow_caller(index) {
        // A byte at a time, then nothing for long, then a little at a time.
        for _ in 0..100 {
            send(1).await;
        }
        gate.wait().await;
        for _ in 0..100 {
            send(KIB).await;
        }
    }
    while send(64 * KIB).await > 0 {}
    assert_eq!(caller.read_answer(false).await.unwrap().status, 200, "{target}");
}

async fn down(address: std::net::SocketAddr, index: usize, gate: Gate) {
    let mut caller = Caller::connect(address).await;
    let target = format!("/down-{index}");
    caller.send(get(OSS, &target)).await;
    if is_slow_caller(index) {
        caller.reader.more().await.unwrap();
        gate.wait().await;
    }
    download(&mut caller, &target, size(index)).await;
}
