import static java.nio.charset.StandardCharsets.UTF_8;

import com.aliyun.oss.ClientBuilderConfiguration;
import com.aliyun.oss.HttpMethod;
import com.aliyun.oss.OSS;
import com.aliyun.oss.OSSClientBuilder;
import com.aliyun.oss.OSSException;
import com.aliyun.oss.common.auth.DefaultCredentialProvider;
import com.aliyun.oss.common.comm.SignVersion;
import com.aliyun.oss.model.AbortMultipartUploadRequest;
import com.aliyun.oss.model.AppendObjectRequest;
import com.aliyun.oss.model.CompleteMultipartUploadRequest;
import com.aliyun.oss.model.DeleteObjectsRequest;
import com.aliyun.oss.model.DownloadFileRequest;
import com.aliyun.oss.model.GeneratePresignedUrlRequest;
import com.aliyun.oss.model.GetObjectRequest;
import com.aliyun.oss.model.InitiateMultipartUploadRequest;
import com.aliyun.oss.model.ListObjectsV2Request;
import com.aliyun.oss.model.ListPartsRequest;
import com.aliyun.oss.model.OSSObject;
import com.aliyun.oss.model.OSSObjectSummary;
import com.aliyun.oss.model.ObjectListing;
import com.aliyun.oss.model.ObjectMetadata;
import com.aliyun.oss.model.PartETag;
import com.aliyun.oss.model.PartSummary;
import com.aliyun.oss.model.UploadFileRequest;
import com.aliyun.oss.model.UploadPartRequest;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Date;
import java.util.List;
import java.util.Map;
import java.util.logging.Level;
import java.util.logging.Logger;

/** `com.aliyun.oss:aliyun-sdk-oss`. Pointed at the proxy by its configuration, or by its endpoint. */
final class AliyunOss {
    /** It exists from the start; the other is made here. */
    private static final String BUCKET = "demo";
    private static final String FAR_BUCKET = "made-by-java";
    private static final String PREFIX = "java/";
    private static final URI FORWARD = URI.create(Checks.told("FORWARD"));

    /** Signs with version 1, which is the SDK's default. */
    private static final OSS V1 = client("cn-hangzhou", SignVersion.V1, null);
    private static final OSS V4 = client("cn-hangzhou", SignVersion.V4, null);

    /** The SDK logs every refusal, which the checks expect. Held, since Java forgets a logger that nobody holds. */
    private static final Logger LOGGER = Logger.getLogger("com.aliyun.oss");

    private static ClientBuilderConfiguration settings(SignVersion version) {
        ClientBuilderConfiguration settings = new ClientBuilderConfiguration();
        settings.setSignatureVersion(version);
        return settings;
    }

    private static OSS client(String region, SignVersion version, String token) {
        ClientBuilderConfiguration settings = settings(version);
        settings.setProxyHost(FORWARD.getHost());
        settings.setProxyPort(FORWARD.getPort());
        return client(region, "http://oss-" + region + ".aliyuncs.com", settings, token);
    }

    private static OSS client(String region, String endpoint, ClientBuilderConfiguration settings, String token) {
        return OSSClientBuilder.create()
                .region(region)
                .endpoint(endpoint)
                .clientConfiguration(settings)
                .credentialsProvider(
                        new DefaultCredentialProvider(Dummies.ACCESS_KEY_ID, Dummies.ACCESS_KEY_SECRET, token))
                .build();
    }

    private static void put(OSS of, String bucket, String key, byte[] body) {
        of.putObject(bucket, key, new ByteArrayInputStream(body));
    }

    private static void put(OSS of, String key, String body) {
        put(of, BUCKET, key, body.getBytes(UTF_8));
    }

    private static byte[] bytes(OSSObject object) throws IOException {
        try (InputStream content = object.getObjectContent()) {
            return content.readAllBytes();
        }
    }

    private static String read(OSS of, String bucket, String key) throws IOException {
        return new String(bytes(of.getObject(bucket, key)), UTF_8);
    }

    private static String read(OSS of, String key) throws IOException {
        return read(of, BUCKET, key);
    }

    private static void comesBackWithItsHeaders(OSS of, String key) throws IOException {
        ObjectMetadata sent = new ObjectMetadata();
        sent.setContentType("text/x-one");
        sent.setCacheControl("no-cache");
        sent.addUserMetadata("author", "a b");
        byte[] body = {'f', 0, (byte) 0xff};
        var done = of.putObject(BUCKET, key, new ByteArrayInputStream(body), sent);
        // The SDK reckons this sum of what it sent and compares it; here both are there.
        Checks.same(done.getServerCRC(), done.getClientCRC());
        Checks.same(done.getRequestId().length(), 24);
        OSSObject got = of.getObject(BUCKET, key);
        ObjectMetadata told = got.getObjectMetadata();
        Checks.same(bytes(got), body);
        Checks.same(
                List.of(told.getContentType(), told.getCacheControl(), told.getUserMetadata(), told.getETag()),
                List.of("text/x-one", "no-cache", Map.of("author", "a b"), done.getETag()));
        Checks.same(of.headObject(BUCKET, key).getContentLength(), 3L);
    }

    private static void awkwardKeys(OSS of, String folder) throws IOException {
        for (String key : Stored.KEYS) {
            put(of, PREFIX + folder + key, "of " + key);
        }
        for (String key : Stored.KEYS) {
            Checks.same(read(of, PREFIX + folder + key), "of " + key);
        }
    }

    private static void listingsPage() {
        List<String> first = new ArrayList<>();
        List<String> second = new ArrayList<>();
        ObjectListing page = V1.listObjects(BUCKET, PREFIX + "v1/");
        page.getObjectSummaries().forEach(one -> first.add(one.getKey()));
        ListObjectsV2Request asked = new ListObjectsV2Request(BUCKET).withPrefix(PREFIX + "v1/").withMaxKeys(4);
        var got = V4.listObjectsV2(asked);
        for (; ; got = V4.listObjectsV2(asked.withContinuationToken(got.getNextContinuationToken()))) {
            got.getObjectSummaries().stream().map(OSSObjectSummary::getKey).forEach(second::add);
            if (!got.isTruncated()) {
                break;
            }
        }
        Checks.same(first, Stored.sorted(PREFIX + "v1/"));
        Checks.same(second, first);
        Checks.same(got.getObjectSummaries().size(), 3);
    }

    private static void folds() {
        var asked = new ListObjectsV2Request(BUCKET).withPrefix(PREFIX + "v1/a/").withDelimiter("/");
        var page = V4.listObjectsV2(asked);
        Checks.same(
                page.getCommonPrefixes(), List.of(PREFIX + "v1/a//", PREFIX + "v1/a/ends-with-slashes/"));
        Checks.same(page.getObjectSummaries().size(), 1);
    }

    private static void range() throws IOException {
        put(V1, PREFIX + "range", "0123456789");
        GetObjectRequest asked = new GetObjectRequest(BUCKET, PREFIX + "range");
        asked.setRange(3, 5);
        OSSObject got = V1.getObject(asked);
        Checks.same(new String(bytes(got), UTF_8), "345");
        Checks.same(got.getResponse().getStatusCode(), 206);
    }

    private static void large() throws IOException {
        byte[] body = Stored.large();
        put(V4, BUCKET, PREFIX + "large", body);
        if (!Arrays.equals(bytes(V1.getObject(BUCKET, PREFIX + "large")), body)) {
            throw new AssertionError("other bytes came back");
        }
        // Its length is not told beforehand, so it leaves in chunks.
        ObjectMetadata chunked = new ObjectMetadata();
        V1.putObject(BUCKET, PREFIX + "chunked", new UnknownLength(body), chunked);
        Checks.same(V1.headObject(BUCKET, PREFIX + "chunked").getContentLength(), (long) body.length);
        V1.deleteObjects(new DeleteObjectsRequest(BUCKET).withKeys(List.of(PREFIX + "large", PREFIX + "chunked")));
    }

    /** A stream that does not say how much it has. */
    private static final class UnknownLength extends java.io.FilterInputStream {
        UnknownLength(byte[] bytes) {
            super(new ByteArrayInputStream(bytes));
        }

        @Override
        public int available() {
            return 0;
        }

        @Override
        public boolean markSupported() {
            return false;
        }
    }

    private static void parts(OSS of, String key) throws Exception {
        var begun = of.initiateMultipartUpload(new InitiateMultipartUploadRequest(BUCKET, key));
        String upload = begun.getUploadId();
        List<PartETag> parts = new ArrayList<>();
        byte[] piece = new byte[102_400];
        for (int number : new int[] {1, 7, 10_000}) {
            Arrays.fill(piece, (byte) number);
            var body = new ByteArrayInputStream(piece);
            parts.add(of.uploadPart(new UploadPartRequest(BUCKET, key, upload, number, body, piece.length))
                    .getPartETag());
        }
        var listed = of.listParts(new ListPartsRequest(BUCKET, key, upload)).getParts();
        Checks.same(listed.stream().map(PartSummary::getPartNumber).toList(), List.of(1, 7, 10_000));
        var done = of.completeMultipartUpload(new CompleteMultipartUploadRequest(BUCKET, key, upload, parts));
        Checks.same(done.getETag().endsWith("-3"), true);
        Checks.same(of.headObject(BUCKET, key).getContentLength(), 3L * piece.length);
        String again = of.initiateMultipartUpload(new InitiateMultipartUploadRequest(BUCKET, key)).getUploadId();
        of.abortMultipartUpload(new AbortMultipartUploadRequest(BUCKET, key, again));
        var gone = Checks.raised(
                OSSException.class, () -> of.listParts(new ListPartsRequest(BUCKET, key, again)));
        Checks.same(gone.getErrorCode(), "NoSuchUpload");
    }

    private static void managers() throws Throwable {
        byte[] body = Arrays.copyOf(Stored.large(), 3_000_000);
        Path directory = Files.createTempDirectory("countersign-java");
        Path up = Files.write(directory.resolve("up"), body);
        Path down = directory.resolve("down");
        UploadFileRequest upload = new UploadFileRequest(BUCKET, PREFIX + "managed ü");
        upload.setUploadFile(up.toString());
        upload.setPartSize(1 << 20);
        upload.setTaskNum(3);
        V4.uploadFile(upload);
        DownloadFileRequest download = new DownloadFileRequest(BUCKET, PREFIX + "managed ü");
        download.setDownloadFile(down.toString());
        download.setPartSize(1 << 20);
        download.setTaskNum(3);
        V4.downloadFile(download);
        Checks.same(Arrays.equals(Files.readAllBytes(down), body), true);
        Files.delete(up);
        Files.delete(down);
        Files.delete(directory);
    }

    private static void appends() throws IOException {
        String key = PREFIX + "appended";
        var first = new AppendObjectRequest(BUCKET, key, new ByteArrayInputStream("hello ".getBytes(UTF_8)));
        Long position = V1.appendObject(first.withPosition(0L)).getNextPosition();
        var second = new AppendObjectRequest(BUCKET, key, new ByteArrayInputStream("world".getBytes(UTF_8)));
        Checks.same(V1.appendObject(second.withPosition(position)).getNextPosition(), 11L);
        Checks.same(read(V1, key), "hello world");
    }

    private static void copies() throws IOException {
        String source = PREFIX + "copy/ü+ %2F//s";
        put(V1, source, "copied");
        V1.copyObject(BUCKET, source, BUCKET, PREFIX + "copied");
        Checks.same(read(V4, PREFIX + "copied"), "copied");
    }

    private static void deletesMany() {
        List<String> keys = Stored.sorted(PREFIX + "v4/");
        var done = V4.deleteObjects(new DeleteObjectsRequest(BUCKET).withKeys(keys).withEncodingType("url"));
        Checks.same(done.getDeletedObjects().size(), keys.size());
        Checks.same(V1.listObjects(BUCKET, PREFIX + "v4/").getObjectSummaries(), List.of());
    }

    private static void whatIsNotThere(OSS of) throws Exception {
        var error = Checks.raised(OSSException.class, () -> of.getObject(BUCKET, PREFIX + "nothing"));
        Checks.same(error.getErrorCode(), "NoSuchKey");
        Checks.same(error.getRequestId().length(), 24);
        Checks.same(error.getEC(), "0026-00000001");
        Checks.same(of.doesObjectExist(BUCKET, PREFIX + "nothing"), false);
        var nowhere = Checks.raised(OSSException.class, () -> of.listObjects("made-by-nobody"));
        Checks.same(nowhere.getErrorCode(), "NoSuchBucket");
    }

    private static void urls(OSS of) throws IOException {
        put(of, PREFIX + "by url ü", "by url");
        var asked = new GeneratePresignedUrlRequest(BUCKET, PREFIX + "by url ü", HttpMethod.GET);
        asked.setExpiration(new Date(System.currentTimeMillis() + 60_000));
        // The SDK fetches it itself, through the same proxy.
        OSSObject got = of.getObject(of.generatePresignedUrl(asked), Map.of());
        Checks.same(new String(bytes(got), UTF_8), "by url");
    }

    private static void pinned() throws IOException {
        // An address as endpoint makes the SDK put the bucket into the path.
        OSS of = client("cn-hangzhou", Checks.told("PINNED_OSS_CN_HANGZHOU"), settings(SignVersion.V1), null);
        awkwardKeys(of, "pinned/");
        of.shutdown();
    }

    private static void anotherRegion() throws IOException {
        OSS plain = client("cn-beijing", SignVersion.V1, null);
        plain.createBucket(FAR_BUCKET);
        for (SignVersion version : SignVersion.values()) {
            OSS tokened = client("cn-beijing", version, Dummies.SECURITY_TOKEN);
            put(tokened, FAR_BUCKET, "a//中%2F", "far".getBytes(UTF_8));
            Checks.same(read(tokened, FAR_BUCKET, "a//中%2F"), "far");
            tokened.shutdown();
        }
        plain.deleteObject(FAR_BUCKET, "a//中%2F");
        plain.deleteBucket(FAR_BUCKET);
        plain.shutdown();
    }

    /** What the SDK makes of the answer in a region where what the proxy sent was spoilt on its way. */
    private static void refusedIn(String region, String code) throws Exception {
        for (SignVersion version : SignVersion.values()) {
            OSS of = client(region, version, null);
            var error = Checks.raised(OSSException.class, () -> put(of, PREFIX + "spoilt", "spoilt"));
            Checks.same(error.getErrorCode(), code);
            of.shutdown();
        }
    }

    public static void main(String[] arguments) {
        LOGGER.setLevel(Level.OFF);
        Checks.run(
                Checks.check(
                        "an object signed with version 1 comes back with its headers",
                        () -> comesBackWithItsHeaders(V1, PREFIX + "one")),
                Checks.check(
                        "an object signed with version 4 comes back with its headers",
                        () -> comesBackWithItsHeaders(V4, PREFIX + "four")),
                Checks.check("every awkward key is its own object under version 1", () -> awkwardKeys(V1, "v1/")),
                Checks.check("every awkward key is its own object under version 4", () -> awkwardKeys(V4, "v4/")),
                Checks.check("listings of both versions show every awkward key once", AliyunOss::listingsPage),
                Checks.check("a listing folds at a delimiter", AliyunOss::folds),
                Checks.check("a range is that stretch", AliyunOss::range),
                Checks.check(
                        "a large object is streamed both ways unchanged, with its length told or not",
                        AliyunOss::large),
                Checks.check("parts signed with version 1 become an object", () -> parts(V1, PREFIX + "parts/中 +%2F")),
                Checks.check(
                        "parts signed with version 4 become an object",
                        () -> parts(V4, PREFIX + "parts 4//中 +%2F")),
                Checks.check("a file is uploaded and downloaded in parallel", AliyunOss::managers),
                Checks.check("an object grows by appending", AliyunOss::appends),
                Checks.check("an object is copied", AliyunOss::copies),
                Checks.check("many objects are deleted at once", AliyunOss::deletesMany),
                Checks.check("what is not there is the sdk's own exception under version 1", () -> whatIsNotThere(V1)),
                Checks.check("what is not there is the sdk's own exception under version 4", () -> whatIsNotThere(V4)),
                Checks.check(
                        "a url that was signed with the dummy key and version 1 works through the proxy",
                        () -> urls(V1)),
                Checks.check(
                        "a url that was signed with the dummy key and version 4 works through the proxy",
                        () -> urls(V4)),
                Checks.check("the path style works through a pinned listener", AliyunOss::pinned),
                Checks.check("a bucket of another region is made, filled and deleted", AliyunOss::anotherRegion),
                Checks.check(
                        "a spoilt signature is the sdk's own exception",
                        () -> refusedIn("cn-shanghai", "SignatureDoesNotMatch")),
                Checks.check(
                        "a header changed after signing is the sdk's own exception",
                        () -> refusedIn("cn-shenzhen", "SignatureDoesNotMatch")),
                Checks.check(
                        "a request that comes to another region is the sdk's own exception",
                        () -> refusedIn("cn-qingdao", "InvalidArgument")));
    }
}
