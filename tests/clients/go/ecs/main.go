// `github.com/alibabacloud-go/ecs-20140526`: the current SDK, generated for one product. Pointed at the proxy by its configuration.
package main

import (
	"fmt"
	"os"
	"strings"

	openapiutil "github.com/alibabacloud-go/darabonba-openapi/v2/utils"
	ecs "github.com/alibabacloud-go/ecs-20140526/v7/client"
	"github.com/alibabacloud-go/tea/tea"

	"countersign.test/clients/checks"
	"countersign.test/clients/dummies"
)

var tags = [][2]string{{"env", ""}, {"équipe", "a b+c/d=e&f*~测试"}}

func client(region string, more ...func(*openapiutil.Config)) *ecs.Client {
	config := new(openapiutil.Config).
		SetAccessKeyId(dummies.AccessKeyID).
		SetAccessKeySecret(dummies.AccessKeySecret).
		SetRegionId(region).
		SetProtocol("http").
		SetHttpProxy(os.Getenv("FORWARD"))
	for _, set := range more {
		set(config)
	}
	return checks.Must(ecs.NewClient(config))
}

func withToken(config *openapiutil.Config) {
	config.SetSecurityToken(dummies.SecurityToken).SetType("sts")
}

func toListener(config *openapiutil.Config) {
	config.SetEndpoint(strings.TrimPrefix(os.Getenv("PINNED_ECS_CN_HANGZHOU"), "http://")).SetHttpProxy("")
}

func in(region string) *ecs.DescribeInstancesRequest {
	return new(ecs.DescribeInstancesRequest).SetRegionId(region)
}

func instances(of *ecs.Client, request *ecs.DescribeInstancesRequest) *ecs.DescribeInstancesResponseBody {
	return checks.Must(of.DescribeInstances(request)).Body
}

// run runs an instance, and returns its id.
func run(of *ecs.Client, name string) string {
	request := new(ecs.RunInstancesRequest).
		SetRegionId("cn-hangzhou").
		SetImageId("aliyun_3").
		SetInstanceType("ecs.c8i.large").
		SetInstanceName(name)
	for _, tag := range tags {
		request.Tag = append(request.Tag, new(ecs.RunInstancesRequestTag).SetKey(tag[0]).SetValue(tag[1]))
	}
	return *checks.Must(of.RunInstances(request)).Body.InstanceIdSets.InstanceIdSet[0]
}

func remove(of *ecs.Client, id string) {
	checks.Must(of.DeleteInstance(new(ecs.DeleteInstanceRequest).SetInstanceId(id).SetForce(true)))
}

func stop(of *ecs.Client, id string) error {
	_, err := of.StopInstance(new(ecs.StopInstanceRequest).SetInstanceId(id))
	return err
}

// refused compares an error with what the SDK makes of such an answer.
func refused(err error, status int, code string) error {
	raised, wrong := checks.Raised[*tea.SDKError](err)
	if wrong != nil {
		return wrong
	}
	got := []any{tea.IntValue(raised.StatusCode), tea.StringValue(raised.Code)}
	return checks.Same(got, []any{status, code})
}

// refusedIn is what the SDK makes of the answer in a region where what the proxy sent was spoilt on its way.
func refusedIn(region string) error {
	_, err := client(region).DescribeInstances(in(region))
	return refused(err, 400, "SignatureDoesNotMatch")
}

func main() {
	checks.Run(
		checks.Check{Sentence: "the regions come back parsed", Do: func() error {
			body := checks.Must(client("cn-hangzhou").DescribeRegions(new(ecs.DescribeRegionsRequest))).Body
			ends := map[string]string{}
			for _, region := range body.Regions.Region {
				ends[*region.RegionId] = *region.RegionEndpoint
			}
			return checks.All(
				checks.Same(len(ends), 6),
				checks.Same(ends["cn-beijing"], "ecs.cn-beijing.aliyuncs.com"),
				checks.Same(len(*body.RequestId), 36),
			)
		}},
		checks.Check{Sentence: "pages of two hold every instance once", Do: func() error {
			var names []string
			for number := int32(1); number <= 3; number++ {
				body := instances(client("cn-hangzhou"), in("cn-hangzhou").SetPageSize(2).SetPageNumber(number))
				if err := checks.Same([]int32{*body.PageNumber, *body.TotalCount}, []int32{number, 5}); err != nil {
					return err
				}
				for _, one := range body.Instances.Instance {
					names = append(names, *one.InstanceName)
				}
			}
			return checks.Same(names, []string{"web-1", "web-2", "web-3", "web-4", "web-5"})
		}},
		checks.Check{Sentence: "lists and characters that are not letters are signed as they are sent", Do: func() error {
			of := client("cn-hangzhou")
			id := run(of, "a b+c/d=e&f*~测试")
			defer remove(of, id)
			found := instances(of, in("cn-hangzhou").SetInstanceIds(fmt.Sprintf(`["%s"]`, id))).Instances.Instance
			var told [][2]string
			for _, tag := range found[0].Tags.Tag {
				told = append(told, [2]string{*tag.TagKey, *tag.TagValue})
			}
			return checks.All(
				checks.Same(*found[0].InstanceName, "a b+c/d=e&f*~测试"),
				checks.Same(told, tags),
			)
		}},
		checks.Check{Sentence: "an error of the cloud reaches the caller whole", Do: func() error {
			of := client("cn-hangzhou")
			id := run(of, "job")
			defer remove(of, id)
			if err := stop(of, id); err != nil {
				return err
			}
			_, err := of.DescribeInstances(in("mars-1"))
			return checks.All(
				refused(stop(of, id), 403, "IncorrectInstanceStatus"),
				refused(err, 404, "InvalidRegionId.NotFound"),
			)
		}},
		checks.Check{Sentence: "a dummy token is replaced like a dummy key", Do: func() error {
			return checks.Same(*instances(client("cn-hangzhou", withToken), in("cn-hangzhou")).TotalCount, int32(5))
		}},
		checks.Check{Sentence: "a listener that is pinned to an endpoint is the endpoint", Do: func() error {
			return checks.Same(*instances(client("cn-hangzhou", toListener), in("cn-hangzhou")).TotalCount, int32(5))
		}},
		checks.Check{Sentence: "another region of the same listener answers for itself", Do: func() error {
			first := instances(client("cn-beijing"), in("cn-beijing")).Instances.Instance[0]
			// Again with a token: this region is the one whose bytes are kept and searched.
			again := instances(client("cn-beijing", withToken), in("cn-beijing")).Instances.Instance[0]
			return checks.All(
				checks.Same(*first.InstanceId, "i-sandboxcnbeijing0001"),
				checks.Same(*again.InstanceId, *first.InstanceId),
			)
		}},
		checks.Check{Sentence: "a spoilt signature is the SDK's own error", Do: func() error {
			return refusedIn("cn-shanghai")
		}},
		checks.Check{Sentence: "a header changed after signing is the SDK's own error", Do: func() error {
			return refusedIn("cn-shenzhen")
		}},
		checks.Check{Sentence: "a request that comes to another region is the SDK's own error", Do: func() error {
			return refusedIn("cn-qingdao")
		}},
	)
}
