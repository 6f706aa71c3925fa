//! What of a request may not come back to its caller: the token, the key's id, the API key, and the signature.
//!
//! The secret is not among them. Nothing of it was sent, and its text is gone since its MAC states were keyed.

use super::Pipeline;
use super::carry::Exchange;
use super::form_upload;
use crate::credential::Credential;
use crate::names::Moment;
use crate::redact::Known;
use crate::wire::{Head, parameters};

/// What is searched for in an answer.
pub(super) struct Secrets {
    pub(super) known: Known,
    /// Whether nothing is missing. A signature that is not found where its scheme puts it would pass unmasked.
    pub(super) is_complete: bool,
}

impl Pipeline {
    /// The values of all attempts. `None`: the request carried nothing of ours. The signatures are made once more rather
    /// than kept of every request, of which few fail.
    pub(super) fn known(&self, exchange: &Exchange<'_>, head: &Head) -> Option<Secrets> {
        let last = exchange.credential.as_ref().zip(exchange.signed_at)?;
        let earlier = exchange.earlier.iter().map(|(credential, moment)| (credential, *moment));
        let (mut values, mut signatures, mut is_complete) = (Vec::new(), Vec::new(), true);
        for (credential, moment) in earlier.chain([last]) {
            let pair = credential.access_key();
            values.extend(pair.map(|pair| pair.id().as_str().as_bytes()));
            values.extend(pair.and_then(|pair| pair.security_token()).map(|token| token.expose().as_bytes()));
            values.extend(credential.api_key().map(|key| key.expose().as_bytes()));
            let found = self.signatures(exchange, (credential, moment), head);
            // An API key signs nothing.
            is_complete &= pair.is_none() || !found.is_empty();
            signatures.extend(found);
        }
        values.extend(signatures.iter().map(Vec::as_slice));
        Some(Secrets { known: Known::new(values), is_complete })
    }

    /// None: it cannot be signed any more, or its signature is not where signatures are.
    fn signatures(
        &self,
        exchange: &Exchange<'_>,
        (credential, moment): (&Credential, Moment),
        head: &Head,
    ) -> Vec<Vec<u8>> {
        let by = (Some(credential), moment);
        let Ok((signed, body)) = self.sign(head, &exchange.prepared, by, exchange.held.as_deref()) else {
            return Vec::new();
        };
        let mut found = in_head(signed.head());
        let content_type = head.field("content-type").unwrap_or_default();
        let in_form = body.as_deref().and_then(|body| form_upload::signature(content_type, body));
        found.extend(in_form.map(<[u8]>::to_vec));
        self.worker.buffers.put(signed.into_buffer());
        found
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
