// `github.com/aliyun/alibabacloud-oss-go-sdk-v2`: the current SDK for OSS, with both versions of its signature. Pointed at the
// proxy by its configuration, and by its endpoint at a pinned listener.
package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"math/rand"
	"os"
	"path/filepath"
	"time"

	"github.com/aliyun/alibabacloud-oss-go-sdk-v2/oss"
	"github.com/aliyun/alibabacloud-oss-go-sdk-v2/oss/credentials"

	"countersign.test/clients/checks"
	"countersign.test/clients/dummies"
)

const (
	// It exists from the start; the other is made here.
	bucket    = "demo"
	farBucket = "made-by-go-oss"
	prefix    = "go-oss/"
)

// Keys that a careless encoder would change, in the order of a listing.
var keys = []string{
	"100%25 sure", "a%2Fb", "a//two", "a/b", "back\\slash \"quotes\" <angles>", "query?marks&amps=1#hash",
	"semi;colon:at@comma,$", "spaces and + plus", "tilde~star*quote'(paren)!", "émoji-🚀", "中文/文件 名",
}

var background = context.Background()

type setting func(*oss.Config)

func client(region string, more ...setting) *oss.Client {
	config := oss.LoadDefaultConfig().
		WithRegion(region).
		WithEndpoint("http://oss-" + region + ".aliyuncs.com").
		WithProxyHost(os.Getenv("FORWARD")).
		WithCredentialsProvider(credentials.NewStaticCredentialsProvider(dummies.AccessKeyID, dummies.AccessKeySecret))
	for _, set := range more {
		set(config)
	}
	return oss.NewClient(config)
}

func version1(config *oss.Config) { config.WithSignatureVersion(oss.SignatureVersionV1) }

func version4(config *oss.Config) { config.WithSignatureVersion(oss.SignatureVersionV4) }

var versions = []setting{version1, version4}

func withToken(config *oss.Config) {
	config.WithCredentialsProvider(credentials.NewStaticCredentialsProvider(
		dummies.AccessKeyID, dummies.AccessKeySecret, dummies.SecurityToken))
}

func toListener(config *oss.Config) {
	config.WithEndpoint(os.Getenv("PINNED_OSS_CN_HANGZHOU"))
	config.ProxyHost = nil
}

func try(of *oss.Client, in, key string, body []byte) error {
	_, err := of.PutObject(background, &oss.PutObjectRequest{
		Bucket: oss.Ptr(in), Key: oss.Ptr(key), Body: bytes.NewReader(body),
		ContentType: oss.Ptr("text/x-one"), Metadata: map[string]string{"author": "a b"},
	})
	return err
}

func put(of *oss.Client, in, key string, body []byte) {
	if err := try(of, in, key, body); err != nil {
		panic(err)
	}
}

func get(of *oss.Client, in, key string) *oss.GetObjectResult {
	return checks.Must(of.GetObject(background, &oss.GetObjectRequest{Bucket: oss.Ptr(in), Key: oss.Ptr(key)}))
}

func read(got *oss.GetObjectResult) []byte {
	defer got.Body.Close()
	return checks.Must(io.ReadAll(got.Body))
}

func remove(of *oss.Client, in, key string) {
	checks.Must(of.DeleteObject(background, &oss.DeleteObjectRequest{Bucket: oss.Ptr(in), Key: oss.Ptr(key)}))
}

// thereAndBack puts an object, gets it, and compares it.
func thereAndBack(of *oss.Client, in, key string, body []byte) error {
	put(of, in, key, body)
	return checks.Same(read(get(of, in, key)), body)
}

// refused compares an error with what the SDK makes of such an answer.
func refused(err error, status int, code string) error {
	raised, wrong := checks.Raised[*oss.ServiceError](err)
	if wrong != nil {
		return wrong
	}
	got := []any{raised.StatusCode, raised.Code, len(raised.RequestID)}
	return checks.Same(got, []any{status, code, 24})
}

// refusedIn is what the SDK makes of the answer in a region where what the proxy sent was spoilt on its way. Whichever version
// the caller took, what leaves is version 4.
func refusedIn(region string, status int, code string) error {
	for _, version := range versions {
		if err := refused(try(client(region, version), bucket, prefix+"spoilt", []byte("spoilt")), status, code); err != nil {
			return err
		}
	}
	return nil
}

// upload puts an object in parts, by the SDK's own uploader, of a file.
func upload(of *oss.Client, key string, body []byte) {
	directory := checks.Must(os.MkdirTemp("", "go-oss"))
	defer os.RemoveAll(directory)
	file := filepath.Join(directory, "large")
	if err := os.WriteFile(file, body, 0o600); err != nil {
		panic(err)
	}
	uploader := of.NewUploader(func(options *oss.UploaderOptions) { options.PartSize = 1 << 20 })
	request := &oss.PutObjectRequest{Bucket: oss.Ptr(bucket), Key: oss.Ptr(key)}
	checks.Must(uploader.UploadFile(background, request, file))
}

func main() {
	checks.Run(
		checks.Check{Sentence: "an object comes back with its headers, by either version of the signature", Do: func() error {
			for _, version := range versions {
				of, body := client("cn-hangzhou", version), []byte("first\x00\xff bytes")
				put(of, bucket, prefix+"one", body)
				got := get(of, bucket, prefix+"one")
				if err := checks.All(
					checks.Same(read(got), body),
					checks.Same([]string{*got.ContentType, got.Metadata["author"]}, []string{"text/x-one", "a b"}),
				); err != nil {
					return err
				}
			}
			return nil
		}},
		checks.Check{Sentence: "every awkward key is its own object, and a listing in pages shows each once", Do: func() error {
			for number, version := range versions {
				of, below := client("cn-hangzhou", version), fmt.Sprintf("%skeys-%d/", prefix, number)
				for _, key := range keys {
					put(of, bucket, below+key, []byte(key))
				}
				var found []string
				pages := of.NewListObjectsV2Paginator(&oss.ListObjectsV2Request{
					Bucket: oss.Ptr(bucket), Prefix: oss.Ptr(below), MaxKeys: 4,
				})
				for pages.HasNext() {
					for _, one := range checks.Must(pages.NextPage(background)).Contents {
						key := (*one.Key)[len(below):]
						if err := checks.Same(string(read(get(of, bucket, *one.Key))), key); err != nil {
							return err
						}
						found = append(found, key)
					}
				}
				if err := checks.Same(found, keys); err != nil {
					return err
				}
			}
			return nil
		}},
		checks.Check{Sentence: "a range is that stretch", Do: func() error {
			of, body := client("cn-hangzhou"), make([]byte, 256)
			for at := range body {
				body[at] = byte(at)
			}
			put(of, bucket, prefix+"range", body)
			got := checks.Must(of.GetObject(background, &oss.GetObjectRequest{
				Bucket: oss.Ptr(bucket), Key: oss.Ptr(prefix + "range"), Range: oss.Ptr("bytes=16-31"),
			}))
			return checks.All(
				checks.Same(*got.ContentRange, "bytes 16-31/256"),
				checks.Same(read(got), body[16:32]),
			)
		}},
		checks.Check{Sentence: "a large object goes up in parts and comes down in stretches, unchanged", Do: func() error {
			of, body := client("cn-hangzhou"), make([]byte, 8<<20+1)
			rand.New(rand.NewSource(64)).Read(body)
			upload(of, prefix+"parts", body)
			file := filepath.Join(os.TempDir(), fmt.Sprintf("go-oss-%d", os.Getpid()))
			defer os.Remove(file)
			downloader := of.NewDownloader(func(options *oss.DownloaderOptions) { options.PartSize = 3 << 20 })
			request := &oss.GetObjectRequest{Bucket: oss.Ptr(bucket), Key: oss.Ptr(prefix + "parts")}
			checks.Must(downloader.DownloadFile(background, request, file))
			if !bytes.Equal(checks.Must(os.ReadFile(file)), body) {
				return fmt.Errorf("what came back is something else")
			}
			return nil
		}},
		checks.Check{Sentence: "an object is streamed whole, and a body of unknown length in chunks", Do: func() error {
			of, body := client("cn-hangzhou"), make([]byte, 4<<20)
			rand.New(rand.NewSource(65)).Read(body)
			reader, writer := io.Pipe()
			go func() {
				_, err := writer.Write(body)
				writer.CloseWithError(err)
			}()
			checks.Must(of.PutObject(background, &oss.PutObjectRequest{
				Bucket: oss.Ptr(bucket), Key: oss.Ptr(prefix + "chunked"), Body: reader,
			}))
			if !bytes.Equal(read(get(of, bucket, prefix+"chunked")), body) {
				return fmt.Errorf("what came back is something else")
			}
			return nil
		}},
		checks.Check{Sentence: "what is deleted is gone, one or many, and OSS says so", Do: func() error {
			for _, version := range versions {
				of := client("cn-hangzhou", version)
				objects := []oss.DeleteObject{}
				for _, key := range keys {
					put(of, bucket, prefix+"gone/"+key, nil)
					objects = append(objects, oss.DeleteObject{Key: oss.Ptr(prefix + "gone/" + key)})
				}
				done := checks.Must(of.DeleteMultipleObjects(background, &oss.DeleteMultipleObjectsRequest{
					Bucket: oss.Ptr(bucket), Objects: objects[1:],
				}))
				remove(of, bucket, *objects[0].Key)
				_, err := of.GetObject(background, &oss.GetObjectRequest{Bucket: oss.Ptr(bucket), Key: objects[0].Key})
				left := checks.Must(of.ListObjectsV2(background, &oss.ListObjectsV2Request{
					Bucket: oss.Ptr(bucket), Prefix: oss.Ptr(prefix + "gone/"),
				}))
				if err := checks.All(
					checks.Same([]int{len(done.DeletedObjects), left.KeyCount}, []int{len(keys) - 1, 0}),
					refused(err, 404, "NoSuchKey"),
				); err != nil {
					return err
				}
			}
			return nil
		}},
		checks.Check{Sentence: "an error of OSS reaches the caller whole", Do: func() error {
			of := client("cn-hangzhou")
			_, err := of.GetBucketInfo(background, &oss.GetBucketInfoRequest{Bucket: oss.Ptr("made-by-nobody")})
			if err := refused(err, 404, "NoSuchBucket"); err != nil {
				return err
			}
			_, err = of.PutObject(background, &oss.PutObjectRequest{
				Bucket: oss.Ptr(bucket), Key: oss.Ptr(prefix + "one"), ForbidOverwrite: oss.Ptr("true"),
			})
			return refused(err, 409, "FileAlreadyExists")
		}},
		checks.Check{Sentence: "a listener that is pinned to OSS is the endpoint", Do: func() error {
			for _, version := range versions {
				of := client("cn-hangzhou", version, toListener)
				if err := thereAndBack(of, bucket, prefix+"pinned ü", []byte("here")); err != nil {
					return err
				}
			}
			return nil
		}},
		checks.Check{Sentence: "a URL that the SDK signed is signed anew in a header", Do: func() error {
			of := client("cn-hangzhou", toListener)
			put(of, bucket, prefix+"url ü", []byte("by URL"))
			url := checks.Must(of.Presign(background, &oss.GetObjectRequest{
				Bucket: oss.Ptr(bucket), Key: oss.Ptr(prefix + "url ü"),
			}, oss.PresignExpires(10*time.Minute)))
			return checks.Same(string(fetched(url.URL)), "by URL")
		}},
		checks.Check{Sentence: "a client without any key is served too", Do: func() error {
			anonymous := func(config *oss.Config) {
				config.WithCredentialsProvider(credentials.NewAnonymousCredentialsProvider())
			}
			return thereAndBack(client("cn-hangzhou", anonymous), bucket, prefix+"unsigned", []byte("nobody signed this"))
		}},
		checks.Check{Sentence: "a bucket of another region is made, filled and deleted, with a token and without", Do: func() error {
			for _, version := range versions {
				plain, tokened := client("cn-beijing", version), client("cn-beijing", version, withToken)
				checks.Must(plain.PutBucket(background, &oss.PutBucketRequest{Bucket: oss.Ptr(farBucket)}))
				for _, of := range []*oss.Client{plain, tokened} {
					if err := thereAndBack(of, farBucket, "a//中%2F", []byte("far")); err != nil {
						return err
					}
				}
				remove(tokened, farBucket, "a//中%2F")
				checks.Must(plain.DeleteBucket(background, &oss.DeleteBucketRequest{Bucket: oss.Ptr(farBucket)}))
			}
			return nil
		}},
		checks.Check{Sentence: "a spoilt signature is the SDK's own error", Do: func() error {
			return refusedIn("cn-shanghai", 403, "SignatureDoesNotMatch")
		}},
		checks.Check{Sentence: "a header changed after signing is the SDK's own error", Do: func() error {
			return refusedIn("cn-shenzhen", 403, "SignatureDoesNotMatch")
		}},
		checks.Check{Sentence: "a request that comes to another region is the SDK's own error", Do: func() error {
			return refusedIn("cn-qingdao", 400, "InvalidArgument")
		}},
	)
}
