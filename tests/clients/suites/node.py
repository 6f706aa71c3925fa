"""The suites in JavaScript."""

SUITES = ()
