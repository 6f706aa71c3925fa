//! The rows of the table of keys, in the order in which the reference and `--print-config` list them.

use super::address::Reach;
use super::connect_to;
use super::grammar;
use super::keys::Key;
use super::kind::{Check, Kind};

const KIB: u64 = 1 << 10;
const GIB: u64 = 1 << 30;
pub(super) const SECOND: u64 = 1_000;
pub(super) const HOUR: u64 = 3_600 * SECOND;

/// How long anything may be waited for: from what a slow machine still keeps to, to what is surely a mistake.
const WAIT: Kind = Kind::Duration(100, HOUR);

/// Tenants of one product, whose names stand in its hosts; or in its paths.
const TENANTS: Kind = Kind::List("a name or a pattern with `*`", grammar::tenant);
const PROJECTS: Kind = Kind::List("a name or a pattern with `*`", grammar::project);

pub(super) const ROLE: Kind = Kind::Text("the name of a `[role.NAME]` table", grammar::role_name);

/// The code of Model Studio, the one product whose hosts are of the table and take a key of their own.
pub(super) const MODEL_STUDIO: &str = "dashscope";

/// The codes of the products that live on their customers' names.
pub(super) const OWN_PRODUCTS: [&str; 3] = ["apigateway", "dataplus", FC_TRIGGER];
/// The one among them that is signed for with a role's credential.
pub(super) const FC_TRIGGER: &str = "fc-trigger";

pub(super) const fn key(
    name: &'static str,
    kind: Kind,
    default: &'static str,
    reason: &'static str,
    sentence: &'static str,
) -> Key {
    Key { name, kind, default, reason, sentence }
}

/// A key that has no default.
pub(super) const fn unset(name: &'static str, kind: Kind, sentence: &'static str) -> Key {
    key(name, kind, "", "", sentence)
}

const NO_TENANT: &str = "nobody's data is signed for unless it is named";

const fn tenants(name: &'static str, sentence: &'static str) -> Key {
    key(name, TENANTS, "[]", NO_TENANT, sentence)
}

pub(super) const fn text(words: &'static str, check: Check) -> Kind {
    Kind::Text(words, check)
}

/// The keys before those of roles.
pub(super) const FIRST: &[Key] = &[
    key(
        "workers",
        Kind::Count(1, 256),
        "1",
        "a sidecar serves one application, and one thread signs more than that sends",
        "Threads that serve requests, each with connections of its own.",
    ),
    key(
        "drain_timeout",
        Kind::Duration(0, HOUR),
        "30s",
        "the grace that Kubernetes gives a pod by default: nothing is cut that the platform would have waited for",
        "How long the process may still take after SIGTERM, SIGINT or SIGHUP. Requests that have begun are answered; the \
         last fifth of the time, a second at most, is for cutting those that are not and for writing that down. Below 5 s \
         it may take 0.4 s more where nobody reads its output. A second signal, 200 ms or more after the first, ends at once.",
    ),
    key(
        "listen[].address",
        Kind::Address(Reach::Machine),
        "127.0.0.1:9110",
        "nothing outside of this machine, or this pod, reaches it",
        "Where requests come in. Without any `[[listen]]` there is one listener, at the default.",
    ),
    key(
        "listen[].role",
        ROLE,
        "default",
        "most processes serve one role",
        "The role that its requests are signed as.",
    ),
    unset(
        "listen[].endpoint",
        text(
            "`PRODUCT[.REGION]`, with `/vpc` or `/internal` behind it or not, or a whole host",
            grammar::endpoint,
        ),
        "The one endpoint that it leads to. Without it, each request names its endpoint in `Host`.",
    ),
];

/// Every key after those of roles but those of `[admin]`, `[log]`, `[[vend]]` and `[login]`.
pub(super) const ROWS: &[Key] = &[
    tenants("tenants.oss", "Buckets of OSS."),
    tenants("tenants.sls", "Projects of Log Service."),
    tenants("tenants.ots", "Instances of Tablestore."),
    key("tenants.odps", PROJECTS, "[]", NO_TENANT, "Projects of MaxCompute, which its paths name."),
    key("tenants.datahub", PROJECTS, "[]", NO_TENANT, "Projects of DataHub, which its paths name."),
    tenants("tenants.mns", "Accounts in front of Message Service's hosts."),
    tenants(
        "tenants.fc",
        "Accounts in front of Function Compute's hosts. They can run their code on what they are sent.",
    ),
    tenants("tenants.dashscope", "Workspaces of Model Studio, in front of `REGION.maas.aliyuncs.com`."),
    tenants(
        "tenants.kms",
        "Instances of the Key Management Service, in front of `cryptoservice.kms.aliyuncs.com`.",
    ),
    tenants("tenants.rocketmq", "Instances or accounts in front of RocketMQ's HTTP hosts."),
    unset(
        "keys.NAME.file",
        Kind::Path,
        "The file that holds them, one JSON object: `app_key` and `app_secret` for API Gateway, `access_key_id` and \
         `access_key_secret` for Dataplus, `api_key` for Model Studio.",
    ),
    unset(
        "keys.NAME.product",
        Kind::Choice(&[MODEL_STUDIO]),
        "The product whose own hosts they open: `\"dashscope\"` is Model Studio. Else they are for the \
         rows of `[hosts]` that name them.",
    ),
    unset(
        "keys.NAME.region",
        Kind::Text("the id of a region", grammar::region),
        "With `product`: the one region whose hosts they open. Else they open those of every region that no other keys are for.",
    ),
    key(
        "keys.NAME.temporary",
        Kind::Boolean,
        "false",
        "a key that is made anew again and again needs the product to answer",
        "With `product`: sends a short-lived key that is made from this one, and never this one itself.",
    ),
    unset(
        "hosts.HOST.product",
        Kind::Choice(&OWN_PRODUCTS),
        "The product that answers at `HOST`: `\"apigateway\"` is API Gateway, for its apps; `\"dataplus\"` is Dataplus; \
         `\"fc-trigger\"` an HTTP trigger of Function Compute.",
    ),
    unset(
        "hosts.HOST.keys",
        Kind::Text("the name of a `[keys.NAME]` table", grammar::keys_name),
        "What its requests are signed with: an app's key and secret for `\"apigateway\"`, an AccessKey for `\"dataplus\"`, which both \
         need one. `\"fc-trigger\"` is signed for with the listener's role and takes none.",
    ),
    unset(
        "connect_to.HOST",
        text("`\"https://HOST[:PORT]\"`, or `\"http://IP:PORT\"` on this machine", |text| {
            connect_to::target(text).map(|_| ())
        }),
        "Where connections for `HOST`, or with `*.HOST` for all its tenants, or with `*` for everything else, go instead. It admits no host.",
    ),
    key(
        "limits.head",
        // Positions within a head are kept in 16 bits, and signing adds to it.
        Kind::Size(KIB, 60 * KIB),
        "32KiB",
        "what nginx's buffers for a large head hold together (4 × 8 KiB)",
        "The longest head of a request, its first line included.",
    ),
    key(
        "limits.headers",
        Kind::Count(1, 1_000),
        "100",
        "Apache's own limit",
        "The most headers of a request.",
    ),
    key(
        "limits.uri",
        Kind::Size(256, 60 * KIB),
        "8KiB",
        "what one of nginx's buffers takes",
        "The longest target of a request.",
    ),
    key(
        "limits.connections",
        Kind::Count(1, 1_000_000),
        "1024",
        "a descriptor for the client and one for the cloud still fit a hard limit of 4096",
        "The most client connections at once; and, a worker, the most connections to the cloud that stay open while nothing is sent on them.",
    ),
    key(
        "limits.first_byte_timeout",
        WAIT,
        "5s",
        "a client connects because it has a request",
        "How long a new connection may be silent.",
    ),
    key(
        "limits.head_timeout",
        WAIT,
        "10s",
        "a head is one packet or a few",
        "How long a head may take from its first byte to its last.",
    ),
    key(
        "limits.body_idle_timeout",
        WAIT,
        "30s",
        "an upload may be slow, but not stand still",
        "How long a request's body may pause.",
    ),
    key(
        "limits.keep_alive_timeout",
        WAIT,
        "60s",
        "a connection that is used again saves its setup, and an idle one holds no buffer",
        "How long a connection is kept between requests.",
    ),
    key(
        "limits.held_body",
        Kind::Size(KIB, GIB),
        "8MiB",
        "for the forms of OpenAPI calls it is ample, and uploads are streamed, not held",
        "The largest body that is held because its signature comes before it. A form may also have 10,000 fields at most; a \
         request of Log Service may have the 10 MiB that it takes, whatever is set here.",
    ),
    key(
        "limits.held_bodies",
        Kind::Size(KIB, 64 * GIB),
        "64MiB",
        "eight of the largest at once, within the memory that a sidecar is usually given",
        "The most memory for held bodies together.",
    ),
    unset(
        "product.NAME.rpc",
        Kind::Choice(&["acs3"]),
        "Signs the product's RPC calls with ACS3, whatever the caller signed with. Else the caller's scheme is kept.",
    ),
    key(
        "product.NAME.scheme",
        text("`\"oss-v4\"` or `\"oss-v1\"`, for `product.oss` only", oss_scheme),
        "",
        "",
        "The signature that OSS requests leave with: `\"oss-v1\"` is for installations that take no other, and lists of what it covers differ. Else `\"oss-v4\"`.",
    ),
    unset(
        "upstream.extra_ca",
        Kind::Path,
        "A PEM file with certificate authorities that are trusted beside the system's.",
    ),
    key(
        "upstream.connect_timeout",
        WAIT,
        "3s",
        "Linux sends a lost SYN again after 1 s, so one loss is survived",
        "How long connecting may take: name look-up, every address and TLS together.",
    ),
    key(
        "upstream.head_timeout",
        WAIT,
        "60s",
        "as nginx: for slow calls, whose clients usually give up first",
        "How long an answer may take to begin.",
    ),
    key(
        "upstream.idle_timeout",
        WAIT,
        "60s",
        "as nginx: an answer that stands still for a minute does not go on",
        "How long an answer may pause (event streams may for ever), the caller may take nothing of it, and the endpoint may take nothing of a request.",
    ),
];

fn oss_scheme(text: &str) -> Result<(), String> {
    match text {
        "oss-v4" | "oss-v1" => Ok(()),
        _ => Err(format!("{} is neither \"oss-v4\" nor \"oss-v1\"", super::problem::shown(text))),
    }
}
