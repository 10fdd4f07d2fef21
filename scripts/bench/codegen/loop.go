// 64 calls in flight on one connection: a loop written by hand, and the generated client, which is
// compiled beside it in the package main.
//
// The arguments are SOCKET CALLS ROUNDS; it prints the calls a second of each round: [by hand,
// generated].
package main

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"net"
	"os"
	"strconv"
	"sync"
	"time"
)

const inFlight = 64

type request struct {
	JSONRPC string    `json:"jsonrpc"`
	ID      int       `json:"id"`
	Method  string    `json:"method"`
	Params  AddParams `json:"params"`
}

type answer struct {
	ID     int     `json:"id"`
	Result float64 `json:"result"`
}

func must(err error) {
	if err != nil {
		panic(err)
	}
}

// byHand keeps the calls in flight with one goroutine, and writes when nothing is left to be read.
func byHand(path string, calls int) float64 {
	connection, err := net.Dial("unix", path)
	must(err)
	defer connection.Close()
	reader, writer := bufio.NewReaderSize(connection, 1<<16), bufio.NewWriterSize(connection, 1<<16)
	sent := 0
	send := func() {
		line, err := json.Marshal(request{"2.0", sent, "add", AddParams{A: float64(sent), B: 2}})
		must(err)
		writer.Write(line)
		writer.WriteByte('\n')
		sent++
	}
	start := time.Now()
	for sent < inFlight {
		send()
	}
	must(writer.Flush())
	for came := 0; came < calls; came++ {
		line, err := reader.ReadSlice('\n')
		must(err)
		var one answer
		must(json.Unmarshal(line, &one))
		if one.Result != float64(one.ID)+2 {
			panic(string(line))
		}
		if sent < calls {
			send()
		}
		if reader.Buffered() == 0 {
			must(writer.Flush())
		}
	}
	return float64(calls) / time.Since(start).Seconds()
}

func generated(path string, calls int) float64 {
	ctx := context.Background()
	client, err := Connect(ctx, "unix:"+path, Options{})
	must(err)
	defer client.Close()
	var group sync.WaitGroup
	start := time.Now()
	for caller := 0; caller < inFlight; caller++ {
		group.Add(1)
		go func() {
			defer group.Done()
			for i := 0; i < calls/inFlight; i++ {
				result, err := client.Add(ctx, AddParams{A: float64(i), B: 2})
				must(err)
				if result != float64(i)+2 {
					panic(result)
				}
			}
		}()
	}
	group.Wait()
	return float64(calls) / time.Since(start).Seconds()
}

func main() {
	calls, err := strconv.Atoi(os.Args[2])
	must(err)
	rounds, err := strconv.Atoi(os.Args[3])
	must(err)
	byHand(os.Args[1], calls)
	generated(os.Args[1], calls) // to warm up
	figures := [][2]float64{}
	for round := 0; round < rounds; round++ {
		figures = append(figures, [2]float64{byHand(os.Args[1], calls), generated(os.Args[1], calls)})
	}
	text, err := json.Marshal(figures)
	must(err)
	fmt.Println(string(text))
}
