"""`aliyun-log-python-sdk`: Log Service, in both versions of its signature. Pointed at the proxy by `http_proxy`."""

import threading
import time

import checks
import dummies
from aliyun.log import GetHistogramsRequest, GetLogsRequest, IndexConfig, LogClient, LogException, LogItem, PutLogsRequest
from aliyun.log.auth import AUTH_VERSION_1, AUTH_VERSION_4
from aliyun.log.consumer import ConsumerProcessorBase, ConsumerWorker, CursorPosition, LogHubConfig
from aliyun.log.index_config import IndexLineConfig

VERSIONS = {AUTH_VERSION_1: "one", AUTH_VERSION_4: "four"}
TIME = int(time.time()) - 60
STORE = "access"
CONTENTS = [("path", "/orders?a=b&c=%20"), ("message", "équipe 测试 \U0001f680\nline two"), ("empty", "")]
MANY = [("message", "the same again and again, " * 20)]


def client(version=AUTH_VERSION_1, region="cn-hangzhou", **more):
    keys = (dummies.ACCESS_KEY_ID, dummies.ACCESS_KEY_SECRET)
    # Without a source the SDK asks a name server for the endpoint, to find out its own address.
    own = {"source": "10.0.0.1", "auth_version": version, "region": region}
    return LogClient(f"http://{region}.log.aliyuncs.com", *keys, **(own | more))


def project(version):
    return f"python-{VERSIONS[version]}"


def put(of, name, store, contents, **more):
    items = [LogItem(TIME + at, time_nano_part=7, contents=one) for at, one in enumerate(contents)]
    return of.put_logs(PutLogsRequest(name, store, "a topic", "10.0.0.2", items, logtags=[("host", "web-1")], **more))


def begun(of, name, store=STORE, **more):
    """The client, with a project and a logstore that are empty."""
    try:
        of.delete_project(name)
    except LogException as error:
        checks.same(error.get_error_code(), "ProjectNotExist")
    of.create_project(name, "a 测试 description")
    of.create_logstore(name, store, ttl=7, shard_count=2, **more)
    of.create_index(name, store, IndexConfig(line_config=IndexLineConfig([",", " ", "/", "?"])))
    return of


def pulled(of, name, store=STORE, **more):
    """Every log of every shard, flat, in the order of a shard."""
    found = []
    for shard in of.list_shards(name, store).get_shards_info():
        cursor = of.get_begin_cursor(name, store, shard["shardID"]).get_cursor()
        end = of.get_end_cursor(name, store, shard["shardID"]).get_cursor()
        while cursor != end:
            answer = of.pull_logs(name, store, shard["shardID"], cursor, count=1, **more)
            checks.same(answer.get_loggroup_count(), 1)
            found += answer.get_flatten_logs_json()
            cursor = answer.get_next_cursor()
    return found


def in_both_versions(check):
    def both():
        for version in VERSIONS:
            check(version)

    both.__name__ = f"{check.__name__}_in_versions_1_and_4"
    return both


@in_both_versions
def a_project_and_a_logstore_are_made_shown_listed_and_deleted(version):
    name = project(version)
    of = begun(client(version), name)
    shown = of.get_project(name)
    checks.same((shown.get_description(), shown.get_region()), ("a 测试 description", "cn-hangzhou"))
    # The host of the region has no project.
    checks.same([one["projectName"] for one in of.list_project(project_name_pattern=name).get_projects()], [name])
    of.create_logstore(name, "second_store", ttl=1, shard_count=3)
    checks.same(of.list_logstore(name).get_logstores(), [STORE, "second_store"])
    checks.same(of.list_logstore(name, "second").get_logstores(), ["second_store"])
    of.update_logstore(name, "second_store", ttl=2)
    shown = of.get_logstore(name, "second_store")
    checks.same((shown.get_ttl(), shown.get_shard_count()), (2, 3))
    of.delete_logstore(name, "second_store")
    error = checks.raised(LogException, lambda: of.get_logstore(name, "second_store"))
    checks.same((error.get_resp_status(), error.get_error_code()), (404, "LogStoreNotExist"))
    assert len(error.get_request_id()) == 24, error
    of.delete_project(name)


@in_both_versions
def logs_that_are_put_packed_or_not_are_pulled_as_they_were(version):
    name = project(version)
    of = begun(client(version), name)
    for compress in (True, False):
        put(of, name, STORE, [CONTENTS, MANY], compress=compress)
    # A tuple is what the SDK makes of the nanoseconds.
    shared = {"__time_ns_part__": (7,), "__topic__": "a topic", "__source__": "10.0.0.2", "__tag__:host": "web-1"}
    group = [{"__time__": TIME + at, **shared, **dict(one)} for at, one in enumerate((CONTENTS, MANY))]
    checks.same(pulled(of, name), group * 2)
    checks.same(pulled(of, name, compress=False), group * 2)
    key = "f" * 31 + "e"
    put(of, name, STORE, [CONTENTS], hashKey=key)
    last = of.get_end_cursor(name, STORE, 1).get_cursor()
    time_of_last = of.get_cursor_time(name, STORE, 1, last).get_cursor_time()
    assert abs(time_of_last - time.time()) < 60, time_of_last


@in_both_versions
def logs_are_searched_by_words_and_time(version):
    name = project(version)
    of = begun(client(version), name)
    put(of, name, STORE, [CONTENTS, *([("n", str(number))] for number in range(105)), [("message", "équipe B")]])

    def search(query, **more):
        return of.get_logs(GetLogsRequest(name, STORE, TIME, TIME + 1000, query=query, **more))

    answer = search("équipe and path:orders")
    assert answer.is_completed(), answer
    checks.same([one.get_contents() for one in answer.get_logs()], [{"__topic__": "a topic", "__tag__:host": "web-1", **dict(CONTENTS)}])
    checks.same((answer.get_logs()[0].get_time(), answer.get_logs()[0].get_source()), (TIME, "10.0.0.2"))
    checks.same(search("équipe not path:orders", topic="a topic").get_count(), 1)
    checks.same(search("équipe", topic="another").get_count(), 0)
    checks.same(search("*", line=7, offset=103, reverse=True).get_count(), 4)
    # More than one call can return.
    checks.same(len(search("*", line=-1).get_logs()), 107)
    of._get_logs_v2_enabled = False
    checks.same(len(search("*", line=-1).get_logs()), 107)
    counted = of.get_histograms(GetHistogramsRequest(name, STORE, TIME, TIME + 1000, query="équipe"))
    checks.same((counted.is_completed(), counted.get_total_count()), (True, 2))
    error = checks.raised(LogException, lambda: search("* | select"))
    checks.same((error.get_resp_status(), error.get_error_code()), (400, "InvalidQueryString"))


class Reader(ConsumerProcessorBase):
    """Keeps what it is given."""

    def __init__(self, taken, is_done, count):
        super().__init__()
        self.taken, self.is_done, self.count = taken, is_done, count

    def process(self, log_groups, check_point_tracker):
        self.taken += [content.Value for group in log_groups.LogGroups for log in group.Logs for content in log.Contents]
        check_point_tracker.save_check_point(True)
        if len(self.taken) >= self.count:
            self.is_done.set()


def consumed(version, name, consumer, count):
    """What the worker of a consumer group is given, until it is so many."""
    taken, is_done = [], threading.Event()
    option = LogHubConfig(
        "http://cn-hangzhou.log.aliyuncs.com",
        dummies.ACCESS_KEY_ID,
        dummies.ACCESS_KEY_SECRET,
        name,
        STORE,
        "a_group",
        consumer,
        cursor_position=CursorPosition.BEGIN_CURSOR,
        heartbeat_interval=1,
        data_fetch_interval=0.1,
        auth_version=version,
        region="cn-hangzhou",
    )
    worker = ConsumerWorker(Reader, consumer_option=option, args=(taken, is_done, count))
    worker.start()
    assert is_done.wait(60), f"after a minute there were only {taken}"
    worker.shutdown()
    worker.join(60)
    assert not worker.is_alive()
    return sorted(taken)


@in_both_versions
def a_consumer_group_reads_each_log_once_and_goes_on_where_it_was(version):
    name = project(version)
    of = begun(client(version), name)
    for number in range(6):
        put(of, name, STORE, [[("n", f"first-{number}")]])
    checks.same(consumed(version, name, "reader-1", 6), [f"first-{number}" for number in range(6)])
    (group,) = of.list_consumer_group(name, STORE).get_consumer_groups()
    checks.same((group.get_consumer_group_name(), group.get_timeout()), ("a_group", 2))
    ends = [of.get_end_cursor(name, STORE, shard).get_cursor() for shard in (0, 1)]
    known = of.get_check_point(name, STORE, "a_group").get_consumer_group_check_points()
    checks.same([one["checkpoint"] for one in known], ends)
    put(of, name, STORE, [[("n", "second")]])
    checks.same(consumed(version, name, "reader-1", 1), ["second"])
    of.delete_consumer_group(name, STORE, "a_group")
    error = checks.raised(LogException, lambda: of.get_check_point(name, STORE, "a_group"))
    checks.same((error.get_resp_status(), error.get_error_code()), (404, "ConsumerGroupNotExist"))


@in_both_versions
def names_and_queries_that_must_be_encoded_are_signed_as_they_are_sent(version):
    name = project(version)
    of = begun(client(version), name)
    checks.same(of.list_logstore(name, "a b+c/d=e&f*~'()测试").get_logstores(), [])
    of.create_consumer_group(name, STORE, "groups/are=named 测试", 60)
    of.heart_beat(name, STORE, "groups%2Fare=named%20%E6%B5%8B%E8%AF%95", "a b+c&d=é", [])
    (shown,) = of.list_consumer_group(name, STORE).get_consumer_groups()
    checks.same(shown.get_consumer_group_name(), "groups/are=named 测试")


@in_both_versions
def another_region_with_a_dummy_token_answers_for_itself(version):
    name = f"{project(version)}-beijing"
    of = begun(client(version, "cn-beijing", securityToken=dummies.SECURITY_TOKEN), name)
    put(of, name, STORE, [CONTENTS])
    checks.same(len(pulled(of, name)), 1)
    checks.same(of.get_project(name).get_region(), "cn-beijing")
    error = checks.raised(LogException, lambda: client(version).get_project(name))
    checks.same((error.get_resp_status(), error.get_error_code()), (404, "ProjectNotExist"))


@in_both_versions
def what_is_wrong_with_a_call_reaches_the_caller_whole(version):
    name = project(version)
    of = begun(client(version), name)
    for act, status, code in (
        (lambda: of.create_project(name, ""), 400, "ProjectAlreadyExist"),
        (lambda: of.create_logstore(name, STORE), 400, "LogStoreAlreadyExist"),
        (lambda: put(of, name, "none", [CONTENTS]), 404, "LogStoreNotExist"),
        (lambda: of.pull_logs(name, STORE, 0, "bm9uZQ=="), 400, "InvalidCursor"),
    ):
        error = checks.raised(LogException, act)
        checks.same((error.get_resp_status(), error.get_error_code()), (status, code))
        assert error.get_error_message() and len(error.get_request_id()) == 24, error


def refused_in(version, region):
    """What the SDK makes of the answer in a region where what the proxy sent was spoilt on its way."""
    error = checks.raised(LogException, lambda: client(version, region).list_logstore(project(version)))
    return error.get_resp_status(), error.get_error_code()


@in_both_versions
def a_spoilt_signature_is_the_sdks_own_exception(version):
    checks.same(refused_in(version, "cn-shanghai"), (401, "SignatureNotMatch"))


@in_both_versions
def a_header_changed_after_signing_is_the_sdks_own_exception(version):
    checks.same(refused_in(version, "cn-shenzhen"), (401, "SignatureNotMatch"))


def a_request_that_comes_to_another_region_is_the_sdks_own_exception():
    # Version 1 covers neither host nor region: there is no such project there.
    checks.same(refused_in(AUTH_VERSION_1, "cn-qingdao"), (404, "ProjectNotExist"))
    checks.same(refused_in(AUTH_VERSION_4, "cn-qingdao"), (401, "SignatureNotMatch"))


checks.run(
    a_project_and_a_logstore_are_made_shown_listed_and_deleted,
    logs_that_are_put_packed_or_not_are_pulled_as_they_were,
    logs_are_searched_by_words_and_time,
    a_consumer_group_reads_each_log_once_and_goes_on_where_it_was,
    names_and_queries_that_must_be_encoded_are_signed_as_they_are_sent,
    another_region_with_a_dummy_token_answers_for_itself,
    what_is_wrong_with_a_call_reaches_the_caller_whole,
    a_spoilt_signature_is_the_sdks_own_exception,
    a_header_changed_after_signing_is_the_sdks_own_exception,
    a_request_that_comes_to_another_region_is_the_sdks_own_exception,
)
