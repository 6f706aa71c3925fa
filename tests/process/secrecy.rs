//! Nothing of a secret is where a neighbour on the machine could look: output, `/proc`, memory, a core.

use std::fs::{self, File};
use std::io::{Read, Seek, SeekFrom};
use std::os::unix::process::ExitStatusExt;
use std::path::Path;

use memchr::memmem::find;
use rustix::process::{Pid, Signal, kill_process};

use crate::kit::canary::{self, GRANTED_SECRET, GRANTED_TOKEN, OIDC_TOKEN};
use crate::kit::program::countersign;
use crate::kit::{Caller, Place, Reply, Sts, Upstream, get, soon, with_body};

/// A role of an OIDC token, so that no secret comes with the environment, which belongs to whoever set it.
fn settings(upstream: &Upstream) -> String {
    let address = upstream.address;
    format!(
        "[[listen]]\naddress = \"unix:app.sock\"\n[tenants]\noss = [\"bkt1\"]\n[admin]\naddress = \"127.0.0.1:0\"\n\
         [log]\naccess = \"access.log\"\n[role.default]\nsource = \"oidc\"\n\
         role_arn = \"acs:ram::1000000000000001:role/app\"\n\
         oidc_provider_arn = \"acs:ram::1000000000000001:oidc-provider/rrsa\"\noidc_token_file = \"token\"\n\
         session_name = \"session\"\n[connect_to]\n\"sts.aliyuncs.com\" = \"http://{address}\"\n\
         \"ecs.cn-hangzhou.aliyuncs.com\" = \"http://{address}\"\n\"*.oss-cn-hangzhou.aliyuncs.com\" = \"http://{address}\"\n"
    )
}

#[tokio::test]
async fn a_neighbour_on_the_machine_finds_no_secret() {
    let sts = Sts::default();
    let granting = sts.clone();
    let upstream =
        Upstream::start(move |seen, _| if Sts::is_asked(seen) { granting.grant() } else { Reply::ok() })
            .await;
    let place = Place::new();
    place.write("token", OIDC_TOKEN);
    place.write("countersign.toml", &settings(&upstream));
    let output = |name: &str| File::create(place.path().join(name)).unwrap();
    let mut child = countersign(&place, &["run"])
        .env_clear()
        .env("RUST_LOG", "trace")
        .stdout(output("stdout"))
        .stderr(output("stderr"))
        .spawn()
        .unwrap();
    let socket = place.path().join("app.sock");
    soon("the socket", until_there(&socket)).await;
    let form = "Content-Type: application/x-www-form-urlencoded\r\n";
    for request in [
        get("ecs.cn-hangzhou.aliyuncs.com", "/?Action=DescribeRegions"),
        with_body("POST", "ecs.cn-hangzhou.aliyuncs.com", "/", form, "Action=DescribeRegions"),
        with_body("PUT", "bkt1.oss-cn-hangzhou.aliyuncs.com", "/k", "", "hello"),
    ] {
        let mut caller = Caller::connect_unix(&socket).await;
        caller.send(request).await;
        assert_eq!(caller.answer().await.status, 200);
    }
    assert_eq!((sts.calls(), upstream.requests().len()), (1, 4));

    let id = child.id().unwrap();
    let proc = Path::new("/proc").join(id.to_string());
    let read = said_of_itself(&proc);
    assert!(read.len() > 2_000, "{} was hardly readable", proc.display());
    assert_eq!(canary::found_in(&read), None);
    let limits = fs::read_to_string(proc.join("limits")).unwrap();
    let core = limits.lines().find(|line| line.starts_with("Max core file size")).unwrap();
    assert_eq!(core.split_whitespace().nth(4), Some("0"), "{core}");
    // The secret became keyed states; the token goes out with every request, and shows that the search would find it.
    if let Some(memory) = private_memory(&proc) {
        assert!(memory.iter().any(|part| find(part, GRANTED_TOKEN.as_bytes()).is_some()));
        assert!(
            !memory.iter().any(|part| find(part, GRANTED_SECRET.as_bytes()).is_some()),
            "it is in memory"
        );
    }

    kill_process(Pid::from_raw(i32::try_from(id).unwrap()).unwrap(), Signal::ABORT).unwrap();
    let status = soon("the end of the process", child.wait()).await.unwrap();
    assert_eq!((status.signal(), status.core_dumped()), (Some(6), false));
    let names = fs::read_dir(place.path()).unwrap().map(|entry| entry.unwrap().file_name());
    assert!(names.into_iter().all(|name| !name.as_encoded_bytes().starts_with(b"core")));
    for name in ["stdout", "stderr", "access.log"] {
        assert_eq!(canary::found_in(place.read(name).as_bytes()), None, "{name}");
    }
    assert!(place.read("stderr").contains("listening"), "it said something");
}

pub(super) async fn until_there(path: &Path) {
    while !path.exists() {
        tokio::task::yield_now().await;
    }
}

/// What the system says of a process to whoever may ask: the files of its directory, and where its open files lead.
fn said_of_itself(proc: &Path) -> Vec<u8> {
    let mut said = Vec::new();
    for name in
        ["cmdline", "environ", "comm", "status", "stat", "maps", "limits", "mountinfo", "cgroup", "wchan"]
    {
        if let Ok(mut text) = fs::read(proc.join(name)) {
            said.append(&mut text);
        }
    }
    for entry in fs::read_dir(proc.join("fd")).into_iter().flatten().flatten() {
        let target = fs::read_link(entry.path()).unwrap_or_default();
        said.extend_from_slice(target.as_os_str().as_encoded_bytes());
    }
    for entry in fs::read_dir(proc.join("task")).into_iter().flatten().flatten() {
        said.extend(fs::read(entry.path().join("comm")).unwrap_or_default());
    }
    said
}

/// What a process has in memory that it can write to. `None`: it has closed itself to whoever runs this test, as it does to
/// everybody but the superuser.
pub(super) fn private_memory(proc: &Path) -> Option<Vec<Vec<u8>>> {
    let mut memory = File::open(proc.join("mem")).ok()?;
    let maps = fs::read_to_string(proc.join("maps")).unwrap();
    let mut part = |line: &str| {
        let (range, rights) = line.split_once(' ').unwrap();
        let (from, to) = range.split_once('-').unwrap();
        let [from, to] = [from, to].map(|text| u64::from_str_radix(text, 16).unwrap());
        let mut bytes = vec![0; usize::try_from(to - from).unwrap()];
        memory.seek(SeekFrom::Start(from)).unwrap();
        (rights.starts_with("rw-p") && memory.read_exact(&mut bytes).is_ok()).then_some(bytes)
    };
    Some(maps.lines().filter_map(&mut part).collect())
}
