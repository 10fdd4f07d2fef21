"""Does with a generated client what the conformance kit says (docs/conformance.md).

`conformance_client.py CLIENT PORT`: CLIENT is the generated file; each line of standard input has
the instructions for one connection to the port.
"""

import importlib.util
import json
import sys
import time


def load(path):
    spec = importlib.util.spec_from_file_location("generated", path)
    module = importlib.util.module_from_spec(spec)
    sys.modules["generated"] = module
    spec.loader.exec_module(module)
    return module


def timeout_of(told):
    return told["timeoutMs"] / 1000 if "timeoutMs" in told else None


def start(api, client, told):
    """Begins what is told; gives the function that finishes it."""
    params, timeout = told.get("params"), timeout_of(told)
    if "stream" in told:
        stream = client.stream(
            told["stream"], params, timeout=timeout, credit=told.get("credit", 256)
        )
        return lambda: read(api, stream, told.get("take"))
    if told.get("later"):
        # Two calls of one thread at once: what a client with two threads does.
        waiting, method = api._Waiting(), api._Method(told["call"])
        deadline = time.monotonic() + (timeout or 30)
        link, call_id = client._begin(
            method, api._encode(params), timeout, deadline, None, None, waiting
        )

        def finish():
            link.wait(waiting, deadline, None)
            link.end(call_id)
            return {"result": api._result(waiting, method)}

        return lambda: attempt(api, finish)
    return lambda: attempt(
        api, lambda: {"result": client.call(told["call"], params, timeout=timeout)}
    )


def attempt(api, function):
    try:
        return function()
    except api.DariError as error:
        return {"error": {"code": error.code}}


def read(api, stream, take):
    items = []
    try:
        for item in stream:
            items.append(item)
            if len(items) == take:
                stream.close()
                return {"items": items}
        return {"items": items, "result": stream.result}
    except api.DariError as error:
        return {"items": items, "error": {"code": error.code}}


def do(api, client, told):
    if "notify" in told:
        client.notify(told["notify"], told.get("params"))
        return {"result": None}
    if "together" in told:
        finishes = [start(api, client, {**each, "later": True}) for each in told["together"]]
        return {"all": [finish() for finish in finishes]}
    if ("call" in told or "stream" in told) and "streamed" not in told:
        return start(api, client, told)()
    return {"unsupported": True}


def main(path, port):
    api = load(path)
    for line in sys.stdin:
        with api.connect(f"tcp://127.0.0.1:{port}") as client:
            client._is_closed = True  # a lost connection is not made again
            try:
                for told in json.loads(line):
                    client.call("report", do(api, client, told))
            except api.DariError:
                pass  # the kit has ended the connection


if __name__ == "__main__":
    main(*sys.argv[1:])
