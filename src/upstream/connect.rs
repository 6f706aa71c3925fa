//! Makes a connection: name resolution, TCP, and TLS with the endpoint's name.

use std::io;
use std::net::{SocketAddr, ToSocketAddrs};
use std::sync::Arc;
use std::time::Duration;

use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use tokio::net::TcpStream;
use tokio::sync::Semaphore;
use tokio::time::{Instant, timeout, timeout_at};
use tokio_rustls::TlsConnector;

use super::connection::{Connection, Transport};
use super::{Dial, Failure};
use crate::names::Host;

/// An address has this part of the time that is left at least, however many come after it: a far one must not be cut
/// off because a name has eight.
const SHARES_MAX: u32 = 3;

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

/// Connects to `host`, where `dial` says. Name look-up, TCP and TLS together take no longer than `limit`.
pub async fn open(host: &Host, dial: &Dial, limit: Duration) -> Result<Connection, Failure> {
    let until = Instant::now() + limit;
    let transport = match dial {
        Dial::Plain(address) => Transport::Plain(tcp(&[*address], until).await?),
        Dial::Tls { host: elsewhere, port, trust } => {
            let name = elsewhere.as_deref().unwrap_or(host.as_str());
            let tcp = tcp(&look_up(name, *port, until).await?, until).await?;
            let server_name = ServerName::try_from(host.as_str().to_owned())
                .map_err(|error| Failure::Tls(io::Error::new(io::ErrorKind::InvalidInput, error)))?;
            let handshake = TlsConnector::from(Arc::clone(trust)).connect(server_name, tcp);
            match timeout_at(until, handshake).await {
                Ok(Ok(stream)) => Transport::Tls(Box::new(stream)),
                Ok(Err(error)) => return Err(Failure::Tls(error)),
                Err(_) => return Err(Failure::Tls(io::ErrorKind::TimedOut.into())),
            }
        }
    };
    Ok(Connection::new(transport, Instant::now()))
}

/// Look-ups that are under way. The system's cannot be given up: each keeps its place until it ends, so that a name server
/// that says nothing takes no more threads than these.
static LOOK_UPS: Semaphore = Semaphore::const_new(32);

async fn look_up(name: &str, port: u16, until: Instant) -> Result<Vec<SocketAddr>, Failure> {
    let name = (name.to_owned(), port);
    let looking = async {
        let place = LOOK_UPS.acquire().await.map_err(io::Error::other)?;
        let looked = tokio::task::spawn_blocking(move || {
            let addresses = name.to_socket_addrs().map(Iterator::collect);
            drop(place);
            addresses
        });
        looked.await.map_err(io::Error::other)?
    };
    match timeout_at(until, looking).await {
        Ok(Ok(addresses)) => Ok(addresses),
        Ok(Err(error)) => Err(Failure::Unreachable(error)),
        Err(_) => Err(Failure::Unreachable(io::ErrorKind::TimedOut.into())),
    }
}

async fn tcp(addresses: &[SocketAddr], until: Instant) -> Result<TcpStream, Failure> {
    let stream = first_of(addresses, until, TcpStream::connect).await?;
    stream.set_nodelay(true).map_err(Failure::Unreachable)?;
    Ok(stream)
}

/// The first of the addresses that answers. They are tried in turn, and each has a fair share of the time that is left:
/// one that swallows everything must leave time for the next.
async fn first_of<T>(
    addresses: &[SocketAddr],
    until: Instant,
    connect: impl AsyncFn(SocketAddr) -> io::Result<T>,
) -> Result<T, Failure> {
    let mut failure = io::Error::new(io::ErrorKind::NotFound, "the name has no address");
    for (index, address) in addresses.iter().enumerate() {
        let untried = u32::try_from(addresses.len() - index).unwrap_or(u32::MAX);
        let left = until.saturating_duration_since(Instant::now());
        match timeout(left / untried.min(SHARES_MAX), connect(*address)).await {
            Ok(Ok(connected)) => return Ok(connected),
            Ok(Err(error)) => failure = error,
            Err(_) => failure = io::ErrorKind::TimedOut.into(),
        }
    }
    Err(Failure::Unreachable(failure))
}

#[cfg(test)]
mod tests {
    use std::future::pending;
    use std::time::Duration;

    use rustls::RootCertStore;
    use socket2::{Domain, Socket, Type};

    use super::*;

    const LIMIT: Duration = Duration::from_secs(3);

    fn addresses(count: u8) -> Vec<SocketAddr> {
        (1..=count).map(|last| ([192, 0, 2, last], 443).into()).collect()
    }

    /// What comes of these addresses, of which only the last answers, and when.
    async fn last_answers(
        count: u8,
        others: impl AsyncFn() -> io::Result<u16>,
    ) -> (Result<u16, Failure>, Duration) {
        let (begun, all) = (Instant::now(), addresses(count));
        let last = *all.last().unwrap();
        let connect = async |address: SocketAddr| {
            if address == last { Ok(address.port()) } else { others().await }
        };
        (first_of(&all, begun + LIMIT, connect).await, begun.elapsed())
    }

    #[tokio::test(start_paused = true)]
    async fn an_address_that_swallows_everything_leaves_time_for_the_next() {
        for (count, expected) in [(1, 0), (2, 1_500), (3, 2_000)] {
            let (outcome, took) = last_answers(count, pending).await;
            assert_eq!((outcome.unwrap(), took), (443, Duration::from_millis(expected)), "of {count}");
        }
        let (outcome, took) = last_answers(12, pending).await;
        assert!(outcome.is_ok() && took < LIMIT, "{took:?}");
    }

    #[tokio::test(start_paused = true)]
    async fn an_address_that_refuses_costs_nothing() {
        let refuses = async || Err(io::ErrorKind::ConnectionRefused.into());
        let (outcome, took) = last_answers(12, refuses).await;
        assert_eq!((outcome.unwrap(), took), (443, Duration::ZERO));
    }

    #[tokio::test(start_paused = true)]
    async fn addresses_of_which_none_answers_cost_the_limit_and_no_more() {
        let begun = Instant::now();
        let outcome =
            first_of(&addresses(3), begun + LIMIT, async |_| pending::<io::Result<()>>().await).await;
        let Err(Failure::Unreachable(cause)) = outcome else { panic!("{outcome:?}") };
        assert_eq!((cause.kind(), begun.elapsed()), (io::ErrorKind::TimedOut, LIMIT));
        let none = first_of(&[], Instant::now() + LIMIT, async |_| pending::<io::Result<()>>().await).await;
        assert!(matches!(none, Err(Failure::Unreachable(_))));
    }

    /// Over real sockets, since only those show what is within the limit.
    #[tokio::test]
    async fn one_limit_holds_for_tcp_and_tls_together() {
        let limit = Duration::from_millis(1_500);
        let listener = Socket::new(Domain::IPV4, Type::STREAM, None).unwrap();
        listener.bind(&SocketAddr::from(([127, 0, 0, 1], 0)).into()).unwrap();
        listener.listen(0).unwrap();
        let address = listener.local_addr().unwrap().as_socket().unwrap();
        // Fills the queue: the next one's first packet is lost, and sent again after a second.
        let queued = TcpStream::connect(address).await.unwrap();
        let trust = trust_only(RootCertStore::empty()).unwrap();
        let dial = Dial::Tls { host: Some("127.0.0.1".into()), port: address.port(), trust };
        let host = Host::in_lower_case("ecs.cn-hangzhou.aliyuncs.com").unwrap();
        let begun = Instant::now();
        let opening = tokio::spawn(async move { open(&host, &dial, limit).await.map(drop) });
        tokio::time::sleep(Duration::from_millis(200)).await;
        let first = listener.accept().unwrap();
        let outcome = opening.await.unwrap();
        let took = begun.elapsed();
        // Nobody speaks TLS there.
        let Err(Failure::Tls(cause)) = outcome else { panic!("{outcome:?}") };
        assert_eq!(cause.kind(), io::ErrorKind::TimedOut);
        assert!(took < limit + Duration::from_millis(500), "{took:?}");
        drop((queued, first));
    }
}
