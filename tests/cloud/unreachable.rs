//! No connection, or none to whom it should be.

use std::net::SocketAddr;
use std::sync::Arc;

use countersign::clock::SystemClock;
use countersign::sandbox::{Options, Sandbox};
use countersign::upstream::Dial;
use rustls::RootCertStore;
use rustls::pki_types::CertificateDer;

use crate::kit::{ECS, Kit, OSS, REGIONS, Reply, Upstream};

#[tokio::test]
async fn a_port_that_nobody_listens_on_is_unreachable() {
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let proxy = Kit::new().connect_to(&format!("http://{free}")).start().await;
    let mut caller = proxy.caller().await;
    for _ in 0..2 {
        caller.send(crate::kit::get(ECS, REGIONS)).await;
        assert_eq!(caller.answer().await.verdict(), (502, "upstream_unreachable".to_owned()));
    }
    let answer = proxy.put(OSS, "/k", "hello").await;
    assert_eq!(answer.verdict(), (502, "upstream_unreachable".to_owned()));
}

#[tokio::test]
async fn a_name_that_is_not_found_is_unreachable() {
    let proxy = Kit::new().connect_to("https://nowhere.invalid:443").start().await;
    assert_eq!(proxy.get(ECS, REGIONS).await.verdict(), (502, "upstream_unreachable".to_owned()));
}

#[tokio::test]
async fn whoever_cannot_prove_the_endpoints_name_gets_nothing() {
    let sandbox = Sandbox::start(Options::default(), Arc::new(SystemClock)).await.unwrap();
    let other = Sandbox::start(Options::default(), Arc::new(SystemClock)).await.unwrap();
    let plain = Upstream::start(|_, _| Reply::ok()).await;
    let silent = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let trusting = |authority: &Sandbox, address: SocketAddr| {
        let mut roots = RootCertStore::empty();
        roots.add(CertificateDer::from(authority.authority().to_vec())).unwrap();
        let trust = countersign::upstream::trust_only(roots).unwrap();
        Dial::Tls { host: Some(address.ip().to_string().into()), port: address.port(), trust: trust.into() }
    };
    for (name, dial, expected) in [
        ("an authority that is not trusted", trusting(&other, sandbox.address()), "upstream_tls"),
        ("no TLS at all", trusting(&sandbox, plain.address), "upstream_tls"),
        ("no handshake", trusting(&sandbox, silent.local_addr().unwrap()), "upstream_tls"),
    ] {
        let proxy =
            Kit::new().settings("[upstream]\nconnect_timeout = \"200ms\"").elsewhere(dial).start().await;
        let answer = proxy.get(ECS, REGIONS).await;
        assert_eq!(answer.verdict(), (502, expected.to_owned()), "{name}");
    }
    assert_eq!(sandbox.verdicts(), []);
    assert!(plain.requests().is_empty());
}

#[tokio::test]
async fn another_hosts_certificate_is_no_proof() {
    // Signed by a trusted authority, for a name of the very same domain.
    let key = rcgen::KeyPair::generate().unwrap();
    let certificate = rcgen::CertificateParams::new(vec!["ecs.cn-beijing.aliyuncs.com".to_owned()])
        .unwrap()
        .self_signed(&key)
        .unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let server = rustls::ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(
            vec![certificate.der().clone()],
            rustls::pki_types::PrivateKeyDer::try_from(key.serialize_der()).unwrap(),
        )
        .unwrap();
    let acceptor = tokio_rustls::TlsAcceptor::from(Arc::new(server));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        loop {
            let (stream, _) = listener.accept().await.unwrap();
            assert!(acceptor.accept(stream).await.is_err(), "the name was taken");
        }
    });
    let kit = Kit::new();
    let ca = kit.place.write("ca.pem", &crate::kit::tls::pem(certificate.der()));
    let kit =
        kit.settings(&format!("[upstream]\nextra_ca = {ca:?}")).connect_to(&format!("https://{address}"));
    let proxy = kit.start().await;
    assert_eq!(proxy.get(ECS, REGIONS).await.verdict(), (502, "upstream_tls".to_owned()));
}

#[tokio::test]
async fn the_environments_proxies_are_not_looked_at() {
    let upstream = Upstream::start(|_, _| Reply::ok()).await;
    let proxy = ["http_proxy", "https_proxy", "HTTPS_PROXY", "ALL_PROXY"]
        .iter()
        .fold(Kit::new(), |kit, name| kit.variable(name, "http://127.0.0.1:1"))
        .before(&upstream)
        .await;
    assert_eq!(proxy.get(ECS, REGIONS).await.status, 200);
}
