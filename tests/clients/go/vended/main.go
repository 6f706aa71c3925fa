// `github.com/aliyun/credentials-go`, which finds a credential by itself, and two SDKs that are given what it found.
//
// On each line of standard input it does as the word there says, and says what came of it: `read`, `control`, `data`.
package main

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"os"
	"strings"

	openapiutil "github.com/alibabacloud-go/darabonba-openapi/v2/utils"
	teaecs "github.com/alibabacloud-go/ecs-20140526/v7/client"
	"github.com/alibabacloud-go/tea/tea"
	"github.com/aliyun/alibabacloud-oss-go-sdk-v2/oss"
	osscredentials "github.com/aliyun/alibabacloud-oss-go-sdk-v2/oss/credentials"
	"github.com/aliyun/credentials-go/credentials"
)

const region = "cn-hangzhou"

var forward = os.Getenv("FORWARD")

func read(held credentials.Credential) (string, error) {
	credential, err := held.GetCredential()
	if err != nil {
		return "", err
	}
	return tea.StringValue(credential.AccessKeyId), nil
}

func control(held credentials.Credential) (string, error) {
	config := new(openapiutil.Config).SetCredential(held).SetRegionId(region).SetProtocol("http").SetHttpProxy(forward)
	client, err := teaecs.NewClient(config)
	if err != nil {
		return "", err
	}
	_, err = client.DescribeRegions(new(teaecs.DescribeRegionsRequest))
	return "done", err
}

// provider is the same for OSS's SDK.
func provider(held credentials.Credential) osscredentials.CredentialsProvider {
	return osscredentials.CredentialsProviderFunc(func(context.Context) (osscredentials.Credentials, error) {
		credential, err := held.GetCredential()
		if err != nil {
			return osscredentials.Credentials{}, err
		}
		return osscredentials.Credentials{
			AccessKeyID:     tea.StringValue(credential.AccessKeyId),
			AccessKeySecret: tea.StringValue(credential.AccessKeySecret),
			SecurityToken:   tea.StringValue(credential.SecurityToken),
		}, nil
	})
}

func data(held credentials.Credential) (string, error) {
	config := oss.LoadDefaultConfig().WithRegion(region).WithEndpoint("http://oss-" + region + ".aliyuncs.com")
	config.WithProxyHost(forward).WithCredentialsProvider(provider(held))
	client, background := oss.NewClient(config), context.Background()
	order := oss.PutObjectRequest{Bucket: oss.Ptr("demo"), Key: oss.Ptr("held"), Body: strings.NewReader("all of it")}
	if _, err := client.PutObject(background, &order); err != nil {
		return "", err
	}
	got, err := client.GetObject(background, &oss.GetObjectRequest{Bucket: oss.Ptr("demo"), Key: oss.Ptr("held")})
	if err != nil {
		return "", err
	}
	defer got.Body.Close()
	if body, err := io.ReadAll(got.Body); err != nil || string(body) != "all of it" {
		return "", fmt.Errorf("got %q, %w", body, err)
	}
	return "done", nil
}

func main() {
	held, err := credentials.NewCredential(nil)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	words := map[string]func(credentials.Credential) (string, error){"read": read, "control": control, "data": data}
	lines := bufio.NewScanner(os.Stdin)
	for lines.Scan() {
		said, err := words[lines.Text()](held)
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			said = fmt.Sprintf("raised %T", err)
		}
		fmt.Println(said)
	}
}
