# A program that is served and misbehaves as its first argument says.
import json
import os
import sys
import time

METHODS = {"methods": [{"name": "add"}, {"name": "misbehave"}]}


def send(value):
    sys.stdout.write(json.dumps(value) + "\n")
    sys.stdout.flush()


how = sys.argv[1]
if how == "banner":
    print("Loading the model ...", flush=True)
if how == "dies at once":
    sys.exit(3)
for line in sys.stdin:
    call = json.loads(line)
    if "id" not in call:
        continue
    method, answer = call["method"], {"jsonrpc": "2.0", "id": call["id"]}
    if method == "rpc.discover":
        send({**answer, "result": METHODS})
    elif method == "add":
        send({**answer, "result": call["params"]["a"] + call["params"]["b"]})
    elif method != "misbehave":
        send({**answer, "error": {"code": -32601, "message": "there is no such method"}})
    elif how == "rubbish":
        sys.stdout.write("}{ not a message\n")
        send({**answer, "result": "after rubbish"})
    elif how == "dies in a reply":
        sys.stdout.write('{"jsonrpc":"2.0","id":')
        sys.stdout.flush()
        os._exit(1)
    elif how == "never answers":
        pass
    elif how == "floods":
        for _ in range(50_000):
            sys.stderr.write("something is wrong\n")
        send({**answer, "result": "flooded"})
    elif how == "answers twice":
        send({**answer, "result": "first"})
        send({**answer, "result": "second"})
    elif how == "is slow":
        time.sleep(0.2)
        send({**answer, "result": os.getpid()})
    elif how == "tells its environment":
        send({**answer, "result": sorted(os.environ)})
