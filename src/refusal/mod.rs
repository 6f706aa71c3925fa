//! Why a request was not forwarded: a status, a stable code, a sentence, what to do, and whether to try again.

mod reference;

pub use reference::reference;

use std::borrow::Cow;
use std::fmt;
use std::time::Duration;

/// A refusal's stable name, as `x-countersign-error`, the metrics and `docs/refusals.md` spell it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[expect(missing_docs, reason = "each code has its sentence in `reference.rs`, and so in docs/refusals.md")]
pub enum Code {
    AmbiguousFraming,
    DuplicateContentLength,
    BadContentLength,
    TransferCoding,
    TransferCodingUnknown,
    BadChunk,
    ChunkExtension,
    Trailers,
    BareLf,
    BadRequestLine,
    BadHeader,
    MissingHost,
    DuplicateHost,
    BadAuthority,
    ForeignAuthority,
    AuthorityMismatch,
    BadTarget,
    BadPath,
    NoEndpoint,
    ConnectionNamesProtectedHeader,
    UnderscoreHeader,
    OperationUnknown,
    VersionUnknown,
    AmbiguousOperation,
    DuplicateField,
    PresignedUrl,
    BadForm,
    HostNotAllowed,
    NeverSignHost,
    BrowserRequest,
    OperationDenied,
    MethodNotAllowed,
    HeadTimeout,
    BodyTimeout,
    BodyTooLarge,
    UriTooLong,
    Expectation,
    HeadTooLarge,
    SchemeUnavailable,
    UpstreamUnreachable,
    UpstreamTls,
    EgressBlocked,
    UpstreamProtocol,
    UpstreamTruncated,
    UpstreamResetAmbiguous,
    CredentialsUnavailable,
    CredentialsRefused,
    LoginRequired,
    NoCredentials,
    Overloaded,
    Draining,
    UpstreamHeadTimeout,
    UpstreamIdleTimeout,
    InternalError,
}

/// Everything that depends on the code alone.
struct Row {
    status: u16,
    name: &'static str,
    /// For the error body: `Countersign.` and this.
    pascal: &'static str,
}

impl Code {
    /// Every code, in the order of the reference.
    pub const ALL: [Self; 54] = [
        Self::AmbiguousFraming,
        Self::DuplicateContentLength,
        Self::BadContentLength,
        Self::TransferCoding,
        Self::TransferCodingUnknown,
        Self::BadChunk,
        Self::ChunkExtension,
        Self::Trailers,
        Self::BareLf,
        Self::BadRequestLine,
        Self::BadHeader,
        Self::MissingHost,
        Self::DuplicateHost,
        Self::BadAuthority,
        Self::ForeignAuthority,
        Self::AuthorityMismatch,
        Self::BadTarget,
        Self::BadPath,
        Self::NoEndpoint,
        Self::ConnectionNamesProtectedHeader,
        Self::UnderscoreHeader,
        Self::OperationUnknown,
        Self::VersionUnknown,
        Self::AmbiguousOperation,
        Self::DuplicateField,
        Self::PresignedUrl,
        Self::BadForm,
        Self::HostNotAllowed,
        Self::NeverSignHost,
        Self::BrowserRequest,
        Self::OperationDenied,
        Self::MethodNotAllowed,
        Self::HeadTimeout,
        Self::BodyTimeout,
        Self::BodyTooLarge,
        Self::UriTooLong,
        Self::Expectation,
        Self::HeadTooLarge,
        Self::SchemeUnavailable,
        Self::UpstreamUnreachable,
        Self::UpstreamTls,
        Self::EgressBlocked,
        Self::UpstreamProtocol,
        Self::UpstreamTruncated,
        Self::UpstreamResetAmbiguous,
        Self::CredentialsUnavailable,
        Self::CredentialsRefused,
        Self::LoginRequired,
        Self::NoCredentials,
        Self::Overloaded,
        Self::Draining,
        Self::UpstreamHeadTimeout,
        Self::UpstreamIdleTimeout,
        Self::InternalError,
    ];

    #[expect(clippy::too_many_lines, reason = "one line a code")]
    const fn row(self) -> Row {
        const fn row(status: u16, name: &'static str, pascal: &'static str) -> Row {
            Row { status, name, pascal }
        }
        match self {
            Self::AmbiguousFraming => row(400, "ambiguous_framing", "AmbiguousFraming"),
            Self::DuplicateContentLength => row(400, "duplicate_content_length", "DuplicateContentLength"),
            Self::BadContentLength => row(400, "bad_content_length", "BadContentLength"),
            Self::TransferCoding => row(400, "transfer_coding", "TransferCoding"),
            Self::TransferCodingUnknown => row(501, "transfer_coding", "TransferCoding"),
            Self::BadChunk => row(400, "bad_chunk", "BadChunk"),
            Self::ChunkExtension => row(400, "chunk_extension", "ChunkExtension"),
            Self::Trailers => row(400, "trailers", "Trailers"),
            Self::BareLf => row(400, "bare_lf", "BareLf"),
            Self::BadRequestLine => row(400, "bad_request_line", "BadRequestLine"),
            Self::BadHeader => row(400, "bad_header", "BadHeader"),
            Self::MissingHost => row(400, "missing_host", "MissingHost"),
            Self::DuplicateHost => row(400, "duplicate_host", "DuplicateHost"),
            Self::BadAuthority => row(400, "bad_authority", "BadAuthority"),
            Self::ForeignAuthority => row(421, "bad_authority", "BadAuthority"),
            Self::AuthorityMismatch => row(400, "authority_mismatch", "AuthorityMismatch"),
            Self::BadTarget => row(400, "bad_target", "BadTarget"),
            Self::BadPath => row(400, "bad_path", "BadPath"),
            Self::NoEndpoint => row(400, "no_endpoint", "NoEndpoint"),
            Self::ConnectionNamesProtectedHeader => {
                row(400, "connection_names_protected_header", "ConnectionNamesProtectedHeader")
            }
            Self::UnderscoreHeader => row(400, "underscore_header", "UnderscoreHeader"),
            Self::OperationUnknown => row(400, "operation_unknown", "OperationUnknown"),
            Self::VersionUnknown => row(400, "version_unknown", "VersionUnknown"),
            Self::AmbiguousOperation => row(400, "ambiguous_operation", "AmbiguousOperation"),
            Self::DuplicateField => row(400, "duplicate_field", "DuplicateField"),
            Self::PresignedUrl => row(400, "presigned_url", "PresignedUrl"),
            Self::BadForm => row(400, "bad_form", "BadForm"),
            Self::HostNotAllowed => row(403, "host_not_allowed", "HostNotAllowed"),
            Self::NeverSignHost => row(403, "never_sign_host", "NeverSignHost"),
            Self::BrowserRequest => row(403, "browser_request", "BrowserRequest"),
            Self::OperationDenied => row(403, "operation_denied", "OperationDenied"),
            Self::MethodNotAllowed => row(405, "method_not_allowed", "MethodNotAllowed"),
            Self::HeadTimeout => row(408, "head_timeout", "HeadTimeout"),
            Self::BodyTimeout => row(408, "body_timeout", "BodyTimeout"),
            Self::BodyTooLarge => row(413, "body_too_large", "BodyTooLarge"),
            Self::UriTooLong => row(414, "uri_too_long", "UriTooLong"),
            Self::Expectation => row(417, "expectation", "Expectation"),
            Self::HeadTooLarge => row(431, "head_too_large", "HeadTooLarge"),
            Self::SchemeUnavailable => row(501, "scheme_unavailable", "SchemeUnavailable"),
            Self::UpstreamUnreachable => row(502, "upstream_unreachable", "UpstreamUnreachable"),
            Self::UpstreamTls => row(502, "upstream_tls", "UpstreamTls"),
            Self::EgressBlocked => row(502, "egress_blocked", "EgressBlocked"),
            Self::UpstreamProtocol => row(502, "upstream_protocol", "UpstreamProtocol"),
            Self::UpstreamTruncated => row(502, "upstream_truncated", "UpstreamTruncated"),
            Self::UpstreamResetAmbiguous => row(502, "upstream_reset_ambiguous", "UpstreamResetAmbiguous"),
            Self::CredentialsUnavailable => row(503, "credentials_unavailable", "CredentialsUnavailable"),
            Self::CredentialsRefused => row(503, "credentials_refused", "CredentialsRefused"),
            Self::LoginRequired => row(503, "login_required", "LoginRequired"),
            Self::NoCredentials => row(503, "no_credentials", "NoCredentials"),
            Self::Overloaded => row(503, "overloaded", "Overloaded"),
            Self::Draining => row(503, "draining", "Draining"),
            Self::UpstreamHeadTimeout => row(504, "upstream_head_timeout", "UpstreamHeadTimeout"),
            Self::UpstreamIdleTimeout => row(504, "upstream_idle_timeout", "UpstreamIdleTimeout"),
            Self::InternalError => row(500, "internal_error", "InternalError"),
        }
    }

    /// The HTTP status.
    pub const fn status(self) -> u16 {
        self.row().status
    }

    /// The stable name. A few codes come with two statuses and share one.
    pub const fn name(self) -> &'static str {
        self.row().name
    }

    /// The name in the error body, behind `Countersign.`.
    pub const fn pascal(self) -> &'static str {
        self.row().pascal
    }

    /// Whether the connection ends with this answer: after every fault of the caller's bytes, but not after a decision.
    pub const fn closes(self) -> bool {
        match self.status() {
            403 | 421 => false,
            400..500 => true,
            _ => matches!(self, Self::TransferCodingUnknown),
        }
    }
}

/// A request that is not forwarded.
#[derive(Clone, Debug)]
pub struct Refusal {
    /// What kind of refusal it is.
    pub code: Code,
    /// What happened, in one sentence without a full stop. Never holds a secret, a body, or an upstream's text.
    pub sentence: Cow<'static, str>,
    /// What the reader should do. Empty when the sentence says it all.
    pub action: Cow<'static, str>,
    /// When to try again.
    pub retry_after: Option<Duration>,
}

impl Refusal {
    /// A refusal that nothing but a change can mend.
    // Cold: whatever leads here is kept out of the way of the requests that pass.
    #[cold]
    pub fn new(
        code: Code,
        sentence: impl Into<Cow<'static, str>>,
        action: impl Into<Cow<'static, str>>,
    ) -> Self {
        Self { code, sentence: sentence.into(), action: action.into(), retry_after: None }
    }

    /// The same, with the time after which a retry may help.
    #[must_use]
    pub const fn retry_after(mut self, after: Duration) -> Self {
        self.retry_after = Some(after);
        self
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.sentence)?;
        if self.action.is_empty() { Ok(()) } else { write!(f, ": {}", self.action) }
    }
}

impl std::error::Error for Refusal {}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_code_has_a_name_a_status_and_one_spelling() {
        let spellings: BTreeSet<_> = Code::ALL.iter().map(|code| (code.name(), code.status())).collect();
        assert_eq!(spellings.len(), Code::ALL.len());
        for code in Code::ALL {
            let snake: String = code
                .pascal()
                .chars()
                .flat_map(|c| if c.is_uppercase() { vec!['_', c.to_ascii_lowercase()] } else { vec![c] })
                .collect();
            assert_eq!(snake.trim_start_matches('_'), code.name());
            assert!((400..600).contains(&code.status()), "{}", code.name());
        }
    }

    #[test]
    fn a_decision_keeps_the_connection_and_a_fault_ends_it() {
        assert!(
            Code::BadChunk.closes()
                && Code::MethodNotAllowed.closes()
                && Code::TransferCodingUnknown.closes()
        );
        assert!(
            !Code::HostNotAllowed.closes() && !Code::ForeignAuthority.closes() && !Code::UpstreamTls.closes()
        );
    }
}
