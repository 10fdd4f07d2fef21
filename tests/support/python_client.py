"""A client of dari/1 with nothing but the standard library: python_client.py PORT CA_FILE"""

import json
import socket
import ssl
import sys

port, ca_file = int(sys.argv[1]), sys.argv[2]
context = ssl.create_default_context(cafile=ca_file)
context.set_alpn_protocols(["dari/1"])

try:
    plain = socket.create_connection(("localhost", port))
    secure = context.wrap_socket(plain, server_hostname="localhost")
except ssl.SSLCertVerificationError as error:
    print("refused", error.reason)
    sys.exit(1)

lines = secure.makefile("rw", encoding="utf-8", newline="\n")


def send(message):
    lines.write(json.dumps({"jsonrpc": "2.0", **message}, ensure_ascii=False) + "\n")
    lines.flush()


def call(method, params):
    send({"id": 1, "method": method, "params": params})
    return json.loads(lines.readline())


print(secure.selected_alpn_protocol())
print("add", call("add", {"a": 10, "b": 20})["result"])
print("process_data", json.dumps(call("process_data", [[1, 2, 3], "item_"])["result"]))
error = call("subtract", [1, 2])["error"]
print("subtract", error["code"], error["data"]["name"])

send({"id": 2, "method": "count", "params": {"to": 3}, "meta": {"credit": 2}})
items = []
while True:
    message = json.loads(lines.readline())
    if message.get("method") != "rpc.item":
        break
    items.append(message["params"]["value"])
    send({"method": "rpc.credit", "params": {"id": 2, "count": 1}})
print("count", items, "done" if "result" in message else message)
print("echo", json.dumps(call("echo", {"value": "다리"})["result"], ensure_ascii=False))
secure.close()
