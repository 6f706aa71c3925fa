import static java.nio.charset.StandardCharsets.UTF_8;

import com.aliyun.ecs20140526.models.DescribeRegionsRequest;
import com.aliyun.odps.Odps;
import com.aliyun.odps.OdpsException;
import com.aliyun.odps.account.StsAccount;
import com.aliyun.oss.ClientBuilderConfiguration;
import com.aliyun.oss.OSSClientBuilder;
import com.aliyun.oss.OSSException;
import com.aliyun.oss.common.auth.DefaultCredentialProvider;
import com.aliyun.oss.common.comm.SignVersion;
import com.aliyun.tea.TeaException;
import com.aliyun.teaopenapi.models.Config;
import java.io.ByteArrayInputStream;
import java.net.InetSocketAddress;
import java.net.Proxy;
import java.net.URI;
import java.time.Duration;
import java.util.Map;
import software.amazon.awssdk.auth.credentials.AwsSessionCredentials;
import software.amazon.awssdk.auth.credentials.StaticCredentialsProvider;
import software.amazon.awssdk.http.apache5.Apache5HttpClient;
import software.amazon.awssdk.http.apache5.ProxyConfiguration;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.services.s3.S3Client;
import software.amazon.awssdk.services.s3.model.S3Exception;

/**
 * One call of the SDK that the argument names, and what became of it: `returned`, or `raised TYPE STATUS CODE`.
 *
 * <p>Where to and with which key is told by environment. Retries are as each SDK's user gets them, who sets nothing.
 */
final class Faults {
    private static final URI FORWARD = URI.create(Checks.told("FORWARD"));
    private static final String KEY = Checks.told("KEY_ID");
    private static final String SECRET = Checks.told("KEY_SECRET");
    private static final String TOKEN = Checks.told("TOKEN");
    private static final String REGION = "cn-hangzhou";
    /** Above what an answer takes on a busy machine, and short enough to be waited for a few times over. */
    private static final int TIMEOUT_MILLISECONDS = 3_000;

    private static void ecs() throws Exception {
        var settings = new Config()
                .setAccessKeyId(KEY)
                .setAccessKeySecret(SECRET)
                .setSecurityToken(TOKEN)
                .setRegionId(REGION)
                .setProtocol("http")
                .setHttpProxy(FORWARD.toString())
                .setReadTimeout(TIMEOUT_MILLISECONDS);
        new com.aliyun.ecs20140526.Client(settings).describeRegions(new DescribeRegionsRequest());
    }

    private static void oss() throws Exception {
        var settings = new ClientBuilderConfiguration();
        settings.setSignatureVersion(SignVersion.V4);
        settings.setProxyHost(FORWARD.getHost());
        settings.setProxyPort(FORWARD.getPort());
        settings.setSocketTimeout(TIMEOUT_MILLISECONDS);
        var of = OSSClientBuilder.create()
                .region(REGION)
                .endpoint("http://oss-" + REGION + ".aliyuncs.com")
                .clientConfiguration(settings)
                .credentialsProvider(new DefaultCredentialProvider(KEY, SECRET, TOKEN))
                .build();
        // What has no body can be sent again, and what countersign learns thereby holds for the upload, which cannot.
        of.listObjectsV2("demo");
        of.putObject("demo", "a day", new ByteArrayInputStream("all of it".getBytes(UTF_8)));
        try (var content = of.getObject("demo", "a day").getObjectContent()) {
            content.readAllBytes();
        }
    }

    /** No upload: this SDK sends those in chunks, which OSS refuses of whoever comes without countersign. */
    private static void s3() {
        var http = Apache5HttpClient.builder()
                .proxyConfiguration(ProxyConfiguration.builder().endpoint(FORWARD).build())
                .socketTimeout(Duration.ofMillis(TIMEOUT_MILLISECONDS));
        try (S3Client of = S3Client.builder()
                .region(Region.of("oss-" + REGION))
                .endpointOverride(URI.create("http://s3.oss-" + REGION + ".aliyuncs.com"))
                .credentialsProvider(StaticCredentialsProvider.create(AwsSessionCredentials.create(KEY, SECRET, TOKEN)))
                .httpClientBuilder(http)
                .build()) {
            of.listObjectsV2(asked -> asked.bucket("demo"));
        }
    }

    /** The SDK repeats a GET four times, after pauses as long as it waits for a connection. */
    private static void odps() throws Exception {
        var of = new Odps(new StsAccount(KEY, SECRET, TOKEN, REGION));
        of.setDefaultProject("days");
        of.setEndpoint("http://service." + REGION + ".maxcompute.aliyun.com/api");
        var client = of.getRestClient();
        client.setProxy(new Proxy(Proxy.Type.HTTP, new InetSocketAddress(FORWARD.getHost(), FORWARD.getPort())));
        client.setReadTimeout(TIMEOUT_MILLISECONDS / 1_000);
        of.projects().get("days").reload();
    }

    /** Its type, and the status and code that users look at. */
    private static String told(Throwable error) {
        String type = error.getClass().getSimpleName();
        if (error instanceof TeaException one && one.getStatusCode() != null) {
            return type + " " + one.getStatusCode() + " " + one.getCode();
        }
        if (error instanceof S3Exception one) {
            return type + " " + one.statusCode() + " " + one.awsErrorDetails().errorCode();
        }
        if (error instanceof OdpsException one && one.getErrorCode() != null) {
            return type + " " + one.getStatus() + " " + one.getErrorCode();
        }
        if (error instanceof OSSException one) {
            return type + " " + one.getErrorCode();
        }
        if (error instanceof com.aliyun.oss.ClientException one) {
            return type + " " + one.getErrorCode();
        }
        return type;
    }

    public static void main(String[] arguments) {
        Map<String, Checks.Act> calls = Map.of(
                "ecs-java", Faults::ecs, "oss-java", Faults::oss, "s3-java", Faults::s3, "odps-java", Faults::odps);
        try {
            calls.get(arguments[0]).run();
            System.out.println("returned");
        } catch (Throwable error) {
            error.printStackTrace();
            System.out.println("raised " + told(error));
        }
        System.exit(0);
    }
}
