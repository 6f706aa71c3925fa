import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.ProxySelector;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import software.amazon.awssdk.auth.credentials.AwsBasicCredentials;
import software.amazon.awssdk.auth.credentials.AwsCredentials;
import software.amazon.awssdk.auth.credentials.AwsSessionCredentials;
import software.amazon.awssdk.auth.credentials.StaticCredentialsProvider;
import software.amazon.awssdk.core.async.AsyncRequestBody;
import software.amazon.awssdk.core.async.AsyncResponseTransformer;
import software.amazon.awssdk.core.interceptor.Context;
import software.amazon.awssdk.core.interceptor.ExecutionAttributes;
import software.amazon.awssdk.core.interceptor.ExecutionInterceptor;
import software.amazon.awssdk.core.sync.RequestBody;
import software.amazon.awssdk.http.apache5.Apache5HttpClient;
import software.amazon.awssdk.http.nio.netty.NettyNioAsyncHttpClient;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.services.s3.S3AsyncClient;
import software.amazon.awssdk.services.s3.S3Client;
import software.amazon.awssdk.services.s3.model.ChecksumAlgorithm;
import software.amazon.awssdk.services.s3.model.CompletedPart;
import software.amazon.awssdk.services.s3.model.DeletedObject;
import software.amazon.awssdk.services.s3.model.NoSuchBucketException;
import software.amazon.awssdk.services.s3.model.NoSuchKeyException;
import software.amazon.awssdk.services.s3.model.NoSuchUploadException;
import software.amazon.awssdk.services.s3.model.ObjectIdentifier;
import software.amazon.awssdk.services.s3.model.Part;
import software.amazon.awssdk.services.s3.model.S3Exception;
import software.amazon.awssdk.services.s3.model.S3Object;
import software.amazon.awssdk.services.s3.presigner.S3Presigner;

/** `software.amazon.awssdk:s3`: OSS in the dialect of Amazon S3. Pointed at the proxy by its HTTP client or its endpoint. */
final class AwsS3 {
    /** It exists from the start; the other is made here. */
    private static final String BUCKET = "demo";
    private static final String FAR_BUCKET = "made-by-aws";
    private static final String PREFIX = "aws/";
    private static final URI FORWARD = URI.create(Checks.told("FORWARD"));

    private static final AwsCredentials KEYS =
            AwsBasicCredentials.create(Dummies.ACCESS_KEY_ID, Dummies.ACCESS_KEY_SECRET);
    private static final AwsCredentials TOKENED = AwsSessionCredentials.create(
            Dummies.ACCESS_KEY_ID, Dummies.ACCESS_KEY_SECRET, Dummies.SECURITY_TOKEN);

    /** What the SDK said of the last body that it signed: that it comes in chunks, with a sum behind the last. */
    private static volatile String payload = "";
    private static volatile String trailer = "";

    private static final ExecutionInterceptor READER = new ExecutionInterceptor() {
        @Override
        public void beforeTransmission(Context.BeforeTransmission context, ExecutionAttributes attributes) {
            payload = context.httpRequest().firstMatchingHeader("x-amz-content-sha256").orElse("");
            trailer = context.httpRequest().firstMatchingHeader("x-amz-trailer").orElse("");
        }
    };

    private static final S3Client OF = client("cn-hangzhou", KEYS);

    private static URI endpoint(String region) {
        return URI.create("http://s3.oss-" + region + ".aliyuncs.com");
    }

    private static S3Client client(String region, AwsCredentials keys) {
        var proxy = software.amazon.awssdk.http.apache5.ProxyConfiguration.builder().endpoint(FORWARD).build();
        return S3Client.builder()
                .region(Region.of("oss-" + region))
                .endpointOverride(endpoint(region))
                .credentialsProvider(StaticCredentialsProvider.create(keys))
                .httpClientBuilder(Apache5HttpClient.builder().proxyConfiguration(proxy))
                .overrideConfiguration(more -> more.addExecutionInterceptor(READER))
                .build();
    }

    private static void put(S3Client of, String key, byte[] body) {
        of.putObject(to -> to.bucket(BUCKET).key(key), RequestBody.fromBytes(body));
    }

    private static void put(String key, String body) {
        put(OF, key, body.getBytes(UTF_8));
    }

    private static String read(S3Client of, String key) {
        return of.getObjectAsBytes(from -> from.bucket(BUCKET).key(key)).asUtf8String();
    }

    /** An exception by its own class, and what it says of the answer. */
    private static void refused(Class<? extends S3Exception> kind, int status, String code, Checks.Act act)
            throws Exception {
        S3Exception error = Checks.raised(kind, act);
        Checks.same(List.of(error.statusCode(), error.awsErrorDetails().errorCode()), List.of(status, code));
        Checks.same(error.requestId().length(), 24);
    }

    private static void comesBackWithItsHeaders() {
        byte[] body = {'f', 0, (byte) 0xff};
        var done = OF.putObject(
                to -> to.bucket(BUCKET)
                        .key(PREFIX + "one")
                        .contentType("text/x-one")
                        .cacheControl("no-cache")
                        .metadata(Map.of("author", "a b")),
                RequestBody.fromBytes(body));
        var got = OF.getObjectAsBytes(from -> from.bucket(BUCKET).key(PREFIX + "one"));
        var told = got.response();
        Checks.same(got.asByteArray(), body);
        Checks.same(
                List.of(told.contentType(), told.cacheControl(), told.metadata(), told.eTag()),
                List.of("text/x-one", "no-cache", Map.of("author", "a b"), done.eTag()));
        // What the SDK wrapped the body in on its way there is not part of the object.
        Checks.same(told.contentEncoding(), null);
        Checks.same(OF.headObject(of -> of.bucket(BUCKET).key(PREFIX + "one")).contentLength(), 3L);
    }

    private static void awkwardKeys(S3Client of, String folder) {
        for (String key : Stored.KEYS) {
            put(of, PREFIX + folder + key, ("of " + key).getBytes(UTF_8));
        }
        for (String key : Stored.KEYS) {
            Checks.same(read(of, PREFIX + folder + key), "of " + key);
        }
    }

    private static void listings() {
        var pages = OF.listObjectsV2Paginator(of -> of.bucket(BUCKET).prefix(PREFIX + "keys/").maxKeys(4));
        Checks.same(pages.stream().map(page -> page.contents().size()).toList(), List.of(4, 4, 3));
        Checks.same(pages.contents().stream().map(S3Object::key).toList(), Stored.sorted(PREFIX + "keys/"));
        var folded = OF.listObjectsV2(of -> of.bucket(BUCKET).prefix(PREFIX + "keys/a/").delimiter("/"));
        Checks.same(
                folded.commonPrefixes().stream().map(one -> one.prefix()).toList(),
                List.of(PREFIX + "keys/a//", PREFIX + "keys/a/ends-with-slashes/"));
    }

    private static void streams() throws IOException {
        byte[] body = Stored.large();
        OF.putObject(
                to -> to.bucket(BUCKET).key(PREFIX + "large"),
                RequestBody.fromInputStream(new ByteArrayInputStream(body), body.length));
        try (var got = OF.getObject(from -> from.bucket(BUCKET).key(PREFIX + "large"))) {
            Checks.same(got.response().contentLength(), (long) body.length);
            Checks.same(Arrays.equals(got.readAllBytes(), body), true);
        }
        var range = OF.getObjectAsBytes(
                from -> from.bucket(BUCKET).key(PREFIX + "large").range("bytes=1000000-1000099"));
        Checks.same(range.response().contentRange(), "bytes 1000000-1000099/" + body.length);
        Checks.same(range.asByteArray(), Arrays.copyOfRange(body, 1_000_000, 1_000_100));
        OF.deleteObject(of -> of.bucket(BUCKET).key(PREFIX + "large"));
    }

    private static void chunks() {
        var sums = List.of(
                ChecksumAlgorithm.CRC32, ChecksumAlgorithm.CRC32_C, ChecksumAlgorithm.SHA1, ChecksumAlgorithm.SHA256);
        for (ChecksumAlgorithm sum : sums) {
            String key = PREFIX + "summed/" + sum;
            OF.putObject(to -> to.bucket(BUCKET).key(key).checksumAlgorithm(sum), RequestBody.fromString(key));
            Checks.same(payload, "STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER");
            Checks.same(trailer, "x-amz-checksum-" + sum.toString().toLowerCase(Locale.ROOT));
            Checks.same(read(OF, key), key);
        }
    }

    private static void parts() throws Exception {
        String key = PREFIX + "parts//中 +%2F";
        String upload = OF.createMultipartUpload(of -> of.bucket(BUCKET).key(key)).uploadId();
        byte[] piece = new byte[102_400];
        List<CompletedPart> parts = new ArrayList<>();
        for (int number : new int[] {1, 7, 10_000}) {
            Arrays.fill(piece, (byte) number);
            var done = OF.uploadPart(
                    to -> to.bucket(BUCKET).key(key).uploadId(upload).partNumber(number), RequestBody.fromBytes(piece));
            parts.add(CompletedPart.builder().partNumber(number).eTag(done.eTag()).build());
        }
        var listed = OF.listParts(of -> of.bucket(BUCKET).key(key).uploadId(upload)).parts();
        Checks.same(listed.stream().map(Part::partNumber).toList(), List.of(1, 7, 10_000));
        var done = OF.completeMultipartUpload(
                of -> of.bucket(BUCKET).key(key).uploadId(upload).multipartUpload(all -> all.parts(parts)));
        Checks.same(done.eTag().endsWith("-3\""), true);
        Checks.same(OF.headObject(of -> of.bucket(BUCKET).key(key)).contentLength(), 3L * piece.length);
        refused(
                NoSuchUploadException.class,
                404,
                "NoSuchUpload",
                () -> OF.abortMultipartUpload(of -> of.bucket(BUCKET).key(key).uploadId(upload)));
    }

    private static void copies() {
        String source = PREFIX + "copy/ü+ %2F//s";
        put(source, "copied");
        OF.copyObject(of -> of.sourceBucket(BUCKET)
                .sourceKey(source)
                .destinationBucket(BUCKET)
                .destinationKey(PREFIX + "copied"));
        Checks.same(read(OF, PREFIX + "copied"), "copied");
    }

    private static void deletesMany() {
        List<String> keys = Stored.sorted(PREFIX + "keys/");
        List<ObjectIdentifier> named =
                keys.stream().map(key -> ObjectIdentifier.builder().key(key).build()).toList();
        var done = OF.deleteObjects(of -> of.bucket(BUCKET).delete(all -> all.objects(named)));
        Checks.same(done.deleted().stream().map(DeletedObject::key).sorted().toList(), keys);
        Checks.same(OF.listObjectsV2(of -> of.bucket(BUCKET).prefix(PREFIX + "keys/")).keyCount(), 0);
    }

    private static void whatIsNotThere() throws Exception {
        refused(NoSuchKeyException.class, 404, "NoSuchKey", () -> read(OF, PREFIX + "nothing"));
        refused(
                NoSuchBucketException.class,
                404,
                "NoSuchBucket",
                () -> OF.listObjectsV2(of -> of.bucket("made-by-nobody")));
        Checks.raised(NoSuchKeyException.class, () -> OF.headObject(of -> of.bucket(BUCKET).key(PREFIX + "nothing")));
        refused(
                S3Exception.class,
                412,
                "PreconditionFailed",
                () -> OF.getObjectAsBytes(from -> from.bucket(BUCKET).key(PREFIX + "one").ifMatch("\"0\"")));
    }

    private static void urls() throws Exception {
        put(PREFIX + "by url ü", "by url");
        try (S3Presigner signs = S3Presigner.builder()
                .region(Region.of("oss-cn-hangzhou"))
                .endpointOverride(endpoint("cn-hangzhou"))
                .credentialsProvider(StaticCredentialsProvider.create(KEYS))
                .build()) {
            var url = signs.presignGetObject(asked -> asked.signatureDuration(Duration.ofMinutes(1))
                            .getObjectRequest(from -> from.bucket(BUCKET).key(PREFIX + "by url ü")))
                    .url();
            var proxy = ProxySelector.of(new InetSocketAddress(FORWARD.getHost(), FORWARD.getPort()));
            var got = HttpClient.newBuilder()
                    .proxy(proxy)
                    .build()
                    .send(HttpRequest.newBuilder(url.toURI()).build(), HttpResponse.BodyHandlers.ofString());
            Checks.same(List.of(got.statusCode(), got.body()), List.of(200, "by url"));
        }
    }

    private static void pinned() {
        try (S3Client of = S3Client.builder()
                .region(Region.of("oss-cn-hangzhou"))
                .endpointOverride(URI.create(Checks.told("PINNED_OSS_CN_HANGZHOU")))
                .forcePathStyle(true)
                .credentialsProvider(StaticCredentialsProvider.create(KEYS))
                .httpClientBuilder(Apache5HttpClient.builder())
                .build()) {
            awkwardKeys(of, "pinned/");
        }
    }

    private static void asynchronous() {
        // This HTTP client asks every proxy for a tunnel, which is refused: so it is given a listener as its endpoint.
        try (S3AsyncClient of = S3AsyncClient.builder()
                .region(Region.of("oss-cn-hangzhou"))
                .endpointOverride(URI.create(Checks.told("PINNED_OSS_CN_HANGZHOU")))
                .forcePathStyle(true)
                .credentialsProvider(StaticCredentialsProvider.create(KEYS))
                .httpClientBuilder(NettyNioAsyncHttpClient.builder())
                .build()) {
            of.putObject(to -> to.bucket(BUCKET).key(PREFIX + "async ü"), AsyncRequestBody.fromString("later")).join();
            var got = of.getObject(
                    from -> from.bucket(BUCKET).key(PREFIX + "async ü"), AsyncResponseTransformer.toBytes());
            Checks.same(got.join().asUtf8String(), "later");
        }
    }

    private static void anotherRegion() {
        S3Client plain = client("cn-beijing", KEYS);
        S3Client tokened = client("cn-beijing", TOKENED);
        plain.createBucket(of -> of.bucket(FAR_BUCKET));
        for (S3Client of : List.of(plain, tokened)) {
            of.putObject(to -> to.bucket(FAR_BUCKET).key("a//中%2F"), RequestBody.fromString("far"));
            Checks.same(of.getObjectAsBytes(from -> from.bucket(FAR_BUCKET).key("a//中%2F")).asUtf8String(), "far");
        }
        tokened.deleteObject(of -> of.bucket(FAR_BUCKET).key("a//中%2F"));
        plain.deleteBucket(of -> of.bucket(FAR_BUCKET));
    }

    /** What the SDK makes of the answer in a region where what the proxy sent was spoilt on its way. */
    private static void refusedIn(String region, int status, String code) throws Exception {
        try (S3Client of = client(region, KEYS)) {
            refused(S3Exception.class, status, code, () -> put(of, PREFIX + "spoilt", new byte[5]));
        }
    }

    public static void main(String[] arguments) {
        Checks.run(
                Checks.check("an object comes back with its headers", AwsS3::comesBackWithItsHeaders),
                Checks.check("every awkward key is its own object", () -> awkwardKeys(OF, "keys/")),
                Checks.check("a listing pages, folds and shows every awkward key once", AwsS3::listings),
                Checks.check("a large object is streamed both ways unchanged", AwsS3::streams),
                Checks.check("signed chunks and the sum behind the last are taken off on the way", AwsS3::chunks),
                Checks.check("parts become an object", AwsS3::parts),
                Checks.check("an object is copied", AwsS3::copies),
                Checks.check("many objects are deleted at once", AwsS3::deletesMany),
                Checks.check("what is not there is the sdk's own exception", AwsS3::whatIsNotThere),
                Checks.check("a url that was signed with the dummy key works through the proxy", AwsS3::urls),
                Checks.check("the path style works through a pinned listener", AwsS3::pinned),
                Checks.check("an asynchronous client is served too", AwsS3::asynchronous),
                Checks.check("a bucket of another region is made, filled and deleted", AwsS3::anotherRegion),
                Checks.check(
                        "a spoilt signature is the sdk's own exception",
                        () -> refusedIn("cn-shanghai", 403, "SignatureDoesNotMatch")),
                Checks.check(
                        "a header changed after signing is the sdk's own exception",
                        () -> refusedIn("cn-shenzhen", 403, "SignatureDoesNotMatch")),
                Checks.check(
                        "a request that comes to another region is the sdk's own exception",
                        () -> refusedIn("cn-qingdao", 400, "InvalidArgument")));
    }
}
