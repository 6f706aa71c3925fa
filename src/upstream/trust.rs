//! Whom TLS believes: the platform's authorities, and what the operator adds.

use std::fmt;
use std::io;
use std::sync::Arc;

use rustls::pki_types::CertificateDer;
use rustls::{ClientConfig, RootCertStore};
use tokio::sync::OnceCell;
use tokio::task::spawn_blocking;

/// Whom a connection's other side must be vouched for by.
///
/// The platform's authorities are some three hundred files and as many certificates: three milliseconds, which is more
/// than all the rest of a start. They are read when the first connection over TLS is made, once, and off the worker's
/// thread, as the files may lie on a disk that hangs.
#[derive(Clone)]
pub struct Trust(Arc<Authorities>);

struct Authorities {
    extra: RootCertStore,
    ready: OnceCell<Arc<ClientConfig>>,
}

impl Trust {
    /// The platform's authorities, and `extra` beside them. There is no way to turn verification off.
    ///
    /// # Errors
    /// Of `extra`, if one of them is no authority's certificate.
    pub fn platform(extra: Vec<CertificateDer<'static>>) -> Result<Self, rustls::Error> {
        let mut roots = RootCertStore::empty();
        for certificate in extra {
            roots.add(certificate)?;
        }
        Ok(Self(Arc::new(Authorities { extra: roots, ready: OnceCell::new() })))
    }

    /// The TLS settings, with the authorities that are there at the first call.
    pub(super) async fn config(&self) -> io::Result<Arc<ClientConfig>> {
        let ready = self.0.ready.get_or_try_init(async || {
            let extra = self.0.extra.clone();
            spawn_blocking(|| trust_only(with_platform(extra))).await?.map_err(io::Error::other)
        });
        ready.await.cloned()
    }
}

impl From<Arc<ClientConfig>> for Trust {
    fn from(config: Arc<ClientConfig>) -> Self {
        Self(Arc::new(Authorities { extra: RootCertStore::empty(), ready: OnceCell::new_with(Some(config)) }))
    }
}

impl fmt::Debug for Trust {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Trust({} of the operator's)", self.0.extra.len())
    }
}

fn with_platform(extra: RootCertStore) -> RootCertStore {
    let mut roots = RootCertStore::empty();
    // The platform's roots where there are any; a certificate among them that cannot be read is no reason to stop.
    roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    if roots.is_empty() {
        roots.extend(webpki_roots::TLS_SERVER_ROOTS.iter().cloned());
    }
    roots.extend(extra.roots);
    roots
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
    use super::*;

    #[tokio::test]
    async fn authorities_are_read_once_and_not_before_they_are_needed() {
        let trust = Trust::platform(Vec::new()).unwrap();
        assert!(!trust.0.ready.initialized());
        let (first, second) = tokio::join!(trust.config(), trust.config());
        assert!(Arc::ptr_eq(&first.unwrap(), &second.unwrap()));
        assert!(Trust::platform(vec![b"no certificate".to_vec().into()]).is_err());
    }

    #[test]
    fn the_operators_authorities_stand_beside_the_platforms() {
        let mut extra = RootCertStore::empty();
        let platform = with_platform(RootCertStore::empty()).len();
        assert!(platform > 0);
        extra.extend(webpki_roots::TLS_SERVER_ROOTS.iter().take(1).cloned());
        assert_eq!(with_platform(extra).len(), platform + 1);
    }
}
