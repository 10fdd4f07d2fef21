"""Calls a server that is away: the client `shop` tries an idempotent call until the server is back, and
another one a few times. Nothing sleeps: the server comes back with the 20th pause. Prints the answer,
and how often each call paused."""

import json
import socket
import threading

import shop

listener = socket.create_server(("127.0.0.1", 0))
port = listener.getsockname()[1]
listener.close()
pauses = 0


def serve() -> None:
    connection, _ = listener.accept()
    with connection, connection.makefile("rb") as lines:
        call = json.loads(lines.readline())
        reply = {"jsonrpc": "2.0", "id": call["id"], "result": 7}
        connection.sendall(json.dumps(reply).encode() + b"\n")


def pause(_: float) -> None:
    global listener, pauses
    pauses += 1
    if pauses == 20:
        listener = socket.create_server(("127.0.0.1", port))
        threading.Thread(target=serve).start()


shop.time.sleep = pause
with shop.Client(f"tcp://127.0.0.1:{port}") as client:
    print(shop.flaky(client), pauses)
listener.close()
pauses = 100
with shop.Client(f"tcp://127.0.0.1:{port}") as client:
    try:
        client.call("orders.count")
    except shop.DariError as error:
        print(error.name, error.may_have_run, pauses - 100)
