"""One call of the SDK that the argument names, and what became of it: `returned`, or `raised TYPE STATUS CODE`.

Where to and with which key is told by environment. Retries are as each SDK's user gets them, who sets nothing.
Where bodies stream, a call without one comes first: what countersign has learnt from its answer holds for the next.
"""

import os
import sys

FORWARD = os.environ.get("FORWARD")
KEY = os.environ["KEY_ID"], os.environ["KEY_SECRET"], os.environ["TOKEN"]
REGION = "cn-hangzhou"
# Above what an answer takes on a busy machine, and short enough to be waited for a few times over.
TIMEOUT_SECONDS = 3


def tea_ecs():
    from alibabacloud_ecs20140526 import models
    from alibabacloud_ecs20140526.client import Client
    from alibabacloud_tea_openapi.models import Config

    names = ("access_key_id", "access_key_secret", "security_token")
    config = Config(**dict(zip(names, KEY)), region_id=REGION, protocol="http", http_proxy=FORWARD)
    config.read_timeout = TIMEOUT_SECONDS * 1000
    Client(config).describe_regions(models.DescribeRegionsRequest())


def python_core():
    from aliyunsdkcore.auth.credentials import StsTokenCredential
    from aliyunsdkcore.client import AcsClient
    from aliyunsdkecs.request.v20140526.DescribeRegionsRequest import DescribeRegionsRequest

    of = AcsClient(region_id=REGION, credential=StsTokenCredential(*KEY), timeout=TIMEOUT_SECONDS)
    of.do_action_with_exception(DescribeRegionsRequest())


def oss2():
    import oss2

    auth = oss2.StsAuth(*KEY, auth_version=oss2.AUTH_VERSION_4)
    of = oss2.Bucket(auth, f"http://oss-{REGION}.aliyuncs.com", "demo", region=REGION, connect_timeout=TIMEOUT_SECONDS)
    of.get_bucket_info()
    of.put_object("a day", b"all of it")
    of.get_object("a day").read()


def oss_v2():
    import alibabacloud_oss_v2 as oss

    config = oss.config.load_default()
    config.credentials_provider = oss.credentials.StaticCredentialsProvider(*KEY)
    config.region, config.endpoint = REGION, f"http://oss-{REGION}.aliyuncs.com"
    config.proxy_host, config.readwrite_timeout = {"http": FORWARD}, TIMEOUT_SECONDS
    of = oss.Client(config)
    of.get_bucket_info(oss.GetBucketInfoRequest(bucket="demo"))
    of.put_object(oss.PutObjectRequest(bucket="demo", key="a day", body=b"all of it"))
    with of.get_object(oss.GetObjectRequest(bucket="demo", key="a day")).body as body:
        body.read()


def log():
    from aliyun.log import LogClient

    of = LogClient(f"http://{REGION}.log.aliyuncs.com", KEY[0], KEY[1], KEY[2], source="10.0.0.1")
    of.timeout = TIMEOUT_SECONDS
    of.list_project()


def tablestore():
    from tablestore import OTSClient, OTSServiceError

    # The one secret under which answers are signed for callers of countersign.
    key_id, secret, token = KEY if FORWARD is None else (KEY[0], "dummy", KEY[2])
    endpoint = os.environ["PINNED_DEMO_CN_HANGZHOU_OTS_ALIYUNCS_COM"]
    of = OTSClient(endpoint, key_id, secret, "demo", sts_token=token, socket_timeout=TIMEOUT_SECONDS)
    of.list_table()
    # A body on both ways; nothing is made, which the other would find.
    try:
        of.describe_table("days")
    except OTSServiceError as error:
        if error.code != "OTSObjectNotExist":
            raise


def fc():
    from alibabacloud_fc20230330 import models
    from alibabacloud_fc20230330.client import Client
    from alibabacloud_tea_openapi.models import Config

    names = ("access_key_id", "access_key_secret", "security_token")
    config = Config(**dict(zip(names, KEY)), region_id=REGION, protocol="http", http_proxy=FORWARD)
    config.read_timeout = TIMEOUT_SECONDS * 1000
    Client(config).list_functions(models.ListFunctionsRequest())


def pyodps():
    from odps import ODPS, options
    from odps.accounts import StsAccount

    options.read_timeout = TIMEOUT_SECONDS
    of = ODPS(account=StsAccount(*KEY), project="days", endpoint=f"http://service.{REGION}.maxcompute.aliyun.com/api")
    of.get_project().reload()


def pydatahub():
    from datahub import DataHub

    more = {"security_token": KEY[2], "proxies": {"http": FORWARD}, "read_timeout": TIMEOUT_SECONDS}
    DataHub(*KEY[:2], f"http://dh-{REGION}.aliyuncs.com", **more).list_project()


def mns():
    from mns.account import Account
    from mns.queue import Message, QueueMeta

    of = Account(os.environ["PINNED_1000000000000001_MNS_CN_HANGZHOU_ALIYUNCS_COM"], *KEY)
    of.mns_client.set_connection_timeout(TIMEOUT_SECONDS)
    of.list_queue()
    queue = of.get_queue("days")
    queue.create(QueueMeta())
    queue.send_message(Message("all of it"))
    queue.receive_message_with_str_body(wait_seconds=1)


def rocketmq():
    from mq_http_sdk.mq_client import MQClient
    from mq_http_sdk.mq_exception import MQServerException
    from mq_http_sdk.mq_producer import TopicMessage

    of = MQClient(os.environ["PINNED_1000000000000001_MQREST_CN_HANGZHOU_ALIYUNCS_COM"], *KEY)
    of.set_connection_timeout(TIMEOUT_SECONDS)
    consumer = of.get_consumer("", "days", "GID_days")
    try:
        consumer.consume_message()
    except MQServerException as error:
        if error.type != "MessageNotExist":
            raise
    of.get_producer("", "days").publish_message(TopicMessage("all of it", ""))
    consumer.consume_message(wait_seconds=1)


def told(error):
    """Its type, and the status and code that users look at, by whatever name the SDK has for them."""
    if hasattr(error, "unwrap"):
        error = error.unwrap()
    words = [type(error).__name__]
    names_of_each = (("status_code", "http_status", "status", "resp_status"), ("code", "error_code", "_errorCode", "type"))
    for names in names_of_each:
        found = (getattr(error, name, None) for name in names)
        words += [str(next(one for one in found if one))] if any(getattr(error, name, None) for name in names) else []
    return " ".join(words)


try:
    {
        "tea-ecs": tea_ecs,
        "log": log,
        "python-core": python_core,
        "oss2": oss2,
        "oss-v2": oss_v2,
        "fc": fc,
        "pyodps": pyodps,
        "pydatahub": pydatahub,
        "mns": mns,
        "rocketmq": rocketmq,
        "tablestore": tablestore,
    }[sys.argv[1]]()
    print("returned")
except Exception as error:  # noqa: BLE001 - what it is, is what is asked
    print("raised", told(error))
