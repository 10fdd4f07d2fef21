package runtime

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"net"
	"runtime"
	"strconv"
	"sync"
	"sync/atomic"
	"time"
)

const (
	readBytes    = 64 << 10
	maxLineBytes = 64 << 20
	stalledAfter = 30 * time.Second
)

// reply is what a call ends with.
type reply struct {
	// result is JSON, with more behind it where the line has other members; then whole is needed.
	result []byte
	whole  []byte
	err    *Error
}

// waiting is a call that waits for its reply.
type waiting struct {
	reply chan reply
	// item takes each item of a stream; nil where the call does not stream.
	item func(json.RawMessage)
	// timer ends the wait; made with the first one.
	timer *time.Timer
}

// waitings are used again: a call that gets its reply leaves nothing behind.
var waitings = sync.Pool{New: func() any { return &waiting{reply: make(chan reply, 1)} }}

// startTimer ends the wait after a time.
func (w *waiting) startTimer(left time.Duration) <-chan time.Time {
	if w.timer == nil {
		w.timer = time.NewTimer(left)
	} else {
		w.timer.Reset(left)
	}
	return w.timer.C
}

// release gives back what has its reply; not where the timer may still tell of the wait that ended.
func (w *waiting) release() {
	if w.timer.Stop() {
		waitings.Put(w)
	}
}

// link is one connection.
type link struct {
	connection net.Conn
	failed     atomic.Bool

	lock      sync.Mutex
	waiting   map[uint64]*waiting
	lastID    uint64
	failure   *Error
	outgoing  []byte
	spare     []byte
	isWriting bool
	isRetired bool
}

func newLink(connection net.Conn) *link {
	l := &link{connection: connection, waiting: map[uint64]*waiting{}}
	go l.read()
	return l
}

// begin sends a call; method, params and meta are JSON, an empty meta is none.
func (l *link) begin(method string, params []byte, meta string, w *waiting) (uint64, *Error) {
	l.lock.Lock()
	if l.failure != nil {
		l.lock.Unlock()
		return 0, l.failure
	}
	l.lastID++
	id := l.lastID
	l.waiting[id] = w
	l.outgoing = append(l.outgoing, `{"jsonrpc":"2.0","id":`...)
	l.outgoing = strconv.AppendUint(l.outgoing, id, 10)
	l.outgoing = append(l.outgoing, `,"method":`...)
	l.outgoing = append(l.outgoing, method...)
	l.outgoing = append(l.outgoing, `,"params":`...)
	l.outgoing = append(l.outgoing, params...)
	if meta != "" {
		l.outgoing = append(append(l.outgoing, `,"meta":`...), meta...)
	}
	l.outgoing = append(l.outgoing, "}\n"...)
	l.flush()
	return id, nil
}

// notify sends a notification.
func (l *link) notify(method string, params []byte) {
	line := `{"jsonrpc":"2.0","method":` + method + `,"params":` + string(params) + "}\n"
	l.lock.Lock()
	l.outgoing = append(l.outgoing, line...)
	l.flush()
}

// forget leaves a call; its reply is ignored.
func (l *link) forget(id uint64) {
	l.lock.Lock()
	_, isThere := l.waiting[id]
	delete(l.waiting, id)
	isOver := l.isRetired && len(l.waiting) == 0
	l.lock.Unlock()
	if isThere {
		l.notify(`"rpc.cancel"`, []byte(`{"id":`+strconv.FormatUint(id, 10)+`}`))
	}
	if isOver {
		l.retire()
	}
}

// retire ends the connection when the last of its calls has ended: the server is about to stop.
func (l *link) retire() {
	l.lock.Lock()
	l.isRetired = true
	isOver := len(l.waiting) == 0
	l.lock.Unlock()
	if isOver {
		l.close(newError("unavailable", nil, "The server stops"))
	}
}

// flush writes what is gathered, unless somebody does so; it is called with the lock, and gives it
// back.
func (l *link) flush() {
	if l.isWriting || l.failure != nil {
		l.lock.Unlock()
		return
	}
	l.isWriting = true
	l.lock.Unlock()
	runtime.Gosched() // whoever is about to call too shares the write
	l.lock.Lock()
	for len(l.outgoing) > 0 && l.failure == nil {
		lines := l.outgoing
		l.outgoing = l.spare[:0]
		l.lock.Unlock()
		l.connection.SetWriteDeadline(time.Now().Add(stalledAfter))
		_, err := l.connection.Write(lines)
		if err != nil {
			l.close(newError("unavailable", err, "The connection was lost: %v", err))
		}
		l.lock.Lock()
		l.spare = lines
	}
	l.isWriting = false
	l.lock.Unlock()
}

// close ends the connection and every call on it.
func (l *link) close(reason *Error) {
	l.lock.Lock()
	if l.failure != nil {
		l.lock.Unlock()
		return
	}
	l.failure = reason
	l.failed.Store(true)
	ended := l.waiting
	l.waiting = map[uint64]*waiting{}
	l.lock.Unlock()
	l.connection.Close()
	for _, w := range ended {
		w.reply <- reply{err: reason}
	}
}

func (l *link) read() {
	reader := bufio.NewReaderSize(l.connection, readBytes)
	for {
		line, err := readLine(reader)
		if err != nil {
			reason := "the server ended it"
			if !errors.Is(err, io.EOF) {
				reason = err.Error()
			}
			l.close(newError("unavailable", err, "The connection was lost: %s", reason))
			return
		}
		l.take(line)
	}
}

var errTooLong = errors.New("the server sent a line that has no end")

// readLine gives a line without its LF; it is good until the next one is read.
func readLine(reader *bufio.Reader) ([]byte, error) {
	line, err := reader.ReadSlice('\n')
	if err == nil {
		return line[:len(line)-1], nil
	}
	whole := append([]byte(nil), line...)
	for errors.Is(err, bufio.ErrBufferFull) {
		if len(whole) > maxLineBytes {
			return nil, errTooLong
		}
		line, err = reader.ReadSlice('\n')
		whole = append(whole, line...)
	}
	if err != nil {
		return nil, err
	}
	return whole[:len(whole)-1], nil
}

var (
	replyStart  = []byte(`{"jsonrpc":"2.0","id":`)
	resultStart = []byte(`,"result":`)
)

// take takes a message. The result of a reply in the usual form is found without reading the line.
func (l *link) take(line []byte) {
	if bytes.HasPrefix(line, replyStart) {
		rest := line[len(replyStart):]
		end := bytes.IndexByte(rest, ',')
		if end > 0 && bytes.HasPrefix(rest[end:], resultStart) && rest[len(rest)-1] == '}' {
			if id, err := strconv.ParseUint(string(rest[:end]), 10, 64); err == nil {
				whole := append([]byte(nil), line...)
				start := len(replyStart) + end + len(resultStart)
				l.settle(id, reply{result: whole[start : len(whole)-1], whole: whole})
				return
			}
		}
	}
	var message struct {
		ID     json.RawMessage `json:"id"`
		Method *string         `json:"method"`
		Params json.RawMessage `json:"params"`
	}
	if json.Unmarshal(line, &message) != nil {
		return // it is no message
	}
	if message.Method != nil {
		l.takeCall(*message.Method, message.ID, message.Params)
	} else if id, err := strconv.ParseUint(string(message.ID), 10, 64); err == nil {
		l.settle(id, reply{whole: append([]byte(nil), line...)})
	}
}

func (l *link) settle(id uint64, r reply) {
	l.lock.Lock()
	w := l.waiting[id]
	delete(l.waiting, id)
	isOver := l.isRetired && len(l.waiting) == 0
	l.lock.Unlock()
	if w != nil {
		w.reply <- r
	}
	if isOver {
		l.retire()
	}
}

func (l *link) takeCall(method string, id, params json.RawMessage) {
	if method == "rpc.item" {
		var item struct {
			ID    uint64          `json:"id"`
			Value json.RawMessage `json:"value"`
		}
		if json.Unmarshal(params, &item) != nil {
			return
		}
		l.lock.Lock()
		w := l.waiting[item.ID]
		l.lock.Unlock()
		if w != nil && w.item != nil {
			w.item(item.Value)
		}
	} else if id != nil {
		answer := `"error":{"code":-32601,"message":"This client has no methods"}`
		if method == "rpc.ping" {
			answer = `"result":"pong"`
		}
		line := `{"jsonrpc":"2.0","id":` + string(id) + `,` + answer + "}\n"
		l.lock.Lock()
		l.outgoing = append(l.outgoing, line...)
		l.flush()
	}
}
