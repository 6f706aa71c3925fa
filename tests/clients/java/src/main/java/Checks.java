import java.util.Objects;

/** Runs the checks of one SDK, each with a sentence that says what it shows. */
final class Checks {
    /** What may raise anything: whatever an SDK raises is a failure of its check, not of the others. */
    interface Act {
        void run() throws Throwable;
    }

    record Check(String sentence, Act act) {}

    private Checks() {}

    static Check check(String sentence, Act act) {
        return new Check(sentence, act);
    }

    /** Runs each, says how it went on a line of its own, and exits. */
    static void run(Check... checks) {
        int failed = 0;
        for (Check check : checks) {
            try {
                check.act().run();
                System.out.println("ok " + check.sentence());
            } catch (Throwable error) {
                failed++;
                error.printStackTrace();
                System.out.println("FAILED " + check.sentence());
            }
        }
        System.exit(failed == 0 ? 0 : 1);
    }

    /** Says both in full when they differ. */
    static void same(Object got, Object expected) {
        if (!Objects.deepEquals(got, expected)) {
            throw new AssertionError("got " + got + ", expected " + expected);
        }
    }

    /** The exception of exactly this class that `act` raises. */
    static <E extends Throwable> E raised(Class<E> kind, Act act) throws Exception {
        try {
            act.run();
        } catch (Throwable error) {
            if (error.getClass() == kind) {
                return kind.cast(error);
            }
            throw new AssertionError("raised " + error + ", expected " + kind.getName(), error);
        }
        throw new AssertionError("nothing was raised, expected " + kind.getName());
    }

    /** What the run tells a suite, such as `FORWARD`. */
    static String told(String name) {
        return Objects.requireNonNull(System.getenv(name), name);
    }
}
