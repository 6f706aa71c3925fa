import java.util.List;
import java.util.Random;

/** What both clients of OSS store: keys that a careless encoder would change, and an object too large to be held. */
final class Stored {
    /** Each is another object than its neighbours, and only an exact signature tells a proxy from a rewriter. */
    static final List<String> KEYS = List.of(
            "a b+c",
            "a%2Fb",
            "a/b",
            "a//two-slashes.txt",
            "a/ends-with-slashes//",
            "100%25 sure",
            "query?marks&amps=1#hash",
            "semi;colon:at@comma,$",
            "tilde~star*quote'(paren)!",
            "émoji-🚀-ключ.bin",
            "中文/目录/文件 名.txt");

    private static final int LARGE_BYTES = 64 * 1024 * 1024;

    private Stored() {}

    /** In the order of their bytes, as OSS lists them. For these keys Java's own order, of UTF-16, is the same. */
    static List<String> sorted(String prefix) {
        return KEYS.stream().map(key -> prefix + key).sorted().toList();
    }

    /** Eight times what the proxy would hold of a body. The same bytes each time, no two stretches alike. */
    static byte[] large() {
        byte[] bytes = new byte[LARGE_BYTES];
        new Random(64).nextBytes(bytes);
        return bytes;
    }
}
