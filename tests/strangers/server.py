"""A server of dari/1 in Python's standard library alone, written from docs/wire.md.

It serves the sample methods on a TCP port of this machine (`server.py PORT`, 0 for any; it prints
the port) or on its standard streams (`server.py -`).
"""

import asyncio
import json
import math
import re
import sys

MAX_LINE_BYTES = 64 * 1024
MAX_OVERRUN = 4
MAX_DEPTH = 64
MAX_BATCH = 1_000
MAX_CALLS = 1_024
DEFAULT_TIMEOUT_S = 30.0
MAX_TIMEOUT_S = 24 * 60 * 60.0
ITEMS_A_TURN = 64

NAMES = {
    -32700: "parse_error", -32600: "invalid_request", -32601: "method_not_found",
    -32602: "invalid_params", -32603: "internal", -32001: "unauthenticated",
    -32003: "deadline_exceeded", -32004: "cancelled", -32005: "resource_exhausted",
}
RETRYABLE = {-32003, -32005}


class RpcError(Exception):
    def __init__(self, code, message):
        super().__init__(message)
        self.code = code


def is_number(value):
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def number(value):
    """A double that is whole is written without a fraction, as JSON peers expect."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


def json_of(value):
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


async def count(to):
    n = 0
    while n < to:
        yield (n := n + 1)


METHODS = {
    # name: (params with their checks, those that may be left out, the method)
    "add": ({"a": is_number, "b": is_number}, set(), lambda a, b: number(a + b)),
    "multiply": ({"x": is_number, "y": is_number}, set(), lambda x, y: number(x * y)),
    "process_data": (
        {"data": lambda v: isinstance(v, list), "prefix": lambda v: isinstance(v, str)},
        {"prefix"},
        lambda data, prefix="": [prefix + (item if isinstance(item, str) else json_of(item)) for item in data],
    ),
    "echo": ({"value": lambda v: True}, set(), lambda value: value),
    "count": ({"to": is_number}, set(), count),
    "rpc.ping": (None, set(), lambda: "pong"),
    "rpc.health": (
        None, set(), lambda service="": {"status": "SERVING" if service == "" else "UNKNOWN"}
    ),
}


def discover():
    methods = [
        {
            "name": name,
            "params": [{"name": p, "schema": True, "required": p not in optional} for p in params],
            "result": {"name": "result", "schema": True},
        }
        for name, (params, optional, _) in METHODS.items() if params is not None
    ]
    info = {"title": "a stranger", "version": "1.0.0"}
    return {"openrpc": "1.4.0", "info": info, "methods": methods}


METHODS["rpc.discover"] = (None, set(), discover)


def refuse_constant(name):
    raise ValueError(f"{name} is not JSON")


def integer(text):
    """-0 is a double: it is no id."""
    return -0.0 if text == "-0" else int(text)


def depth_of(value):
    deepest, stack = 0, [(value, 1)]
    while stack:
        value, depth = stack.pop()
        if isinstance(value, (dict, list)):
            deepest = max(deepest, depth)
            members = value.values() if isinstance(value, dict) else value
            stack.extend((member, depth + 1) for member in members)
    return deepest


def is_id(value):
    if value is None or isinstance(value, str):
        return True
    return isinstance(value, int) and not isinstance(value, bool) and abs(value) < 2**53


def bind(name, params):
    """Params by name, checked; raises invalid_params."""
    known, optional, _ = METHODS[name]
    if known is None:
        return params if isinstance(params, dict) else {}
    if isinstance(params, list):
        if len(params) > len(known):
            raise RpcError(-32602, f'"{name}" takes at most {len(known)} params')
        params = dict(zip(known, params))
    params = {} if params is None else params
    for key in params:
        if key not in known:
            raise RpcError(-32602, f'Invalid params for "{name}": {key}: is unknown')
    for key, check in known.items():
        if key not in params and key not in optional:
            raise RpcError(-32602, f'Invalid params for "{name}": {key}: is missing')
        if key in params and not check(params[key]):
            raise RpcError(-32602, f'Invalid params for "{name}": {key}: is of another type')
    return params


class Call:
    """A call that streams: what the caller granted, and whether anybody waits for it."""

    def __init__(self, task, credit):
        self.task = task
        self.credit = credit
        self.granted = asyncio.Event()


class Connection:
    def __init__(self, reader, writer):
        self.reader, self.writer = reader, writer
        self.calls = {}

    def send(self, message):
        self.writer.write(json_of(message).encode("utf-8", "replace") + b"\n")

    async def serve(self):
        passed_over = 0  # bytes of a line that is too long
        try:
            while passed_over <= MAX_OVERRUN * MAX_LINE_BYTES:
                try:
                    line = await self.reader.readuntil(b"\n")
                except asyncio.LimitOverrunError as error:
                    passed_over += len(await self.reader.readexactly(error.consumed))
                    continue
                except (asyncio.IncompleteReadError, ConnectionError):
                    break  # a last line without LF is no message
                if passed_over > 0:
                    self.send(error_reply(None, RpcError(-32005, "The line is too long")))
                    passed_over = 0
                elif re.match(rb"[A-Z]+ \S+ HTTP/", line):
                    break
                elif line.strip():
                    self.take(line)
                await self.writer.drain()
            if self.calls:
                await asyncio.wait([call.task for call in self.calls.values()])
            await self.writer.drain()
        finally:
            self.writer.close()

    def take(self, line):
        try:
            text = line.decode("utf-8")
            message = json.loads(text, parse_constant=refuse_constant, parse_int=integer)
        except (ValueError, RecursionError) as error:
            return self.send(error_reply(None, RpcError(-32700, f"Parse error: {error}")))
        if depth_of(message) > MAX_DEPTH:
            return self.send(error_reply(None, RpcError(-32600, "Too many levels of nesting")))
        if not isinstance(message, list):
            return self.take_one(message, self.send)
        if not 0 < len(message) <= MAX_BATCH:
            reason = f"A batch has 1 to {MAX_BATCH} elements"
            return self.send(error_reply(None, RpcError(-32600, reason)))
        replies, owed = [], sum(1 for one in message if is_owed(one))

        def gather(reply):
            replies.append(reply)
            if len(replies) == owed:
                self.send(replies)

        for one in message:
            self.take_one(one, gather)

    def take_one(self, message, reply):
        problem = problem_of(message)
        if problem is not None:
            return reply(error_reply(id_of(message), RpcError(-32600, f"Invalid request: {problem}")))
        if "method" not in message:
            return None  # an answer, and no call of ours
        name, params = message["method"], message.get("params")
        if "id" not in message:
            return self.take_notification(name, params)
        try:
            reply_now = self.run(message, name, params, reply)
        except RpcError as error:
            reply_now = error_reply(message["id"], error)
        if reply_now is not None:
            reply(reply_now)

    def take_notification(self, name, params):
        params = params if isinstance(params, dict) else {}
        key = key_of(params.get("id"))
        call = self.calls.get(key)
        if call is not None and name == "rpc.cancel":
            call.task.cancel()
        elif call is not None and name == "rpc.credit":
            granted = params.get("count")
            if is_number(granted) and granted > 0:
                call.credit += granted
                call.granted.set()
        # The sample methods have no effects: a notification of one is done when it is read.

    def run(self, message, name, params, reply):
        if message.get("auth") is not None:
            raise RpcError(-32001, "This server has no accounts")
        if name not in METHODS:
            raise RpcError(-32601, f"There is no method {json.dumps(name[:100])}")
        arguments = bind(name, params)
        result = METHODS[name][2](**arguments)
        if not hasattr(result, "__anext__"):
            return {"jsonrpc": "2.0", "id": message["id"], "result": result}
        if len(self.calls) >= MAX_CALLS:
            raise RpcError(-32005, f"More than {MAX_CALLS} calls are under way")
        meta = message.get("meta") or {}
        timeout = min(meta.get("timeoutMs", DEFAULT_TIMEOUT_S * 1_000) / 1_000, MAX_TIMEOUT_S)
        call = Call(None, meta.get("credit", math.inf))
        call.task = asyncio.ensure_future(self.stream(message["id"], result, call, timeout, reply))
        self.calls[key_of(message["id"])] = call
        return None

    async def stream(self, call_id, items, call, timeout, reply):
        try:
            await asyncio.wait_for(self.send_items(call_id, items, call), timeout)
            answer = {"jsonrpc": "2.0", "id": call_id, "result": None}
        except asyncio.TimeoutError:
            answer = error_reply(call_id, RpcError(-32003, "The call took longer than its deadline"))
        except asyncio.CancelledError:
            answer = error_reply(call_id, RpcError(-32004, "The call was cancelled by its caller"))
        self.calls.pop(key_of(call_id), None)
        reply(answer)

    async def send_items(self, call_id, items, call):
        async for value in items:
            while call.credit < 1:
                call.granted.clear()
                await call.granted.wait()
            call.credit -= 1
            params = {"id": call_id, "value": value}
            self.send({"jsonrpc": "2.0", "method": "rpc.item", "params": params})
            await self.writer.drain()
            if value % ITEMS_A_TURN == 0:
                await asyncio.sleep(0)  # others get their turn


def key_of(call_id):
    return (type(call_id).__name__, call_id if isinstance(call_id, (str, int)) else None)


def id_of(message):
    """The id of a request that is no good, where it can be read; null for anything else."""
    found = message.get("id") if isinstance(message, dict) and "method" in message else None
    return found if is_id(found) else None


def is_owed(message):
    """Whether an element of a batch gets an answer."""
    return problem_of(message) is not None or ("method" in message and "id" in message)


def problem_of(message):
    if not isinstance(message, dict):
        return "a message must be an object"
    if not is_id(message.get("id")):
        return "id must be text, null or a whole number"
    if message.get("jsonrpc") != "2.0":
        return 'jsonrpc must be exactly "2.0"'
    if "method" not in message:
        return None if "result" in message or "error" in message else "no method, result or error"
    if not isinstance(message["method"], str):
        return "method must be text"
    if "params" in message and not isinstance(message["params"], (dict, list)):
        return "params must be an array or an object"
    if "auth" in message and not isinstance(message["auth"], str):
        return "auth must be text"
    meta = message.get("meta", {})
    if not isinstance(meta, dict):
        return "meta must be an object"
    for name in ("timeoutMs", "credit"):
        if name in meta and not (is_number(meta[name]) and meta[name] > 0):
            return f"meta.{name} must be a positive number"
    for name in ("traceparent", "idempotencyKey"):
        if not isinstance(meta.get(name, ""), str):
            return f"meta.{name} must be text"
    return None


def error_reply(call_id, error):
    data = {"name": NAMES[error.code], "retryable": error.code in RETRYABLE}
    body = {"code": error.code, "message": str(error), "data": data}
    return {"jsonrpc": "2.0", "id": call_id, "error": body}


async def main(where):
    if where != "-":
        server = await asyncio.start_server(
            lambda reader, writer: Connection(reader, writer).serve(),
            "127.0.0.1", int(where), limit=MAX_LINE_BYTES,
        )
        print(server.sockets[0].getsockname()[1], flush=True)
        return await server.serve_forever()
    loop = asyncio.get_running_loop()
    reader = asyncio.StreamReader(limit=MAX_LINE_BYTES)
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    transport, protocol = await loop.connect_write_pipe(
        asyncio.streams.FlowControlMixin, sys.stdout
    )
    await Connection(reader, asyncio.StreamWriter(transport, protocol, reader, loop)).serve()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1]))
