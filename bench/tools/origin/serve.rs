//! One connection of the upstream: requests one after the other.

use std::io;

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};

use super::request::{Framing, framing, head_length, target};
use super::state::State;
use super::sts;

/// Bodies up to this are kept for the verifier.
const KEPT_MAX: u64 = 64 * 1024;
/// What is read and written at once of large bodies. Not 64 KiB, which loopback's segments take badly.
const PIECE: usize = 256 * 1024;
static LARGE: [u8; PIECE] = [b'x'; PIECE];

/// The answer to everything that asks for nothing else: 1 KiB.
const ANSWER_BODY: usize = 1024;
const ANSWER_HEAD: &str = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nx-acs-request-id: 0A1B2C3D-4E5F-6071-8293-A4B5C6D7E8F9\r\n\
    Content-Length: 1024\r\n\r\n";

/// Serves until the other side ends.
pub async fn serve<S: AsyncRead + AsyncWrite + Unpin>(mut stream: S, state: &State) {
    let mut answer = ANSWER_HEAD.as_bytes().to_vec();
    answer.extend_from_slice(&LARGE[..ANSWER_BODY]);
    let mut bytes = Vec::with_capacity(16 * 1024);
    let mut is_counted = false;
    loop {
        let head = loop {
            if let Some(length) = head_length(&bytes) {
                break length;
            }
            match stream.read_buf(&mut bytes).await {
                Ok(0) | Err(_) => return,
                Ok(_) => {}
            }
        };
        if let Some(text) = state.control(target(&bytes[..head])) {
            let whole = format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{text}", text.len());
            bytes.drain(..head);
            if stream.write_all(whole.as_bytes()).await.is_err() {
                return;
            }
            continue;
        }
        if !std::mem::replace(&mut is_counted, true) {
            state.connected();
        }
        if one(&mut stream, state, &mut bytes, head, &answer).await.is_err() {
            return;
        }
    }
}

/// One request whose head is there, and its answer.
async fn one<S: AsyncRead + AsyncWrite + Unpin>(
    stream: &mut S,
    state: &State,
    bytes: &mut Vec<u8>,
    head: usize,
    answer: &[u8],
) -> io::Result<()> {
    match framing(&bytes[..head]) {
        Framing::Length(length) if length <= KEPT_MAX => {
            let whole = head + usize::try_from(length).unwrap_or(0);
            while bytes.len() < whole {
                if stream.read_buf(bytes).await? == 0 {
                    return Err(io::ErrorKind::UnexpectedEof.into());
                }
            }
            state.arrived(&bytes[..head], Some(&bytes[head..whole]), length);
            reply(stream, state, &bytes[..whole], answer).await?;
            bytes.drain(..whole);
        }
        Framing::Length(length) => {
            let mut left = length - (bytes.len() - head) as u64;
            let mut piece = vec![0; PIECE];
            while left > 0 {
                let most = usize::try_from(left).unwrap_or(PIECE).min(PIECE);
                let count = stream.read(&mut piece[..most]).await?;
                if count == 0 {
                    return Err(io::ErrorKind::UnexpectedEof.into());
                }
                left -= count as u64;
            }
            state.arrived(&bytes[..head], None, length);
            stream.write_all(answer).await?;
            bytes.clear();
        }
        Framing::Chunked => {
            // Only where a peer re-frames: the bytes are counted with their framing, up to the last chunk.
            let mut count = (bytes.len() - head) as u64;
            while !bytes.ends_with(b"0\r\n\r\n") {
                let keep = bytes.len().saturating_sub(5).max(head);
                bytes.drain(head..keep);
                let more = stream.read_buf(bytes).await?;
                if more == 0 {
                    return Err(io::ErrorKind::UnexpectedEof.into());
                }
                count += more as u64;
            }
            state.arrived(&bytes[..head], None, count);
            stream.write_all(answer).await?;
            bytes.clear();
        }
    }
    Ok(())
}

async fn reply<S: AsyncWrite + Unpin>(
    stream: &mut S,
    state: &State,
    request: &[u8],
    answer: &[u8],
) -> io::Result<()> {
    let target = target(request);
    if let Some(bytes) = target.strip_prefix("/get-") {
        let digits = bytes.split('?').next().unwrap_or_default();
        let mut left: usize = digits.parse().map_err(|_| io::Error::from(io::ErrorKind::InvalidData))?;
        stream.write_all(format!("HTTP/1.1 200 OK\r\nContent-Length: {left}\r\n\r\n").as_bytes()).await?;
        while left > 0 {
            let piece = left.min(PIECE);
            stream.write_all(&LARGE[..piece]).await?;
            left -= piece;
        }
        return stream.flush().await;
    }
    // Looked for in small requests only: a role's name stands in the query or the form of the call.
    let is_sts = request.len() < 8192 && memchr::memmem::find(request, b"AssumeRole").is_some();
    if is_sts {
        let text = sts::answer(state, &String::from_utf8_lossy(request));
        let head = format!(
            "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n",
            text.len()
        );
        stream.write_all((head + &text).as_bytes()).await?;
        return stream.flush().await;
    }
    stream.write_all(answer).await?;
    stream.flush().await
}
