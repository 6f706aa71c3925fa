package main

import (
	"fmt"
	"io"
	"net/http"

	"countersign.test/clients/checks"
)

// fetched is what a URL leads to, for whoever was handed it: a plain client of HTTP.
func fetched(url string) []byte {
	answer := checks.Must(http.Get(url))
	defer answer.Body.Close()
	body := checks.Must(io.ReadAll(answer.Body))
	if answer.StatusCode != http.StatusOK {
		panic(fmt.Sprintf("%s: %s", answer.Status, body))
	}
	return body
}
