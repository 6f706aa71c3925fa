//! Makes a connection: name resolution, the judgement of what it brought, TCP, and TLS with the endpoint's name.

use std::fmt;
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use rustls::ClientConfig;
use rustls::pki_types::ServerName;
use tokio::net::TcpStream;
use tokio::time::{Instant, timeout_at};
use tokio_rustls::TlsConnector;

use super::connection::{Connection, Transport};
use super::egress::{Blocked, Egress, Said};
use super::race::first_of;
use super::resolve::Resolve;
use super::{Dial, Failure, Routes, Trust};
use crate::names::{Host, Place};

/// The one way out: where a host is dialled, whom a name belongs to, and where nothing goes.
#[derive(Debug)]
pub struct Dialler {
    routes: Routes,
    resolver: Arc<dyn Resolve>,
    egress: Egress,
    /// When somebody was last told of an address that is not dialled.
    warned: Mutex<Option<Instant>>,
}

/// The least time between two warnings.
const WARN_EVERY: Duration = Duration::from_secs(10);

impl Dialler {
    /// Dials where `routes` say, by the addresses that `resolver` finds and `egress` lets pass.
    pub fn new(routes: Routes, resolver: Arc<dyn Resolve>, egress: Egress) -> Self {
        Self { routes, resolver, egress, warned: Mutex::default() }
    }

    /// Connects to `host`, a host of the endpoint table. Name look-up, TCP and TLS together take no longer than `limit`.
    pub async fn open(&self, host: &Host, limit: Duration) -> Result<Connection, Failure> {
        let until = Instant::now() + limit;
        let transport = match self.routes.dial_name(host) {
            Dial::Plain(address) => {
                let (ip, judge) = ([address.ip()], |address| self.egress.judge(address, Said::Written));
                Transport::Plain(self.tcp(host, (&ip, address.port()), (Said::Written, judge), until).await?)
            }
            Dial::Tls { host: elsewhere, port, trust } => {
                let trust = trust_by(trust, until).await?;
                let name = elsewhere.as_deref().unwrap_or(host.as_str());
                let (addresses, said) = self.addresses(name, until).await?;
                let judge = |address| self.egress.judge(address, said);
                let tcp = self.tcp(host, (&addresses, *port), (said, judge), until).await?;
                Transport::Tls(Box::new(handshake(host.as_str(), tcp, trust, until).await?))
            }
        };
        Ok(Connection::new(transport, Instant::now()))
    }

    /// Connects to a place that the operator named, at no other place than that. As [`Dialler::open`] otherwise.
    pub async fn open_place(
        &self,
        place: &Place,
        trust: &Trust,
        limit: Duration,
    ) -> Result<Connection, Failure> {
        let until = Instant::now() + limit;
        let judge = |address| self.egress.judge_place(address, place.is_tls());
        let tcp = async {
            let (addresses, said) = self.addresses(place.host(), until).await?;
            self.tcp(place, (&addresses, place.port()), (said, judge), until).await
        };
        let transport = if place.is_tls() {
            let trust = trust_by(trust, until).await?;
            Transport::Tls(Box::new(handshake(place.host(), tcp.await?, trust, until).await?))
        } else {
            Transport::Plain(tcp.await?)
        };
        Ok(Connection::new(transport, Instant::now()))
    }

    async fn addresses(&self, name: &str, until: Instant) -> Result<(Vec<IpAddr>, Said), Failure> {
        if let Ok(ip) = name.parse() {
            return Ok((vec![ip], Said::Written));
        }
        if name == "localhost" {
            // Not looked up: what it means must not depend on a file or a name server.
            return Ok((vec![Ipv4Addr::LOCALHOST.into(), Ipv6Addr::LOCALHOST.into()], Said::Written));
        }
        match timeout_at(until, self.resolver.resolve(name)).await {
            Ok(Ok(addresses)) => Ok((addresses, Said::Resolved)),
            Ok(Err(error)) => Err(Failure::Unreachable(error)),
            Err(_) => Err(Failure::Unreachable(io::ErrorKind::TimedOut.into())),
        }
    }

    /// Dials what may be dialled of these. An address that may not is passed over; if it leaves none, that is the failure.
    /// `whom` is for the log.
    async fn tcp(
        &self,
        whom: &(dyn fmt::Display + Sync),
        (addresses, port): (&[IpAddr], u16),
        (said, judge): (Said, impl Fn(SocketAddr) -> Result<(), Blocked>),
        until: Instant,
    ) -> Result<TcpStream, Failure> {
        let mut permitted = Vec::with_capacity(addresses.len());
        let mut blocked = None;
        for ip in addresses {
            let address = SocketAddr::new(*ip, port);
            match judge(address) {
                Ok(()) => permitted.push(address),
                Err(why) => blocked = Some((address, why)),
            }
        }
        if let Some((address, why)) = blocked {
            self.warn(whom, address, why);
            if permitted.is_empty() {
                return Err(Failure::Blocked(address, why, said));
            }
        }
        let stream = first_of(&permitted, until, TcpStream::connect).await.map_err(Failure::Unreachable)?;
        stream.set_nodelay(true).map_err(Failure::Unreachable)?;
        Ok(stream)
    }
}

impl Dialler {
    /// Somebody should know: a name server may be wrong, or be lied to. Not for each connection, though.
    fn warn(&self, host: &dyn fmt::Display, address: SocketAddr, why: Blocked) {
        let now = Instant::now();
        let mut warned = self.warned.lock().unwrap_or_else(PoisonError::into_inner);
        if warned.is_none_or(|warned| now - warned >= WARN_EVERY) {
            *warned = Some(now);
            tracing::warn!(%host, %address, "not dialled: this is {why}");
        }
    }
}

/// The authorities to believe, once they are read.
async fn trust_by(trust: &Trust, until: Instant) -> Result<Arc<ClientConfig>, Failure> {
    match timeout_at(until, trust.config()).await {
        Ok(trust) => trust.map_err(Failure::Tls),
        Err(_) => Err(Failure::Tls(io::ErrorKind::TimedOut.into())),
    }
}

async fn handshake(
    host: &str,
    tcp: TcpStream,
    trust: Arc<ClientConfig>,
    until: Instant,
) -> Result<tokio_rustls::client::TlsStream<TcpStream>, Failure> {
    let name = ServerName::try_from(host.to_owned())
        .map_err(|error| Failure::Tls(io::Error::new(io::ErrorKind::InvalidInput, error)))?;
    match timeout_at(until, TlsConnector::from(trust).connect(name, tcp)).await {
        Ok(Ok(stream)) => Ok(stream),
        Ok(Err(error)) => Err(Failure::Tls(error)),
        Err(_) => Err(Failure::Tls(io::ErrorKind::TimedOut.into())),
    }
}

#[cfg(test)]
mod tests {
    use rustls::RootCertStore;
    use socket2::{Domain, Socket, Type};

    use super::*;
    use crate::upstream::{SystemResolver, trust_only};

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
        let trust = trust_only(RootCertStore::empty()).unwrap().into();
        let dial = Dial::Tls { host: Some("127.0.0.1".into()), port: address.port(), trust };
        let dialler =
            Dialler::new(Routes::all_to(dial), Arc::new(SystemResolver::default()), Egress::default());
        let host = Host::in_lower_case("ecs.cn-hangzhou.aliyuncs.com").unwrap();
        let begun = Instant::now();
        let opening = tokio::spawn(async move { dialler.open(&host, limit).await.map(drop) });
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
