// The load that the Go clients carry: load.ts in Go, with the same calls and the same checks.
package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"log"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

const warmUp = 300 * time.Millisecond

var echoText = strings.Repeat("0123456789abcdef", 65_536)
var echoedBytes = makeEchoedBytes()

func makeEchoedBytes() []byte {
	made := make([]byte, 1_048_576)
	for at := range made {
		made[at] = byte(at*7 + at>>8)
	}
	return made
}

// scenario is what one round does; load.ts explains its members.
type scenario struct {
	Connections int    `json:"connections"`
	InFlight    int    `json:"inFlight"`
	Work        string `json:"work"`
}

// order is a line of standard input.
type order struct {
	Scenario scenario `json:"scenario"`
	Seconds  float64  `json:"seconds"`
}

// result is the answer to an order.
type result struct {
	Calls   int64   `json:"calls"`
	Seconds float64 `json:"seconds"`
}

// loadClient is one connection of a contestant. Every method is safe for concurrent use.
type loadClient interface {
	add(a, b float64) (float64, error)
	echo(text string) (string, error)
	echoBytes(value []byte) ([]byte, error)
	close()
}

// lane makes one call after the other. Its counter fills a cache line of its own.
type lane struct {
	calls atomic.Int64
	_     [56]byte
}

func must(err error) {
	if err != nil {
		log.Fatal(err)
	}
}

func addOnce(client loadClient, a float64) {
	sum, err := client.add(a, 7)
	must(err)
	if sum != a+7 {
		log.Fatalf("add(%v, 7) gave %v", a, sum)
	}
}

func echoOnce(client loadClient) {
	text, err := client.echo(echoText)
	must(err)
	if text != echoText {
		log.Fatal("echo gave another text")
	}
}

func echoBytesOnce(client loadClient) {
	value, err := client.echoBytes(echoedBytes)
	must(err)
	if !bytes.Equal(value, echoedBytes) {
		log.Fatal("echo gave other bytes")
	}
}

// work makes calls until stopped is set.
func (own *lane) work(kind string, client loadClient, open func() loadClient, seed int, stopped *atomic.Bool) {
	for a := float64(seed); !stopped.Load(); a++ {
		switch kind {
		case "add":
			addOnce(client, a)
		case "echo":
			echoOnce(client)
		case "bytes":
			echoBytesOnce(client)
		case "connect":
			fresh := open()
			addOnce(fresh, a)
			fresh.close()
		default:
			log.Fatalf("unknown work %q", kind)
		}
		own.calls.Add(1)
	}
}

func total(lanes []lane) int64 {
	sum := int64(0)
	for at := range lanes {
		sum += lanes[at].calls.Load()
	}
	return sum
}

// carry runs one round: it warms up, counts for the given time, and closes what it opened.
func carry(open func() loadClient, round scenario, seconds float64) result {
	var clients []loadClient
	if round.Work != "connect" {
		for len(clients) < round.Connections {
			clients = append(clients, open())
		}
	}
	lanes := make([]lane, round.Connections*round.InFlight)
	var stopped atomic.Bool
	var running sync.WaitGroup
	for at := range lanes {
		var client loadClient
		if len(clients) > 0 {
			client = clients[at%len(clients)]
		}
		running.Add(1)
		go func(at int) {
			defer running.Done()
			lanes[at].work(round.Work, client, open, at, &stopped)
		}(at)
	}
	time.Sleep(warmUp)
	fmt.Println("warm")
	before := total(lanes)
	start := time.Now()
	time.Sleep(time.Duration(seconds * float64(time.Second)))
	calls := total(lanes) - before
	elapsed := time.Since(start).Seconds()
	stopped.Store(true)
	running.Wait()
	for _, client := range clients {
		client.close()
	}
	return result{calls, elapsed}
}

// carryLoads answers each order with the line "warm" and then its result.
func carryLoads(open func() loadClient) {
	lines := bufio.NewScanner(os.Stdin)
	for lines.Scan() {
		var round order
		must(json.Unmarshal(lines.Bytes(), &round))
		sayJSON(carry(open, round.Scenario, round.Seconds))
	}
	must(lines.Err())
}

// sayJSON prints a value as a line.
func sayJSON(value any) {
	line, err := json.Marshal(value)
	must(err)
	fmt.Println(string(line))
}

// sayAddress prints where a server listens.
func sayAddress(address string) {
	sayJSON(map[string]string{"address": address})
}
