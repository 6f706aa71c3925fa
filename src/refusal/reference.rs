//! `docs/refusals.md`, made from the table of codes.

use super::Code;

/// Every code, its status, what is done with the connection, and what it means.
pub fn reference() -> String {
    let mut page = String::from(
        "# Refusals\n\n<!-- Made by `cargo run -- reference docs`. Do not edit. -->\n\n\
         A request that is not forwarded gets a status, the header `x-countersign-error` with a stable code, and a body in \
         the caller's dialect whose `Code` (DataHub's `ErrorCode`) is `Countersign.` and the code's name.\n\
         The message beside it says what is wrong with this very request, and what to do.\n\
         Codes never change their meaning.\n\n\
         | status | code | in the body | what it means | connection |\n|---|---|---|---|---|\n",
    );
    for code in Code::ALL {
        let connection = if code.closes() { "closed" } else { "kept, unless the body is unread" };
        let (status, name, pascal, meaning) = (code.status(), code.name(), code.pascal(), meaning(code));
        page.push_str(&format!(
            "| {status} | `{name}` | `Countersign.{pascal}` | {meaning} | {connection} |\n"
        ));
    }
    page
}

#[expect(clippy::too_many_lines, reason = "one table")]
const fn meaning(code: Code) -> &'static str {
    match code {
        Code::AmbiguousFraming => {
            "`Content-Length` and `Transfer-Encoding` together: two readers could see two bodies"
        }
        Code::DuplicateContentLength => "more than one `Content-Length`",
        Code::BadContentLength => "`Content-Length` is no plain decimal number",
        Code::TransferCoding => "`identity`, `chunked` twice or not last, or any coding toward HTTP/1.0",
        Code::TransferCodingUnknown => "a transfer coding other than `chunked`; send the body without it",
        Code::BadChunk => "the chunks of the body are malformed",
        Code::ChunkExtension => "a chunk has an extension, which readers treat differently",
        Code::Trailers => "headers behind a chunked body",
        Code::BareLf => "a line ends in LF without CR",
        Code::BadRequestLine => "the first line is no request line of HTTP/1.0 or HTTP/1.1",
        Code::BadHeader => "a header's name or value holds what it may not",
        Code::MissingHost => "no `Host`",
        Code::DuplicateHost => "more than one `Host`",
        Code::BadAuthority => {
            "the host is malformed, or has a port other than 443 (in the target of a proxied request, 80 may be spelled out)"
        }
        Code::ForeignAuthority => "a listener that is pinned to an endpoint was asked for another host",
        Code::AuthorityMismatch => "`Host` and the host of the request line differ",
        Code::BadTarget => {
            "the target of the request line is malformed, an absolute `https://`, or has a query, which no call of Tablestore has"
        }
        Code::BadPath => {
            "the path or query holds raw non-ASCII, a lone `%`, or dot segments (which OSS may have); or the path could be read as another project's of MaxCompute"
        }
        Code::NoEndpoint => {
            "the request names the proxy itself: name an endpoint by `Host`, as `http://ENDPOINT/…` through the proxy, or with a pinned listener"
        }
        Code::ConnectionNamesProtectedHeader => "`Connection` names a header that decides what is asked",
        Code::UnderscoreHeader => "a header that some servers read as one that is stripped",
        Code::OperationUnknown => {
            "the action is not named: by parameter, form, `x-acs-action` or a known path; or it is not known, and the request does not name its version"
        }
        Code::VersionUnknown => "the product's API version is not known: name it",
        Code::AmbiguousOperation => "two actions or versions that differ",
        Code::DuplicateField => {
            "a credential, signature, nonce or token twice with different values, or in another letter case; any header twice that a signature of the product covers; a form upload's `key` or `policy` twice"
        }
        Code::PresignedUrl => {
            "a signed URL that has expired, is not whole, or comes beside another signature"
        }
        Code::BadForm => "a form upload that cannot be read as far as its file, or whose policy cannot",
        Code::HostNotAllowed => {
            "the host is not Alibaba Cloud's and not under `[hosts]`, or names a bucket, project or instance that is not listed under `[tenants]`"
        }
        Code::NeverSignHost => {
            "a customer's own code reads what arrives there: functions, gateways, load balancers. Your own gateways and triggers can be named under `[hosts]`"
        }
        Code::BrowserRequest => {
            "it has headers that only browsers send: a web page must not make this machine sign"
        }
        Code::OperationDenied => "the call would hand out a credential of the role",
        Code::MethodNotAllowed => "the method is none of GET, HEAD, POST, PUT, DELETE, PATCH, OPTIONS",
        Code::HeadTimeout => "the head did not come within `limits.head_timeout`",
        Code::BodyTimeout => "the body stopped coming for `limits.body_idle_timeout`",
        Code::BodyTooLarge => {
            "a body that must be held is over `limits.held_body`, a form has more than 10,000 fields, or a form upload more than 64 KiB of fields in front of its file"
        }
        Code::UriTooLong => "the target is longer than `limits.uri`",
        Code::Expectation => "an `Expect` other than `100-continue`",
        Code::HeadTooLarge => "the head is over `limits.head` or `limits.headers`",
        Code::SchemeUnavailable => {
            "the request or its product needs a signature that cannot be made: a scheme that is not built in, a region that the host does not name, a second identity, version 1 of Function Compute at a host that names no account, a form upload in the dialect of S3; the message says which"
        }
        Code::UpstreamUnreachable => "no connection to the endpoint: name resolution or network",
        Code::UpstreamTls => "no TLS session that proves the endpoint's name",
        Code::EgressBlocked => {
            "the name leads to loopback, link-local, multicast, a metadata address or one of countersign's own listeners"
        }
        Code::UpstreamProtocol => "the endpoint's answer is no HTTP that can be passed on",
        Code::UpstreamTruncated => {
            "the answer ended before its end; the connection is reset, so this is in the access line alone"
        }
        Code::UpstreamResetAmbiguous => {
            "the connection was lost before an answer: the call may or may not have been executed. Look, then send it again, with a `ClientToken` if it takes one"
        }
        Code::CredentialsUnavailable => {
            "no live credential is left, and the source cannot be reached; try again after `Retry-After`"
        }
        Code::CredentialsRefused => {
            "the source refuses for good: a wrong role, trust policy or token. The log says what"
        }
        Code::LoginRequired => {
            "a human has to log in again: the session behind the role's credential is over. The message names the command"
        }
        Code::NoCredentials => {
            "no source of credentials is configured, or no key for a product that takes none of a role's"
        }
        Code::Overloaded => {
            "more connections than `limits.connections`, or more held bodies than `limits.held_bodies`"
        }
        Code::Draining => "the process ends, and nothing of the request was sent; send it again",
        Code::UpstreamHeadTimeout => {
            "no answer within `upstream.head_timeout`; the call may have been executed"
        }
        Code::UpstreamIdleTimeout => {
            "the answer stopped coming for `upstream.idle_timeout`; the connection is reset, so this is in the access line alone"
        }
        Code::InternalError => "a mistake in countersign: please report it",
    }
}
