// Package dummies has keys that open nothing, as the run tells them (../dummies.py).
package dummies

import "os"

// What an SDK insists on before it sends anything.
var (
	AccessKeyID     = os.Getenv("DUMMY_ACCESS_KEY_ID")
	AccessKeySecret = os.Getenv("DUMMY_ACCESS_KEY_SECRET")
	SecurityToken   = os.Getenv("DUMMY_SECURITY_TOKEN")
)
