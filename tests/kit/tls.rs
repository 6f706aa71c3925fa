//! TLS in front of the recording upstream: what is written there arrives in the clear.

use std::net::SocketAddr;
use std::sync::Arc;

use countersign::upstream::{Dial, trust_only};
use rcgen::{CertificateParams, KeyPair};
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{RootCertStore, ServerConfig};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;

use super::{Kit, Upstream};

/// A certificate of the tests' own for ECS and the bucket's OSS.
pub(crate) struct Identity {
    pub(crate) certificate: CertificateDer<'static>,
    pub(crate) acceptor: TlsAcceptor,
}

impl Identity {
    pub(crate) fn new() -> Self {
        let names = ["*.cn-hangzhou.aliyuncs.com", "*.oss-cn-hangzhou.aliyuncs.com"].map(str::to_owned);
        let key = KeyPair::generate().unwrap();
        let certificate = CertificateParams::new(names).unwrap().self_signed(&key).unwrap().der().clone();
        let config = ServerConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(
                vec![certificate.clone()],
                PrivateKeyDer::try_from(key.serialize_der()).unwrap(),
            )
            .unwrap();
        Self { certificate, acceptor: TlsAcceptor::from(Arc::new(config)) }
    }

    /// For `upstream.extra_ca`.
    pub(crate) fn pem(&self) -> String {
        pem(&self.certificate)
    }

    /// Dials `address`, and trusts this certificate and no other.
    pub(crate) fn dial(&self, address: SocketAddr) -> Dial {
        let mut roots = RootCertStore::empty();
        roots.add(self.certificate.clone()).unwrap();
        let host = Some(address.ip().to_string().into());
        Dial::Tls { host, port: address.port(), trust: trust_only(roots).unwrap().into() }
    }
}

impl Kit {
    /// In front of the recording upstream, over TLS. `close_notify`: whether its ends are announced, as TLS demands.
    pub(crate) async fn before_tls(self, upstream: &Upstream, close_notify: bool) -> super::Proxy {
        let identity = Identity::new();
        let acceptor = identity.acceptor.clone();
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let address = listener.local_addr().unwrap();
        let behind = upstream.address;
        tokio::spawn(async move {
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                let acceptor = acceptor.clone();
                tokio::spawn(async move { front(acceptor, stream, behind, close_notify).await });
            }
        });
        self.elsewhere(identity.dial(address)).start().await
    }
}

async fn front(
    acceptor: TlsAcceptor,
    stream: TcpStream,
    behind: SocketAddr,
    close_notify: bool,
) -> Option<()> {
    let near = acceptor.accept(stream).await.ok()?;
    let far = TcpStream::connect(behind).await.ok()?;
    let (mut near_read, mut near_write) = tokio::io::split(near);
    let (mut far_read, mut far_write) = far.into_split();
    let up = tokio::io::copy(&mut near_read, &mut far_write);
    let down = async {
        let _ = tokio::io::copy(&mut far_read, &mut near_write).await;
        if close_notify {
            let _ = tokio::io::AsyncWriteExt::shutdown(&mut near_write).await;
        }
    };
    tokio::select! { _ = up => {} () = down => {} }
    Some(())
}

/// As RFC 4648 has it, section 4.
pub(crate) fn base64(bytes: &[u8]) -> String {
    const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let four = |three: &[u8]| {
        let number = (0..3).fold(0, |sum, at| sum << 8 | u32::from(*three.get(at).unwrap_or(&0)));
        let letter = |at: usize| {
            let index = usize::try_from(number >> (18 - 6 * at) & 63).unwrap();
            if at > three.len() { '=' } else { char::from(LETTERS[index]) }
        };
        (0..4).map(letter).collect::<String>()
    };
    bytes.chunks(3).map(four).collect()
}

/// A certificate as a file of certificate authorities has it.
pub(crate) fn pem(der: &[u8]) -> String {
    let lines: Vec<String> = der.chunks(48).map(base64).collect();
    format!("-----BEGIN CERTIFICATE-----\n{}\n-----END CERTIFICATE-----\n", lines.join("\n"))
}
