//! A certificate authority made at the start, and a leaf certificate for whatever name a client asks for.
//!
//! The authority's key never leaves the process and dies with it; whoever trusts it trusts one run of one sandbox.

use std::collections::HashMap;
use std::fmt;
use std::io;
use std::sync::{Arc, Mutex, PoisonError};

use rcgen::{
    BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair,
    KeyUsagePurpose, date_time_ymd,
};
use rustls::ServerConfig;
use rustls::crypto::ring;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};
use rustls::server::{ClientHello, ResolvesServerCert};
use rustls::sign::{CertifiedKey, SigningKey};

/// How many leaf certificates are kept. A proxy speaks to a few dozen hosts; past it all are made anew.
const KEPT: usize = 256;

/// The name on the certificate of a client that asked for none.
const NAMELESS: &str = "localhost";

/// The authority, and the leaves it has issued.
pub(crate) struct Authority {
    certificate: CertificateDer<'static>,
    issuer: Issuer<'static, KeyPair>,
    /// One key for every leaf: making one costs more than signing with it.
    leaf_key: KeyPair,
    leaf_signer: Arc<dyn SigningKey>,
    leaves: Mutex<HashMap<String, Arc<CertifiedKey>>>,
}

impl fmt::Debug for Authority {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Authority(…)")
    }
}

impl Authority {
    /// Makes keys and the authority's own certificate.
    ///
    /// # Errors
    /// When the operating system gives no randomness.
    pub(crate) fn new() -> io::Result<Self> {
        let key = KeyPair::generate().map_err(io::Error::other)?;
        let mut params = dated(CertificateParams::default());
        params.distinguished_name.push(DnType::CommonName, "countersign sandbox, one run only");
        params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        let certificate = params.self_signed(&key).map_err(io::Error::other)?.der().clone();
        let leaf_key = KeyPair::generate().map_err(io::Error::other)?;
        let der = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(leaf_key.serialize_der()));
        let leaf_signer = ring::sign::any_supported_type(&der).map_err(io::Error::other)?;
        let issuer = Issuer::new(params, key);
        Ok(Self { certificate, issuer, leaf_key, leaf_signer, leaves: Mutex::default() })
    }

    /// The authority's certificate, DER.
    pub(crate) fn certificate(&self) -> &[u8] {
        &self.certificate
    }

    /// A TLS server that shows each client the name it asked for, and speaks HTTP/1.1.
    ///
    /// # Errors
    /// When rustls knows no protocol version of the provider, which does not happen.
    pub(crate) fn server(self: Arc<Self>) -> io::Result<ServerConfig> {
        let mut config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()
            .map_err(io::Error::other)?
            .with_no_client_auth()
            .with_cert_resolver(self);
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        Ok(config)
    }

    fn leaf(&self, name: &str) -> Option<Arc<CertifiedKey>> {
        let mut leaves = self.leaves.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(leaf) = leaves.get(name) {
            return Some(leaf.clone());
        }
        let mut names = vec![name.to_owned()];
        if name == NAMELESS {
            names.push("127.0.0.1".to_owned());
        }
        let mut params = dated(CertificateParams::new(names).ok()?);
        params.distinguished_name.push(DnType::CommonName, name.get(..64).unwrap_or(name));
        params.use_authority_key_identifier_extension = true;
        params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        let certificate = params.signed_by(&self.leaf_key, &self.issuer).ok()?.der().clone();
        let leaf = Arc::new(CertifiedKey::new(vec![certificate], self.leaf_signer.clone()));
        if leaves.len() >= KEPT {
            leaves.clear();
        }
        leaves.insert(name.to_owned(), leaf.clone());
        Some(leaf)
    }
}

/// Valid in every year that a test's clock may stand in. 2049 is the last year that the short form of dates can hold.
fn dated(mut params: CertificateParams) -> CertificateParams {
    params.not_before = date_time_ymd(2000, 1, 1);
    params.not_after = date_time_ymd(2049, 12, 31);
    params
}

impl ResolvesServerCert for Authority {
    fn resolve(&self, hello: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        self.leaf(&hello.server_name().unwrap_or(NAMELESS).to_ascii_lowercase())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_leaf_is_made_once_and_their_number_is_bounded() {
        let authority = Authority::new().unwrap();
        let first = authority.leaf("ecs.aliyuncs.com").unwrap();
        assert!(Arc::ptr_eq(&first, &authority.leaf("ecs.aliyuncs.com").unwrap()));
        (0..KEPT).for_each(|number| drop(authority.leaf(&format!("h{number}.aliyuncs.com")).unwrap()));
        assert!(authority.leaves.lock().unwrap().len() <= KEPT);
    }
}
