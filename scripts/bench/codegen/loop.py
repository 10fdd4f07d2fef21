"""One call after the other: a loop written by hand, and the generated client `client`.

`loop.py SOCKET CALLS ROUNDS` prints the calls a second of each round: [by hand, generated].
"""

import json
import socket
import sys
import time

import client as api


def by_hand(path, calls):
    with socket.socket(socket.AF_UNIX) as connection:
        connection.connect(path)
        lines = connection.makefile("rb")
        start = time.perf_counter()
        for i in range(calls):
            call = {"jsonrpc": "2.0", "id": i, "method": "add", "params": {"a": i, "b": 2}}
            connection.sendall(json.dumps(call).encode() + b"\n")
            assert json.loads(lines.readline())["result"] == i + 2
        return calls / (time.perf_counter() - start)


def generated(path, calls):
    with api.connect(f"unix:{path}") as client:
        start = time.perf_counter()
        for i in range(calls):
            assert api.add(client, a=i, b=2) == i + 2
        return calls / (time.perf_counter() - start)


def main(path, calls, rounds):
    by_hand(path, calls), generated(path, calls)  # to warm up
    print(json.dumps([[by_hand(path, calls), generated(path, calls)] for _ in range(rounds)]))


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))
