// grpc-go. Arguments: server, or client ADDRESS.
package main

import (
	"context"
	"net"
	"os"

	"google.golang.org/grpc"
)

type bench struct{ UnimplementedBenchServer }

func (bench) Add(_ context.Context, request *AddRequest) (*AddReply, error) {
	return &AddReply{Sum: request.A + request.B}, nil
}

func (bench) Echo(_ context.Context, request *EchoMessage) (*EchoMessage, error) {
	return request, nil
}

func (bench) EchoBytes(_ context.Context, request *BytesMessage) (*BytesMessage, error) {
	return request, nil
}

type grpcClient struct {
	connection *grpc.ClientConn
	stub       BenchClient
}

func (own grpcClient) add(a, b float64) (float64, error) {
	reply, err := own.stub.Add(context.Background(), &AddRequest{A: a, B: b})
	return reply.GetSum(), err
}

func (own grpcClient) echo(text string) (string, error) {
	reply, err := own.stub.Echo(context.Background(), &EchoMessage{Value: text})
	return reply.GetValue(), err
}

func (own grpcClient) echoBytes(value []byte) ([]byte, error) {
	reply, err := own.stub.EchoBytes(context.Background(), &BytesMessage{Value: value})
	return reply.GetValue(), err
}

func (own grpcClient) close() { must(own.connection.Close()) }

func serve() {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	must(err)
	server := grpc.NewServer()
	RegisterBenchServer(server, bench{})
	sayAddress(listener.Addr().String())
	must(server.Serve(listener))
}

func main() {
	if os.Args[1] == "server" {
		serve()
	}
	carryLoads(func() loadClient {
		connection, err := grpc.Dial(os.Args[2], grpc.WithInsecure(), grpc.WithBlock())
		must(err)
		return grpcClient{connection, NewBenchClient(connection)}
	})
}
