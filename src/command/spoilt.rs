//! The demonstration's proof that its cloud really checks: the same request twice, once with a digit changed.

use std::io;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};

use super::cloud::Cloud;
use super::demo::judged;
use super::output::print;
use crate::clock::Clock;
use crate::credential::Credential;
use crate::endpoint::{self, Tenants};
use crate::names::Scheme;
use crate::sandbox::Outcome;
use crate::sign::{self, Payload, Unsigned, Workspace};
use crate::wire::{Framing, parameters};

const HOST: &str = "ecs.cn-hangzhou.aliyuncs.com";
const QUERY: &[u8] = b"Action=DescribeRegions&Version=2014-05-26";
const PATIENCE: Duration = Duration::from_secs(10);

/// Signs a request rightly, changes one digit of the signature, sends it past the proxy, and shows what happens.
pub(super) async fn show(cloud: &Cloud, credential: &Credential, clock: &dyn Clock) -> io::Result<bool> {
    print(format_args!(
        "\n── the same call to ECS, sent past countersign with the last digit of its signature changed\n"
    ))?;
    let endpoint = endpoint::reverse(HOST, &Tenants::none()).map_err(io::Error::other)?;
    let query: Vec<_> = parameters(QUERY).collect();
    let unsigned = Unsigned {
        method: "GET",
        path: b"/",
        query: &query,
        headers: &[],
        form: &[],
        payload: Payload::Held(b""),
        framing: Framing::None,
        expects_continue: false,
        endpoint: &endpoint,
        add_action: Some(b"DescribeRegions"),
        add_version: Some(b"2014-05-26"),
        additional_headers: b"",
        scope: None,
    };
    let work = (&mut Workspace::default(), Vec::new());
    let pair = credential.access_key().ok_or_else(|| io::Error::other("no AccessKey"))?;
    let signed = sign::sign(Scheme::Acs3, &unsigned, &pair.identity(None), &clock.moment(), work);
    let mut head = signed.map_err(io::Error::other)?.into_buffer();
    // The authorization is the last header, and the signature's last digit stands before the two line ends.
    let last = head
        .len()
        .checked_sub(5)
        .and_then(|at| head.get_mut(at))
        .ok_or_else(|| io::Error::other("no head"))?;
    *last = if *last == b'0' { b'1' } else { b'0' };

    let before = cloud.sandbox.verdicts().len();
    let answered = tokio::time::timeout(PATIENCE, async {
        let connection = cloud.dialler().open(endpoint.host(), PATIENCE).await;
        let mut connection = connection.map_err(|failure| io::Error::other(failure.to_string()))?;
        connection.write_all(&head).await?;
        connection.flush().await?;
        let mut status = [0; 12];
        connection.read_exact(&mut status).await?;
        Ok::<_, io::Error>(String::from_utf8_lossy(&status).into_owned())
    });
    let status = answered.await??;
    let verdict = cloud.sandbox.verdicts().into_iter().nth(before);
    print(format_args!(
        "   the cloud   {}\n",
        verdict.as_ref().map_or_else(|| "saw nothing".to_owned(), judged)
    ))?;
    print(format_args!("   answered    {status}\n"))?;
    let is_refused = matches!(
        verdict.map(|verdict| verdict.outcome),
        Some(Outcome::Refused(code)) if code == "SignatureDoesNotMatch"
    );
    if !is_refused || status.ends_with("200") {
        print(format_args!("   WRONG       a spoilt signature must be refused\n"))?;
        return Ok(false);
    }
    Ok(true)
}
