// Package dummies has keys that open nothing. Letters and digits only, so that no encoding can hide them from who searches for
// them. The same as Python's, which are searched for (../python/dummies.py).
package dummies

// What an SDK insists on before it sends anything.
const (
	AccessKeyID     = "LTAI5tDummyKeyOfTheClients"
	AccessKeySecret = "DummySecretOfTheClients1234567"
	SecurityToken   = "CAISDummyTokenOfTheClients"
)
