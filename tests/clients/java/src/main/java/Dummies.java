/** Keys that open nothing, as the run tells them (`dummies.py`). */
final class Dummies {
    static final String ACCESS_KEY_ID = System.getenv("DUMMY_ACCESS_KEY_ID");
    static final String ACCESS_KEY_SECRET = System.getenv("DUMMY_ACCESS_KEY_SECRET");
    static final String SECURITY_TOKEN = System.getenv("DUMMY_SECURITY_TOKEN");

    private Dummies() {}
}
