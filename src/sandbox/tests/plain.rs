//! A client of what the sandbox plays over plain HTTP: bytes as they stand, and a whole answer.

use std::net::SocketAddr;

use hyper::body::Bytes;
use hyper::{HeaderMap, StatusCode};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use super::client::Read;

/// A free address of this machine.
pub(crate) async fn listener() -> TcpListener {
    TcpListener::bind(("127.0.0.1", 0)).await.unwrap()
}

/// Sends one request and reads its answer, which names its length.
pub(crate) async fn send(address: SocketAddr, request: &str) -> Read {
    try_send(address, request).await.expect("an answer")
}

/// The same. None when the connection ends before the answer does.
pub(crate) async fn try_send(address: SocketAddr, request: &str) -> Option<Read> {
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut bytes = Vec::new();
    loop {
        if let Some(read) = whole(&bytes) {
            return Some(read);
        }
        let mut piece = [0; 4_096];
        match stream.read(&mut piece).await {
            Ok(0) | Err(_) => return None,
            Ok(read) => bytes.extend(&piece[..read]),
        }
    }
}

fn whole(bytes: &[u8]) -> Option<Read> {
    let end = bytes.windows(4).position(|window| window == b"\r\n\r\n")? + 4;
    let head = String::from_utf8(bytes[..end].to_vec()).unwrap();
    let mut lines = head.trim_end().split("\r\n");
    let status = lines.next().unwrap().split(' ').nth(1).unwrap();
    let mut headers = HeaderMap::new();
    for line in lines {
        let (name, value) = line.split_once(": ").unwrap();
        headers.insert(hyper::header::HeaderName::try_from(name).unwrap(), value.parse().unwrap());
    }
    let length: usize =
        headers.get("content-length").map_or(0, |text| text.to_str().unwrap().parse().unwrap());
    let body = Bytes::copy_from_slice(bytes.get(end..end + length)?);
    Some(Read { status: StatusCode::try_from(status).unwrap(), headers, body })
}
