//! ECS without a network: what calls do to instances, and what is refused.

use super::*;

fn pairs(pairs: &[(&str, &str)]) -> Parameters {
    pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

fn ask(ecs: &Ecs, action: &str, asked: &[(&str, &str)]) -> Result<Value, Error> {
    ecs.answer(action, &pairs(asked), Some("cn-hangzhou"), 1_800_000_000)
}

fn code(ecs: &Ecs, action: &str, asked: &[(&str, &str)]) -> (u16, String) {
    let error = ask(ecs, action, asked).unwrap_err();
    (error.status, error.code)
}

const ORDER: [(&str, &str); 2] = [("ImageId", "aliyun_3"), ("InstanceType", "ecs.c8i.large")];

fn run(ecs: &Ecs, more: &[(&str, &str)]) -> Vec<String> {
    let answer = ask(ecs, "RunInstances", &[&ORDER, more].concat()).unwrap();
    serde_json::from_value(answer["InstanceIdSets"]["InstanceIdSet"].clone()).unwrap()
}

fn shown(ecs: &Ecs, asked: &[(&str, &str)]) -> Vec<Value> {
    ask(ecs, "DescribeInstances", asked).unwrap()["Instances"]["Instance"].as_array().unwrap().clone()
}

fn names(ecs: &Ecs, asked: &[(&str, &str)]) -> Vec<String> {
    shown(ecs, asked).iter().map(|one| one["InstanceName"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn the_pages_of_a_region_hold_every_instance_once() {
    let ecs = Ecs::default();
    let page = |number| names(&ecs, &[("PageSize", "2"), ("PageNumber", number)]);
    let all = ["1", "2", "3", "4"].map(page).concat();
    assert_eq!(all, ["web-1", "web-2", "web-3", "web-4", "web-5"]);
}

#[test]
fn numbers_and_regions_that_do_not_exist_are_refused() {
    let ecs = Ecs::default();
    let code = |pairs: &[(&str, &str)]| code(&ecs, "DescribeInstances", pairs).1;
    assert_eq!(code(&[("PageSize", "101")]), "InvalidParameter.PageSize");
    assert_eq!(code(&[("PageNumber", "0")]), "InvalidParameter.PageNumber");
    assert_eq!(code(&[("RegionId", "mars-1")]), "InvalidRegionId.NotFound");
    assert_eq!(code(&[("InstanceIds", "i-1")]), "InvalidParameter.InstanceIds");
    let nowhere = ecs.answer("DescribeInstances", &pairs(&[]), None, 0).unwrap_err();
    assert_eq!((nowhere.status, nowhere.code.as_str()), (400, "MissingParameter"));
}

#[test]
fn what_is_run_is_shown_as_it_was_ordered_and_in_its_region_alone() {
    let ecs = Ecs::default();
    let more = [
        ("Amount", "2"),
        ("InstanceName", "job"),
        ("UniqueSuffix", "true"),
        ("Tag.1.Key", "team"),
        ("Tag.1.Value", "a"),
    ];
    let ids = run(&ecs, &more);
    assert_eq!(ids, ["i-sandboxcnhangzhou0006", "i-sandboxcnhangzhou0007"]);
    let one = &shown(&ecs, &[("InstanceIds", &format!("[\"{}\"]", ids[1]))])[0];
    let text = |name: &str| one[name].as_str().unwrap();
    assert_eq!((text("InstanceName"), text("Status")), ("job002", "Running"));
    assert_eq!((text("ImageId"), text("InstanceType")), ("aliyun_3", "ecs.c8i.large"));
    assert_eq!(text("CreationTime"), "2027-01-15T08:00Z");
    assert_eq!(one["Tags"]["Tag"][0]["TagKey"], "team");
    assert_eq!(names(&ecs, &[("RegionId", "cn-beijing")]).len(), 5);
    assert_eq!(
        names(&ecs, &[("InstanceIds", &format!("[\"{}\"]", run(&ecs, &[])[0]))]),
        ["i-sandboxcnhangzhou0008"]
    );
}

#[test]
fn the_same_client_token_makes_the_same_instances_and_no_others() {
    let ecs = Ecs::default();
    let token = ("ClientToken", "t-1");
    let first = run(&ecs, &[token, ("Timestamp", "1"), ("SignatureNonce", "a"), ("Signature", "x")]);
    assert_eq!(run(&ecs, &[token, ("Timestamp", "2"), ("SignatureNonce", "b"), ("Signature", "y")]), first);
    let other = [&ORDER[..], &[token, ("Amount", "2")]].concat();
    assert_eq!(code(&ecs, "RunInstances", &other), (400, "IdempotentParameterMismatch".to_owned()));
    assert_ne!(run(&ecs, &[("ClientToken", "t-2")]), first);
    assert_eq!(names(&ecs, &[]).len(), 7);
}

#[test]
fn a_dry_run_changes_nothing() {
    let ecs = Ecs::default();
    let asked = [&ORDER[..], &[("DryRun", "true"), ("ClientToken", "t")]].concat();
    assert_eq!(code(&ecs, "RunInstances", &asked), (400, "DryRunOperation".to_owned()));
    let stop = [("InstanceId", "i-sandboxcnhangzhou0001"), ("DryRun", "true")];
    assert_eq!(code(&ecs, "StopInstance", &stop), (400, "DryRunOperation".to_owned()));
    let stop = [("InstanceId.1", "i-sandboxcnhangzhou0001"), ("DryRun", "true")];
    assert_eq!(code(&ecs, "StopInstances", &stop), (400, "DRYRUN.SUCCESS".to_owned()));
    assert_eq!(names(&ecs, &[("Status", "Running")]).len(), 4);
    // Nor does its token stand for anything.
    assert_eq!(run(&ecs, &[("ClientToken", "t")]).len(), 1);
}

#[test]
fn what_an_order_lacks_or_has_wrong_is_named() {
    let ecs = Ecs::default();
    for (name, more, expected) in [
        ("ImageId", vec![], "MissingParameter"),
        ("InstanceType", vec![], "MissingParameter"),
        ("", vec![("Amount", "0")], "InvalidParameter.Amount"),
        ("", vec![("Amount", "101")], "InvalidParameter.Amount"),
        ("", vec![("InstanceName", "x")], "InvalidInstanceName.Malformed"),
        ("", vec![("Tag.1.Key", "")], "InvalidTagKey.Malformed"),
        ("", vec![("Tag.1.Key", "acs:x")], "InvalidTagKey.Malformed"),
        ("", vec![("Tag.1.Value", "lonely")], "InvalidTagKey.Malformed"),
        ("", vec![("Tag.1.Key", "a"), ("Tag.2.Key", "a")], "Duplicate.TagKey"),
    ] {
        let order: Vec<_> = ORDER.into_iter().filter(|(known, _)| *known != name).chain(more).collect();
        let error = ask(&ecs, "RunInstances", &order).unwrap_err();
        assert_eq!((error.status, error.code.as_str()), (400, expected));
        assert!(error.message.contains(name), "{}", error.message);
    }
}

#[test]
fn a_full_region_says_how_much_it_holds() {
    let ecs = Ecs::default();
    (0..9).for_each(|_| assert_eq!(run(&ecs, &[("Amount", "100")]).len(), 100));
    let error = ask(&ecs, "RunInstances", &[&ORDER[..], &[("Amount", "96")]].concat()).unwrap_err();
    assert_eq!((error.status, error.code.as_str()), (403, "QuotaExceed.ElasticQuota"));
    assert!(error.message.contains("1000"), "{}", error.message);
    assert_eq!(run(&ecs, &[("Amount", "95")]).len(), 95);
}

#[test]
fn an_instance_stops_starts_and_goes_in_that_order_only() {
    let ecs = Ecs::default();
    let id = run(&ecs, &[]).remove(0);
    let asked = [("InstanceId", id.as_str())];
    let wrong = (403, "IncorrectInstanceStatus".to_owned());
    assert_eq!(code(&ecs, "StartInstance", &asked), wrong);
    assert_eq!(code(&ecs, "DeleteInstance", &asked), wrong);
    ask(&ecs, "StopInstance", &asked).unwrap();
    assert_eq!(names(&ecs, &[("Status", "Stopped")]), ["web-5", &id]);
    assert_eq!(code(&ecs, "StopInstance", &asked), wrong);
    ask(&ecs, "StartInstance", &asked).unwrap();
    ask(&ecs, "DeleteInstance", &[asked[0], ("Force", "true")]).unwrap();
    assert_eq!(code(&ecs, "StopInstance", &asked), (404, "InvalidInstanceId.NotFound".to_owned()));
    assert_eq!(code(&ecs, "StopInstance", &[]), (400, "MissingParameter".to_owned()));
    // The number is not given again.
    assert_ne!(run(&ecs, &[]), [id]);
}

#[test]
fn several_change_together_unless_each_was_to_go_alone() {
    let ecs = Ecs::default();
    // The fifth is stopped already.
    let both = [("InstanceId.1", "i-sandboxcnhangzhou0001"), ("InstanceId.2", "i-sandboxcnhangzhou0005")];
    assert_eq!(code(&ecs, "StopInstances", &both).1, "IncorrectInstanceStatus");
    assert_eq!(names(&ecs, &[("Status", "Running")]).len(), 4);
    let alone = [both[0], both[1], ("BatchOptimization", "SuccessFirst")];
    let answer = ask(&ecs, "StopInstances", &alone).unwrap();
    let of = |at: usize, name: &str| answer["InstanceResponses"]["InstanceResponse"][at][name].clone();
    assert_eq!(
        (of(0, "Code"), of(0, "PreviousStatus"), of(0, "CurrentStatus")),
        ("200".into(), "Running".into(), "Stopped".into())
    );
    assert_eq!(of(1, "Code"), "IncorrectInstanceStatus");
    ask(&ecs, "DeleteInstances", &both).unwrap();
    assert_eq!(names(&ecs, &[]), ["web-2", "web-3", "web-4"]);
    assert_eq!(code(&ecs, "StartInstances", &[]), (400, "MissingParameter".to_owned()));
}

#[test]
fn tags_are_set_listed_filtered_by_and_removed() {
    let ecs = Ecs::default();
    let first = [("ResourceType", "instance"), ("ResourceId.1", "i-sandboxcnhangzhou0001")];
    let tags = [("Tag.1.Key", "team"), ("Tag.1.Value", "a"), ("Tag.2.Key", "env"), ("Tag.2.Value", "x")];
    ask(&ecs, "TagResources", &[&first[..], &tags].concat()).unwrap();
    assert_eq!(names(&ecs, &[("Tag.1.Key", "team")]), ["web-1"]);
    assert_eq!(names(&ecs, &[("Tag.1.Key", "team"), ("Tag.1.Value", "b")]), [""; 0]);
    let listed = |asked: &[(&str, &str)]| {
        let answer = ask(&ecs, "ListTagResources", asked).unwrap();
        answer["TagResources"]["TagResource"].as_array().unwrap().len()
    };
    assert_eq!((listed(&first), listed(&[first[0], ("Tag.1.Key", "env")])), (2, 1));
    ask(&ecs, "UntagResources", &[first[0], first[1], ("TagKey.1", "env")]).unwrap();
    assert_eq!(listed(&first), 1);
    ask(&ecs, "UntagResources", &[first[0], first[1], ("All", "true")]).unwrap();
    assert_eq!(listed(&first), 0);
    let unknown = [first[0], ("ResourceId.1", "i-none"), tags[0]];
    assert_eq!(code(&ecs, "TagResources", &unknown), (404, "InvalidResourceId.NotFound".to_owned()));
    let disk = [("ResourceType", "disk"), first[1], tags[0]];
    assert_eq!(code(&ecs, "TagResources", &disk), (404, "InvalidResourceType.NotFound".to_owned()));
    let names: Vec<String> = (1..=20).map(|number| format!("Tag.{number}.Key")).collect();
    let twenty: Vec<(&str, &str)> = names.iter().map(|name| (name.as_str(), name.as_str())).collect();
    ask(&ecs, "TagResources", &[&first[..], &twenty].concat()).unwrap();
    let one_more = [first[0], first[1], tags[0]];
    assert_eq!(code(&ecs, "TagResources", &one_more), (400, "OperationDenied.QuotaExceed".to_owned()));
}
