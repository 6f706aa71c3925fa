import com.aliyun.ecs20140526.Client;
import com.aliyun.ecs20140526.models.DeleteInstancesRequest;
import com.aliyun.ecs20140526.models.DescribeInstancesRequest;
import com.aliyun.ecs20140526.models.DescribeInstancesRequest.DescribeInstancesRequestTag;
import com.aliyun.ecs20140526.models.DescribeInstancesResponseBody;
import com.aliyun.ecs20140526.models.DescribeInstancesResponseBody.DescribeInstancesResponseBodyInstancesInstance;
import com.aliyun.ecs20140526.models.DescribeRegionsRequest;
import com.aliyun.ecs20140526.models.RunInstancesRequest;
import com.aliyun.ecs20140526.models.RunInstancesRequest.RunInstancesRequestTag;
import com.aliyun.ecs20140526.models.StartInstanceRequest;
import com.aliyun.ecs20140526.models.StopInstanceRequest;
import com.aliyun.tea.TeaException;
import com.aliyun.teaopenapi.models.Config;
import com.aliyun.teaopenapi.models.OpenApiRequest;
import com.aliyun.teaopenapi.models.Params;
import com.aliyun.teautil.models.RuntimeOptions;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** `com.aliyun:ecs20140526`: the current SDK, generated for one product. Pointed at the proxy by its configuration. */
final class Ecs20140526 {
    private static final String HANGZHOU = "cn-hangzhou";
    private static final String AWKWARD = "a b+c/d=e&f*~测试";

    private static Config settings(String region) {
        return new Config()
                .setAccessKeyId(Dummies.ACCESS_KEY_ID)
                .setAccessKeySecret(Dummies.ACCESS_KEY_SECRET)
                .setRegionId(region)
                .setProtocol("http")
                .setHttpProxy(Checks.told("FORWARD"));
    }

    private static Client client(String region) throws Exception {
        return new Client(settings(region));
    }

    private static Client client() throws Exception {
        return client(HANGZHOU);
    }

    private static DescribeInstancesResponseBody instances(Client of, String region) throws Exception {
        return of.describeInstances(new DescribeInstancesRequest().setRegionId(region)).getBody();
    }

    private static RunInstancesRequest order() {
        return new RunInstancesRequest()
                .setRegionId(HANGZHOU)
                .setImageId("aliyun_3")
                .setInstanceType("ecs.c8i.large")
                .setTag(List.of(new RunInstancesRequestTag().setKey("équipe").setValue(AWKWARD)));
    }

    private static List<String> run(Client of, RunInstancesRequest order) throws Exception {
        return of.runInstances(order).getBody().getInstanceIdSets().getInstanceIdSet();
    }

    /** So that the next check finds what it expects. */
    private static void delete(Client of, List<String> ids) throws Exception {
        of.deleteInstances(new DeleteInstancesRequest().setRegionId(HANGZHOU).setInstanceId(ids).setForce(true));
    }

    private static DescribeInstancesResponseBodyInstancesInstance shown(Client of, String id) throws Exception {
        var asked = new DescribeInstancesRequest().setRegionId(HANGZHOU).setInstanceIds("[\"" + id + "\"]");
        return of.describeInstances(asked).getBody().getInstances().getInstance().get(0);
    }

    private static void refused(int status, String code, Checks.Act act) throws Exception {
        TeaException error = Checks.raised(TeaException.class, act);
        Checks.same(List.of(error.getStatusCode(), error.getCode()), List.of(status, code));
    }

    private static void regions() throws Exception {
        var body = client().describeRegions(new DescribeRegionsRequest()).getBody();
        Checks.same(body.getRegions().getRegion().size(), 6);
        var far = body.getRegions().getRegion().stream().filter(one -> one.getRegionId().equals("eu-central-1"));
        Checks.same(far.map(one -> one.getLocalName()).toList(), List.of("Germany (Frankfurt)"));
        Checks.same(body.getRequestId().length(), 36);
    }

    private static void nested() throws Exception {
        var first = instances(client(), HANGZHOU).getInstances().getInstance().get(0);
        Checks.same(
                List.of(first.getInstanceId(), first.getInstanceName(), first.getCpu(), first.getStatus()),
                List.of("i-sandboxcnhangzhou0001", "web-1", 2, "Running"));
        Checks.same(first.getVpcAttributes().getPrivateIpAddress().getIpAddress(), List.of("192.168.0.1"));
    }

    private static void pages() throws Exception {
        List<String> names = new ArrayList<>();
        for (int number = 1; number <= 3; number++) {
            var asked = new DescribeInstancesRequest().setRegionId(HANGZHOU).setPageSize(2).setPageNumber(number);
            var body = client().describeInstances(asked).getBody();
            Checks.same(body.getTotalCount(), 5);
            body.getInstances().getInstance().forEach(one -> names.add(one.getInstanceName()));
        }
        Checks.same(names, List.of("web-1", "web-2", "web-3", "web-4", "web-5"));
    }

    private static void listsAndUnicode() throws Exception {
        Client of = client();
        List<String> ids = run(of, order().setInstanceName(AWKWARD).setAmount(2));
        var tag = new DescribeInstancesRequestTag().setKey("équipe").setValue(AWKWARD);
        var asked = new DescribeInstancesRequest()
                .setRegionId(HANGZHOU)
                .setTag(List.of(tag))
                .setInstanceName("a b+c/d=e&f*~*");
        Checks.same(of.describeInstances(asked).getBody().getTotalCount(), 2);
        Checks.same(shown(of, ids.get(0)).getTags().getTag().get(0).getTagValue(), AWKWARD);
        delete(of, ids);
    }

    private static void life() throws Exception {
        Client of = client();
        List<String> ids = run(of, order().setInstanceName("job"));
        String id = ids.get(0);
        of.stopInstance(new StopInstanceRequest().setInstanceId(id).setForceStop(true));
        Checks.same(shown(of, id).getStatus(), "Stopped");
        var again = new StopInstanceRequest().setInstanceId(id);
        refused(403, "IncorrectInstanceStatus", () -> of.stopInstance(again));
        of.startInstance(new StartInstanceRequest().setInstanceId(id));
        Checks.same(shown(of, id).getStatus(), "Running");
        delete(of, ids);
        refused(404, "InvalidInstanceId.NotFound", () -> of.stopInstance(again));
    }

    private static void clientToken() throws Exception {
        Client of = client();
        var order = order().setClientToken("once, in Java");
        List<String> first = run(of, order.setAmount(2));
        Checks.same(run(of, order), first);
        refused(400, "IdempotentParameterMismatch", () -> run(of, order.setAmount(3)));
        delete(of, first);
    }

    private static void lacks() throws Exception {
        Client of = client();
        refused(400, "MissingParameter", () -> run(of, order().setImageId(null)));
        refused(400, "DryRunOperation", () -> run(of, order().setDryRun(true)));
        refused(404, "InvalidRegionId.NotFound", () -> instances(of, "mars-1"));
    }

    /** The generic call of the same SDK, which sends what it is given as a form. */
    private static void form() throws Exception {
        Params params = new Params()
                .setAction("RunInstances")
                .setVersion("2014-05-26")
                .setProtocol("HTTP")
                .setPathname("/")
                .setMethod("POST")
                .setAuthType("AK")
                .setStyle("RPC")
                .setReqBodyType("formData")
                .setBodyType("json");
        Map<String, Object> body = Map.of(
                "RegionId", HANGZHOU,
                "ImageId", "aliyun_3",
                "InstanceType", "ecs.c8i.large",
                "InstanceName", AWKWARD,
                "Tag.1.Key", "équipe",
                "Tag.1.Value", "a b");
        Client of = client();
        var answer = of.callApi(params, new OpenApiRequest().setBody(body), new RuntimeOptions());
        var sets = (Map<?, ?>) ((Map<?, ?>) answer.get("body")).get("InstanceIdSets");
        String id = (String) ((List<?>) sets.get("InstanceIdSet")).get(0);
        Checks.same(shown(of, id).getInstanceName(), AWKWARD);
        delete(of, List.of(id));
    }

    private static void anotherRegion() throws Exception {
        var first = instances(client("cn-beijing"), "cn-beijing").getInstances().getInstance().get(0);
        Checks.same(first.getInstanceId(), "i-sandboxcnbeijing0001");
        // Again with a token: this region is the one whose bytes are kept and searched.
        Config settings = settings("cn-beijing").setType("sts").setSecurityToken(Dummies.SECURITY_TOKEN);
        Checks.same(instances(new Client(settings), "cn-beijing").getTotalCount(), 5);
    }

    private static void pinned() throws Exception {
        Config settings = settings(HANGZHOU).setHttpProxy(null);
        // The SDK takes a host and a port here, and no scheme.
        settings.setEndpoint(Checks.told("PINNED_ECS_CN_HANGZHOU").replace("http://", ""));
        Checks.same(instances(new Client(settings), HANGZHOU).getTotalCount(), 5);
    }

    /** What the SDK makes of the answer in a region where what the proxy sent was spoilt on its way. */
    private static void refusedIn(String region) throws Exception {
        refused(400, "SignatureDoesNotMatch", () -> instances(client(region), region));
    }

    public static void main(String[] arguments) {
        Checks.run(
                Checks.check("the regions come back parsed", Ecs20140526::regions),
                Checks.check("an instance comes back with its nested fields", Ecs20140526::nested),
                Checks.check("pages of two hold every instance once", Ecs20140526::pages),
                Checks.check(
                        "parameters with lists and unicode are signed as they are sent", Ecs20140526::listsAndUnicode),
                Checks.check("an instance is run, stopped, started and deleted", Ecs20140526::life),
                Checks.check("the same client token runs nothing twice", Ecs20140526::clientToken),
                Checks.check("what an order lacks reaches the caller by its code", Ecs20140526::lacks),
                Checks.check("an order in a form is verified as well as one in the query", Ecs20140526::form),
                Checks.check("another region of the same listener answers for itself", Ecs20140526::anotherRegion),
                Checks.check("a pinned listener serves as an endpoint", Ecs20140526::pinned),
                Checks.check("a spoilt signature is the sdk's own exception", () -> refusedIn("cn-shanghai")),
                Checks.check(
                        "a header changed after signing is the sdk's own exception", () -> refusedIn("cn-shenzhen")),
                Checks.check(
                        "a request that comes to another region is the sdk's own exception",
                        () -> refusedIn("cn-qingdao")));
    }
}
