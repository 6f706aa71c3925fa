//! The upstream: answers 200, counts what arrives, verifies every n-th signature. Also plays STS.
//!
//!     origin DIRECTORY
//!
//! Prints its two ports, plain and TLS, and leaves `ca.pem`, `certificate.pem` and `key.pem` in the directory. On the plain
//! port, `/.bench/count` tells the counts and begins anew, `/.bench/verify/N` verifies one of N from then on (0: none), and
//! `/.bench/life/SECONDS` says how long the credentials of STS live.

mod request;
mod serve;
mod state;
mod sts;

use std::rc::Rc;
use std::sync::Arc;

use rcgen::{CertificateParams, KeyPair};
use rustls::ServerConfig;
use rustls::pki_types::PrivateKeyDer;
use tokio::net::{TcpListener, TcpSocket};
use tokio_rustls::TlsAcceptor;

use state::State;

const NAMES: [&str; 4] =
    ["*.cn-hangzhou.aliyuncs.com", "*.oss-cn-hangzhou.aliyuncs.com", "*.aliyuncs.com", "localhost"];

fn acceptor(directory: &str) -> TlsAcceptor {
    let key = KeyPair::generate().expect("a key");
    let params = CertificateParams::new(NAMES.map(str::to_owned)).expect("names");
    let certificate = params.self_signed(&key).expect("a certificate");
    for (name, text) in [
        ("ca.pem", certificate.pem()),
        ("certificate.pem", certificate.pem()),
        ("key.pem", key.serialize_pem()),
    ] {
        std::fs::write(format!("{directory}/{name}"), text).expect("the directory can be written");
    }
    let config = ServerConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .with_safe_default_protocol_versions()
        .expect("protocol versions")
        .with_no_client_auth()
        .with_single_cert(
            vec![certificate.der().clone()],
            PrivateKeyDer::try_from(key.serialize_der()).expect("the key's form"),
        )
        .expect("the key is the certificate's");
    TlsAcceptor::from(Arc::new(config))
}

fn listen() -> TcpListener {
    let socket = TcpSocket::new_v4().expect("a socket");
    socket.bind(([127, 0, 0, 1], 0).into()).expect("a port");
    socket.listen(8192).expect("a listener")
}

fn main() {
    let directory = std::env::args().nth(1).expect("usage: origin DIRECTORY");
    let runtime = tokio::runtime::Builder::new_current_thread().enable_io().build().expect("a runtime");
    tokio::task::LocalSet::new().block_on(&runtime, async move {
        let (plain, tls) = (listen(), listen());
        let acceptor = acceptor(&directory);
        let port = |listener: &TcpListener| listener.local_addr().expect("its own address").port();
        println!("{} {}", port(&plain), port(&tls));
        let state = Rc::new(State::default());
        let beside = Rc::clone(&state);
        tokio::task::spawn_local(async move {
            loop {
                let (stream, _) = tls.accept().await.expect("a connection");
                let _ = stream.set_nodelay(true);
                let (acceptor, state) = (acceptor.clone(), Rc::clone(&beside));
                tokio::task::spawn_local(async move {
                    if let Ok(stream) = acceptor.accept(stream).await {
                        serve::serve(stream, &state).await;
                    }
                });
            }
        });
        loop {
            let (stream, _) = plain.accept().await.expect("a connection");
            let _ = stream.set_nodelay(true);
            let state = Rc::clone(&state);
            tokio::task::spawn_local(async move { serve::serve(stream, &state).await });
        }
    });
}
