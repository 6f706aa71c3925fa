//! A client that trusts the sandbox's authority and signs as the documents say.
//!
//! It takes the MAC from the verifier, whose arithmetic the published requests of `tests/data/sandbox/` prove.

use std::sync::Arc;

use http_body_util::{BodyExt, Full};
use hyper::body::Bytes;
use hyper::{HeaderMap, Request, StatusCode};
use hyper_util::rt::TokioIo;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use serde_json::Value;
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use super::clock::StandingClock;
use super::ear::Ear;
use crate::clock::Clock;
use crate::sandbox::date;
use crate::sandbox::digest::sha256_hex;
use crate::sandbox::encode::percent;
use crate::sandbox::heard::Heard;
use crate::sandbox::place::Place;
use crate::sandbox::verify;
use crate::sandbox::{Options, Sandbox};

/// What signs a request.
#[derive(Clone, Debug)]
pub(crate) struct Key {
    pub(crate) id: String,
    pub(crate) secret: String,
    pub(crate) token: Option<String>,
}

/// An answer, read whole.
#[derive(Debug)]
pub(crate) struct Read {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

impl Read {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|_| panic!("no JSON: {}", self.text()))
    }

    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    /// The error code, in whichever dialect.
    pub(crate) fn code(&self) -> String {
        let text = self.text();
        match text.split_once("<Code>") {
            Some((_, rest)) => rest.split('<').next().unwrap_or_default().to_owned(),
            None => self.json()["Code"].as_str().unwrap_or_default().to_owned(),
        }
    }
}

/// A sandbox under a standing clock, and a client of it.
pub(crate) struct Visit {
    pub(crate) sandbox: Sandbox,
    pub(crate) clock: Arc<StandingClock>,
    pub(crate) ear: Arc<Ear>,
    tls: TlsConnector,
}

impl Visit {
    pub(crate) async fn new() -> Self {
        let clock = Arc::new(StandingClock::new());
        let ear = Arc::new(Ear::default());
        let options = Options { observer: ear.clone(), ..Options::default() };
        let sandbox = Sandbox::start(options, clock.clone()).await.unwrap();
        let mut roots = RootCertStore::empty();
        roots.add(CertificateDer::from(sandbox.authority().to_vec())).unwrap();
        let config = ClientConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_root_certificates(roots)
            .with_no_client_auth();
        Self { sandbox, clock, ear, tls: TlsConnector::from(Arc::new(config)) }
    }

    pub(crate) fn user(&self) -> Key {
        let (id, secret) = self.sandbox.access_key();
        Key { id, secret, token: None }
    }

    /// The cloud's clock.
    pub(crate) fn now(&self) -> i64 {
        self.clock.moment().unix_seconds
    }

    /// Sends a request as it stands. None when the sandbox hangs up instead of answering.
    pub(crate) async fn try_send(&self, heard: &Heard) -> Option<Read> {
        let tls = self.connect(&heard.header("host").unwrap()).await;
        let (mut sender, connection) =
            hyper::client::conn::http1::handshake(TokioIo::new(tls)).await.unwrap();
        tokio::spawn(connection);
        let question = if heard.query.is_empty() { "" } else { "?" };
        let target = format!("{}{question}{}", heard.path, heard.query);
        let mut request = Request::builder().method(heard.method.as_str()).uri(target);
        for (name, value) in &heard.headers {
            request = request.header(name, value.as_slice());
        }
        let body = Full::new(Bytes::from(heard.body.clone()));
        let answer = sender.send_request(request.body(body).unwrap()).await.ok()?;
        let (parts, body) = answer.into_parts();
        let body = body.collect().await.ok()?.to_bytes();
        Some(Read { status: parts.status, headers: parts.headers, body })
    }

    /// A TLS connection to a host, for what no client would send.
    pub(crate) async fn connect(&self, host: &str) -> TlsStream<TcpStream> {
        let tcp = TcpStream::connect(self.sandbox.address()).await.unwrap();
        self.tls.connect(ServerName::try_from(host.to_owned()).unwrap(), tcp).await.unwrap()
    }

    pub(crate) async fn send(&self, heard: &Heard) -> Read {
        self.try_send(heard).await.unwrap()
    }

    /// An RPC call with its parameters in the query, signed as version 1.
    pub(crate) async fn rpc(&self, key: &Key, host: &str, pairs: &[(&str, &str)]) -> Read {
        self.send(&self.rpc_request(key, host, pairs)).await
    }

    pub(crate) fn rpc_request(&self, key: &Key, host: &str, pairs: &[(&str, &str)]) -> Heard {
        rpc_signed(self.rpc_unsigned(key, host, pairs), key)
    }

    fn rpc_unsigned(&self, key: &Key, host: &str, pairs: &[(&str, &str)]) -> Heard {
        let stamp = date::iso(self.clock.moment().unix_seconds);
        let nonce = self.clock.nonce();
        let mut all = vec![
            ("AccessKeyId", key.id.as_str()),
            ("SignatureMethod", "HMAC-SHA1"),
            ("SignatureVersion", "1.0"),
            ("SignatureNonce", nonce.as_str()),
            ("Timestamp", &stamp),
        ];
        all.extend(key.token.as_deref().map(|token| ("SecurityToken", token)));
        all.extend(pairs);
        request("POST", host, "/", &query(&all))
    }

    /// An RPC call with its parameters in a form and what signs it in the query, as version 1.
    pub(crate) async fn rpc_form(&self, key: &Key, host: &str, pairs: &[(&str, &str)]) -> Read {
        let mut heard = self.rpc_unsigned(key, host, &[]);
        heard.headers.push(("content-type".to_owned(), b"application/x-www-form-urlencoded".to_vec()));
        heard.body = query(pairs).into_bytes();
        self.send(&rpc_signed(heard, key)).await
    }

    /// An unsigned RPC call with its parameters in a form.
    pub(crate) async fn form(&self, host: &str, pairs: &[(&str, &str)]) -> Read {
        let mut heard = request("POST", host, "/", "");
        heard.headers.push(("content-type".to_owned(), b"application/x-www-form-urlencoded".to_vec()));
        heard.body = query(pairs).into_bytes();
        self.send(&heard).await
    }

    /// A call signed as ACS3.
    pub(crate) async fn acs3(&self, key: &Key, place: (&str, &str, &str), action: &str) -> Read {
        self.acs3_json(key, place, action, "").await
    }

    /// The same with a body of JSON.
    pub(crate) async fn acs3_json(
        &self,
        key: &Key,
        (method, host, path): (&str, &str, &str),
        action: &str,
        body: &str,
    ) -> Read {
        let mut heard = request(method, host, path, "");
        heard.body = body.as_bytes().to_vec();
        let mut add =
            |name: &str, value: &str| heard.headers.push((name.to_owned(), value.as_bytes().to_vec()));
        add("x-acs-action", action);
        add("x-acs-version", "2014-05-26");
        add("x-acs-date", &date::iso(self.clock.moment().unix_seconds));
        add("x-acs-signature-nonce", self.clock.nonce().as_str());
        add("x-acs-content-sha256", &sha256_hex(body.as_bytes()));
        if let Some(token) = &key.token {
            add("x-acs-security-token", token);
        }
        let mut names: Vec<&str> = heard.headers.iter().map(|(name, _)| name.as_str()).collect();
        names.sort_unstable();
        let lead = format!("ACS3-HMAC-SHA256 Credential={},SignedHeaders={}", key.id, names.join(";"));
        self.send(&authorized(heard, &lead, key)).await
    }

    /// A call to OSS, signed as version 4.
    pub(crate) async fn oss(&self, key: &Key, heard: Heard) -> Read {
        self.send(&self.oss_request(key, heard)).await
    }

    pub(crate) fn oss_request(&self, key: &Key, mut heard: Heard) -> Heard {
        let stamp = date::iso(self.clock.moment().unix_seconds).replace(['-', ':'], "");
        let mut add =
            |name: &str, value: &str| heard.headers.push((name.to_owned(), value.as_bytes().to_vec()));
        add("x-oss-date", &stamp);
        add("x-oss-content-sha256", "UNSIGNED-PAYLOAD");
        if let Some(token) = &key.token {
            add("x-oss-security-token", token);
        }
        let day = stamp.split('T').next().unwrap();
        let scope = format!("{day}/cn-hangzhou/oss/aliyun_v4_request");
        authorized(heard, &format!("OSS4-HMAC-SHA256 Credential={}/{scope}", key.id), key)
    }

    /// A key that STS issues to the sandbox's user.
    pub(crate) async fn role_key(&self, more: &[(&str, &str)]) -> Key {
        let mut pairs = vec![
            ("Action", "AssumeRole"),
            ("Version", "2015-04-01"),
            ("Format", "JSON"),
            ("RoleArn", "acs:ram::1000000000000001:role/reader"),
            ("RoleSessionName", "alice"),
        ];
        pairs.extend(more);
        key_of(&self.rpc(&self.user(), "sts.cn-hangzhou.aliyuncs.com", &pairs).await)
    }
}

/// The key in an answer of STS.
pub(crate) fn key_of(answer: &Read) -> Key {
    let answer = answer.json();
    let text =
        |name: &str| answer["Credentials"][name].as_str().unwrap_or_else(|| panic!("{answer}")).to_owned();
    Key { id: text("AccessKeyId"), secret: text("AccessKeySecret"), token: Some(text("SecurityToken")) }
}

/// A request with nothing but a host.
pub(crate) fn request(method: &str, host: &str, path: &str, query: &str) -> Heard {
    Heard {
        method: method.to_owned(),
        path: path.to_owned(),
        query: query.to_owned(),
        headers: vec![("host".to_owned(), host.as_bytes().to_vec())],
        body: Vec::new(),
    }
}

fn query(pairs: &[(&str, &str)]) -> String {
    let spelled = pairs
        .iter()
        .map(|(name, value)| format!("{}={}", percent(name.as_bytes()), percent(value.as_bytes())));
    spelled.collect::<Vec<_>>().join("&")
}

fn rpc_signed(mut heard: Heard, key: &Key) -> Heard {
    let signature = mac(&Heard { query: format!("{}&Signature=-", heard.query), ..heard.clone() }, key);
    heard.query = format!("{}&Signature={}", heard.query, percent(signature.as_bytes()));
    heard
}

fn authorized(mut heard: Heard, lead: &str, key: &Key) -> Heard {
    let mut unsigned = heard.clone();
    unsigned.headers.push(("authorization".to_owned(), format!("{lead},Signature=-").into_bytes()));
    let value = format!("{lead},Signature={}", mac(&unsigned, key));
    heard.headers.push(("authorization".to_owned(), value.into_bytes()));
    heard
}

/// The request with an `Authorization` of this beginning and the signature behind it.
pub(crate) fn signed_with(mut heard: Heard, lead: &str, key: &Key) -> Heard {
    let mut unsigned = heard.clone();
    unsigned.headers.push(("authorization".to_owned(), format!("{lead}-").into_bytes()));
    let value = format!("{lead}{}", mac(&unsigned, key));
    heard.headers.push(("authorization".to_owned(), value.into_bytes()));
    heard
}

/// The request with its signature in a header of its own.
pub(crate) fn with_signature(mut heard: Heard, name: &str, key: &Key) -> Heard {
    let mut unsigned = heard.clone();
    unsigned.headers.push((name.to_owned(), b"-".to_vec()));
    let signature = mac(&unsigned, key);
    heard.headers.push((name.to_owned(), signature.into_bytes()));
    heard
}

fn mac(heard: &Heard, key: &Key) -> String {
    let mut place = Place::of(&heard.header("host").unwrap());
    if heard.header("x-ca-key").is_some() {
        place = Place::own(&place.host, "apigateway");
    }
    let claim = verify::read(heard, &place).unwrap().unwrap();
    claim.recipe.signature(&key.secret, &claim.string_to_sign)
}
