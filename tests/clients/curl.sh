#!/bin/sh
# curl without any key: what an application looks like that was written for the proxy.
# Each check is one line: its sentence, the status, a text that the answer must hold, and what curl is given.
set -u

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
failed=0
ARN="acs:ram::1000000000000001:assumed-role/demo/sandbox-$ROLE"
ECS="Host: ecs.cn-hangzhou.aliyuncs.com"
OSS="Host: demo.oss-cn-hangzhou.aliyuncs.com"
# Long enough for a debug build on a busy machine.
CURL="curl --silent --show-error --max-time 60"

report() { # SENTENCE GOT EXPECTED
    if [ "$2" = "$3" ]; then
        echo "ok $1"
    else
        failed=1
        echo "got $2, expected $3" >&2
        echo "FAILED $1"
    fi
}

says() { # SENTENCE STATUS TEXT CURL-ARGUMENTS...
    sentence=$1 status=$2 text=$3
    shift 3
    : >"$scratch/body"
    got=$($CURL --output "$scratch/body" --write-out '%{http_code}' "$@")
    if [ -z "$text" ] || grep --quiet --fixed-strings -e "$text" "$scratch/body"; then
        report "$sentence" "$got" "$status"
    else
        report "$sentence" "$got and $(head -c 400 "$scratch/body")" "$status and a text with $text"
    fi
}

returns() { # SENTENCE FILE CURL-ARGUMENTS...
    sentence=$1 file=$2
    shift 2
    $CURL --fail --output "$scratch/down" "$@"
    report "$sentence" "$(cksum <"$scratch/down")" "$(cksum <"$file")"
    rm -f "$scratch/down"
}

says "an RPC call by Host is answered" 200 '"RegionId":"cn-hangzhou"' \
    --header "$ECS" "$FORWARD/?Action=DescribeRegions&Version=2014-05-26"
says "the version may be left out" 200 '"TotalCount":5' \
    --header "$ECS" "$FORWARD/?Action=DescribeInstances&RegionId=cn-hangzhou&PageSize=1"
says "an RPC call through http_proxy is answered" 200 '"RegionId":"cn-hangzhou"' \
    --proxy "$FORWARD" "http://ecs.cn-hangzhou.aliyuncs.com/?Action=DescribeRegions"
says "the operation may be named in a header" 200 '"RegionId":"cn-hangzhou"' \
    --header "$ECS" --header "x-acs-action: DescribeRegions" --header "x-acs-version: 2014-05-26" "$FORWARD/"
says "parameters that must be encoded are signed as they are sent" 200 '"TotalCount":5' \
    --get --data-urlencode "InstanceName=web-*" --data-urlencode "Note=a b+c/d=e&f*~测试" --header "$ECS" \
    "$FORWARD/?Action=DescribeInstances&RegionId=cn-hangzhou"
says "a call by path names its operation in a header" 200 '"cluster_id":"c5b1sandbox0002"' \
    --header "Host: cs.cn-hangzhou.aliyuncs.com" --header "x-acs-action: DescribeClustersV1" \
    "$FORWARD/api/v1/clusters?name=s%68op&note=shop%20a"
says "a call by path with a body of JSON creates a cluster" 202 '"task_id":"T-' \
    --header "Host: cs.cn-hangzhou.aliyuncs.com" --header "x-acs-action: CreateCluster" \
    --json '{"name": "lab-测试", "region_id": "cn-hangzhou"}' "$FORWARD/clusters"
says "a form is answered" 200 '"InstanceName":"web-4"' \
    --header "$ECS" --data "Action=DescribeInstances&Version=2014-05-26&Format=JSON&RegionId=cn-hangzhou&PageSize=3&PageNumber=2" \
    --data-urlencode "InstanceName=web-*" --data-urlencode "Note=web + *~测试" "$FORWARD/"
says "an instance is run by a form" 200 '"InstanceIdSet":["i-sandboxeucentral10006"]' \
    --header "Host: ecs.eu-central-1.aliyuncs.com" --data "Action=RunInstances&Version=2014-05-26&Format=JSON" \
    --data "ImageId=aliyun_3&InstanceType=ecs.c8i.large&Tag.1.Key=team" --data-urlencode "Tag.1.Value=a b+c/d=e&f*~测试" \
    "$FORWARD/"
says "and one with the same tag by a query" 200 '"InstanceIdSet":["i-sandboxeucentral10007"]' \
    --get --header "Host: ecs.eu-central-1.aliyuncs.com" --data-urlencode "Tag.1.Value=a b+c/d=e&f*~测试" \
    "$FORWARD/?Action=RunInstances&ImageId=aliyun_3&InstanceType=ecs.c8i.large&Tag.1.Key=team"
says "a form beside an operation in the query is answered" 200 '"InstanceName":"web-4"' \
    --header "$ECS" --data "RegionId=cn-hangzhou&PageSize=3&PageNumber=2" "$FORWARD/?Action=DescribeInstances"
says "a body of JSON is signed" 200 "\"Arn\":\"$ARN\"" \
    --header "Host: sts.cn-hangzhou.aliyuncs.com" --header "x-acs-action: GetCallerIdentity" --json '{"note": "ü 测试"}' \
    "$FORWARD/"
says "the caller is the proxy's role and nobody else" 200 "\"Arn\":\"$ARN\"" \
    --header "Host: sts.cn-beijing.aliyuncs.com" "$FORWARD/?Action=GetCallerIdentity"
# Asked by a form that names no format, the cloud answers in XML.
says "a form has the same caller" 200 "<Arn>$ARN</Arn>" \
    --header "Host: sts.cn-beijing.aliyuncs.com" --data "Action=GetCallerIdentity" "$FORWARD/"
says "an error of the cloud comes back whole" 404 '"Code":"InvalidRegionId.NotFound"' \
    --header "$ECS" "$FORWARD/?Action=DescribeInstances&RegionId=mars-1"
says "a pinned listener needs no Host" 200 '"RegionId":"cn-hangzhou"' "$PINNED_ECS_CN_HANGZHOU/?Action=DescribeRegions"
says "a unix socket needs no port" 200 '"RegionId":"cn-hangzhou"' \
    --unix-socket "$UNIX" "http://localhost/?Action=DescribeRegions"
says "a unix socket takes the endpoint's own name" 200 '"TotalCount":5' \
    --unix-socket "$UNIX" "http://ecs.cn-hangzhou.aliyuncs.com/?Action=DescribeInstances"

# More than 1 MiB, so that curl asks for a go-ahead first (Expect: 100-continue).
head -c 3000000 /dev/urandom >"$scratch/large"
printf 'a small one' >"$scratch/small"

says "an object is stored by Host" 200 "" --header "$OSS" --upload-file "$scratch/large" "$FORWARD/curl/large"
returns "and comes back as it was" "$scratch/large" --header "$OSS" "$FORWARD/curl/large"
says "an object is stored through http_proxy" 200 "" --path-as-is \
    --proxy "$FORWARD" --upload-file "$scratch/small" "http://demo.oss-cn-hangzhou.aliyuncs.com/curl//a%2Fb%20%E4%B8%AD"
returns "and comes back through it" "$scratch/small" --path-as-is \
    --proxy "$FORWARD" "http://demo.oss-cn-hangzhou.aliyuncs.com/curl//a%2Fb%20%E4%B8%AD"
says "a body of unknown length is stored" 200 "" --header "$OSS" --header "Transfer-Encoding: chunked" \
    --upload-file - "$FORWARD/curl/chunked" <"$scratch/large"
returns "and comes back by path style" "$scratch/large" "$PINNED_OSS_CN_HANGZHOU/demo/curl/chunked"
returns "and as a tenant of localhost" "$scratch/large" \
    --header "Host: demo.localhost:${PINNED_OSS_CN_HANGZHOU##*:}" "$PINNED_OSS_CN_HANGZHOU/curl/chunked"
head -c 100 "$scratch/large" | tail -c 90 >"$scratch/stretch"
returns "a range is that stretch" "$scratch/stretch" --range 10-99 --header "$OSS" "$FORWARD/curl/large"
says "a listing by Host shows the keys" 200 "<Key>curl//a/b 中</Key>" --header "$OSS" "$FORWARD/?prefix=curl/"
says "a listing through http_proxy pages" 200 "<IsTruncated>true</IsTruncated>" \
    --proxy "$FORWARD" "http://demo.oss-cn-hangzhou.aliyuncs.com/?list-type=2&max-keys=1&prefix=curl%2F"
says "the buckets are listed" 200 "<Name>demo</Name>" --header "Host: oss-cn-hangzhou.aliyuncs.com" "$FORWARD/"
says "an object is deleted by Host" 204 "" --request DELETE --header "$OSS" "$FORWARD/curl/large"
says "an object is deleted through http_proxy" 204 "" --request DELETE \
    --proxy "$FORWARD" "http://demo.oss-cn-hangzhou.aliyuncs.com/curl/chunked"
says "and is gone" 404 "<Code>NoSuchKey</Code>" --header "$OSS" "$FORWARD/curl/large"

exit $failed
