"""The suites in Go."""

from suites import ACS3, Suite

SUITES = (
    Suite(
        role="go-tea-ecs",
        sdk="github.com/alibabacloud-go/ecs-20140526/v7",
        product="ECS",
        way='`Protocol: "http"`, `HttpProxy: "http://127.0.0.1:P"` in the `Config`',
        file="go/ecs/main.go",
        schemes=frozenset({ACS3}),
        requests_least=17,
        pins=("ecs.cn-hangzhou",),
    ),
)
