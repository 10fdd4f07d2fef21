"""A client of dari/1 in Python's standard library alone, written from docs/wire.md.

It speaks on its standard streams and does what its last argument says, as docs/conformance.md
describes it: `dari conformance --client -- python3 client.py`. As `client.py --port PORT` it takes
instructions line by line and connects to that port of this machine for each line.
"""

import itertools
import json
import os
import select
import socket
import sys
import time

READ_BYTES = 64 * 1024


class Disconnected(Exception):
    pass


class Call:
    """A call that waits for its answer; items come before that where it streams."""

    def __init__(self, streams, deadline, take):
        self.streams, self.deadline, self.take = streams, deadline, take
        self.items, self.answer, self.is_left = [], None, False

    @property
    def is_done(self):
        return self.is_left or self.answer is not None

    def report(self):
        report = {"items": self.items} if self.streams else {}
        return {**report, **(self.answer or {})}


class Client:
    def __init__(self, read_from, write_to):
        self.read_from, self.write_to = read_from, write_to
        self.ids = itertools.count(1)
        self.calls = {}
        self.rest = b""

    def send(self, message):
        line = json.dumps({"jsonrpc": "2.0", **message}, ensure_ascii=False) + "\n"
        data = line.encode("utf-8")
        while data:
            data = data[os.write(self.write_to, data):]

    def begin(self, method, params, timeout_ms=None, streams=False, credit=None, take=None):
        call_id = next(self.ids)
        deadline = None if timeout_ms is None else time.monotonic() + timeout_ms / 1_000
        meta = {"timeoutMs": timeout_ms, "credit": credit}
        meta = {name: value for name, value in meta.items() if value is not None}
        self.calls[call_id] = call = Call(streams, deadline, take)
        request = {"id": call_id, "method": method}
        if params is not None:
            request["params"] = params
        if meta:
            request["meta"] = meta
        self.send(request)
        return call_id, call

    def finish(self, call_id, call, credit=None):
        """Reads until the call has ended, and grants an item for each that came."""
        granted = 0
        while not call.is_done:
            seen = len(call.items)
            if credit is not None and seen > granted:
                self.send({"method": "rpc.credit", "params": {"id": call_id, "count": seen - granted}})
                granted = seen
            if not self.receive(call.deadline):
                call.answer = {"error": {"code": -32003}}
        if call.answer is None or call.answer == {"error": {"code": -32003}}:
            self.send({"method": "rpc.cancel", "params": {"id": call_id}})
        self.calls.pop(call_id, None)
        return call.report()

    def receive(self, deadline):
        """Takes the lines of one read; false where nothing came in time."""
        wait = None if deadline is None else max(0, deadline - time.monotonic())
        if not select.select([self.read_from], [], [], wait)[0]:
            return False
        data = os.read(self.read_from, READ_BYTES)
        if not data:
            raise Disconnected
        *lines, self.rest = (self.rest + data).split(b"\n")
        for line in lines:
            if line.strip():
                self.take(line)
        return True

    def take(self, line):
        try:
            message = json.loads(line.decode("utf-8"))
        except ValueError:
            return  # not a message
        if not isinstance(message, dict):
            return
        if "method" in message:
            return self.take_call(message)
        call = self.calls.get(message.get("id"))
        if call is None or call.is_done:
            return
        if isinstance(message.get("error"), dict):
            call.answer = {"error": {"code": message["error"].get("code")}}
        else:
            call.answer = {"result": message.get("result")}

    def take_call(self, message):
        params = message.get("params")
        if message["method"] == "rpc.item" and isinstance(params, dict):
            call = self.calls.get(params.get("id"))
            if call is not None and call.streams and not call.is_done:
                call.items.append(params.get("value"))
                call.is_left = len(call.items) == call.take
        elif message["method"] == "rpc.ping" and "id" in message:
            self.send({"id": message["id"], "result": "pong"})
        elif "id" in message:
            error = {"code": -32601, "message": "This client has no methods"}
            self.send({"id": message["id"], "error": error})

    def start(self, told):
        streams = "stream" in told
        method = told["stream"] if streams else told["call"]
        credit, take = told.get("credit"), told.get("take")
        begun = self.begin(method, told.get("params"), told.get("timeoutMs"), streams, credit, take)
        return lambda: self.finish(*begun, credit)

    def do(self, told):
        if "notify" in told:
            self.send({"method": told["notify"], "params": told.get("params")})
            return {"result": None}
        if "together" in told:
            finishes = [self.start(each) for each in told["together"]]
            return {"all": [finish() for finish in finishes]}
        if ("call" in told or "stream" in told) and not {"streamed", "filed"} & told.keys():
            return self.start(told)()
        return {"unsupported": True}


def follow(instructions, client):
    try:
        for told in instructions:
            client.finish(*client.begin("report", client.do(told)))
    except (Disconnected, ConnectionError):
        return


def main(arguments):
    if arguments[0] != "--port":
        return follow(json.loads(arguments[-1]), Client(0, 1))
    for line in sys.stdin:
        with socket.create_connection(("127.0.0.1", int(arguments[1]))) as connection:
            follow(json.loads(line), Client(connection.fileno(), connection.fileno()))


if __name__ == "__main__":
    main(sys.argv[1:])
