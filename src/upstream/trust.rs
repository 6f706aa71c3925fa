//! Whom TLS believes: the platform's authorities, and what the operator adds.

use std::sync::Arc;

use rustls::pki_types::CertificateDer;
use rustls::{ClientConfig, RootCertStore};

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
