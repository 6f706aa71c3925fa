//! Makes a connection: name resolution, TCP, and TLS with the endpoint's name.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use tokio::net::TcpStream;
use tokio::time::{Instant, timeout};
use tokio_rustls::TlsConnector;

use super::connection::{Connection, Transport};
use super::{Dial, Failure};
use crate::names::Host;

/// The TLS settings of every connection: TLS 1.2 or 1.3, the `ring` provider, HTTP/1.1, certificates verified.
/// There is no way to turn verification off; `extra` can only add an authority.
pub fn trust(extra: Vec<CertificateDer<'static>>) -> Result<Arc<ClientConfig>, rustls::Error> {
    let mut roots = RootCertStore::empty();
    // The platform's roots where there are any; a certificate among them that cannot be read is no reason to stop.
    roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    if roots.is_empty() {
        roots.extend(webpki_roots::TLS_SERVER_ROOTS.iter().cloned());
    }
    for certificate in extra {
        roots.add(certificate)?;
    }
    trust_only(roots)
}

/// The same, trusting `roots` and nobody else: the sandbox's authority.
pub fn trust_only(roots: RootCertStore) -> Result<Arc<ClientConfig>, rustls::Error> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let mut config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .with_root_certificates(roots)
        .with_no_client_auth();
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(Arc::new(config))
}

/// Connects to `host`, where `dial` says, within `limit` for TCP and once more for TLS.
pub async fn open(host: &Host, dial: &Dial, limit: Duration) -> Result<Connection, Failure> {
    let transport = match dial {
        Dial::Plain(address) => Transport::Plain(tcp(Target::Address(*address), limit).await?),
        Dial::Tls { host: elsewhere, port, trust } => {
            let name = elsewhere.as_deref().unwrap_or(host.as_str());
            let tcp = tcp(Target::Name(name, *port), limit).await?;
            let server_name = ServerName::try_from(host.as_str().to_owned())
                .map_err(|error| Failure::Tls(io::Error::new(io::ErrorKind::InvalidInput, error)))?;
            let handshake = TlsConnector::from(Arc::clone(trust)).connect(server_name, tcp);
            match timeout(limit, handshake).await {
                Ok(Ok(stream)) => Transport::Tls(Box::new(stream)),
                Ok(Err(error)) => return Err(Failure::Tls(error)),
                Err(_) => return Err(Failure::Tls(io::ErrorKind::TimedOut.into())),
            }
        }
    };
    Ok(Connection::new(transport, Instant::now()))
}

enum Target<'a> {
    Address(SocketAddr),
    Name(&'a str, u16),
}

async fn tcp(target: Target<'_>, limit: Duration) -> Result<TcpStream, Failure> {
    let connecting = async {
        match target {
            Target::Address(address) => TcpStream::connect(address).await,
            // Every address that the name has is tried in turn.
            Target::Name(name, port) => TcpStream::connect((name, port)).await,
        }
    };
    let stream = match timeout(limit, connecting).await {
        Ok(Ok(stream)) => stream,
        Ok(Err(error)) => return Err(Failure::Unreachable(error)),
        Err(_) => return Err(Failure::Unreachable(io::ErrorKind::TimedOut.into())),
    };
    stream.set_nodelay(true).map_err(Failure::Unreachable)?;
    Ok(stream)
}
