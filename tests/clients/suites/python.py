"""The suites in Python, and curl, which is called from a shell."""

from suites import ACS3, OSS4, RPC1, Suite

BY_CONFIG = '`Config(…, protocol="http", http_proxy="http://127.0.0.1:P")`'
BY_ENVIRONMENT = "`http_proxy=http://127.0.0.1:P` in the environment"
OSS2 = f"{BY_ENVIRONMENT}, an endpoint that begins with `http://`"
OSS_V2 = '`config.endpoint = "http://127.0.0.1:Q"`, or `config.proxy_host = {"http": "http://127.0.0.1:P"}`'

CALLS = (
    Suite(
        role="oss-v2-calls",
        sdk="alibabacloud-oss-v2",
        more="every call that moves objects",
        product="OSS",
        way=OSS_V2,
        file="python/oss_v2_calls.py",
        schemes=frozenset({OSS4}),
        requests_least=400,
        pins=("oss.cn-hangzhou", "oss.cn-beijing"),
        is_spoilt=False,
    ),
    Suite(
        role="oss2-calls",
        sdk="oss2",
        more="every call that moves objects",
        product="OSS",
        way=OSS2,
        file="python/oss2_calls.py",
        schemes=frozenset({OSS4}),
        requests_least=400,
        by_environment=True,
        is_spoilt=False,
    ),
)

SUITES = (
    *CALLS,
    Suite(
        role="tea-ecs",
        sdk="alibabacloud_ecs20140526",
        product="ECS",
        way=BY_CONFIG,
        file="python/ecs20140526.py",
        schemes=frozenset({ACS3}),
        requests_least=38,
        faults="ecs",
    ),
    Suite(
        role="tea-cs",
        sdk="alibabacloud_cs20151215",
        product="Container Service",
        way=BY_CONFIG,
        file="python/cs20151215.py",
        schemes=frozenset({ACS3}),
        requests_least=23,
    ),
    Suite(
        role="tea-vpc",
        sdk="alibabacloud_vpc20160428",
        product="VPC",
        way=BY_CONFIG,
        file="python/vpc20160428.py",
        schemes=frozenset({ACS3}),
        requests_least=4,
        is_spoilt=False,
    ),
    Suite(
        role="tea-sts",
        sdk="alibabacloud_sts20150401",
        product="STS",
        way=BY_CONFIG,
        file="python/sts20150401.py",
        schemes=frozenset({ACS3}),
        requests_least=8,
    ),
    Suite(
        role="python-core",
        sdk="aliyun-python-sdk-core",
        more="and `-ecs`",
        product="ECS, STS",
        way=BY_ENVIRONMENT,
        file="python/python_core.py",
        schemes=frozenset({RPC1}),
        requests_least=20,
        by_environment=True,
        faults="ecs",
    ),
    Suite(
        role="oss-v2",
        sdk="alibabacloud-oss-v2",
        product="OSS",
        way=OSS_V2,
        file="python/oss_v2.py",
        schemes=frozenset({OSS4}),
        requests_least=28,
        pins=("oss.cn-hangzhou", "oss.cn-beijing"),
        faults="oss",
    ),
    Suite(
        role="oss2",
        sdk="oss2",
        product="OSS",
        way=OSS2,
        file="python/oss2_sdk.py",
        schemes=frozenset({OSS4}),
        requests_least=28,
        by_environment=True,
        faults="oss",
    ),
    Suite(
        role="curl",
        sdk="curl",
        more="unsigned",
        product="ECS, Container Service, OSS",
        way="`Host`, `--proxy http://127.0.0.1:P`, a pinned listener, or `--unix-socket`",
        file="curl.sh",
        schemes=frozenset({ACS3, RPC1, OSS4}),
        requests_least=32,
        pins=("ecs.cn-hangzhou", "oss.cn-hangzhou"),
        unix=("ecs.cn-hangzhou",),
        is_spoilt=False,
    ),
)
