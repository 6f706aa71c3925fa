//! What of a request may not come back to its caller: the token, the key's id, the API key, and the signature.
//!
//! The secret is not among them. Nothing of it was sent, and its text is gone since its MAC states were keyed.

use super::Pipeline;
use super::carry::Exchange;
use super::form_upload;
use crate::classify::BodyPlan;
use crate::credential::Credential;
use crate::names::Moment;
use crate::redact::Known;
use crate::wire::{Head, parameters};

/// What is searched for in an answer.
pub(super) struct Secrets {
    pub(super) known: Known,
    /// Whether nothing is missing. A signature that is not found where its scheme puts it would pass unmasked.
    pub(super) is_complete: bool,
    /// What the last attempt's signature covers.
    pub(super) texts: Option<SignedTexts>,
}

/// The canonical request and the string-to-sign.
pub(super) struct SignedTexts {
    pub(super) canonical_request: Vec<u8>,
    pub(super) string_to_sign: Vec<u8>,
}

impl Pipeline {
    /// The values of all attempts. `None`: the request carried nothing of ours. The signatures are made once more rather
    /// than kept of every request, of which few fail.
    pub(super) fn known(&self, exchange: &Exchange<'_>, head: &Head) -> Option<Secrets> {
        let last = exchange.credential.as_ref().zip(exchange.signed_at)?;
        let earlier = exchange.earlier.iter().map(|(credential, moment)| (credential, *moment));
        let (mut values, mut signatures, mut is_complete) = (Vec::new(), Vec::new(), true);
        let mut texts = None;
        for (credential, moment) in earlier.chain([last]) {
            let pair = credential.access_key();
            values.extend(pair.map(|pair| pair.id().as_str().as_bytes()));
            values.extend(pair.and_then(|pair| pair.security_token()).map(|token| token.expose().as_bytes()));
            values.extend(credential.api_key().map(|key| key.expose().as_bytes()));
            let found;
            (found, texts) = self.signed_again(exchange, (credential, moment), head);
            // An API key signs nothing.
            is_complete &= pair.is_none() || !found.is_empty();
            signatures.extend(found);
        }
        values.extend(signatures.iter().map(Vec::as_slice));
        Some(Secrets { known: Known::new(values), is_complete, texts })
    }

    /// The signatures, none if it cannot be signed any more or they are not where signatures are; and what they cover, which
    /// of a form is its policy and nothing else.
    fn signed_again(
        &self,
        exchange: &Exchange<'_>,
        (credential, moment): (&Credential, Moment),
        head: &Head,
    ) -> (Vec<Vec<u8>>, Option<SignedTexts>) {
        let by = (Some(credential), moment);
        let Ok((signed, body)) = self.sign(head, &exchange.prepared, by, exchange.held.as_deref()) else {
            return (Vec::new(), None);
        };
        let mut found = in_head(signed.head());
        let content_type = head.field("content-type").unwrap_or_default();
        let in_form = body.as_deref().and_then(|body| form_upload::signature(content_type, body));
        found.extend(in_form.map(<[u8]>::to_vec));
        self.worker.buffers.put(signed.into_buffer());
        // What signs without texts leaves those of another request there.
        let has_texts =
            credential.access_key().is_some() && exchange.prepared.plan.body != BodyPlan::FormUpload;
        let texts = has_texts.then(|| {
            let texts = &self.scratch().workspace;
            SignedTexts {
                canonical_request: texts.canonical_request().to_vec(),
                string_to_sign: texts.string_to_sign().to_vec(),
            }
        });
        (found, texts)
    }
}

/// The signatures of a signed head: at the end of `Authorization`, in a header of that name, or in a parameter.
fn in_head(head: &[u8]) -> Vec<Vec<u8>> {
    let mut lines = head.split(|&byte| byte == b'\n').map(<[u8]>::trim_ascii);
    let target = lines.next().and_then(|line| line.split(|&byte| byte == b' ').nth(1)).unwrap_or_default();
    let query = target.splitn(2, |&byte| byte == b'?').nth(1).unwrap_or_default();
    let mut found: Vec<Vec<u8>> = parameters(query)
        .filter(|parameter| parameter.is("Signature"))
        .map(|parameter| parameter.decoded_value().collect())
        .collect();
    for line in lines {
        let Some((name, value)) = split(line, b':') else { continue };
        let is = |known: &str| name.eq_ignore_ascii_case(known.as_bytes());
        if is("authorization") {
            // `Credential=…,SignedHeaders=…,Signature=…`, or `acs ID:SIGNATURE`.
            let at = memchr::memmem::rfind(value, b"Signature=").map(|at| at + b"Signature=".len());
            let at = at.or_else(|| memchr::memrchr(b':', value).map(|at| at + 1));
            found.extend(at.and_then(|at| value.get(at..)).map(<[u8]>::to_vec));
        } else if is("x-ca-signature") || is("x-ots-signature") || is("x-ots-signaturev4") {
            found.push(value.trim_ascii().to_vec());
        }
    }
    found
}

fn split(line: &[u8], at: u8) -> Option<(&[u8], &[u8])> {
    let (before, behind) = line.split_at_checked(memchr::memchr(at, line)?)?;
    Some((before, behind.get(1..)?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::endpoint::{OwnHosts, Tenants, reverse};
    use crate::names::{Endpoint, Nonce, Scheme, Scope};
    use crate::secret::Secret;
    use crate::sign::{self, Identity, Key, Payload, Unsigned, Workspace, percent};
    use crate::wire::{Framing, Spelling};

    /// The scheme behind this one; and a host that it signs for, or the product of an own one. `None`: it makes no signature.
    /// A new scheme does not compile until it stands here.
    fn walk(scheme: Scheme) -> (Option<Scheme>, Option<&'static str>) {
        const ECS: &str = "ecs.cn-hangzhou.aliyuncs.com";
        const OSS: &str = "bucket.oss-cn-hangzhou.aliyuncs.com";
        let (next, host) = match scheme {
            Scheme::Acs3 => (Scheme::Acs4, Some(ECS)),
            Scheme::Acs4 => (Scheme::RpcV1, Some(ECS)),
            Scheme::RpcV1 => (Scheme::RoaV1, Some(ECS)),
            Scheme::RoaV1 => (Scheme::OssV4, Some(ECS)),
            Scheme::OssV4 => (Scheme::OssV1, Some(OSS)),
            Scheme::OssV1 => (Scheme::S3, Some(OSS)),
            Scheme::S3 => (Scheme::SlsV4, Some(OSS)),
            Scheme::SlsV4 => (Scheme::SlsV1, Some(ECS)),
            Scheme::SlsV1 => (Scheme::OtsV4, Some(ECS)),
            Scheme::OtsV4 => (Scheme::OtsV2, Some(ECS)),
            Scheme::OtsV2 => (Scheme::OdpsV4, Some(ECS)),
            Scheme::OdpsV4 => (Scheme::OdpsV2, Some(ECS)),
            Scheme::OdpsV2 => (Scheme::DataHub, Some(ECS)),
            Scheme::DataHub => (Scheme::MnsV4, Some(ECS)),
            Scheme::MnsV4 => (Scheme::MnsV2, Some(ECS)),
            Scheme::MnsV2 => (Scheme::MqHttp, Some(ECS)),
            Scheme::MqHttp => (Scheme::FcV1, Some(ECS)),
            Scheme::FcV1 => (Scheme::FcTrigger, Some(ECS)),
            Scheme::FcTrigger => (Scheme::ApiGateway, Some("fc-trigger")),
            Scheme::ApiGateway => (Scheme::Dataplus, Some("apigateway")),
            Scheme::Dataplus => (Scheme::ApiKey, Some("dataplus")),
            // Bearers of a key or a token, and what has no signer.
            Scheme::ApiKey => (Scheme::Bearer, None),
            Scheme::Bearer => (Scheme::PdsV1, None),
            Scheme::PdsV1 => (Scheme::MetricHub, None),
            Scheme::MetricHub => (Scheme::OpenSearch, None),
            Scheme::OpenSearch => (Scheme::DockerToken, None),
            Scheme::DockerToken => return (None, None),
        };
        (Some(next), host)
    }

    fn endpoint(host: &str) -> Endpoint {
        if host.contains('.') {
            return reverse(host, &Tenants::any()).unwrap();
        }
        let mut own_hosts = OwnHosts::default();
        own_hosts.add("own.example.com", host, None).unwrap();
        own_hosts.endpoint("own.example.com").unwrap()
    }

    /// The head that leaves, with every signature found in it cut out; and how many those were.
    fn without_signatures(
        scheme: Scheme,
        endpoint: &Endpoint,
        secret: &str,
    ) -> Result<(String, usize), String> {
        let key = Key::absorb(Secret::new(secret.to_owned()));
        let day_key = match scheme {
            Scheme::OdpsV4 => key.odps_day_key(*b"20231114", "cn-hangzhou"),
            _ => key.day_key(*b"20231114", "cn-hangzhou", "any"),
        };
        let unsigned = Unsigned {
            method: "POST",
            path: b"/",
            query: &[],
            headers: &[],
            form: &[],
            payload: Payload::Held(b""),
            framing: Framing::None,
            expects_continue: false,
            endpoint,
            add_action: None,
            add_version: None,
            additional_headers: b"",
            scope: Some(Scope { region: "center", product: "Ecs" }),
        };
        let identity =
            Identity { access_key_id: "id", security_token: None, key: &key, day_key: Some(&day_key) };
        let moment = Moment { unix_seconds: 1_700_000_000, nonce: Nonce::from_bytes([0; 16]) };
        let work = (&mut Workspace::default(), Vec::new());
        let signed =
            sign::sign(scheme, &unsigned, &identity, &moment, work).map_err(|why| why.to_string())?;
        let mut head = String::from_utf8(signed.head().to_vec()).unwrap();
        let found = in_head(signed.head());
        for signature in &found {
            let mut encoded = Vec::new();
            percent(&mut encoded, signature, Spelling::Plain);
            for spelled in [&encoded, signature] {
                head = head.replace(str::from_utf8(spelled).unwrap(), "");
            }
        }
        Ok((head, found.len()))
    }

    #[test]
    fn of_every_scheme_what_another_secret_changes_is_found() {
        let (mut at, mut signing) = (Some(Scheme::Acs3), 0);
        while let Some(scheme) = at {
            let (next, host) = walk(scheme);
            let of = |secret| without_signatures(scheme, &endpoint(host.unwrap_or("dataplus")), secret);
            match host {
                Some(_) => {
                    let (head, found) = of("secret").unwrap_or_else(|why| panic!("{scheme}: {why}"));
                    assert_eq!((Ok((head, found)), found), (of("another"), 1), "{scheme}");
                    signing += 1;
                }
                None => assert!(of("secret").is_err(), "{scheme} signs"),
            }
            at = next;
        }
        assert_eq!(signing, 21);
    }

    #[test]
    fn a_signature_is_found_wherever_a_scheme_puts_it() {
        for (head, expected) in [
            ("GET /?Action=A&Signature=a%2Bb%3D&B=Signature HTTP/1.1\r\nHost: h\r\n\r\n", "a+b="),
            ("GET / HTTP/1.1\r\nAuthorization: acs STS.a:b+c=\r\n\r\n", "b+c="),
            ("GET / HTTP/1.1\r\nauthorization: OSS4-HMAC-SHA256 Credential=a/b:c,Signature=0a\r\n\r\n", "0a"),
            (
                "GET / HTTP/1.1\r\nX-Ca-Key: 1\r\nx-ca-signature: ab=\r\nx-ca-signature-headers: x\r\n\r\n",
                "ab=",
            ),
            ("POST /P HTTP/1.1\r\nx-ots-signature: ab=\r\n\r\n", "ab="),
            ("POST /P HTTP/1.1\r\nx-ots-signaturev4: ab=\r\n\r\n", "ab="),
        ] {
            assert_eq!(in_head(head.as_bytes()), [expected.as_bytes()], "{head}");
        }
        assert!(in_head(b"GET / HTTP/1.1\r\nAuthorization: Bearer sk-x\r\n\r\n").is_empty());
    }
}
