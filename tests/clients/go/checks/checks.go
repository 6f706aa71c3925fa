// Package checks runs the checks of one SDK: functions by the sentences that they prove.
package checks

import (
	"errors"
	"fmt"
	"os"
	"reflect"
)

// A Check is what must hold, and what finds out.
type Check struct {
	Sentence string
	Do       func() error
}

// Run does each, one after the other, says how it went on a line of its own, and exits.
func Run(all ...Check) {
	code := 0
	for _, check := range all {
		if err := did(check); err != nil {
			code = 1
			fmt.Fprintf(os.Stderr, "%s: %v\n", check.Sentence, err)
			fmt.Printf("FAILED %s\n", check.Sentence)
			continue
		}
		fmt.Printf("ok %s\n", check.Sentence)
	}
	os.Exit(code)
}

// Whatever an SDK panics with is a failure of its check, not of the others.
func did(check Check) (err error) {
	defer func() {
		if cause := recover(); cause != nil {
			err = fmt.Errorf("panic: %v", cause)
		}
	}()
	return check.Do()
}

// Same says both in full when they differ.
func Same(got, expected any) error {
	if reflect.DeepEqual(got, expected) {
		return nil
	}
	return fmt.Errorf("got %#v, expected %#v", got, expected)
}

// All is the first of these that is an error.
func All(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

// Raised is the error of this type in err's chain.
func Raised[T error](err error) (T, error) {
	var raised T
	if errors.As(err, &raised) {
		return raised, nil
	}
	return raised, fmt.Errorf("got %T %v, expected %T", err, err, raised)
}

// Must is the value, or a panic that fails the check.
func Must[T any](value T, err error) T {
	if err != nil {
		panic(err)
	}
	return value
}
