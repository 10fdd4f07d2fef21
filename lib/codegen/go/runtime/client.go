package runtime

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/tls"
	"encoding/binary"
	"encoding/json"
	"errors"
	"sync/atomic"
	"time"
)

const (
	defaultTimeout = 30 * time.Second // what a server gives a call that names no deadline
	connectTimeout = 10 * time.Second
	maxAttempts    = 5
	firstPause     = 50 * time.Millisecond
	longestPause   = 2 * time.Second
	fullBudget     = 100
	leastBudget    = 50
	failureCost    = 10
)

// Options say how a client connects and signs in. The zero value signs in by nothing.
type Options struct {
	// APIKey signs in by an API key.
	APIKey string
	// Username and Password sign in by SCRAM: the password stays here. A password beyond ASCII has
	// to be in Unicode's form NFC.
	Username, Password string
	// Code asks the user for the code of a second factor, where the account has one: kinds may be
	// "totp", for the code of an authenticator app, and "recovery". Without it such a sign-in fails
	// with an *Error "second_factor_required". The session goes on after a lost connection, so the
	// user is asked once.
	Code func(ctx context.Context, kinds []string) (string, error)
	// CA is the file of the authorities to trust instead of the public ones, PEM.
	CA string
	// Cert and Key are the files of the client certificate and of its key, PEM.
	Cert, Key string
	// Timeout is how long a call may take whose context has no deadline; 30 seconds by default.
	Timeout time.Duration
	// Insecure does not check the server's certificate, and allows tcp:// beyond this machine.
	Insecure bool
}

// CallOptions are options of one call.
type CallOptions struct {
	// IdempotencyKey is the same for every try of one call: a server that remembers answers does its
	// work once.
	IdempotencyKey string
	// Idempotent says that the call may be made twice; for methods that say so it need not be said.
	Idempotent bool
}

// Client is a connection to a server that is made again where it was lost. Goroutines may share it.
type Client struct {
	address string
	options Options
	config  *tls.Config

	link     atomic.Pointer[link]
	isClosed atomic.Bool
	// dialing is taken by whoever connects.
	dialing chan struct{}
	// token is that of a session for which a code was asked; it belongs to whoever connects.
	token string
	// budget is for retries: a failed try takes ten of it, a call that succeeds gives one back.
	budget atomic.Int32
}

// method is what the document says of a method.
type method struct {
	name         string // as JSON
	isIdempotent bool
	errors       map[string]errorMaker
}

// Connect connects to a server: tls://HOST:PORT, https://HOST:PORT, unix:PATH or tcp://HOST:PORT. It
// fails with an *Error "unavailable" where the server cannot be reached, and "unauthenticated" where it refuses the
// credential.
func Connect(ctx context.Context, address string, options Options) (*Client, error) {
	config, err := tlsConfig(options)
	if err != nil {
		return nil, err
	}
	if options.Timeout == 0 {
		options.Timeout = defaultTimeout
	}
	c := &Client{
		address: address, options: options, config: config, dialing: make(chan struct{}, 1),
	}
	c.budget.Store(fullBudget)
	if _, err := c.connected(ctx); err != nil {
		return nil, err
	}
	return c, nil
}

// Call calls any method; the other methods of the client are the same with types. The result is read
// into what result points at, where it is not nil.
func (c *Client) Call(
	ctx context.Context, name string, params, result any, options ...CallOptions,
) error {
	called := &method{name: quoted(name)}
	raw, err := call[json.RawMessage](ctx, c, called, params, options)
	if err != nil || result == nil {
		return err
	}
	return json.Unmarshal(raw, result)
}

// Notify calls a method without waiting for an answer.
func (c *Client) Notify(ctx context.Context, name string, params any) error {
	text, err := paramsText(params)
	if err != nil {
		return err
	}
	l, err := c.connected(ctx)
	if err != nil {
		return err
	}
	l.notify(quoted(name), text)
	return nil
}

// Close ends the connection and every call on it.
func (c *Client) Close() {
	c.isClosed.Store(true)
	if l := c.link.Load(); l != nil {
		l.close(newError("unavailable", nil, "This client is closed"))
	}
}

// Ptr gives a pointer to a value, for members that may be left out.
func Ptr[T any](value T) *T { return &value }

// As reads a value of a type that Go has no type for as one of its alternatives.
func As[T any](value any) (T, error) {
	var read T
	text, err := json.Marshal(value)
	if err == nil {
		err = json.Unmarshal(text, &read)
	}
	return read, err
}

// call calls a method and reads its result.
func call[T any](
	ctx context.Context, c *Client, called *method, params any, options []CallOptions,
) (T, error) {
	var result T
	text, err := paramsText(params)
	if err != nil {
		return result, err
	}
	var option CallOptions
	if len(options) > 0 {
		option = options[0]
	}
	deadline := time.Now().Add(c.options.Timeout)
	given, hasDeadline := ctx.Deadline()
	if hasDeadline {
		deadline = given
	}
	mayRepeat := called.isIdempotent || option.Idempotent ||
		keepsKeys && option.IdempotencyKey != ""
	for attempt := 1; ; attempt++ {
		err := c.try(ctx, called, text, deadline, hasDeadline, option.IdempotencyKey, &result)
		if err == nil {
			c.succeeded()
			return result, nil
		}
		pause, isWorth := c.pause(err, attempt, mayRepeat)
		if !isWorth || time.Now().Add(pause).After(deadline) {
			return result, err
		}
		select {
		case <-time.After(pause):
		case <-ctx.Done():
			return result, contextError(ctx)
		}
	}
}

func (c *Client) try(
	ctx context.Context, called *method, params []byte, deadline time.Time, hasDeadline bool, key string,
	result any,
) error {
	l, err := c.connected(ctx)
	if err != nil {
		return err
	}
	left := time.Until(deadline)
	meta := ""
	if hasDeadline || key != "" || c.options.Timeout != defaultTimeout {
		meta = metaText(left, key, 0)
	}
	w := waitings.Get().(*waiting)
	id, failure := l.begin(called.name, params, meta, w)
	if failure != nil {
		return failure
	}
	late := w.startTimer(left)
	select {
	case r := <-w.reply:
		w.release()
		if r.err != nil {
			return r.err
		}
		err := readResult(r, called, result)
		if e, isError := err.(*Error); isError && e.NotRun {
			// The server is about to stop: the next call connects anew, those that run go on.
			c.link.CompareAndSwap(l, nil)
			l.retire()
		}
		return err
	case <-late:
		l.forget(id)
		return newError("deadline_exceeded", nil, "The call took longer than its deadline")
	case <-ctx.Done():
		w.timer.Stop()
		l.forget(id)
		return contextError(ctx)
	}
}

// connected gives the connection, and makes it where there is none.
func (c *Client) connected(ctx context.Context) (*link, error) {
	if l := c.link.Load(); l != nil && !l.failed.Load() {
		return l, nil
	}
	if c.isClosed.Load() {
		return nil, newError("unavailable", nil, "This client is closed")
	}
	select {
	case c.dialing <- struct{}{}:
	case <-ctx.Done():
		return nil, contextError(ctx)
	}
	defer func() { <-c.dialing }()
	if l := c.link.Load(); l != nil && !l.failed.Load() {
		return l, nil
	}
	l, err := c.connectWith(ctx, "")
	var asked *Error
	if errors.As(err, &asked) && asked.Name == "second_factor_required" && c.options.Code != nil {
		code, failure := c.options.Code(ctx, factorOf(asked).Kinds)
		if failure != nil {
			return nil, failure
		}
		// A server does not wait for a sign-in as long as a user may look for a code.
		l, err = c.connectWith(ctx, code)
	}
	if err != nil {
		return nil, err
	}
	c.link.Store(l)
	if c.isClosed.Load() {
		l.close(newError("unavailable", nil, "This client is closed"))
	}
	return l, nil
}

func (c *Client) connectWith(ctx context.Context, code string) (*link, error) {
	ctx, cancel := context.WithTimeout(ctx, connectTimeout)
	defer cancel()
	connection, err := open(ctx, c.address, c.config, c.options.Insecure)
	if err != nil {
		return nil, err
	}
	l := newLink(connection)
	if err := c.signIn(ctx, l, code); err != nil {
		l.close(newError("unavailable", err, "The sign-in failed"))
		return nil, err
	}
	return l, nil
}

func (c *Client) signIn(ctx context.Context, l *link, code string) error {
	ask := func(name string, params, result any) error {
		text, err := paramsText(params)
		if err != nil {
			return err
		}
		w := &waiting{reply: make(chan reply, 1)}
		called := &method{name: quoted(name)}
		if _, failure := l.begin(called.name, text, "", w); failure != nil {
			return failure
		}
		select {
		case r := <-w.reply:
			if r.err != nil {
				return r.err
			}
			return readResult(r, called, result)
		case <-ctx.Done():
			return contextError(ctx)
		}
	}
	authenticate := func(token string) error {
		var ignored json.RawMessage
		return ask("rpc.authenticate", map[string]string{"token": token}, &ignored)
	}
	if c.options.APIKey != "" {
		return authenticate(c.options.APIKey)
	}
	if c.options.Username == "" {
		return nil
	}
	if c.token != "" {
		err := authenticate(c.token)
		var failure *Error
		if !errors.As(err, &failure) || failure.Name != "unauthenticated" {
			return err
		}
		c.token = "" // the session has ended
	}
	scram := func(params map[string]string) (scramReply, error) {
		var answer scramReply
		err := ask("rpc.scram", params, &answer)
		return answer, err
	}
	binding := bindingOf(l.connection)
	token, err := signInByPassword(scram, c.options.Username, c.options.Password, code, binding)
	if err == nil && code != "" {
		c.token = token
	}
	return err
}

func (c *Client) succeeded() {
	if c.budget.Load() < fullBudget {
		c.budget.Add(1)
	}
}

// pause says how long to wait before the next try, and whether there is to be one.
func (c *Client) pause(failure error, attempt int, mayRepeat bool) (time.Duration, bool) {
	e, isError := failure.(*Error)
	if !isError || (e.Name != "unavailable" && e.Name != "resource_exhausted") {
		return 0, false
	}
	if !mayRepeat && !e.NotRun {
		return 0, false
	}
	if !e.Retryable || e.RetryAfter < 0 || c.isClosed.Load() {
		return 0, false
	}
	// Where no server was reached, no server has more to do: such tries go on to the deadline.
	if !mayRepeat || !e.NotRun {
		if c.budget.Load() >= failureCost {
			c.budget.Add(-failureCost)
		}
		if attempt >= maxAttempts || c.budget.Load() <= leastBudget {
			return 0, false
		}
	}
	longest := longestPause
	if attempt <= maxAttempts {
		longest = firstPause << (attempt - 1)
	}
	if longest > longestPause {
		longest = longestPause
	}
	pause := time.Duration(randomBelow(int64(longest)))
	if e.RetryAfter > pause {
		pause = e.RetryAfter
	}
	return pause, true
}

func randomBelow(bound int64) int64 {
	var bytes [8]byte
	rand.Read(bytes[:])
	return int64(binary.BigEndian.Uint64(bytes[:])>>1) % bound
}

// readResult reads the result of a reply, or gives its error.
func readResult(r reply, called *method, result any) error {
	if r.result != nil && json.Unmarshal(r.result, result) == nil {
		return nil
	}
	var message struct {
		Result json.RawMessage `json:"result"`
		Error  json.RawMessage `json:"error"`
	}
	if err := json.Unmarshal(r.whole, &message); err != nil {
		return newError("internal", err, "The server's reply is not JSON")
	}
	if message.Error != nil {
		return errorOf(message.Error, called.errors)
	}
	if err := json.Unmarshal(message.Result, result); err != nil {
		return newError("internal", err, "The result is of another type: %v", err)
	}
	return nil
}

func paramsText(params any) ([]byte, error) {
	if params == nil {
		return []byte("{}"), nil
	}
	return json.Marshal(params)
}

func metaText(left time.Duration, key string, credit int) string {
	ms := float64(left) / float64(time.Millisecond)
	if ms < 1 {
		ms = 1
	}
	text, _ := json.Marshal(struct {
		TimeoutMs float64 `json:"timeoutMs"`
		Key       string  `json:"idempotencyKey,omitempty"`
		Credit    int     `json:"credit,omitempty"`
	}{ms, key, credit})
	return string(text)
}

func quoted(name string) string {
	text, _ := json.Marshal(name)
	return string(bytes.TrimSpace(text))
}

func contextError(ctx context.Context) *Error {
	if ctx.Err() == context.Canceled {
		return newError("cancelled", ctx.Err(), "The call was cancelled by its caller")
	}
	return newError("deadline_exceeded", ctx.Err(), "The call took longer than its deadline")
}
