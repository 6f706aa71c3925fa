//! Which STS host is asked when the first one is no help.

use std::net::SocketAddr;

use socket2::{Domain, Socket, Type};
use tokio::net::TcpStream;

use crate::kit::{ECS, Kit, REGIONS, Reply, Sts, Upstream, soon};

/// An address that swallows every attempt to connect, as a firewall does: a listener whose queue is full.
struct BlackHole {
    address: SocketAddr,
    _listener: Socket,
    _queued: TcpStream,
}

impl BlackHole {
    async fn new() -> Self {
        let listener = Socket::new(Domain::IPV4, Type::STREAM, None).unwrap();
        listener.bind(&SocketAddr::from(([127, 0, 0, 1], 0)).into()).unwrap();
        listener.listen(0).unwrap();
        let address = listener.local_addr().unwrap().as_socket().unwrap();
        let queued = soon("the one that is queued", TcpStream::connect(address)).await.unwrap();
        Self { address, _listener: listener, _queued: queued }
    }
}

#[tokio::test]
async fn a_first_host_that_swallows_packets_costs_two_seconds_and_not_the_credential() {
    let sts = Sts::default();
    let granting = sts.clone();
    let upstream =
        Upstream::start(move |seen, _| if Sts::is_asked(seen) { granting.grant() } else { Reply::ok() })
            .await;
    let (address, hole) = (upstream.address, BlackHole::new().await);
    let settings = format!(
        "[role.default]\nsts = [\"sts.cn-hangzhou.aliyuncs.com\", \"sts.aliyuncs.com\"]\n[connect_to]\n\
         \"sts.cn-hangzhou.aliyuncs.com\" = \"http://{}\"\n\"sts.aliyuncs.com\" = \"http://{address}\"\n\
         \"{ECS}\" = \"http://{address}\"",
        hole.address
    );
    let token = "eyJoZWFk.Y2FuYXJ5LW9pZGM.c2lnbmF0dXJl";
    let proxy = Kit::without_credentials().with_oidc_token(token).settings(&settings).start().await;
    // A request waits for five seconds: that is enough only if the second host is asked as soon as the first one's
    // time to connect is up.
    assert_eq!(proxy.get(ECS, REGIONS).await.verdict(), (200, String::new()));
    let hosts: Vec<_> = upstream.requests().iter().filter_map(|seen| seen.header("host")).collect();
    assert_eq!((sts.calls(), hosts), (1, vec!["sts.aliyuncs.com".to_owned(), ECS.to_owned()]));
    assert_eq!(
        proxy.metric("countersign_credential_refresh_total{role=\"default\",outcome=\"failed\"}").await,
        0.0
    );
}
