// `github.com/aliyun/alibaba-cloud-sdk-go`: the SDK before the current one, RPC-signed for ECS and STS, ROA-signed for Container
// Service. Pointed at the proxy by SetHttpProxy, and by `http_proxy`.
package main

import (
	"encoding/json"
	"fmt"
	"os"
	"strings"

	"github.com/aliyun/alibaba-cloud-sdk-go/sdk"
	"github.com/aliyun/alibaba-cloud-sdk-go/sdk/auth"
	"github.com/aliyun/alibaba-cloud-sdk-go/sdk/auth/credentials"
	"github.com/aliyun/alibaba-cloud-sdk-go/sdk/errors"
	"github.com/aliyun/alibaba-cloud-sdk-go/sdk/requests"
	"github.com/aliyun/alibaba-cloud-sdk-go/services/cs"
	"github.com/aliyun/alibaba-cloud-sdk-go/services/ecs"
	"github.com/aliyun/alibaba-cloud-sdk-go/services/sts"

	"countersign.test/clients/checks"
	"countersign.test/clients/dummies"
)

var (
	plain   = credentials.NewAccessKeyCredential(dummies.AccessKeyID, dummies.AccessKeySecret)
	tokened = credentials.NewStsTokenCredential(dummies.AccessKeyID, dummies.AccessKeySecret, dummies.SecurityToken)
	arn     = "acs:ram::1000000000000001:assumed-role/demo/sandbox-" + os.Getenv("ROLE")
	tags    = []ecs.RunInstancesTag{{Key: "env", Value: ""}, {Key: "équipe", Value: "a b+c/d=e&f*~测试"}}
)

func machines(region string, credential auth.Credential) *ecs.Client {
	client := checks.Must(ecs.NewClientWithOptions(region, sdk.NewConfig().WithScheme("HTTP"), credential))
	client.SetHttpProxy(os.Getenv("FORWARD"))
	return client
}

func clusters(region string, credential auth.Credential) *cs.Client {
	client := checks.Must(cs.NewClientWithOptions(region, sdk.NewConfig().WithScheme("HTTP"), credential))
	client.SetHttpProxy(os.Getenv("FORWARD"))
	return client
}

func instances(of *ecs.Client, set ...func(*ecs.DescribeInstancesRequest)) *ecs.DescribeInstancesResponse {
	request := ecs.CreateDescribeInstancesRequest()
	for _, one := range set {
		one(request)
	}
	return checks.Must(of.DescribeInstances(request))
}

// run runs an instance by this method, and returns its id.
func run(of *ecs.Client, method string) string {
	request := ecs.CreateRunInstancesRequest()
	request.Method = method
	request.ImageId, request.InstanceType, request.Tag = "aliyun_3", "ecs.c8i.large", &tags
	request.InstanceName = "a b+c/d=e&f*~测试"
	return checks.Must(of.RunInstances(request)).InstanceIdSets.InstanceIdSet[0]
}

func remove(of *ecs.Client, id string) {
	request := ecs.CreateDeleteInstanceRequest()
	request.InstanceId, request.Force = id, "true"
	checks.Must(of.DeleteInstance(request))
}

func stop(of *ecs.Client, id string) error {
	request := ecs.CreateStopInstanceRequest()
	request.InstanceId = id
	_, err := of.StopInstance(request)
	return err
}

// described is what Container Service tells of a cluster. The SDK leaves the parsing to its user.
func described(of *cs.Client, id string) (map[string]any, error) {
	request := cs.CreateDescribeClusterDetailRequest()
	request.ClusterId = id
	response, err := of.DescribeClusterDetail(request)
	if err != nil {
		return nil, err
	}
	return parsed(response.GetHttpContentBytes()), nil
}

func listed(of *cs.Client) (map[string]any, error) {
	request := cs.CreateDescribeClustersV1Request()
	request.PageSize = "1"
	response, err := of.DescribeClustersV1(request)
	if err != nil {
		return nil, err
	}
	return parsed(response.GetHttpContentBytes()), nil
}

func parsed(body []byte) map[string]any {
	var value map[string]any
	if err := json.Unmarshal(body, &value); err != nil {
		panic(err)
	}
	return value
}

// refused compares an error with what the SDK makes of such an answer.
func refused(err error, status int, code string) error {
	raised, wrong := checks.Raised[*errors.ServerError](err)
	if wrong != nil {
		return wrong
	}
	return checks.Same([]any{raised.HttpStatus(), raised.ErrorCode()}, []any{status, code})
}

// refusedIn is what the SDK makes of the answers in a region where what the proxy sent was spoilt on its way, in both schemes.
func refusedIn(region string) error {
	_, rpc := machines(region, plain).DescribeInstances(ecs.CreateDescribeInstancesRequest())
	_, roa := listed(clusters(region, plain))
	return checks.All(
		refused(rpc, 400, "SignatureDoesNotMatch"),
		refused(roa, 400, "SignatureDoesNotMatch"),
	)
}

func main() {
	checks.Run(
		checks.Check{Sentence: "pages of two hold every instance once", Do: func() error {
			var names []string
			for number := 1; number <= 3; number++ {
				page := instances(machines("cn-hangzhou", plain), func(request *ecs.DescribeInstancesRequest) {
					request.PageSize, request.PageNumber = "2", requests.NewInteger(number)
				})
				if err := checks.Same([]int{page.PageNumber, page.TotalCount}, []int{number, 5}); err != nil {
					return err
				}
				for _, one := range page.Instances.Instance {
					names = append(names, one.InstanceName)
				}
			}
			return checks.Same(names, []string{"web-1", "web-2", "web-3", "web-4", "web-5"})
		}},
		checks.Check{Sentence: "lists and characters that are not letters are signed as they are sent, by either method", Do: func() error {
			of := machines("cn-hangzhou", plain)
			for _, method := range []string{requests.GET, requests.POST} {
				id := run(of, method)
				found := instances(of, func(request *ecs.DescribeInstancesRequest) {
					request.InstanceIds = fmt.Sprintf(`["%s"]`, id)
				}).Instances.Instance
				remove(of, id)
				var told []ecs.RunInstancesTag
				for _, tag := range found[0].Tags.Tag {
					told = append(told, ecs.RunInstancesTag{Key: tag.TagKey, Value: tag.TagValue})
				}
				if err := checks.All(
					checks.Same(found[0].InstanceName, "a b+c/d=e&f*~测试"),
					checks.Same(told, tags),
				); err != nil {
					return err
				}
			}
			return nil
		}},
		checks.Check{Sentence: "the caller is the proxy's role, with a dummy token and without", Do: func() error {
			for _, credential := range []auth.Credential{plain, tokened} {
				of := checks.Must(sts.NewClientWithOptions("cn-beijing", sdk.NewConfig().WithScheme("HTTP"), credential))
				of.SetHttpProxy(os.Getenv("FORWARD"))
				request := sts.CreateGetCallerIdentityRequest()
				request.Domain = "sts.cn-beijing.aliyuncs.com"
				if err := checks.Same(checks.Must(of.GetCallerIdentity(request)).Arn, arn); err != nil {
					return err
				}
			}
			return nil
		}},
		checks.Check{Sentence: "http_proxy in the environment leads here too", Do: func() error {
			if err := os.Setenv("http_proxy", os.Getenv("FORWARD")); err != nil {
				return err
			}
			defer os.Unsetenv("http_proxy")
			of := machines("cn-hangzhou", plain)
			of.SetHttpProxy("")
			return checks.Same(instances(of).TotalCount, 5)
		}},
		checks.Check{Sentence: "a listener that is pinned to an endpoint is the endpoint", Do: func() error {
			of := machines("cn-hangzhou", plain)
			of.SetHttpProxy("")
			return checks.Same(instances(of, func(request *ecs.DescribeInstancesRequest) {
				request.Domain = strings.TrimPrefix(os.Getenv("PINNED_ECS_CN_HANGZHOU"), "http://")
			}).TotalCount, 5)
		}},
		checks.Check{Sentence: "an error of the cloud reaches the caller whole", Do: func() error {
			of := machines("cn-hangzhou", plain)
			id := run(of, requests.POST)
			defer remove(of, id)
			if err := stop(of, id); err != nil {
				return err
			}
			request := ecs.CreateDescribeInstancesRequest()
			request.Domain, request.RegionId = "ecs.cn-hangzhou.aliyuncs.com", "mars-1"
			request.QueryParams["RegionId"] = "mars-1"
			_, err := of.DescribeInstances(request)
			return checks.All(
				refused(stop(of, id), 403, "IncorrectInstanceStatus"),
				refused(err, 404, "InvalidRegionId.NotFound"),
			)
		}},
		checks.Check{Sentence: "by ROA, a cluster is created, described, listed and deleted", Do: func() error {
			for region, credential := range map[string]auth.Credential{"cn-hangzhou": plain, "cn-beijing": tokened} {
				one := clusters(region, credential)
				order := cs.CreateCreateClusterRequest()
				order.SetContentType("application/json")
				order.SetContent([]byte(`{"name": "lab-集群", "cluster_type": "ManagedKubernetes", "region_id": "` + region + `"}`))
				id := checks.Must(one.CreateCluster(order)).ClusterId
				found := checks.Must(described(one, id))
				pages := checks.Must(listed(one))["page_info"].(map[string]any)
				gone := cs.CreateDeleteClusterRequest()
				gone.ClusterId = id
				checks.Must(one.DeleteCluster(gone))
				_, err := described(one, id)
				if err := checks.All(
					checks.Same(found["name"], "lab-集群"),
					checks.Same(pages["total_count"], 3.0),
					refused(err, 404, "ErrorClusterNotFound"),
				); err != nil {
					return err
				}
			}
			return nil
		}},
		checks.Check{Sentence: "another region of the same listener answers for itself", Do: func() error {
			for _, credential := range []auth.Credential{plain, tokened} {
				first := instances(machines("cn-beijing", credential)).Instances.Instance[0]
				if err := checks.Same(first.InstanceId, "i-sandboxcnbeijing0001"); err != nil {
					return err
				}
			}
			return nil
		}},
		checks.Check{Sentence: "a spoilt signature is the SDK's own error", Do: func() error {
			return refusedIn("cn-shanghai")
		}},
		checks.Check{Sentence: "a date changed after signing is the SDK's own error", Do: func() error {
			return refusedIn("cn-shenzhen")
		}},
		// Neither scheme covers the host: what tells is the parameter RegionId, which ROA does not have.
		checks.Check{Sentence: "a request that comes to another region is the SDK's own error", Do: func() error {
			_, err := machines("cn-qingdao", plain).DescribeInstances(ecs.CreateDescribeInstancesRequest())
			return refused(err, 404, "InvalidRegionId.NotFound")
		}},
	)
}
