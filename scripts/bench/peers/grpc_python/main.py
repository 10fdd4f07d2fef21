"""Python grpcio with asyncio on both sides, as its guide to performance advises.

Arguments: server, or client ADDRESS.
"""

import asyncio
import json
import sys

import grpc

import bench_pb2 as messages
import bench_pb2_grpc as stubs
from load import carry_loads

# Channels share a connection otherwise, and each of ours is to have its own.
CHANNEL_OPTIONS = [("grpc.use_local_subchannel_pool", 1)]


class Bench(stubs.BenchServicer):
    async def Add(self, request, context):
        return messages.AddReply(sum=request.a + request.b)

    async def Echo(self, request, context):
        return request

    async def EchoBytes(self, request, context):
        return request


class Client:
    def __init__(self, address):
        self.channel = grpc.aio.insecure_channel(address, options=CHANNEL_OPTIONS)
        self.stub = stubs.BenchStub(self.channel)

    async def add(self, a, b):
        return (await self.stub.Add(messages.AddRequest(a=a, b=b))).sum

    async def echo(self, text):
        return (await self.stub.Echo(messages.EchoMessage(value=text))).value

    async def echo_bytes(self, value):
        return (await self.stub.EchoBytes(messages.BytesMessage(value=value))).value

    async def close(self):
        await self.channel.close()


async def serve():
    server = grpc.aio.server()
    stubs.add_BenchServicer_to_server(Bench(), server)
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    print(json.dumps({"address": f"127.0.0.1:{port}"}), flush=True)
    await server.wait_for_termination()


async def connect_to(address):
    async def open_client():
        client = Client(address)
        await client.channel.channel_ready()
        return client

    await carry_loads(open_client)


def run():
    asyncio.run(serve() if sys.argv[1] == "server" else connect_to(sys.argv[2]))
