"""Runs the checks of one SDK: functions whose names are sentences."""

import sys
import traceback


def run(*checks):
    """Runs each, says how it went on a line of its own, and exits."""
    failed = 0
    for check in checks:
        sentence = check.__name__.replace("_", " ")
        try:
            check()
            print(f"ok {sentence}", flush=True)
        except Exception:  # noqa: BLE001 - whatever an SDK raises is a failure of its check, not of the others
            failed += 1
            traceback.print_exc()
            print(f"FAILED {sentence}", flush=True)
    sys.exit(1 if failed else 0)


def same(got, expected):
    """Says both in full when they differ."""
    assert got == expected, f"got {got!r}, expected {expected!r}"


def raised(kind, act):
    """The exception of this kind that `act` raises."""
    try:
        act()
    except kind as error:
        return error
    raise AssertionError(f"nothing was raised, expected {kind.__name__}")
