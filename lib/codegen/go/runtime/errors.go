package runtime

import (
	"context"
	"encoding/json"
	"fmt"
	"time"
)

var errorNames = map[int]string{
	-32700: "parse_error",
	-32600: "invalid_request",
	-32601: "method_not_found",
	-32602: "invalid_params",
	-32603: "internal",
	-32001: "unauthenticated",
	-32002: "permission_denied",
	-32003: "deadline_exceeded",
	-32004: "cancelled",
	-32005: "resource_exhausted",
	-32006: "unavailable",
	-32007: "already_exists",
	-32008: "not_found",
	-32009: "failed_precondition",
	-32010: "second_factor_required",
	-32020: "declared_error",
}

// Error is a call that failed. Compare Name, or Code, and never Message.
type Error struct {
	// Code is the number on the wire.
	Code int
	// Name is the name of the error, for instance "unavailable"; that of the method's own, where it
	// declares it.
	Name string
	// Message is for people.
	Message string
	// Retryable says whether the same call may succeed later without being changed.
	Retryable bool
	// RetryAfter is how long to wait before that, where the server says so. Below 0 the server asks
	// not to be called again.
	RetryAfter time.Duration
	// Data is what else the server says, as JSON.
	Data json.RawMessage
	// NotRun says that the call was certainly not run: the server was not reached, or stops.
	NotRun bool

	cause error
}

// Error gives name and message.
func (e *Error) Error() string { return e.Name + ": " + e.Message }

// Unwrap gives what caused the error in this program.
func (e *Error) Unwrap() error { return e.cause }

// Is tells that a deadline passed, or that the call was cancelled, as package context does.
func (e *Error) Is(target error) bool {
	return target == context.DeadlineExceeded && e.Name == "deadline_exceeded" ||
		target == context.Canceled && e.Name == "cancelled"
}

func newError(name string, cause error, format string, values ...any) *Error {
	e := &Error{Name: name, Message: fmt.Sprintf(format, values...), cause: cause}
	for code, known := range errorNames {
		if known == name {
			e.Code = code
		}
	}
	e.Retryable = isRetryable(name)
	return e
}

// unreachable is the error of a call whose server was not reached.
func unreachable(cause error) *Error {
	e := newError("unavailable", cause, "Cannot connect: %v", cause)
	e.NotRun = true
	return e
}

func isRetryable(name string) bool {
	return name == "deadline_exceeded" || name == "resource_exhausted" || name == "unavailable"
}

// errorMaker makes the error of a method of its details.
type errorMaker func(e *Error, details json.RawMessage) error

// errorOf makes an error of the member "error" of a reply, whatever is in it.
func errorOf(reply json.RawMessage, declared map[string]errorMaker) error {
	var body struct {
		Code    *int            `json:"code"`
		Message string          `json:"message"`
		Data    json.RawMessage `json:"data"`
	}
	if json.Unmarshal(reply, &body) != nil || body.Code == nil {
		return newError("internal", nil, "The call failed")
	}
	e := &Error{Code: *body.Code, Message: body.Message, Data: body.Data}
	var data struct {
		Name       *string         `json:"name"`
		Retryable  *bool           `json:"retryable"`
		RetryAfter float64         `json:"retryAfterMs"`
		Stopping   bool            `json:"stopping"`
		Declared   bool            `json:"declared"`
		Details    json.RawMessage `json:"details"`
	}
	if json.Unmarshal(body.Data, &data) != nil {
		data.Name = nil
	}
	if e.Name = errorNames[e.Code]; data.Name != nil {
		e.Name = *data.Name
	}
	if e.Retryable = isRetryable(e.Name); data.Retryable != nil {
		e.Retryable = *data.Retryable
	}
	e.RetryAfter = milliseconds(data.RetryAfter)
	e.NotRun = data.Stopping
	if maker := declared[e.Name]; maker != nil && data.Declared {
		return maker(e, data.Details)
	}
	return e
}

// milliseconds makes a duration of what a server says, which may be any number.
func milliseconds(ms float64) time.Duration {
	const longest = 24 * time.Hour
	if ms > float64(longest/time.Millisecond) {
		return longest
	}
	if ms < 0 {
		return -1
	}
	return time.Duration(ms * float64(time.Millisecond))
}
