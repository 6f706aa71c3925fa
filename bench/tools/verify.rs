//! Whether a request is signed rightly, reckoned naively from Alibaba Cloud's documents. Shares nothing with the product.

use hmac::{Hmac, KeyInit, Mac};
use sha1::Sha1;
use sha2::{Digest, Sha256};

use crate::credentials;

/// How a request was signed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scheme {
    /// `ACS3-HMAC-SHA256`.
    Acs3,
    /// RPC signature version 1.
    Rpc,
    /// `OSS4-HMAC-SHA256`.
    Oss,
}

type Pair = (Vec<u8>, Vec<u8>);

/// A request's head, taken apart.
struct Request<'a> {
    method: &'a str,
    path: &'a str,
    query: Vec<Pair>,
    headers: Vec<(String, &'a str)>,
}

impl<'a> Request<'a> {
    fn parse(head: &'a [u8]) -> Option<Self> {
        let mut lines = std::str::from_utf8(head).ok()?.trim_end().split("\r\n");
        let mut first = lines.next()?.split(' ');
        let (method, target) = (first.next()?, first.next()?);
        let (path, query) = target.split_once('?').unwrap_or((target, ""));
        let header = |line: &'a str| {
            line.split_once(':').map(|(name, value)| (name.to_ascii_lowercase(), value.trim()))
        };
        Some(Self { method, path, query: pairs(query), headers: lines.map(header).collect::<Option<_>>()? })
    }

    /// The value of a header that must stand there exactly once.
    fn one(&self, name: &str) -> Result<&'a str, String> {
        let mut values = self.headers.iter().filter(|header| header.0 == name);
        match (values.next(), values.next()) {
            (Some(value), None) => Ok(value.1),
            (None, _) => Err(format!("{name} is missing")),
            _ => Err(format!("{name} stands twice")),
        }
    }
}

/// A signature, reckoned: what goes through the hash function and the MAC, and what should come out.
pub struct Reckoned {
    pub scheme: Scheme,
    /// The canonical request. RPC version 1 has none.
    pub canonical: String,
    pub string_to_sign: String,
    wanted: String,
    given: String,
}

/// `Ok` with the scheme, or what is wrong. `body`: all of it, where it is known.
pub fn verify(head: &[u8], body: Option<&[u8]>) -> Result<Scheme, String> {
    let Reckoned { scheme, wanted, given, .. } = reckon(head, body)?;
    if wanted == given { Ok(scheme) } else { Err(format!("{scheme:?}: another signature")) }
}

/// The signature that a request should have.
pub fn reckon(head: &[u8], body: Option<&[u8]>) -> Result<Reckoned, String> {
    let request = Request::parse(head).ok_or("the head cannot be read")?;
    match request.one("authorization") {
        Ok(value) if value.starts_with("ACS3-HMAC-SHA256 ") => acs3(&request, value, body),
        Ok(value) if value.starts_with("OSS4-HMAC-SHA256 ") => oss(&request, value),
        Ok(_) => Err("another scheme".to_owned()),
        Err(_) => rpc(&request, body),
    }
}

fn acs3(request: &Request<'_>, authorization: &str, body: Option<&[u8]>) -> Result<Reckoned, String> {
    let id = part(authorization, "Credential=")?;
    let names = part(authorization, "SignedHeaders=")?;
    let signed: Vec<&str> = names.split(';').collect();
    for needed in ["host", "x-acs-date", "x-acs-signature-nonce", "x-acs-content-sha256"] {
        if !signed.contains(&needed) {
            return Err(format!("{needed} is not signed"));
        }
    }
    if let Some(token) = credentials::token(id)
        && (request.one("x-acs-security-token")? != token || !signed.contains(&"x-acs-security-token"))
    {
        return Err("another token, or one that is not signed".to_owned());
    }
    let hash = request.one("x-acs-content-sha256")?;
    if body.is_some_and(|body| hex(&Sha256::digest(body)) != hash) {
        return Err("x-acs-content-sha256 is not the body's".to_owned());
    }
    let mut headers = String::new();
    for name in signed {
        headers += &format!("{name}:{}\n", request.one(name)?);
    }
    let query = joined(&request.query, true);
    let canonical = [request.method, request.path, &query, &headers, names, hash].join("\n");
    let string_to_sign = format!("ACS3-HMAC-SHA256\n{}", hex(&Sha256::digest(&canonical)));
    let wanted = hex(&sha256_mac(credentials::secret(id).as_bytes(), string_to_sign.as_bytes()));
    let given = part(authorization, "Signature=")?.to_owned();
    Ok(Reckoned { scheme: Scheme::Acs3, canonical, string_to_sign, wanted, given })
}

fn oss(request: &Request<'_>, authorization: &str) -> Result<Reckoned, String> {
    let scope = part(authorization, "Credential=")?;
    let (id, scope) = scope.split_once('/').ok_or("no scope")?;
    if credentials::token(id).as_deref() != request.one("x-oss-security-token").ok() {
        return Err("another token".to_owned());
    }
    let additional = part(authorization, "AdditionalHeaders=").unwrap_or_default();
    let covers = |name: &str| {
        name.starts_with("x-oss-")
            || ["content-type", "content-md5"].contains(&name)
            || additional.split(';').any(|also| also == name)
    };
    let mut headers: Vec<_> = request.headers.iter().filter(|header| covers(&header.0)).collect();
    headers.sort();
    let headers: String = headers.iter().map(|(name, value)| format!("{name}:{value}\n")).collect();
    let bucket = request.one("host")?.split('.').next().unwrap_or_default();
    let key = percent(&unpercent(request.path.as_bytes()), b"/");
    let query = joined(&request.query, false);
    let canonical =
        [request.method, &format!("/{bucket}{key}"), &query, &headers, additional, "UNSIGNED-PAYLOAD"]
            .join("\n");
    let mut key = format!("aliyun_v4{}", credentials::secret(id)).into_bytes();
    for word in scope.split('/') {
        key = sha256_mac(&key, word.as_bytes());
    }
    let hash = hex(&Sha256::digest(&canonical));
    let string_to_sign = format!("OSS4-HMAC-SHA256\n{}\n{scope}\n{hash}", request.one("x-oss-date")?);
    let wanted = hex(&sha256_mac(&key, string_to_sign.as_bytes()));
    let given = part(authorization, "Signature=")?.to_owned();
    Ok(Reckoned { scheme: Scheme::Oss, canonical, string_to_sign, wanted, given })
}

fn rpc(request: &Request<'_>, body: Option<&[u8]>) -> Result<Reckoned, String> {
    let mut every = request.query.clone();
    if request.one("content-type").is_ok_and(|value| value.starts_with("application/x-www-form-urlencoded")) {
        let body = body.ok_or("a form that was not kept cannot be verified")?;
        every.extend(pairs(std::str::from_utf8(body).map_err(|_| "the form is no text")?));
    }
    let value = |name: &str| {
        let mut found = every.iter().filter(|pair| pair.0 == name.as_bytes());
        match (found.next(), found.next()) {
            (Some(pair), None) => Ok(String::from_utf8_lossy(&pair.1).into_owned()),
            _ => Err(format!("{name} does not stand exactly once")),
        }
    };
    let (id, given) = (value("AccessKeyId")?, value("Signature")?);
    if credentials::token(&id).is_some_and(|token| Ok(token) != value("SecurityToken")) {
        return Err("another token".to_owned());
    }
    every.retain(|pair| pair.0 != b"Signature");
    let string_to_sign = format!("{}&%2F&{}", request.method, percent(joined(&every, true).as_bytes(), b""));
    let mut mac = keyed::<Hmac<Sha1>>(format!("{}&", credentials::secret(&id)).as_bytes());
    mac.update(string_to_sign.as_bytes());
    let wanted = base64(&mac.finalize().into_bytes());
    Ok(Reckoned { scheme: Scheme::Rpc, canonical: String::new(), string_to_sign, wanted, given })
}

/// What stands behind `name` in a header of the form `SCHEME a=b,c=d`.
fn part<'a>(authorization: &'a str, name: &str) -> Result<&'a str, String> {
    let (_, parts) = authorization.split_once(' ').ok_or("no parts")?;
    parts.split(',').find_map(|part| part.trim().strip_prefix(name)).ok_or_else(|| format!("no {name}"))
}

/// The pieces of a query or form, decoded.
fn pairs(text: &str) -> Vec<Pair> {
    let pieces = text.split('&').filter(|piece| !piece.is_empty());
    let pair = |piece: &str| {
        let (name, value) = piece.split_once('=').unwrap_or((piece, ""));
        (unpercent(name.replace('+', " ").as_bytes()), unpercent(value.replace('+', " ").as_bytes()))
    };
    pieces.map(pair).collect()
}

/// Sorted and joined. `always`: a name without a value has its `=` as well.
fn joined(pairs: &[Pair], always: bool) -> String {
    let mut encoded: Vec<_> =
        pairs.iter().map(|(name, value)| (percent(name, b""), percent(value, b""))).collect();
    encoded.sort();
    let piece = |(name, value): &(String, String)| {
        if value.is_empty() && !always { name.clone() } else { format!("{name}={value}") }
    };
    encoded.iter().map(piece).collect::<Vec<_>>().join("&")
}

fn percent(bytes: &[u8], also: &[u8]) -> String {
    let is_plain = |byte: &u8| byte.is_ascii_alphanumeric() || b"-_.~".contains(byte) || also.contains(byte);
    let one = |byte: &u8| if is_plain(byte) { char::from(*byte).to_string() } else { format!("%{byte:02X}") };
    bytes.iter().map(one).collect()
}

fn unpercent(bytes: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    let mut rest = bytes;
    while let [first, tail @ ..] = rest {
        let digits = tail.get(..2).and_then(|two| std::str::from_utf8(two).ok());
        match digits.and_then(|two| u8::from_str_radix(two, 16).ok()).filter(|_| *first == b'%') {
            Some(byte) => {
                out.push(byte);
                rest = &tail[2..];
            }
            None => {
                out.push(*first);
                rest = tail;
            }
        }
    }
    out
}

fn keyed<M: KeyInit>(key: &[u8]) -> M {
    M::new_from_slice(key).expect("a key of any length will do")
}

fn sha256_mac(key: &[u8], text: &[u8]) -> Vec<u8> {
    let mut mac = keyed::<Hmac<Sha256>>(key);
    mac.update(text);
    mac.finalize().into_bytes().to_vec()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn base64(bytes: &[u8]) -> String {
    const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let four = |three: &[u8]| {
        let number = (0..3).fold(0, |sum, at| sum << 8 | u32::from(*three.get(at).unwrap_or(&0)));
        let letter = |at: usize| {
            if at > three.len() { '=' } else { char::from(LETTERS[(number >> (18 - 6 * at) & 63) as usize]) }
        };
        (0..4).map(letter).collect::<String>()
    };
    bytes.chunks(3).map(four).collect()
}
