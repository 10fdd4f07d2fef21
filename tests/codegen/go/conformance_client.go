// Does with a generated client what the conformance kit says (docs/conformance.md).
//
// The generated client is compiled beside it, in the package main. The argument is a port; each line
// of standard input has the instructions for one connection to it.
package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"os"
	"time"
)

type instruction struct {
	Call      *string         `json:"call"`
	Stream    *string         `json:"stream"`
	Notify    *string         `json:"notify"`
	Together  []instruction   `json:"together"`
	Params    json.RawMessage `json:"params"`
	Streamed  *string         `json:"streamed"`
	TimeoutMs int             `json:"timeoutMs"`
	Credit    int             `json:"credit"`
	Take      int             `json:"take"`
}

func (told instruction) params() any {
	if told.Params == nil {
		return nil
	}
	return told.Params
}

func failed(report map[string]any, err error) map[string]any {
	var failure *Error
	errors.As(err, &failure)
	report["error"] = map[string]any{"code": failure.Code}
	return report
}

// start begins what is told, and gives what waits for its end.
func start(c *Client, told instruction) func() map[string]any {
	ctx := context.Background()
	if told.TimeoutMs > 0 {
		ctx, _ = context.WithTimeout(ctx, time.Duration(told.TimeoutMs)*time.Millisecond)
	}
	if told.Stream != nil {
		stream, err := c.CallStream(ctx, *told.Stream, told.params(), told.Credit)
		return func() map[string]any { return read(stream, err, told.Take) }
	}
	done := make(chan map[string]any)
	text, _ := paramsText(told.params())
	meta := ""
	if deadline, hasOne := ctx.Deadline(); hasOne {
		meta = metaText(time.Until(deadline), "", 0)
	}
	// As Call does; but here the calls begin in order.
	called := &method{name: quoted(*told.Call)}
	w := &waiting{reply: make(chan reply, 1)}
	l := c.link.Load()
	id, failure := l.begin(called.name, text, meta, w)
	go func() {
		if failure != nil {
			done <- failed(map[string]any{}, failure)
			return
		}
		select {
		case r := <-w.reply:
			var result json.RawMessage
			if r.err != nil {
				done <- failed(map[string]any{}, r.err)
			} else if err := readResult(r, called, &result); err != nil {
				done <- failed(map[string]any{}, err)
			} else {
				done <- map[string]any{"result": result}
			}
		case <-ctx.Done():
			l.forget(id)
			done <- failed(map[string]any{}, contextError(ctx))
		}
	}()
	return func() map[string]any { return <-done }
}

func read(stream *Stream[json.RawMessage], err error, take int) map[string]any {
	report := map[string]any{"items": []json.RawMessage{}}
	if err != nil {
		return failed(report, err)
	}
	items := []json.RawMessage{}
	for stream.Next() {
		items = append(items, stream.Value())
		report["items"] = items
		if len(items) == take {
			stream.Close()
			return report
		}
	}
	if stream.Err() != nil {
		return failed(report, stream.Err())
	}
	report["result"] = stream.Result()
	return report
}

func follow(c *Client, told instruction) map[string]any {
	ctx := context.Background()
	switch {
	case told.Notify != nil:
		c.Notify(ctx, *told.Notify, told.params())
		return map[string]any{"result": nil}
	case told.Together != nil:
		var finishes []func() map[string]any
		for _, each := range told.Together {
			finishes = append(finishes, start(c, each))
		}
		reports := []any{}
		for _, finish := range finishes {
			reports = append(reports, finish())
		}
		return map[string]any{"all": reports}
	case told.Streamed == nil && told.Stream != nil:
		return start(c, told)()
	case told.Streamed == nil && told.Call != nil:
		if told.TimeoutMs > 0 {
			var cancel context.CancelFunc
			ctx, cancel = context.WithTimeout(ctx, time.Duration(told.TimeoutMs)*time.Millisecond)
			defer cancel()
		}
		var result json.RawMessage
		if err := c.Call(ctx, *told.Call, told.params(), &result); err != nil {
			return failed(map[string]any{}, err)
		}
		return map[string]any{"result": result}
	}
	return map[string]any{"unsupported": true}
}

func main() {
	input := bufio.NewReaderSize(os.Stdin, 1<<20)
	for {
		line, err := input.ReadBytes('\n')
		if err != nil {
			return
		}
		var instructions []instruction
		if json.Unmarshal(line, &instructions) != nil {
			panic("these are no instructions")
		}
		c, err := Connect(context.Background(), "tcp://127.0.0.1:"+os.Args[1], Options{})
		if err != nil {
			panic(err)
		}
		c.isClosed.Store(true) // a lost connection is not made again: the kit speaks on one
		ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
		for _, told := range instructions {
			if c.Call(ctx, "report", follow(c, told), nil) != nil {
				break
			}
		}
		cancel()
		c.Close()
	}
}
