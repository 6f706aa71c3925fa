"""The suites in Java."""

SUITES = ()
