// Go's net/rpc, with gob or with jsonrpc. Arguments: server FORMAT, or client FORMAT ADDRESS.
package main

import (
	"net"
	"net/rpc"
	"net/rpc/jsonrpc"
	"os"
)

// AddArgs are the parameters of Bench.Add.
type AddArgs struct{ A, B float64 }

// Bench is the service.
type Bench struct{}

// Add gives the sum.
func (Bench) Add(args AddArgs, sum *float64) error {
	*sum = args.A + args.B
	return nil
}

// Echo gives its text back.
func (Bench) Echo(text string, reply *string) error {
	*reply = text
	return nil
}

// EchoBytes gives its bytes back.
func (Bench) EchoBytes(value []byte, reply *[]byte) error {
	*reply = value
	return nil
}

type netrpcClient struct{ client *rpc.Client }

func (own netrpcClient) add(a, b float64) (sum float64, err error) {
	err = own.client.Call("Bench.Add", AddArgs{a, b}, &sum)
	return
}

func (own netrpcClient) echo(text string) (reply string, err error) {
	err = own.client.Call("Bench.Echo", text, &reply)
	return
}

func (own netrpcClient) echoBytes(value []byte) (reply []byte, err error) {
	err = own.client.Call("Bench.EchoBytes", value, &reply)
	return
}

func (own netrpcClient) close() { must(own.client.Close()) }

func serve(isJSON bool) {
	must(rpc.Register(Bench{}))
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	must(err)
	sayAddress(listener.Addr().String())
	for {
		connection, err := listener.Accept()
		must(err)
		if isJSON {
			go jsonrpc.ServeConn(connection)
		} else {
			go rpc.ServeConn(connection)
		}
	}
}

func main() {
	isJSON := os.Args[2] == "jsonrpc"
	if os.Args[1] == "server" {
		serve(isJSON)
	}
	dial := rpc.Dial
	if isJSON {
		dial = jsonrpc.Dial
	}
	carryLoads(func() loadClient {
		client, err := dial("tcp", os.Args[3])
		must(err)
		return netrpcClient{client}
	})
}
