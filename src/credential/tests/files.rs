//! Token files on file systems that hang: nobody else's thread, one of ours at most, and an end.

use std::path::Path;

use super::super::file;
use super::super::file::File;
use super::super::hedge::StsHosts;
use super::super::line::Line;
use super::super::oidc::{Oidc, OidcTerms, TokenAt, Tokens};
use super::super::sts::Sts;
use super::*;
use crate::names::{OidcProviderArn, SessionName};

fn oidc(path: &str) -> Oidc {
    let clock = TestClock::new();
    let line = Line::new(Cloud::new(&clock) as _, clock as _, Arc::new(Unobserved));
    let hosts = StsHosts { first: Table.named("sts.aliyuncs.com").unwrap(), second: None };
    let terms = OidcTerms {
        role: RoleArn::parse(ROLE).unwrap(),
        provider: OidcProviderArn::parse("acs:ram::1000000000000001:oidc-provider/rrsa").unwrap(),
        token: TokenAt::File(path.into()),
        session: SessionName::parse("session").unwrap(),
        duration: Duration::from_secs(900),
    };
    Oidc::new(Sts::new(Arc::new(line), hosts, RoleName::new("default")), terms, Arc::default())
}

fn file_of(source: &Oidc) -> &File {
    match &source.tokens {
        Tokens::File(file) => file,
        Tokens::Ci(..) => panic!("no file"),
    }
}

#[tokio::test]
async fn a_file_is_looked_at_on_another_thread_than_the_requests() {
    // Another file for every thread that looks.
    let path = "/proc/thread-self/comm";
    let (here, there) = (file::mark(Path::new(path)), oidc(path).mark().await);
    assert!(here.is_some() && there.is_some());
    assert_eq!(file::mark(Path::new(path)), here, "the same for one thread");
    assert_ne!(here, there);
}

#[tokio::test]
async fn a_look_that_hangs_holds_one_thread_and_not_one_more_each_time() {
    let (source, count) = (Arc::new(oidc("token")), Arc::new(AtomicU64::new(0)));
    let (release, hangs) = std::sync::mpsc::channel::<()>();
    let (hangs, counted) = (Arc::new(Mutex::new(hangs)), Arc::clone(&count));
    let look = move || {
        let (hangs, counted) = (Arc::clone(&hangs), Arc::clone(&counted));
        move |_: &Path| {
            counted.fetch_add(1, Ordering::Relaxed);
            hangs.lock().unwrap().recv().ok();
        }
    };
    for _ in 0..5 {
        // Each is given up, as an attempt is.
        let given_up = tokio::time::timeout(Duration::from_millis(5), file_of(&source).look(look())).await;
        assert!(given_up.is_err());
    }
    while count.load(Ordering::Relaxed) == 0 {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    assert_eq!(count.load(Ordering::Relaxed), 1);
    drop(release);
    file_of(&source).look(look()).await.unwrap();
    assert_eq!(count.load(Ordering::Relaxed), 2);
}

#[tokio::test(start_paused = true)]
async fn a_file_system_that_hangs_ends_the_attempt_and_keeps_no_request_waiting() {
    #[derive(Debug)]
    struct Hanging;
    impl Source for Hanging {
        fn fetch(&self) -> Boxed<'_, Result<Fetched, FetchError>> {
            Box::pin(std::future::ready(Err(FetchError::Broken)))
        }
        fn name(&self) -> &'static str {
            "hanging"
        }
        fn mark(&self) -> Boxed<'_, Option<u64>> {
            Box::pin(std::future::pending())
        }
    }
    let (clock, runtime) = (TestClock::new(), tokio::runtime::Handle::current());
    let role = RoleName::new("default");
    let cell = Cell::new(
        (role, Use::Signing),
        Arc::new(Hanging),
        Arc::clone(&clock) as _,
        Arc::new(Unobserved),
        &runtime,
    );
    cell.wait().await.unwrap_err();
    assert_eq!(clock.elapsed().as_secs(), 5);
    tokio::time::sleep(Duration::from_secs(11)).await;
    assert_eq!(
        cell.status(&clock.now()).failure,
        Some(Arc::new(FetchError::TooSlow("hanging", Duration::from_secs(15))))
    );
}
