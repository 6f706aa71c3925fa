//! Says whether a request that arrived is signed as it must be: asks the sandbox's verifier, which shares no code with
//! the signer, by sending the request there as it stands.

use std::sync::Arc;

use countersign::clock::SystemClock;
use countersign::sandbox::{Options, Outcome, Sandbox};
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;

use super::reader::{Framing, Reader, framing};
use super::upstream::Seen;
use super::{KEY_ID, SECRET, TOKEN};

/// A sandbox that knows the tests' credential.
pub(crate) struct Judge {
    pub(crate) sandbox: Sandbox,
    tls: TlsConnector,
}

impl Judge {
    pub(crate) async fn new() -> Self {
        let sandbox = Sandbox::start(Options::default(), Arc::new(SystemClock)).await.unwrap();
        sandbox.admit(KEY_ID, SECRET, Some(TOKEN));
        let tls = TlsConnector::from(trust(&sandbox));
        Self { sandbox, tls }
    }

    /// The scheme that the request is rightly signed with, by `KEY_ID`; else what is wrong.
    pub(crate) async fn scheme(&self, seen: &Seen) -> Result<&'static str, String> {
        let host = seen.header("host").unwrap();
        let tcp = TcpStream::connect(self.sandbox.address()).await.unwrap();
        let tls = self.tls.connect(ServerName::try_from(host).unwrap(), tcp).await.unwrap();
        let mut reader = Reader::new(tls);
        // Framed anew, and without a wait for `100 Continue`: neither is signed.
        let is_kept = |line: &&[u8]| {
            let lower = line.to_ascii_lowercase();
            ["content-length:", "transfer-encoding:", "expect:"]
                .iter()
                .all(|name| !lower.starts_with(name.as_bytes()))
        };
        let mut head = Vec::new();
        for line in seen.head.split(|&byte| byte == b'\n').filter(is_kept) {
            head.extend_from_slice(line.trim_ascii_end());
            head.extend_from_slice(b"\r\n");
        }
        head.extend_from_slice(format!("content-length: {}\r\n\r\n", seen.body.len()).as_bytes());
        let before = self.sandbox.verdicts().len();
        reader.stream.write_all(&[head.as_slice(), &seen.body].concat()).await.unwrap();
        reader.stream.flush().await.unwrap();
        let answer = reader.until(b"\r\n\r\n").await.unwrap();
        let _ = reader.body(framing(&answer, Framing::Length(0)), &mut |_| {}).await;
        let mut verdicts = self.sandbox.verdicts();
        assert_eq!(verdicts.len(), before + 1, "no verdict: {}", answer.escape_ascii());
        let verdict = verdicts.pop().unwrap();
        match (&verdict.outcome, verdict.scheme) {
            (Outcome::Verified, Some(scheme)) => Ok(scheme),
            _ => Err(format!("{verdict:?}")),
        }
    }
}

/// Trusts the sandbox and nobody else.
pub(crate) fn trust(sandbox: &Sandbox) -> Arc<ClientConfig> {
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from(sandbox.authority().to_vec())).unwrap();
    countersign::upstream::trust_only(roots).unwrap()
}
