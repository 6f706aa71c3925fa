//! Credentials that are handed out: to the clients that were seen to ask so, and to nobody else.

mod cli;
mod metadata;
mod process;
mod uri;

use std::net::SocketAddr;
use std::os::unix::fs::PermissionsExt;

use serde_json::Value;

use crate::kit::sandboxed::Sandboxed;
use crate::kit::{Answer, Caller, Kit, Proxy};

/// A proxy in front of the sandbox, with one desk.
struct Desk {
    sandboxed: Sandboxed,
    proxy: Proxy,
}

impl Desk {
    async fn open(vend: &str) -> Self {
        Self::open_with(vend, |kit| kit).await
    }

    async fn open_with(vend: &str, more: impl FnOnce(Kit) -> Kit) -> Self {
        let sandboxed = Sandboxed::start().await;
        let proxy = more(sandboxed.kit().settings(&format!("[[vend]]\n{vend}"))).start().await;
        Self { sandboxed, proxy }
    }

    fn address(&self) -> SocketAddr {
        self.proxy.sidecar.vending[0].expect("a desk on TCP")
    }

    async fn ask(&self, request: &str) -> Answer {
        let mut caller = Caller::connect(self.address()).await;
        caller.send(request).await;
        caller.answer().await
    }

    /// What is counted of this kind.
    async fn counted(&self, kind: &str) -> [f64; 3] {
        let mut counts = [0.0; 3];
        for (count, outcome) in counts.iter_mut().zip(["handed", "denied", "unavailable"]) {
            let name = format!("countersign_vended_total{{kind=\"{kind}\",outcome=\"{outcome}\"}}");
            *count = self.proxy.metric(&name).await;
        }
        counts
    }

    fn sts_calls(&self) -> u64 {
        self.sandboxed.sts_calls("AssumeRoleWithOIDC")
    }

    fn mode(&self, name: &str) -> u32 {
        let found = std::fs::metadata(self.proxy.place.path().join(name)).unwrap();
        found.permissions().mode() & 0o777
    }
}

/// The credential in an answer, of which every client wants all.
fn credential(answer: &Answer) -> Value {
    assert_eq!(answer.status, 200, "{}", answer.head);
    let body: Value = serde_json::from_slice(&answer.body).unwrap();
    assert_eq!(body["Code"], "Success");
    assert!(body["AccessKeyId"].as_str().unwrap().starts_with("STS."));
    for name in ["AccessKeySecret", "SecurityToken"] {
        assert!(body[name].as_str().unwrap().len() > 20, "{name}");
    }
    let end = body["Expiration"].as_str().unwrap();
    assert!(end.len() == 20 && end.ends_with('Z') && !end.contains('.'), "{end}");
    body
}

/// What an error says, which must be short.
fn message(answer: &Answer) -> String {
    assert!(answer.body.len() < 250, "{answer:?}");
    assert_eq!(answer.header("cache-control").as_deref(), Some("no-store"), "{answer:?}");
    answer.text()
}
