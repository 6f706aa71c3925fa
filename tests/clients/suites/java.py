"""The suites in Java."""

from suites import ACS3, AWS4, ODPS2, ODPS4, OSS4, Suite

SUITES = (
    Suite(
        role="oss-java",
        sdk="com.aliyun.oss:aliyun-sdk-oss",
        product="OSS",
        way='`settings.setProxyHost("127.0.0.1")`, `settings.setProxyPort(P)`, an endpoint that begins with `http://`',
        file="java/src/main/java/AliyunOss.java",
        schemes=frozenset({OSS4}),
        requests_least=140,
        pins=("oss.cn-hangzhou",),
        faults="oss",
    ),
    Suite(
        role="s3-java",
        sdk="software.amazon.awssdk:s3",
        product="OSS, in the dialect of S3",
        way='`endpointOverride(URI.create("http://s3.oss-REGION.aliyuncs.com"))`, `ProxyConfiguration.builder().endpoint(URI.create("http://127.0.0.1:P"))` for its HTTP client',
        file="java/src/main/java/AwsS3.java",
        schemes=frozenset({AWS4}),
        requests_least=80,
        pins=("oss.cn-hangzhou",),
        faults="oss",
    ),
    Suite(
        role="ecs-java",
        sdk="com.aliyun:ecs20140526",
        product="ECS",
        way='`new Config().setProtocol("http").setHttpProxy("http://127.0.0.1:P")`',
        file="java/src/main/java/Ecs20140526.java",
        schemes=frozenset({ACS3}),
        requests_least=30,
        pins=("ecs.cn-hangzhou",),
        faults="ecs",
    ),
    Suite(
        role="odps-java",
        sdk="com.aliyun.odps:odps-sdk-core",
        product="MaxCompute",
        way='`odps.getRestClient().setProxy(…)`, an endpoint that begins with `http://`; or `odps.setEndpoint("http://127.0.0.1:Q/api")`',
        file="java/src/main/java/OdpsCore.java",
        schemes=frozenset({ODPS2, ODPS4}),
        requests_least=200,
        pins=("odps.cn-hangzhou",),
        faults="odps",
    ),
)
