import static java.nio.charset.StandardCharsets.UTF_8;

import com.aliyun.credentials.Client;
import com.aliyun.ecs20140526.models.DescribeRegionsRequest;
import com.aliyun.oss.ClientBuilderConfiguration;
import com.aliyun.oss.OSSClientBuilder;
import com.aliyun.oss.common.auth.DefaultCredentialProvider;
import com.aliyun.oss.common.comm.SignVersion;
import com.aliyun.teaopenapi.models.Config;
import java.io.BufferedReader;
import java.io.ByteArrayInputStream;
import java.io.InputStreamReader;
import java.net.URI;
import java.util.Map;
import java.util.concurrent.Callable;

/**
 * `com.aliyun:credentials-java`, which finds a credential by itself, and two SDKs that are given what it found.
 *
 * <p>On each line of standard input it does as the word there says, and says what came of it: `read`, `control`, `data`.
 */
final class Vended {
    private static final URI FORWARD = URI.create(Checks.told("FORWARD"));
    private static final String REGION = "cn-hangzhou";
    private static final Client HELD = new Client();

    private static String read() {
        return HELD.getCredential().getAccessKeyId();
    }

    private static String control() throws Exception {
        var settings = new Config()
                .setCredential(HELD)
                .setRegionId(REGION)
                .setProtocol("http")
                .setHttpProxy(FORWARD.toString());
        new com.aliyun.ecs20140526.Client(settings).describeRegions(new DescribeRegionsRequest());
        return "done";
    }

    private static String data() throws Exception {
        var settings = new ClientBuilderConfiguration();
        settings.setSignatureVersion(SignVersion.V4);
        settings.setProxyHost(FORWARD.getHost());
        settings.setProxyPort(FORWARD.getPort());
        var held = HELD.getCredential();
        var of = OSSClientBuilder.create()
                .region(REGION)
                .endpoint("http://oss-" + REGION + ".aliyuncs.com")
                .clientConfiguration(settings)
                .credentialsProvider(new DefaultCredentialProvider(
                        held.getAccessKeyId(), held.getAccessKeySecret(), held.getSecurityToken()))
                .build();
        of.putObject("demo", "held", new ByteArrayInputStream("all of it".getBytes(UTF_8)));
        try (var content = of.getObject("demo", "held").getObjectContent()) {
            Checks.same(new String(content.readAllBytes(), UTF_8), "all of it");
        }
        of.shutdown();
        return "done";
    }

    public static void main(String[] arguments) throws Exception {
        Map<String, Callable<String>> words =
                Map.of("read", Vended::read, "control", Vended::control, "data", Vended::data);
        var lines = new BufferedReader(new InputStreamReader(System.in, UTF_8));
        for (String word = lines.readLine(); word != null; word = lines.readLine()) {
            try {
                System.out.println(words.get(word).call());
            } catch (Throwable error) {
                error.printStackTrace();
                System.out.println("raised " + error.getClass().getSimpleName());
            }
        }
    }
}
