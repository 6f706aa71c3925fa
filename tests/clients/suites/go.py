"""The suites in Go."""

SUITES = ()
