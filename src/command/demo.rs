//! `countersign demo`: the whole thing on one machine, with a miniature cloud that checks every signature.

use std::collections::BTreeMap;
use std::io;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use clap::Args;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::Exit;
use super::cloud::{Cloud, adopt};
use super::output::{self, complain, print};
use super::process::{self, Ending};
use super::spoilt;
use crate::clock::{Clock, SystemClock};
use crate::config::{self, Flags};
use crate::credential::Credential;
use crate::names::{RoleName, calendar};
use crate::sandbox::{Options, Outcome, Verdict};
use crate::sidecar::{Setup, Sidecar};

/// What `demo` takes.
#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// Take free ports, make the calls, and exit: 0 if all went as they should. Without it, proxy and cloud go on
    /// running after the calls, on 127.0.0.1:9110 where that is free, until Ctrl-C
    #[arg(long)]
    once: bool,
}

/// No call of the demonstration takes a tenth of it.
const PATIENCE: Duration = Duration::from_secs(10);

/// One call: what it shows, and the request as an application would send it.
struct Call {
    title: &'static str,
    request: &'static str,
    scheme: &'static str,
    /// What must be in the answer's body.
    expects: &'static str,
}

const CALLS: [Call; 6] = [
    Call {
        title: "ECS, an RPC call in the query",
        request: "GET /?Action=DescribeRegions HTTP/1.1\r\nHost: ecs.cn-hangzhou.aliyuncs.com\r\n\r\n",
        scheme: "ACS3-HMAC-SHA256",
        expects: "cn-hangzhou",
    },
    Call {
        title: "ECS, the same product with a form, which only RPC version 1 covers",
        request: "POST / HTTP/1.1\r\nHost: ecs.cn-hangzhou.aliyuncs.com\r\nContent-Type: application/x-www-form-urlencoded\r\n\
                  Content-Length: 64\r\n\r\nAction=DescribeInstances&Version=2014-05-26&RegionId=cn-hangzhou",
        scheme: "RPC1-HMAC-SHA1",
        expects: "Instance",
    },
    Call {
        title: "Container Service, a call by path",
        request: "GET /api/v1/clusters HTTP/1.1\r\nHost: cs.cn-hangzhou.aliyuncs.com\r\n\r\n",
        scheme: "ACS3-HMAC-SHA256",
        expects: "clusters",
    },
    Call {
        title: "OSS, an upload; its body is never held",
        request: "PUT /hello.txt HTTP/1.1\r\nHost: demo.oss-cn-hangzhou.aliyuncs.com\r\nContent-Length: 13\r\n\r\nHello, cloud!",
        scheme: "OSS4-HMAC-SHA256",
        expects: "",
    },
    Call {
        title: "OSS, the download",
        request: "GET /hello.txt HTTP/1.1\r\nHost: demo.oss-cn-hangzhou.aliyuncs.com\r\n\r\n",
        scheme: "OSS4-HMAC-SHA256",
        expects: "Hello, cloud!",
    },
    Call {
        title: "STS, who the cloud thinks we are",
        request: "GET /?Action=GetCallerIdentity HTTP/1.1\r\nHost: sts.cn-hangzhou.aliyuncs.com\r\n\r\n",
        scheme: "ACS3-HMAC-SHA256",
        expects: "AssumedRoleUser",
    },
];

pub(super) fn run(arguments: &Arguments) -> Exit {
    process::harden();
    match process::block_on(show(arguments)).and_then(|shown| shown) {
        Ok(exit) => exit,
        Err(error) if output::is_unprinted(&error) => output::ended(&error),
        Err(error) => {
            complain(format_args!("the demonstration has failed: {error}"));
            Exit::Failed
        }
    }
}

async fn show(arguments: &Arguments) -> io::Result<Exit> {
    let mut ending = Ending::watch()?;
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let cloud = Cloud::start(Options::default(), Arc::clone(&clock)).await?;
    let sidecar = start(arguments, &cloud, Arc::clone(&clock)).await?;
    let Some(Some(address)) = sidecar.addresses.first().copied() else {
        return Err(io::Error::other("no listener"));
    };
    print(format_args!(
        "A miniature Alibaba Cloud runs on {}; it checks every signature itself.\n",
        cloud.sandbox.address()
    ))?;
    print(format_args!(
        "countersign listens on {address}. It has an OIDC token, as a pod has, and no AccessKey.\n\n"
    ))?;
    let cell = sidecar.credentials.cell(&RoleName::new("default")).map(Arc::clone);
    let cell = cell.ok_or_else(|| io::Error::other("no role"))?;
    let credential = cell.wait().await.map_err(io::Error::other)?;
    print(format_args!("credential  fetched from STS by AssumeRoleWithOIDC: {}\n", described(&credential)))?;
    let mut right = 0;
    for call in &CALLS {
        right += usize::from(show_call(call, address, &cloud).await?);
    }
    right += usize::from(spoilt::show(&cloud, &credential, &*clock).await?);
    let all = CALLS.len() + 1;
    print(format_args!("\n{right} of {all} went as they should.\n"))?;
    if right != all {
        return Ok(Exit::Failed);
    }
    if !arguments.once {
        print(format_args!("\nTry it yourself (Ctrl-C ends it):\n\n"))?;
        print(format_args!(
            "  curl -H 'Host: ecs.cn-hangzhou.aliyuncs.com' 'http://{address}/?Action=DescribeRegions'\n"
        ))?;
        print(format_args!(
            "  http_proxy=http://{address} curl 'http://demo.oss-cn-hangzhou.aliyuncs.com/hello.txt'\n"
        ))?;
        print(format_args!("  curl http://{}/metrics\n", sidecar.admin))?;
        ending.next().await;
    }
    sidecar.drain(Duration::from_secs(2)).await;
    Ok(Exit::Success)
}

async fn start(arguments: &Arguments, cloud: &Cloud, clock: Arc<dyn Clock>) -> io::Result<Sidecar> {
    let address = |preferred: &str| {
        let is_free = !arguments.once && std::net::TcpListener::bind(preferred).is_ok();
        if is_free { preferred.to_owned() } else { "127.0.0.1:0".to_owned() }
    };
    let flags = Flags {
        // No settings of the machine's own: the demonstration is the same everywhere.
        config: None,
        listen: vec![address("127.0.0.1:9110")],
        admin: Some(address("127.0.0.1:9465")),
    };
    let nothing = BTreeMap::from([("COUNTERSIGN_LOG_ACCESS".to_owned(), "off".to_owned())]);
    let loaded = config::load_without_file(&flags, &nothing, Path::new("/"));
    let mut settings = loaded.map_err(|problems| io::Error::other(format!("{problems:?}")))?.settings;
    adopt(&mut settings, cloud.token());
    let setup = Setup { clock, elsewhere: Some(cloud.dial.clone()), ..Setup::new(settings, BTreeMap::new()) };
    Sidecar::start(setup).await.map_err(io::Error::other)
}

fn described(credential: &Credential) -> String {
    let seconds = credential.expires_at().map_or(0, |end| i64::try_from(end.as_secs()).unwrap_or(0));
    let end = calendar::iso(seconds);
    let id = credential.access_key().map_or("", |key| key.id().as_str());
    format!("{id}, until {}", String::from_utf8_lossy(&end))
}

/// Sends one call, and prints what was sent, as what it left, and what the cloud made of it.
async fn show_call(call: &Call, address: SocketAddr, cloud: &Cloud) -> io::Result<bool> {
    print(format_args!("\n── {}\n", call.title))?;
    for line in call.request.trim_end().split("\r\n").filter(|line| !line.is_empty()) {
        print(format_args!("   sent        {line}\n"))?;
    }
    let before = cloud.sandbox.verdicts().len();
    let answer = tokio::time::timeout(PATIENCE, exchange(address, call.request)).await??;
    let (head, body) = answer.split_once("\r\n\r\n").unwrap_or((&answer, ""));
    let verdict = cloud.sandbox.verdicts().into_iter().nth(before);
    let status = head.split("\r\n").next().unwrap_or_default();
    print(format_args!(
        "   signed      {}, as role default\n",
        verdict.as_ref().and_then(|verdict| verdict.scheme).unwrap_or("no")
    ))?;
    print(format_args!(
        "   the cloud   {}\n",
        verdict.as_ref().map_or_else(|| "saw nothing".to_owned(), judged)
    ))?;
    let shown: String = body.chars().take(90).collect();
    print(format_args!(
        "   answered    {status} {}{}\n",
        shown.trim_end(),
        if body.len() > shown.len() { "…" } else { "" }
    ))?;
    let is_right = status.contains(" 200 ")
        && body.contains(call.expects)
        && verdict.is_some_and(|verdict| {
            verdict.outcome == Outcome::Verified && verdict.scheme == Some(call.scheme)
        });
    if !is_right {
        print(format_args!("   WRONG       expected 200, {} and {:?}\n", call.scheme, call.expects))?;
    }
    Ok(is_right)
}

/// The cloud's verdict, in words. The string-to-sign stays out: under RPC version 1 it holds the token.
pub(super) fn judged(verdict: &Verdict) -> String {
    match &verdict.outcome {
        Outcome::Verified => format!("verified the signature of {}", verdict.action),
        Outcome::Unsigned => format!("took {} without a signature", verdict.action),
        Outcome::Refused(code) => format!("refused it: {code}"),
        Outcome::Failed(code) => format!("failed by its own fault: {code}"),
    }
}

/// One request on a connection of its own, as plain text.
async fn exchange(address: SocketAddr, request: &str) -> io::Result<String> {
    let mut stream = TcpStream::connect(address).await?;
    let request = request.replacen("\r\n", "\r\nConnection: close\r\n", 1);
    stream.write_all(request.as_bytes()).await?;
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).await?;
    Ok(String::from_utf8_lossy(&answer).into_owned())
}
