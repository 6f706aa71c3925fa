"""`alibabacloud_credentials`, which finds a credential by itself, and two SDKs that are given what it found.

On each line of standard input it does as the word there says, and says what came of it: `read`, `control`, `data`.
"""

import os
import sys
import traceback

import alibabacloud_oss_v2 as oss
from alibabacloud_credentials.client import Client as Credentials
from alibabacloud_ecs20140526 import models
from alibabacloud_ecs20140526.client import Client
from alibabacloud_tea_openapi.models import Config

REGION, FORWARD = "cn-hangzhou", os.environ["FORWARD"]
HELD = Credentials()


def read():
    return HELD.get_credential().access_key_id


def control():
    config = Config(credential=HELD, region_id=REGION, protocol="http", http_proxy=FORWARD)
    Client(config).describe_regions(models.DescribeRegionsRequest())
    return "done"


class Provider(oss.credentials.CredentialsProvider):
    """The same for OSS's SDK."""

    def get_credentials(self):
        held = HELD.get_credential()
        return oss.credentials.Credentials(held.access_key_id, held.access_key_secret, held.security_token)


def data():
    config = oss.config.load_default()
    config.credentials_provider = Provider()
    config.region, config.endpoint = REGION, f"http://oss-{REGION}.aliyuncs.com"
    config.proxy_host = {"http": FORWARD}
    of = oss.Client(config)
    of.put_object(oss.PutObjectRequest(bucket="demo", key="held", body=b"all of it"))
    with of.get_object(oss.GetObjectRequest(bucket="demo", key="held")).body as body:
        assert body.read() == b"all of it"
    return "done"


for line in sys.stdin:
    try:
        print({"read": read, "control": control, "data": data}[line.strip()](), flush=True)
    except Exception as error:  # noqa: BLE001 - whatever an SDK raises is what is told
        traceback.print_exc()
        print("raised", type(error).__name__, flush=True)
