//! The lists of a portal, page by page.

use super::*;
use crate::secret::BearerToken;

fn token() -> BearerToken {
    BearerToken::new("canary-access".to_owned()).unwrap()
}

#[tokio::test(start_paused = true)]
async fn every_page_is_read_and_each_names_the_one_before() {
    let clock = TestClock(Instant::now());
    let cloud = Cloud::new(|target, _| {
        let page = match target {
            "/access-assignments/accounts?MaxResults=100" => {
                r#"{"Accounts":[{"AccountId":"1","DisplayName":"one"}],"IsTruncated":true,"NextToken":"a/b+"}"#
            }
            "/access-assignments/accounts?MaxResults=100&NextToken=a%2Fb%2B" => {
                r#"{"Accounts":[{"AccountId":"2"}],"IsTruncated":false,"NextToken":"","RequestId":"R"}"#
            }
            "/access-assignments/access-configurations?AccountId=2" => {
                r#"{"AccessConfigurationsForAccount":[{"AccessConfigurationId":"ac-1",
                    "AccessConfigurationName":"Admin","AccessConfigurationDescription":""}],"NextToken":""}"#
            }
            _ => return (404, String::new()),
        };
        (200, page.to_owned())
    });
    let portal = Portal::new((&cloud, &clock), URL, CLIENT).unwrap();
    let accounts = portal.accounts(&token()).await.unwrap();
    let names: Vec<_> =
        accounts.iter().map(|account| (account.id.as_str(), account.display_name.as_str())).collect();
    assert_eq!(names, [("1", "one"), ("2", "")]);
    let configurations = portal.access_configurations(&token(), "2").await.unwrap();
    assert_eq!((configurations[0].id.as_str(), configurations[0].name.as_str()), ("ac-1", "Admin"));
    assert!(cloud.seen().iter().all(|(_, bearer, body)| bearer == "Bearer canary-access" && body.is_empty()));
}

#[tokio::test(start_paused = true)]
async fn a_list_without_an_end_is_none() {
    let clock = TestClock(Instant::now());
    let cloud = Cloud::new(|_, _| {
        (200, r#"{"Accounts":[{"AccountId":"1"}],"IsTruncated":true,"NextToken":"x"}"#.to_owned())
    });
    let portal = Portal::new((&cloud, &clock), URL, CLIENT).unwrap();
    assert!(portal.accounts(&token()).await.is_err());
    assert_eq!(cloud.seen().len(), 100);
}

#[test]
fn a_sign_in_url_is_one_of_the_web() {
    let (clock, cloud) = (crate::clock::SystemClock, Cloud::new(|_, _| (0, String::new())));
    for url in ["signin.example.com", "ftp://signin.example.com/", "https://user:secret@signin.example.com/"]
    {
        assert!(Portal::new((&cloud, &clock), url, CLIENT).is_err(), "{url}");
    }
}
