"""The suites in Go."""

from suites import ACS3, OSS4, OTS2, ROA1, RPC1, Suite

SUITES = (
    Suite(
        role="go-ecs",
        sdk="github.com/alibabacloud-go/ecs-20140526/v7",
        product="ECS",
        way='`Protocol: "http"`, `HttpProxy: "http://127.0.0.1:P"` in the `Config`',
        file="go/ecs/main.go",
        schemes=frozenset({ACS3}),
        requests_least=17,
        pins=("ecs.cn-hangzhou",),
        faults="ecs",
    ),
    Suite(
        role="go-oss",
        sdk="github.com/aliyun/alibabacloud-oss-go-sdk-v2",
        product="OSS",
        way='`WithProxyHost("http://127.0.0.1:P")` and an endpoint that begins with `http://`; or `WithEndpoint("http://127.0.0.1:Q")`',
        file="go/oss/main.go",
        schemes=frozenset({OSS4}),
        requests_least=120,
        pins=("oss.cn-hangzhou",),
        faults="oss",
    ),
    Suite(
        role="go-core",
        sdk="github.com/aliyun/alibaba-cloud-sdk-go",
        product="ECS, STS, Container Service",
        way='`sdk.NewConfig().WithScheme("HTTP")` and `SetHttpProxy("http://127.0.0.1:P")`, or `http_proxy` in the environment',
        file="go/core/main.go",
        schemes=frozenset({RPC1, ROA1}),
        requests_least=33,
        pins=("ecs.cn-hangzhou",),
        faults="ecs",
    ),
    # No bad days: its calls stream their bodies, so that what countersign learns from an answer is for the next call.
    Suite(
        role="go-tablestore",
        sdk="github.com/aliyun/aliyun-tablestore-go-sdk",
        product="Tablestore",
        way='`Transport: &http.Transport{Proxy: http.ProxyURL(…)}` in the `TableStoreConfig`; or the endpoint `http://127.0.0.1:Q`',
        file="go/tablestore/main.go",
        schemes=frozenset({OTS2}),
        requests_least=47,
        pins=("demo-go.cn-hangzhou.ots.aliyuncs.com",),
    ),
)
