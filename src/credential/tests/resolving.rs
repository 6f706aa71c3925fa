//! From settings and variables to a definition: hosts, names, and mistakes.

use super::super::resolve::{Definition, Given};
use super::*;

fn define(stage: &Stage, role: &str) -> Result<Definition, BadRole> {
    let pairs = stage.variables.iter().map(|(name, value)| ((*name).to_owned(), value.clone()));
    let variables = Variables::from_pairs(pairs);
    let given = Given { roles: &stage.roles, variables: &variables, table: &Table, presence: Err("") };
    given.definition(&RoleName::new(role))
}

#[tokio::test]
async fn sts_hosts_follow_settings_then_variables_then_the_central_host() {
    const REGION: (&str, &str) = ("ALIBABA_CLOUD_STS_REGION", "cn-hangzhou");
    const VPC: (&str, &str) = ("ALIBABA_CLOUD_VPC_ENDPOINT_ENABLED", "TRUE");
    const ENDPOINT: (&str, &str) = ("ALIBABA_CLOUD_STS_ENDPOINT", "sts-vpc.cn-hangzhou.aliyuncs.com");
    let central = "sts.aliyuncs.com";
    type Case<'a> = (&'a [&'a str], &'a [(&'static str, &'static str)], &'a str, Option<&'a str>);
    let cases: [Case<'_>; 8] = [
        (&[], &[], central, None),
        (&[], &[VPC], central, None),
        (&[], &[REGION], "sts.cn-hangzhou.aliyuncs.com", Some(central)),
        (&[], &[REGION, VPC], "sts-vpc.cn-hangzhou.aliyuncs.com", Some(central)),
        (&[], &[("ALIBABA_CLOUD_STS_REGION", "cn-wuhan")], central, None),
        (&[], &[REGION, ENDPOINT], "sts-vpc.cn-hangzhou.aliyuncs.com", None),
        (&["sts.cn-beijing.aliyuncs.com"], &[REGION, ENDPOINT], "sts.cn-beijing.aliyuncs.com", None),
        (
            &["sts.a.aliyuncs.com", "sts.b.aliyuncs.com"],
            &[],
            "sts.a.aliyuncs.com",
            Some("sts.b.aliyuncs.com"),
        ),
    ];
    for (sts, variables, first, second) in cases {
        let mut stage = Stage::new();
        stage.variables.extend(variables.iter().map(|(name, value)| (*name, (*value).to_owned())));
        let sts = sts.iter().map(|host| (*host).to_owned()).collect();
        stage.role("default", RoleConfig { sts, ..RoleConfig::default() });
        let Ok(Definition::Oidc(_, hosts)) = define(&stage, "default") else { panic!("{variables:?}") };
        let got = (hosts.first.as_str(), hosts.second.as_ref().map(Host::as_str));
        assert_eq!(got, (first, second), "{variables:?}");
    }
}

#[tokio::test]
async fn a_token_is_never_sent_to_a_host_outside_the_table() {
    for (name, value) in [
        ("ALIBABA_CLOUD_STS_ENDPOINT", "sts.evil.test"),
        ("ALIBABA_CLOUD_STS_ENDPOINT", "http://sts.aliyuncs.com.evil.test"),
        ("ALIBABA_CLOUD_STS_REGION", "evil.test/"),
    ] {
        let mut stage = Stage::new();
        stage.variables.push((name, value.to_owned()));
        assert_eq!(
            define(&stage, "default"),
            Err(BadRole::NotSts(RoleName::new("default"), value.to_owned(), Some(name)))
        );
    }
}

#[tokio::test]
async fn a_session_is_named_after_the_machine() {
    for (host, session) in [
        (Some("app-7f9c-x2x"), "countersign-app-7f9c-x2x".to_owned()),
        (Some("web 1/ü"), "countersign-web1".to_owned()),
        (Some(&*"h".repeat(80)), format!("countersign-{}", "h".repeat(52))),
        (None, "countersign".to_owned()),
    ] {
        let mut stage = Stage::new();
        stage.variables.extend(host.map(|host| ("HOSTNAME", host.to_owned())));
        let Ok(Definition::Oidc(terms, _)) = define(&stage, "default") else { panic!("{host:?}") };
        assert_eq!(terms.session.as_str(), session);
        stage.variables.push(("ALIBABA_CLOUD_ROLE_SESSION_NAME", "mine".to_owned()));
        let Ok(Definition::Oidc(terms, _)) = define(&stage, "default") else { panic!("{host:?}") };
        assert_eq!(terms.session.as_str(), "mine");
    }
}

#[tokio::test]
async fn every_mistake_is_told_at_once_and_nothing_is_started() {
    let mut stage = Stage::new();
    let from =
        |name: &str| RoleConfig { source: SourceConfig::Role(RoleName::new(name)), ..RoleConfig::default() };
    stage.role("a", from("b"));
    stage.role("b", from("a"));
    stage.role("c", from("nowhere"));
    let accounts = vec!["2000000000000002".to_owned()];
    stage.role("d", RoleConfig { accounts: accounts.clone(), ..RoleConfig::default() });
    stage.role("e", RoleConfig { accounts, source: SourceConfig::Environment, ..RoleConfig::default() });
    let mistakes = stage.try_open().unwrap_err();
    let role = RoleName::new;
    assert_eq!(
        mistakes,
        [
            BadRole::Circle(vec![role("a"), role("b")]),
            BadRole::NoSuchRole(role("c"), role("nowhere")),
            BadRole::OtherAccount(role("d"), RoleArn::parse(ROLE).unwrap()),
            BadRole::UnknownAccount(role("e")),
        ]
    );
    tokio::task::yield_now().await;
    assert_eq!(stage.cloud.count(), 0);
}

#[tokio::test]
async fn a_circle_of_roles_is_told_once_by_its_own_roles() {
    let mut stage = Stage::new();
    for (name, inner) in [("a", "c"), ("b", "d"), ("c", "b"), ("d", "c"), ("e", "e")] {
        let source = SourceConfig::Role(RoleName::new(inner));
        stage.role(name, RoleConfig { source, ..RoleConfig::default() });
    }
    let told: Vec<String> = stage.try_open().unwrap_err().iter().map(ToString::to_string).collect();
    assert_eq!(
        told,
        [
            "the roles lead in a circle: b → d → c → b; one needs a source of its own",
            "the roles lead in a circle: e → e; one needs a source of its own",
        ]
    );
}

#[tokio::test]
async fn every_account_on_a_roles_own_way_must_be_listed() {
    let foreign = || AssumeConfig {
        role_arn: RoleArn::parse("acs:ram::2000000000000002:role/reader").unwrap(),
        ..step("reader")
    };
    let (home, abroad) = ("1000000000000001", "2000000000000002");
    let inner = SourceConfig::Role(RoleName::new("default"));
    // Its source, its steps, its accounts, and whether they fit. The token's role is at home.
    let cases = [
        (SourceConfig::Oidc, vec![], vec![home], true),
        (SourceConfig::Oidc, vec![], vec![abroad], false),
        (SourceConfig::Oidc, vec![step("x")], vec![abroad], false),
        (SourceConfig::Oidc, vec![foreign()], vec![abroad], false),
        (SourceConfig::Oidc, vec![foreign()], vec![home], false),
        (SourceConfig::Oidc, vec![foreign()], vec![home, abroad], true),
        (SourceConfig::Oidc, vec![foreign(), step("x")], vec![home], false),
        // What the other role passes through is for its own settings to judge.
        (inner.clone(), vec![foreign()], vec![abroad], true),
        (inner.clone(), vec![foreign(), step("x")], vec![home], false),
        (inner.clone(), vec![], vec![abroad], false),
        (inner, vec![], vec![home], true),
        // The key's own account is not known, but where it leads is.
        (SourceConfig::Environment, vec![step("x")], vec![home], true),
        (SourceConfig::Environment, vec![step("x"), foreign()], vec![abroad], false),
    ];
    for (source, assume, accounts, fits) in cases {
        let what = format!("{source:?} {assume:?} {accounts:?}");
        let mut stage = Stage::new();
        let accounts = accounts.into_iter().map(str::to_owned).collect();
        stage.role("a", RoleConfig { source, assume, accounts, ..RoleConfig::default() });
        let outcome = define(&stage, "a");
        assert!(fits == outcome.is_ok(), "{what}: {outcome:?}");
        assert!(fits || matches!(outcome, Err(BadRole::OtherAccount(..))), "{what}: {outcome:?}");
    }
}

#[tokio::test]
async fn a_variable_that_is_no_arn_is_told_by_its_name() {
    let mut stage = Stage::new();
    stage.variables.retain(|(name, _)| *name != "ALIBABA_CLOUD_ROLE_ARN");
    stage.variables.push(("ALIBABA_CLOUD_ROLE_ARN", "app".to_owned()));
    let mistake = define(&stage, "default").unwrap_err();
    assert_eq!(mistake, BadRole::BadVariable(RoleName::new("default"), "ALIBABA_CLOUD_ROLE_ARN"));
}

#[tokio::test]
async fn roles_that_ask_for_the_same_share_a_cell() {
    let mut stage = Stage::new();
    stage.role("twin", RoleConfig::default());
    stage.role("other", RoleConfig { duration: Some(Duration::from_secs(900)), ..RoleConfig::default() });
    let credentials = stage.try_open().unwrap();
    let cell = |name: &str| credentials.cell(&RoleName::new(name)).unwrap();
    assert!(Arc::ptr_eq(cell("default"), cell("twin")));
    assert!(!Arc::ptr_eq(cell("default"), cell("other")));
    assert!(credentials.cell(&RoleName::new("nobody")).is_none());
}
