//! One vector: a request, a key and a moment, and what an SDK made of them.

use serde::Deserialize;

/// Names and values, in the order of the wire.
pub(crate) type Pairs = Vec<(String, String)>;

/// A vector, in the fields of the two published schemas; the project's own files are turned into it.
#[derive(Debug, Default, Deserialize)]
pub(crate) struct Case {
    pub(crate) scheme: String,
    pub(crate) name: String,
    /// `sign`, `fresh`, `resign`, `upgrade`. The data plane's have none: all are `sign`.
    #[serde(default)]
    pub(crate) kind: Option<String>,
    pub(crate) input: Input,
    pub(crate) credentials: Credentials,
    pub(crate) fixed: Fixed,
    /// Of ACS4.
    #[serde(default)]
    pub(crate) scope: Option<Scope>,
    pub(crate) expect: Expect,
}

/// What a signature with a day key is limited to, beside its day.
#[derive(Debug, Deserialize)]
pub(crate) struct Scope {
    pub(crate) region: String,
    pub(crate) product: String,
}

#[derive(Debug, Default, Deserialize)]
pub(crate) struct Input {
    // An answer has none of them but the path.
    #[serde(default)]
    pub(crate) method: String,
    #[serde(default)]
    pub(crate) host: String,
    #[serde(default, alias = "request_path")]
    pub(crate) path_and_query: String,
    pub(crate) headers: Pairs,
    pub(crate) body: Option<Body>,
    /// Of a form upload.
    #[serde(default)]
    pub(crate) policy_json: Option<String>,
}

/// A body. An empty one is not the same as none.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Body {
    Utf8(String),
    Base64(String),
}

#[derive(Clone, Debug, Default, Deserialize)]
pub(crate) struct Credentials {
    pub(crate) access_key_id: String,
    pub(crate) access_key_secret: String,
    pub(crate) security_token: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
pub(crate) struct Fixed {
    /// Of the three forms that a vector may give, the one that holds.
    pub(crate) timestamp: String,
    pub(crate) nonce: Option<String>,
    /// Of Tablestore's answers: the day that the request was signed for, if not that of the timestamp.
    pub(crate) sign_date: Option<String>,
    #[serde(flatten)]
    pub(crate) oss: Oss,
}

/// What an OSS signature is told beside the request.
#[derive(Debug, Default, Deserialize)]
pub(crate) struct Oss {
    pub(crate) region: Option<String>,
    pub(crate) product: Option<String>,
    pub(crate) bucket: Option<String>,
    /// `path-style`: the path begins with the bucket.
    pub(crate) addressing: Option<String>,
    #[serde(default)]
    pub(crate) additional_headers: Vec<String>,
    /// Of a bucket of vectors.
    pub(crate) account_id: Option<String>,
    /// How many seconds a URL lives.
    pub(crate) expires_in: Option<u32>,
}

#[derive(Debug, Default, Deserialize)]
pub(crate) struct Expect {
    #[serde(default)]
    pub(crate) signature: String,
    pub(crate) string_to_sign: Option<String>,
    /// In place of a long text, its SHA-256.
    pub(crate) string_to_sign_sha256: Option<String>,
    pub(crate) canonical_request: Option<String>,
    pub(crate) signed_headers: Option<String>,
    pub(crate) payload_hash: Option<String>,
    #[serde(default, alias = "headers_added")]
    pub(crate) set_headers: Pairs,
    #[serde(default, alias = "query_added")]
    pub(crate) add_query: Pairs,
    #[serde(default)]
    pub(crate) add_form: Pairs,
    pub(crate) remove_query: Option<Vec<String>>,
    pub(crate) remove_form: Option<Vec<String>>,
    pub(crate) remove_headers: Option<Vec<String>>,
    pub(crate) kept_query: Option<String>,
    /// Outer `None`: the vector does not say, and the body stays what it was.
    #[serde(default, deserialize_with = "present")]
    pub(crate) body_after: Option<Option<Body>>,
}

pub(crate) fn present<'de, D: serde::Deserializer<'de>>(from: D) -> Result<Option<Option<Body>>, D::Error> {
    Deserialize::deserialize(from).map(Some)
}

impl Body {
    /// The bytes.
    pub(crate) fn bytes(&self) -> Result<Vec<u8>, String> {
        match self {
            Self::Utf8(text) => Ok(text.clone().into_bytes()),
            Self::Base64(text) => base64(text).ok_or_else(|| "the body is no base64".to_owned()),
        }
    }
}

impl Input {
    /// The body's bytes. `None`: there is none.
    pub(crate) fn body(&self) -> Result<Option<Vec<u8>>, String> {
        self.body.as_ref().map(Body::bytes).transpose()
    }

    /// Path and query, apart.
    pub(crate) fn target(&self) -> (&str, &str) {
        self.path_and_query.split_once('?').unwrap_or((&self.path_and_query, ""))
    }
}

impl Case {
    /// Whole seconds since 1970.
    pub(crate) fn time(&self) -> Result<i64, String> {
        let text = &self.fixed.timestamp;
        countersign::sign::parse_iso(text).ok_or_else(|| format!("`{text}` is no time"))
    }
}

fn base64(text: &str) -> Option<Vec<u8>> {
    let mut bytes = Vec::new();
    let (mut group, mut bits) = (0_u32, 0);
    for digit in text.trim_end_matches('=').bytes() {
        let value = match digit {
            b'A'..=b'Z' => digit - b'A',
            b'a'..=b'z' => digit - b'a' + 26,
            b'0'..=b'9' => digit - b'0' + 52,
            b'+' => 62,
            b'/' => 63,
            _ => return None,
        };
        group = group << 6 | u32::from(value);
        bits += 6;
        if bits >= 8 {
            bits -= 8;
            bytes.push(u8::try_from(group >> bits & 0xff).ok()?);
        }
    }
    Some(bytes)
}
