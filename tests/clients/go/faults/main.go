// One call of the SDK that the argument names, and what became of it: `returned`, or `raised TYPE STATUS CODE`.
//
// Where to and with which key is told by environment. Retries are as each SDK's user gets them, who sets nothing.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	openapiutil "github.com/alibabacloud-go/darabonba-openapi/v2/utils"
	teaecs "github.com/alibabacloud-go/ecs-20140526/v7/client"
	"github.com/alibabacloud-go/tea/tea"
	"github.com/aliyun/alibaba-cloud-sdk-go/sdk"
	"github.com/aliyun/alibaba-cloud-sdk-go/sdk/auth/credentials"
	coreerrors "github.com/aliyun/alibaba-cloud-sdk-go/sdk/errors"
	coreecs "github.com/aliyun/alibaba-cloud-sdk-go/services/ecs"
	"github.com/aliyun/alibabacloud-oss-go-sdk-v2/oss"
	osscredentials "github.com/aliyun/alibabacloud-oss-go-sdk-v2/oss/credentials"
)

const (
	region = "cn-hangzhou"
	// Above what an answer takes on a busy machine, and short enough to be waited for a few times over.
	timeout = 3 * time.Second
)

var id, secret, token, forward = os.Getenv("KEY_ID"), os.Getenv("KEY_SECRET"), os.Getenv("TOKEN"), os.Getenv("FORWARD")

func teaECS() error {
	config := new(openapiutil.Config).SetAccessKeyId(id).SetAccessKeySecret(secret).SetSecurityToken(token)
	config.SetRegionId(region).SetProtocol("http").SetHttpProxy(forward).SetReadTimeout(int(timeout.Milliseconds()))
	client, err := teaecs.NewClient(config)
	if err != nil {
		return err
	}
	_, err = client.DescribeRegions(new(teaecs.DescribeRegionsRequest))
	return err
}

func core() error {
	credential := credentials.NewStsTokenCredential(id, secret, token)
	client, err := coreecs.NewClientWithOptions(region, sdk.NewConfig().WithTimeout(timeout), credential)
	if err != nil {
		return err
	}
	client.SetHttpProxy(forward)
	_, err = client.DescribeRegions(coreecs.CreateDescribeRegionsRequest())
	return err
}

// A call without a body comes first: what countersign has learnt from its answer holds for the next, whose bodies stream.
func ossCalls() error {
	config := oss.LoadDefaultConfig().WithRegion(region).WithEndpoint("http://oss-" + region + ".aliyuncs.com")
	config.WithProxyHost(forward).WithReadWriteTimeout(timeout)
	config.WithCredentialsProvider(osscredentials.NewStaticCredentialsProvider(id, secret, token))
	client, background := oss.NewClient(config), context.Background()
	if _, err := client.GetBucketInfo(background, &oss.GetBucketInfoRequest{Bucket: oss.Ptr("demo")}); err != nil {
		return err
	}
	order := oss.PutObjectRequest{Bucket: oss.Ptr("demo"), Key: oss.Ptr("a day"), Body: strings.NewReader("all of it")}
	if _, err := client.PutObject(background, &order); err != nil {
		return err
	}
	got, err := client.GetObject(background, &oss.GetObjectRequest{Bucket: oss.Ptr("demo"), Key: oss.Ptr("a day")})
	if err != nil {
		return err
	}
	defer got.Body.Close()
	_, err = io.ReadAll(got.Body)
	return err
}

// told is its type, and the status and code that users look at.
func told(err error) string {
	var ofTea *tea.SDKError
	var ofCore coreerrors.Error
	var ofOSS *oss.ServiceError
	switch {
	case errors.As(err, &ofTea):
		return strings.TrimSpace(fmt.Sprintf("%T %s %s", ofTea, number(tea.IntValue(ofTea.StatusCode)), tea.StringValue(ofTea.Code)))
	case errors.As(err, &ofCore):
		return fmt.Sprintf("%T %s %s", ofCore, number(ofCore.HttpStatus()), ofCore.ErrorCode())
	case errors.As(err, &ofOSS):
		return fmt.Sprintf("%T %d %s", ofOSS, ofOSS.StatusCode, ofOSS.Code)
	}
	// What Go's own client of HTTP says is wrapped in more or less; its innermost says what happened.
	for errors.Unwrap(err) != nil {
		err = errors.Unwrap(err)
	}
	return fmt.Sprintf("%T", err)
}

func number(status int) string {
	if status == 0 {
		return ""
	}
	return fmt.Sprint(status)
}

func main() {
	call := map[string]func() error{"go-ecs": teaECS, "go-core": core, "go-oss": ossCalls}[os.Args[1]]
	if err := call(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		fmt.Println("raised", strings.Join(strings.Fields(told(err)), " "))
		return
	}
	fmt.Println("returned")
}
