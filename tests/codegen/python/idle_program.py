"""Calls a server that ends each connection behind its answer: the client `shop` notices, and no call
is lost. Prints the answers."""

import json
import socket
import threading

import shop

shop._IDLE_S = 0.0
listener = socket.create_server(("127.0.0.1", 0))
ended = threading.Semaphore(0)


def serve() -> None:
    for answer in range(3):
        connection, _ = listener.accept()
        with connection, connection.makefile("rb") as lines:
            call = json.loads(lines.readline())
            reply = {"jsonrpc": "2.0", "id": call["id"], "result": answer}
            connection.sendall(json.dumps(reply).encode() + b"\n")
            connection.shutdown(socket.SHUT_RDWR)
        ended.release()


threading.Thread(target=serve).start()
with shop.connect(f"tcp://127.0.0.1:{listener.getsockname()[1]}") as client:
    for _ in range(3):
        print(client.call("orders.count"))
        ended.acquire()
listener.close()
