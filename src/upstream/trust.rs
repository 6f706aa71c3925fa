//! Whom TLS believes: the platform's authorities, and what the operator adds.

use std::fmt;
use std::io;
use std::sync::{Arc, Mutex, PoisonError};

use rustls::{ClientConfig, RootCertStore};
use tokio::sync::watch;
use tokio::task::spawn_blocking;

/// Whom a connection's other side must be vouched for by.
///
/// The platform's authorities are some three hundred files and as many certificates: three milliseconds, which is more
/// than all the rest of a start. They are read when the first connection over TLS is made, once, and off the worker's
/// thread: the files may lie on a disk that hangs.
#[derive(Clone)]
pub struct Trust(Arc<Authorities>);

/// The TLS settings, or why there are none. An error is shared, and so it is taken apart.
type Found = Result<Arc<ClientConfig>, (io::ErrorKind, String)>;

struct Authorities {
    extra: RootCertStore,
    read: fn(RootCertStore) -> io::Result<RootCertStore>,
    /// The reading that is under way, or that ended well.
    reading: Mutex<Option<watch::Receiver<Option<Found>>>>,
}

impl Trust {
    /// The platform's authorities, and `extra` beside them. There is no way to turn verification off.
    pub fn platform(extra: RootCertStore) -> Self {
        Self::read_by(extra, with_platform)
    }

    fn read_by(extra: RootCertStore, read: fn(RootCertStore) -> io::Result<RootCertStore>) -> Self {
        Self(Arc::new(Authorities { extra, read, reading: Mutex::default() }))
    }

    /// The TLS settings, with the authorities that are there at the first call. After one that failed it is read anew.
    pub(super) async fn config(&self) -> io::Result<Arc<ClientConfig>> {
        let mut reading = self.reading();
        let found = reading.wait_for(Option::is_some).await.map_err(io::Error::other)?.clone();
        let found = found.unwrap_or(Err((io::ErrorKind::NotFound, String::new())));
        found.map_err(|(kind, text)| io::Error::new(kind, text))
    }

    /// One reading at a time, which goes on when whoever asked first has lost patience: it may take longer than a
    /// connection may, and the next to ask finds it done.
    fn reading(&self) -> watch::Receiver<Option<Found>> {
        let mut under_way = self.0.reading.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(reading) = under_way.as_ref().filter(|reading| !matches!(*reading.borrow(), Some(Err(_))))
        {
            return reading.clone();
        }
        let (told, reading) = watch::channel(None);
        *under_way = Some(reading.clone());
        let (extra, read) = (self.0.extra.clone(), self.0.read);
        tokio::spawn(async move {
            let config = spawn_blocking(move || trust_only(read(extra)?).map_err(io::Error::other)).await;
            let found = config.map_err(io::Error::other).flatten();
            if let Err(error) = &found {
                // No more often than a request comes by: what its caller is told names no file of this machine.
                tracing::warn!(%error, "nobody's certificate can be verified; requests over TLS are refused until that is mended");
            }
            told.send_replace(Some(found.map_err(|error| (error.kind(), error.to_string()))));
        });
        reading
    }
}

impl From<Arc<ClientConfig>> for Trust {
    fn from(config: Arc<ClientConfig>) -> Self {
        let trust = Self::platform(RootCertStore::empty());
        *trust.0.reading.lock().unwrap_or_else(PoisonError::into_inner) =
            Some(watch::channel(Some(Ok(config))).1);
        trust
    }
}

impl fmt::Debug for Trust {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Trust({} of the operator's)", self.0.extra.len())
    }
}

/// The platform's authorities where it has any, else Mozilla's; and the operator's.
///
/// # Errors
/// When the platform has some and none can be read: others in their place could be more than the operator trusts.
fn with_platform(extra: RootCertStore) -> io::Result<RootCertStore> {
    let mut roots = RootCertStore::empty();
    let found = rustls_native_certs::load_native_certs();
    // One that cannot be read is no reason to do without the others.
    roots.add_parsable_certificates(found.certs);
    match found.errors.first() {
        Some(error) if roots.is_empty() => {
            return Err(io::Error::other(format!("the platform's certificate authorities: {error}")));
        }
        Some(error) => {
            let count = found.errors.len();
            tracing::warn!(count, %error, "some of the platform's certificate authorities cannot be read");
        }
        None if roots.is_empty() => roots.extend(webpki_roots::TLS_SERVER_ROOTS.iter().cloned()),
        None => {}
    }
    roots.extend(extra.roots);
    Ok(roots)
}

/// The TLS settings of every connection: TLS 1.2 or 1.3, the `ring` provider, HTTP/1.1, certificates verified by `roots`
/// and nobody else.
pub fn trust_only(roots: RootCertStore) -> Result<Arc<ClientConfig>, rustls::Error> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let mut config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .with_root_certificates(roots)
        .with_no_client_auth();
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(Arc::new(config))
}

#[cfg(test)]
mod tests {
    use std::sync::Barrier;
    use std::sync::atomic::{AtomicU32, Ordering};
    use std::time::Duration;

    use tokio::time::timeout;

    use super::*;

    #[tokio::test]
    async fn authorities_are_read_once_and_not_before_they_are_needed() {
        static READ: AtomicU32 = AtomicU32::new(0);
        let trust = Trust::read_by(RootCertStore::empty(), |roots| {
            READ.fetch_add(1, Ordering::SeqCst);
            Ok(roots)
        });
        assert_eq!(READ.load(Ordering::SeqCst), 0);
        let (first, second) = tokio::join!(trust.config(), trust.config());
        assert!(Arc::ptr_eq(&first.unwrap(), &second.unwrap()));
        assert!(trust.config().await.is_ok());
        assert_eq!(READ.load(Ordering::SeqCst), 1);
    }

    #[tokio::test]
    async fn a_reading_goes_on_when_nobody_waits_any_more() {
        static READ: AtomicU32 = AtomicU32::new(0);
        static GO: Barrier = Barrier::new(2);
        let trust = Trust::read_by(RootCertStore::empty(), |roots| {
            READ.fetch_add(1, Ordering::SeqCst);
            GO.wait();
            Ok(roots)
        });
        for _ in 0..3 {
            assert!(timeout(Duration::from_millis(1), trust.config()).await.is_err());
        }
        GO.wait();
        assert!(trust.config().await.is_ok());
        assert_eq!(READ.load(Ordering::SeqCst), 1, "readings under way at once");
    }

    #[tokio::test]
    async fn a_failure_is_told_and_not_kept() {
        static READ: AtomicU32 = AtomicU32::new(0);
        let trust =
            Trust::read_by(RootCertStore::empty(), |roots| match READ.fetch_add(1, Ordering::SeqCst) {
                0 => Err(io::Error::other("no descriptor is free")),
                _ => Ok(roots),
            });
        assert_eq!(trust.config().await.unwrap_err().to_string(), "no descriptor is free");
        assert!(trust.config().await.is_ok());
    }

    #[test]
    fn the_operators_authorities_stand_beside_the_platforms() {
        let mut extra = RootCertStore::empty();
        let platform = with_platform(RootCertStore::empty()).unwrap().len();
        assert!(platform > 0);
        extra.extend(webpki_roots::TLS_SERVER_ROOTS.iter().take(1).cloned());
        assert_eq!(with_platform(extra).unwrap().len(), platform + 1);
    }
}
