// A server of dari/1 in Go's standard library alone, written from docs/wire.md. It serves the sample
// methods on its standard streams.
package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"os"
	"regexp"
	"strings"
	"sync"
	"time"
	"unicode/utf8"
)

const (
	maxLine, maxOverrun, maxDepth  = 64 * 1024, 4, 64
	maxBatch, maxCalls, maxID      = 1000, 1024, 1<<53 - 1
	defaultTimeoutMs, maxTimeoutMs = 30_000, 24 * 60 * 60 * 1000
)

type object = map[string]any

var names = map[int]string{
	-32700: "parse_error", -32600: "invalid_request", -32601: "method_not_found",
	-32602: "invalid_params", -32001: "unauthenticated", -32003: "deadline_exceeded",
	-32004: "cancelled", -32005: "resource_exhausted",
}

func refusal(id any, code int, format string, args ...any) object {
	data := object{"name": names[code], "retryable": code == -32003 || code == -32005}
	body := object{"code": code, "message": fmt.Sprintf(format, args...), "data": data}
	return object{"jsonrpc": "2.0", "id": id, "error": body}
}

var kinds = map[string]string{
	"string": "text", "json.Number": "number", "[]interface {}": "array",
	"map[string]interface {}": "object", "bool": "boolean", "<nil>": "null",
}

// num gives the double nearest to a number; anything else is 0.
func num(value any) float64 {
	number, _ := value.(json.Number)
	double, _ := number.Float64()
	return double
}

func kindOf(value any) string { return kinds[fmt.Sprintf("%T", value)] }

func has(m object, name string) bool { _, isThere := m[name]; return isThere }

// misfit says which member breaks its rule, "NAME KINDS", where "?" at the end: it may be left out.
// It counts the members that have a rule.
func misfit(in object, rules ...string) (reason string, known int) {
	for _, rule := range rules {
		name, wanted, _ := strings.Cut(rule, " ")
		fits := strings.Contains(wanted, kindOf(in[name])) && (num(in[name]) > 0 || !strings.Contains(wanted, "above 0"))
		if !has(in, name) && strings.HasSuffix(rule, "?") {
			continue
		} else if !has(in, name) || !fits {
			reason = name + " must be " + wanted
		}
		known++
	}
	return reason, known
}

// method has rules for its params, in order. Built-in methods have none and take anything.
type method struct {
	params  []string
	handler func(p object) any
	stream  func(p object, send func(any) object) object
}

var methods = map[string]method{
	"add":          {[]string{"a number", "b number"}, func(p object) any { return num(p["a"]) + num(p["b"]) }, nil},
	"multiply":     {[]string{"x number", "y number"}, func(p object) any { return num(p["x"]) * num(p["y"]) }, nil},
	"echo":         {[]string{"value text number array object boolean null"}, func(p object) any { return p["value"] }, nil},
	"process_data": {[]string{"data array", "prefix text?"}, prefixed, nil},
	"count":        {[]string{"to number"}, nil, count},
	"rpc.ping":     {nil, func(object) any { return "pong" }, nil},
	"rpc.health":   {nil, health, nil},
}

func init() { methods["rpc.discover"] = method{nil, discover, nil} }

func prefixed(p object) any {
	prefix, _ := p["prefix"].(string)
	out := []string{}
	for _, item := range p["data"].([]any) {
		text, isText := item.(string)
		if line, _ := json.Marshal(item); !isText {
			text = string(line)
		}
		out = append(out, prefix+text)
	}
	return out
}

func count(p object, send func(any) object) (refused object) {
	for n := 1.0; n <= num(p["to"]) && refused == nil; n++ {
		refused = send(n)
	}
	return refused
}

func health(p object) any {
	return object{"status": map[bool]string{true: "SERVING", false: "UNKNOWN"}[p["service"] == nil || p["service"] == ""]}
}

func discover(object) any {
	described := []object{}
	for name, m := range methods {
		params := []object{}
		for _, rule := range m.params {
			param, _, _ := strings.Cut(rule, " ")
			params = append(params, object{"name": param, "schema": true, "required": !strings.HasSuffix(rule, "?")})
		}
		described = append(described, object{"name": name, "params": params})
	}
	return object{"openrpc": "1.4.0", "info": object{"title": "a stranger", "version": "1.0.0"}, "methods": described}
}

// bind gives params their names and says what is wrong with them.
func bind(m method, given any) (params object, reason string) {
	params, isNamed := given.(object)
	if !isNamed {
		params = object{}
	}
	list, _ := given.([]any)
	for place, value := range list {
		name := fmt.Sprint(place) // one too many is an unknown param
		if place < len(m.params) {
			name, _, _ = strings.Cut(m.params[place], " ")
		}
		params[name] = value
	}
	reason, known := misfit(params, m.params...)
	if reason == "" && known < len(params) && m.params != nil {
		reason = fmt.Sprintf("the params are %q", m.params)
	}
	return params, reason
}

// call is one that streams: how many items its caller granted, and the answer that ends it.
type call struct {
	credit float64
	end    object
}

var (
	mutex   sync.Mutex // of what is written, and of calls
	calls   = map[string]*call{}
	changed = sync.NewCond(&mutex) // a call has more credit, or has to end
	running sync.WaitGroup         // of what owes an answer
)

func send(message any) {
	mutex.Lock()
	defer mutex.Unlock()
	if line, _ := json.Marshal(message); message != nil {
		_, _ = os.Stdout.Write(append(line, '\n'))
	}
}

var httpRequest = regexp.MustCompile(`^[A-Z]+ \S+ HTTP/`)

func takeLine(reader *bufio.Reader) error {
	line, err := reader.ReadSlice('\n')
	if err == nil && httpRequest.Match(line) {
		return fmt.Errorf("this is a request of HTTP")
	} else if err == nil && len(bytes.TrimSpace(line)) > 0 {
		take(line)
	} else if err == bufio.ErrBufferFull {
		for pieces := 1; err == bufio.ErrBufferFull && pieces < maxOverrun; pieces++ {
			_, err = reader.ReadSlice('\n')
		}
		send(refusal(nil, -32005, "the line has more than %d bytes", maxLine))
	}
	return err // a last line without LF is no message
}

func take(line []byte) {
	var message any
	decoder := json.NewDecoder(bytes.NewReader(line))
	decoder.UseNumber() // a double would change ids beyond 2^53
	if decoder.Decode(&message) != nil || !utf8.Valid(line) || !json.Valid(line) {
		send(refusal(nil, -32700, "the line is not JSON text"))
	} else if depth(line) > maxDepth {
		send(refusal(nil, -32600, "more than %d levels of nesting", maxDepth))
	} else if batch, isBatch := message.([]any); !isBatch {
		takeOne(message, send)
	} else if len(batch) == 0 || len(batch) > maxBatch {
		send(refusal(nil, -32600, "a batch has 1 to %d elements", maxBatch))
	} else {
		takeBatch(batch)
	}
}

var text = regexp.MustCompile(`"(?:[^"\\]|\\.)*"`)
var innermost = regexp.MustCompile(`[\[{][^\[\]{}]*[\]}]`)

func depth(line []byte) (levels int) {
	for line = text.ReplaceAll(line, nil); innermost.Match(line) && levels <= maxDepth; levels++ {
		line = innermost.ReplaceAll(line, nil)
	}
	return levels
}

func takeBatch(batch []any) {
	var gathering sync.Mutex
	replies, awaited := []any{}, len(batch)
	for _, one := range batch {
		takeOne(one, func(reply any) {
			gathering.Lock()
			defer gathering.Unlock()
			if reply != nil {
				replies = append(replies, reply)
			}
			if awaited--; awaited == 0 && len(replies) > 0 {
				send(replies)
			}
		})
	}
}

// takeOne calls reply once, with nil where the message is not answered.
func takeOne(one any, reply func(any)) {
	m, _ := one.(object)
	name, isCall := m["method"].(string)
	id, hasID := m["id"]
	found, isKnown := methods[name]
	params, misbound := bind(found, m["params"])
	if reason := problem(m); reason != "" {
		if !has(m, "method") || !isID(id) {
			id = nil
		}
		reply(refusal(id, -32600, "invalid request: %s", reason))
	} else if !isCall || !hasID { // an answer to no call of ours, or a notification
		notified(name, m["params"])
		reply(nil)
	} else if has(m, "auth") {
		reply(refusal(id, -32001, "this server has no accounts"))
	} else if !isKnown {
		reply(refusal(id, -32601, "there is no method %.100q", name))
	} else if misbound != "" {
		reply(refusal(id, -32602, "invalid params for %q: %s", name, misbound))
	} else if found.stream != nil {
		start(m, found, params, reply)
	} else {
		reply(object{"jsonrpc": "2.0", "id": id, "result": found.handler(params)})
	}
}

// problem says why a value is no message; it is empty where the value is one.
func problem(m object) string {
	if hasKind := has(m, "method") || has(m, "result") || has(m, "error"); !hasKind || m["jsonrpc"] != "2.0" || !isID(m["id"]) {
		return `jsonrpc must be "2.0", an id text, null or a whole number; method, result or error must be there`
	}
	meta, _ := m["meta"].(object)
	reason, _ := misfit(m, "method text?", "params array or object?", "auth text?", "meta object?")
	metaReason, _ := misfit(meta, "timeoutMs number above 0?", "credit number above 0?", "traceparent text?", "idempotencyKey text?")
	return reason + metaReason
}

func isID(value any) bool {
	number, _ := value.(json.Number)
	whole, _ := number.Int64()
	_, isText := value.(string)
	return value == nil || isText || number.String() == fmt.Sprint(whole) && -maxID <= whole && whole <= maxID
}

// keyOf keeps the id 1 and the id "1" apart.
func keyOf(id any) string { return fmt.Sprintf("%T %v", id, id) }

// notified takes a notification. One of a sample method has no effect.
func notified(name string, params any) {
	mutex.Lock()
	defer mutex.Unlock()
	p, _ := params.(object)
	started := calls[keyOf(p["id"])]
	if granted := num(p["count"]); started != nil && name == "rpc.credit" && granted > 0 {
		started.credit += granted
	} else if started != nil && name == "rpc.cancel" {
		started.end = refusal(p["id"], -32004, "the call was cancelled by its caller")
	}
	changed.Broadcast()
}

func start(m object, found method, params object, reply func(any)) {
	mutex.Lock()
	defer mutex.Unlock()
	id, started, timeoutMs := m["id"], &call{credit: math.Inf(1)}, float64(defaultTimeoutMs)
	meta, _ := m["meta"].(object)
	for name, into := range map[string]*float64{"credit": &started.credit, "timeoutMs": &timeoutMs} {
		if has(meta, name) {
			*into = num(meta[name])
		}
	}
	if len(calls) >= maxCalls {
		started.end = refusal(id, -32005, "more than %d calls are under way", maxCalls)
	}
	calls[keyOf(id)] = started
	running.Add(1)
	deadline := time.AfterFunc(time.Duration(math.Min(timeoutMs, maxTimeoutMs)*1e6), func() {
		mutex.Lock()
		defer mutex.Unlock()
		started.end = refusal(id, -32003, "the call took longer than its deadline")
		changed.Broadcast()
	})
	go func() {
		defer running.Done()
		answer := found.stream(params, func(item any) object { return sendItem(id, started, item) })
		deadline.Stop()
		mutex.Lock()
		delete(calls, keyOf(id))
		mutex.Unlock()
		if answer == nil {
			answer = object{"jsonrpc": "2.0", "id": id, "result": nil}
		}
		reply(answer)
	}()
}

// sendItem waits until the caller has granted the item. It gives the answer where the call has to end.
func sendItem(id any, started *call, value any) object {
	mutex.Lock()
	for started.credit < 1 && started.end == nil {
		changed.Wait()
	}
	started.credit--
	end := started.end
	mutex.Unlock()
	if end == nil {
		send(object{"jsonrpc": "2.0", "method": "rpc.item", "params": object{"id": id, "value": value}})
	}
	return end
}

func main() {
	for reader := bufio.NewReaderSize(os.Stdin, maxLine+1); takeLine(reader) == nil; {
	}
	running.Wait()
}
