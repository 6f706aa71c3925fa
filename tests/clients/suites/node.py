"""The suites in JavaScript."""

from suites import OSS4, RPC1, ROA1, Suite

BY_AGENT = "an agent whose connections lead to `127.0.0.1:P`, and an endpoint that begins with `http://`"

SUITES = (
    Suite(
        role="pop-core",
        sdk="@alicloud/pop-core",
        product="ECS, STS, Container Service",
        way=BY_AGENT,
        file="node/pop_core.mjs",
        schemes=frozenset({RPC1, ROA1}),
        requests_least=26,
        pins=("ecs.cn-hangzhou",),
    ),
    Suite(
        role="ali-oss",
        sdk="ali-oss",
        product="OSS",
        way=f'{BY_AGENT}; or `endpoint: "http://127.0.0.1:Q"`',
        file="node/ali_oss.mjs",
        schemes=frozenset({OSS4}),
        requests_least=155,
        pins=("oss.cn-hangzhou",),
    ),
)
