import com.aliyun.odps.NoSuchObjectException;
import com.aliyun.odps.Odps;
import com.aliyun.odps.OdpsException;
import com.aliyun.odps.OdpsType;
import com.aliyun.odps.TableSchema;
import com.aliyun.odps.account.Account;
import com.aliyun.odps.account.AliyunAccount;
import com.aliyun.odps.account.StsAccount;
import com.aliyun.odps.data.Record;
import com.aliyun.odps.task.SQLTask;
import com.aliyun.odps.tunnel.TableTunnel;
import com.aliyun.odps.tunnel.TunnelException;
import java.math.BigDecimal;
import java.net.InetSocketAddress;
import java.net.Proxy;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * `com.aliyun.odps:odps-sdk-core`: MaxCompute, its service and its tunnel, with both versions of its signature. Pointed at the
 * proxy by `setProxy`, and at one listener for both hosts.
 */
final class OdpsCore {
    private static final String HANGZHOU = "cn-hangzhou";
    private static final String PROJECT = "from_java";
    private static final String AWKWARD = "中文 'quoted' \"twice\", \\ and\nlines";

    private static final List<List<Object>> ROWS = List.of(
            Arrays.asList(1L, AWKWARD, 2.5, true, new BigDecimal("1.5")),
            Arrays.asList(null, null, null, null, null),
            Arrays.asList(Long.MAX_VALUE, "", -1e300, false, new BigDecimal("-0.000000001")));

    private OdpsCore() {}

    /** With a region in it, an account signs with version 4. */
    private static Account version4(String region) {
        return new AliyunAccount(Dummies.ACCESS_KEY_ID, Dummies.ACCESS_KEY_SECRET, region);
    }

    private static Account version2() {
        return new AliyunAccount(Dummies.ACCESS_KEY_ID, Dummies.ACCESS_KEY_SECRET);
    }

    private static List<Account> accounts(String region) {
        return List.of(
                version2(),
                version4(region),
                new StsAccount(Dummies.ACCESS_KEY_ID, Dummies.ACCESS_KEY_SECRET, Dummies.SECURITY_TOKEN),
                new StsAccount(Dummies.ACCESS_KEY_ID, Dummies.ACCESS_KEY_SECRET, Dummies.SECURITY_TOKEN, region));
    }

    private static Odps client(String region, Account account) {
        Odps odps = new Odps(account);
        odps.setDefaultProject(PROJECT);
        odps.setEndpoint("http://service." + region + ".maxcompute.aliyun.com/api");
        URI forward = URI.create(Checks.told("FORWARD"));
        var address = new InetSocketAddress(forward.getHost(), forward.getPort());
        odps.getRestClient().setProxy(new Proxy(Proxy.Type.HTTP, address));
        return odps;
    }

    private static Odps pinned(Account account) {
        Odps odps = new Odps(account);
        odps.setDefaultProject(PROJECT);
        odps.setEndpoint(Checks.told("PINNED_ODPS_CN_HANGZHOU") + "/api");
        return odps;
    }

    /** The table of this name, without rows. */
    private static void fresh(Odps of, String name) throws OdpsException {
        of.tables().delete(name, true);
        TableSchema schema = TableSchema.builder()
                .withBigintColumn("id")
                .withStringColumn("name")
                .withDoubleColumn("price")
                .withBooleanColumn("is_new")
                .withDecimalColumn("exact")
                .build();
        of.tables().newTableCreator(name, schema).withComment("a 中文 comment").create();
    }

    private static void write(Odps of, String name, List<List<Object>> rows) throws Exception {
        var session = new TableTunnel(of).createUploadSession(PROJECT, name);
        try (var writer = session.openRecordWriter(0)) {
            for (List<Object> row : rows) {
                Record record = session.newRecord();
                for (int at = 0; at < row.size(); at++) {
                    record.set(at, row.get(at));
                }
                writer.write(record);
            }
        }
        session.commit(new Long[] {0L});
    }

    private static List<List<Object>> read(Odps of, String name) throws Exception {
        var session = new TableTunnel(of).createDownloadSession(PROJECT, name);
        List<List<Object>> rows = new ArrayList<>();
        try (var reader = session.openRecordReader(0, session.getRecordCount())) {
            for (Record record = reader.read(); record != null; record = reader.read()) {
                List<Object> row = new ArrayList<>();
                for (Object value : record.toArray()) {
                    row.add(value instanceof byte[] text ? new String(text, StandardCharsets.UTF_8) : value);
                }
                rows.add(row);
            }
        }
        return rows;
    }

    private static void everyValueComesBack(Odps of, String name) throws Exception {
        fresh(of, name);
        write(of, name, ROWS);
        Checks.same(read(of, name), ROWS);
        write(of, name, ROWS.subList(0, 1));
        Checks.same(read(of, name).size(), ROWS.size() + 1);
    }

    private static void tables() throws Exception {
        Odps of = client(HANGZHOU, version2());
        fresh(of, "described");
        var found = of.tables().get("described");
        found.reload();
        Checks.same(found.getComment(), "a 中文 comment");
        var kinds = found.getSchema().getColumns().stream().map(column -> column.getTypeInfo().getOdpsType()).toList();
        var expected = List.of(OdpsType.BIGINT, OdpsType.STRING, OdpsType.DOUBLE, OdpsType.BOOLEAN, OdpsType.DECIMAL);
        Checks.same(kinds, expected);
        List<String> names = new ArrayList<>();
        of.tables().iterator().forEachRemaining(table -> names.add(table.getName()));
        Checks.same(names.contains("described"), true);
        of.tables().delete("described");
        Checks.same(of.tables().exists("described"), false);
    }

    private static void values() throws Exception {
        for (Account account : accounts(HANGZHOU)) {
            everyValueComesBack(client(HANGZHOU, account), "every_value");
        }
    }

    private static void oneListener() throws Exception {
        for (Account account : accounts(HANGZHOU)) {
            everyValueComesBack(pinned(account), "one_listener");
        }
        // Both ways lead to one cloud.
        Checks.same(read(client(HANGZHOU, version2()), "one_listener").size(), ROWS.size() + 1);
    }

    private static void manyRows() throws Exception {
        Odps of = client(HANGZHOU, version4(HANGZHOU));
        fresh(of, "many");
        List<List<Object>> rows = new ArrayList<>();
        for (long number = 0; number < 20_000; number++) {
            rows.add(List.of(number, "第 " + number, number / 2.0, number % 2 == 0, new BigDecimal(number)));
        }
        write(of, "many", rows);
        Checks.same(read(of, "many"), rows);
    }

    private static void query() throws Exception {
        for (Odps of : List.of(client(HANGZHOU, version2()), pinned(version4(HANGZHOU)))) {
            fresh(of, "queried");
            write(of, "queried", ROWS);
            var ran = SQLTask.run(of, "SELECT id, name, '中 \\'' AS text FROM queried LIMIT 1;");
            ran.waitForSuccess();
            var rows = SQLTask.getResult(ran);
            Checks.same(List.of(rows.get(0).getString("id"), rows.get(0).getString("text")), List.of("1", "中 '"));
            var through = SQLTask.getResultByInstanceTunnel(ran);
            Checks.same(List.of(through.size(), through.get(0).getString("name")), List.of(1, AWKWARD));
            var counted = SQLTask.run(of, "SELECT count(*) AS n FROM queried;");
            counted.waitForSuccess();
            Checks.same(SQLTask.getResult(counted).get(0).getString("n"), "3");
        }
    }

    private static void refused(OdpsException error, int status, String code) {
        Checks.same(Arrays.asList(error.getStatus(), error.getErrorCode()), Arrays.asList(status, code));
    }

    private static void missing() throws Exception {
        for (Odps of : List.of(client(HANGZHOU, version2()), pinned(version4(HANGZHOU)))) {
            var noTable = Checks.raised(NoSuchObjectException.class, () -> of.tables().get("missing").reload());
            refused(noTable, 404, "NoSuchObject");
            Checks.same(noTable.getRequestId().length(), 24);
            var tunnel = Checks.raised(
                    TunnelException.class, () -> new TableTunnel(of).createDownloadSession(PROJECT, "missing"));
            refused(tunnel, 404, "NoSuchTable");
            var failed = SQLTask.run(of, "SELECT * FROM missing;");
            var reason = Checks.raised(OdpsException.class, failed::waitForSuccess);
            Checks.same(reason.getMessage().contains("[1,15] Table not found"), true);
        }
    }

    private static void farRegion() throws Exception {
        for (Account account : accounts("cn-beijing")) {
            everyValueComesBack(client("cn-beijing", account), "far");
        }
        Checks.same(client(HANGZHOU, version2()).tables().exists("far"), false);
    }

    /** What the SDK makes of the answers in a region where what the proxy sent was spoilt on its way, in both versions. */
    private static void refusedIn(String region) throws Exception {
        for (Account account : List.of(version2(), version4(region))) {
            Odps of = client(region, account);
            refused(Checks.raised(OdpsException.class, () -> of.projects().get(PROJECT).reload()), 401, "SignatureNotMatch");
            // Of a table, the SDK asks for its project first. Where that fails, it wraps what comes of the table.
            var wrapped = Checks.raised(OdpsException.class, () -> of.tables().get("any").reload());
            refused((OdpsException) wrapped.getCause(), 401, "SignatureNotMatch");
            // A body that is streamed, answered by 401: Java's own client keeps the answer to itself, whoever gave it.
            var silent = Checks.raised(OdpsException.class, () -> SQLTask.run(of, "SELECT 1;"));
            Checks.same(silent.getMessage(), "Invalid connection.");
            var tunnel = new TableTunnel(of);
            tunnel.setEndpoint("http://dt." + region + ".maxcompute.aliyun.com");
            var error = Checks.raised(TunnelException.class, () -> tunnel.createDownloadSession(PROJECT, "any"));
            refused(error, 401, "SignatureNotMatch");
        }
    }

    private static void elsewhere() throws Exception {
        Odps of = client("ap-southeast-1", version4("ap-southeast-1"));
        refused(Checks.raised(OdpsException.class, () -> of.projects().get(PROJECT).reload()), 401, "SignatureNotMatch");
        // Version 2 signs no region and no host: the other region answers, and has no such table.
        Odps older = client("ap-southeast-1", version2());
        refused(Checks.raised(NoSuchObjectException.class, () -> older.tables().get("any").reload()), 404, "NoSuchObject");
    }

    public static void main(String[] arguments) {
        Checks.run(
                Checks.check("a table is made, described, listed and dropped", OdpsCore::tables),
                Checks.check("every value comes back, by either version, with a dummy token and without", OdpsCore::values),
                Checks.check("every value comes back through one listener for service and tunnel", OdpsCore::oneListener),
                Checks.check("many rows are streamed both ways", OdpsCore::manyRows),
                Checks.check("a query is waited for, and its rows come back in both ways", OdpsCore::query),
                Checks.check("what is missing raises what it would without a proxy", OdpsCore::missing),
                Checks.check("another region has tables of its own", OdpsCore::farRegion),
                Checks.check("a spoilt signature is the SDK's own exception", () -> refusedIn("cn-shanghai")),
                Checks.check("a date changed after signing is the SDK's own exception", () -> refusedIn("cn-shenzhen")),
                Checks.check("a request that comes to another region is the SDK's own exception", OdpsCore::elsewhere));
    }
}
