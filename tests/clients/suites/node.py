"""The suites in JavaScript."""

from suites import ACS3, OSS4, OTS2, RPC1, ROA1, SLS1, Suite

BY_AGENT = "an agent whose connections lead to `127.0.0.1:P`, and an endpoint that begins with `http://`"
BY_ENDPOINT = '`endpoint: "127.0.0.1:Q"`, `protocol: "http"`'

# For SDKs that know no proxy: a listener for each region that a suite calls.
ECS = tuple(f"ecs.{region}" for region in ("cn-hangzhou", "cn-beijing", "cn-shanghai", "cn-shenzhen", "cn-qingdao"))

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
        faults="ecs",
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
        faults="oss",
    ),
    Suite(
        role="node-ecs",
        sdk="@alicloud/ecs20140526",
        product="ECS",
        way=BY_ENDPOINT,
        file="node/ecs20140526.mjs",
        schemes=frozenset({ACS3}),
        requests_least=18,
        pins=ECS,
        faults="ecs",
    ),
    Suite(
        role="openapi-client",
        sdk="@alicloud/openapi-client",
        product="ECS, Container Service",
        way=BY_ENDPOINT,
        file="node/openapi_client.mjs",
        schemes=frozenset({ACS3, RPC1}),
        requests_least=15,
        pins=(*ECS, "cs.cn-hangzhou"),
        faults="ecs",
    ),
    Suite(
        role="node-log",
        sdk="@alicloud/log",
        product="Log Service (SLS)",
        way=f"{BY_AGENT}; the agent is an option of each call",
        file="node/alicloud_log.mjs",
        schemes=frozenset({SLS1}),
        requests_least=50,
        faults="sls",
    ),
    # No bad days: of an answer that is cut it tells nobody, and who waits for it waits for ever, with countersign and without.
    Suite(
        role="node-tablestore",
        sdk="tablestore",
        product="Tablestore",
        way=f"{BY_AGENT}: `httpOptions: {{ agent }}`",
        file="node/tablestore.mjs",
        schemes=frozenset({OTS2}),
        requests_least=40,
    ),
)
