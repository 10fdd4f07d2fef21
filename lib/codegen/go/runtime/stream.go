package runtime

import (
	"context"
	"encoding/json"
	"strconv"
	"sync"
	"time"
)

const defaultCredit = 256

// Stream has the items of a method that streams:
//
//	for stream.Next() {
//		use(stream.Value())
//	}
//	err := stream.Err()
//
// Whoever leaves it early calls Close.
type Stream[T any] struct {
	ctx    context.Context
	link   *link
	id     uint64
	called *method
	timer  *time.Timer
	credit int

	lock  sync.Mutex
	items []json.RawMessage
	more  chan struct{}
	reply chan reply

	taken  int
	value  T
	result json.RawMessage
	err    error
	isOver bool
}

// CallStream calls any method that streams; the server sends at most credit items ahead, 256 where it
// is 0.
func (c *Client) CallStream(
	ctx context.Context, name string, params any, credit int,
) (*Stream[json.RawMessage], error) {
	return openStream[json.RawMessage](ctx, c, &method{name: quoted(name)}, params, credit)
}

func openStream[T any](
	ctx context.Context, c *Client, called *method, params any, credit int,
) (*Stream[T], error) {
	text, err := paramsText(params)
	if err != nil {
		return nil, err
	}
	l, err := c.connected(ctx)
	if err != nil {
		return nil, err
	}
	left := c.options.Timeout
	if deadline, hasOne := ctx.Deadline(); hasOne {
		left = time.Until(deadline)
	}
	if credit == 0 {
		credit = defaultCredit
	}
	s := &Stream[T]{
		ctx: ctx, link: l, called: called, credit: credit, timer: time.NewTimer(left),
		more: make(chan struct{}, 1), reply: make(chan reply, 1),
	}
	w := &waiting{reply: s.reply, item: s.take}
	id, failure := l.begin(called.name, text, metaText(left, "", credit), w)
	if failure != nil {
		return nil, failure
	}
	s.id = id
	return s, nil
}

// Next waits for the next item; false where there is none, or the stream failed.
func (s *Stream[T]) Next() bool {
	for !s.isOver {
		if item, isThere := s.first(); isThere {
			s.grant()
			var value T
			if err := json.Unmarshal(item, &value); err != nil {
				s.fail(newError("internal", err, "An item is of another type: %v", err))
				return false
			}
			s.value = value
			return true
		}
		select {
		case <-s.more:
		case r := <-s.reply:
			// Items that came before the reply are read before it.
			s.reply <- r
			if s.isEmpty() {
				s.end(<-s.reply)
			}
		case <-s.timer.C:
			s.fail(newError("deadline_exceeded", nil, "The call took longer than its deadline"))
		case <-s.ctx.Done():
			s.fail(contextError(s.ctx))
		}
	}
	return false
}

// Value is the item that Next found.
func (s *Stream[T]) Value() T { return s.value }

// Err is why the stream failed; nil where its items have just ended.
func (s *Stream[T]) Err() error { return s.err }

// Result is what the method returned, as JSON, once the items have ended.
func (s *Stream[T]) Result() json.RawMessage { return s.result }

// Close leaves the stream; the server is told to stop.
func (s *Stream[T]) Close() {
	if !s.isOver {
		s.isOver = true
		s.timer.Stop()
		s.link.forget(s.id)
	}
}

func (s *Stream[T]) take(item json.RawMessage) {
	s.lock.Lock()
	s.items = append(s.items, append(json.RawMessage(nil), item...))
	s.lock.Unlock()
	select {
	case s.more <- struct{}{}:
	default:
	}
}

func (s *Stream[T]) first() (json.RawMessage, bool) {
	s.lock.Lock()
	defer s.lock.Unlock()
	if len(s.items) == 0 {
		return nil, false
	}
	item := s.items[0]
	s.items = s.items[1:]
	return item, true
}

func (s *Stream[T]) isEmpty() bool {
	s.lock.Lock()
	defer s.lock.Unlock()
	return len(s.items) == 0
}

func (s *Stream[T]) grant() {
	if s.taken++; s.taken*2 < s.credit {
		return
	}
	params := `{"id":` + strconv.FormatUint(s.id, 10) + `,"count":` + strconv.Itoa(s.taken) + `}`
	s.link.notify(`"rpc.credit"`, []byte(params))
	s.taken = 0
}

func (s *Stream[T]) end(r reply) {
	s.isOver = true
	s.timer.Stop()
	if r.err != nil {
		s.err = r.err
	} else {
		s.err = readResult(r, s.called, &s.result)
	}
}

func (s *Stream[T]) fail(err error) {
	s.err = err
	s.Close()
}
