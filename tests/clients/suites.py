"""The suites: one an SDK, each with a role of its own, so that access lines and credentials tell them apart."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Suite:
    """One client."""

    role: str
    what: str
    file: str
    schemes: frozenset[str]
    """What its requests must leave as: each of these, and no other."""
    requests_least: int
    """Fewer access lines than this mean that it went around the proxy."""
    pins: tuple[str, ...] = ()
    """The endpoints of the listeners it gets besides its forward listener."""
    by_environment: bool = False
    """Whether the SDK is pointed at the proxy by `http_proxy` in its environment."""
    unix: tuple[str, ...] = ()
    """The same of unix sockets."""


ACS3 = "ACS3-HMAC-SHA256"
RPC1 = "RPC1-HMAC-SHA1"
OSS4 = "OSS4-HMAC-SHA256"

CALLS = (
    Suite(
        role="oss-v2-calls",
        what="alibabacloud-oss-v2, every call that moves objects",
        file="python/oss_v2_calls.py",
        schemes=frozenset({OSS4}),
        requests_least=400,
        pins=("oss.cn-hangzhou", "oss.cn-beijing"),
    ),
    Suite(
        role="oss2-calls",
        what="oss2, every call that moves objects",
        file="python/oss2_calls.py",
        schemes=frozenset({OSS4}),
        requests_least=400,
        by_environment=True,
    ),
)

SUITES = (
    *CALLS,
    Suite(
        role="tea-ecs",
        what="alibabacloud_ecs20140526",
        file="python/ecs20140526.py",
        schemes=frozenset({ACS3}),
        requests_least=35,
    ),
    Suite(
        role="tea-cs",
        what="alibabacloud_cs20151215",
        file="python/cs20151215.py",
        schemes=frozenset({ACS3}),
        requests_least=20,
    ),
    Suite(
        role="tea-vpc",
        what="alibabacloud_vpc20160428",
        file="python/vpc20160428.py",
        schemes=frozenset({ACS3}),
        requests_least=4,
    ),
    Suite(
        role="tea-sts",
        what="alibabacloud_sts20150401",
        file="python/sts20150401.py",
        schemes=frozenset({ACS3}),
        requests_least=5,
    ),
    Suite(
        role="python-core",
        what="aliyun-python-sdk-core and -ecs",
        file="python/python_core.py",
        schemes=frozenset({RPC1}),
        requests_least=17,
        by_environment=True,
    ),
    Suite(
        role="oss-v2",
        what="alibabacloud-oss-v2",
        file="python/oss_v2.py",
        schemes=frozenset({OSS4}),
        requests_least=25,
        pins=("oss.cn-hangzhou", "oss.cn-beijing"),
    ),
    Suite(
        role="oss2",
        what="oss2",
        file="python/oss2_sdk.py",
        schemes=frozenset({OSS4}),
        requests_least=25,
        by_environment=True,
    ),
    Suite(
        role="curl",
        what="curl, unsigned",
        file="curl.sh",
        schemes=frozenset({ACS3, RPC1, OSS4}),
        requests_least=32,
        pins=("ecs.cn-hangzhou", "oss.cn-hangzhou"),
        unix=("ecs.cn-hangzhou",),
    ),
)
