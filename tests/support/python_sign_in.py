"""Signs in with nothing but the standard library: python_sign_in.py PORT CA_FILE < JSON

Reads {"password", "apiKey"} from standard input, and prints what each way of signing in gave.
"""

import base64
import hashlib
import hmac
import json
import secrets
import socket
import ssl
import sys
import time

port, ca_file = int(sys.argv[1]), sys.argv[2]
given = json.load(sys.stdin)
context = ssl.create_default_context(cafile=ca_file)
context.set_alpn_protocols(["dari/1"])


class Connection:
    def __init__(self):
        plain = socket.create_connection(("localhost", port))
        self.secure = context.wrap_socket(plain, server_hostname="localhost")
        self.lines = self.secure.makefile("rw", encoding="utf-8", newline="\n")

    def call(self, method, params=None, **members):
        request = {"jsonrpc": "2.0", "id": 1, "method": method, "params": params or {}, **members}
        self.lines.write(json.dumps(request) + "\n")
        self.lines.flush()
        reply = json.loads(self.lines.readline())
        return reply["result"] if "result" in reply else reply["error"]["code"]


def mac(key, text):
    return hmac.new(key, text.encode(), hashlib.sha256).digest()


def scram(connection, flag, binding=b""):
    """SCRAM-SHA-256 of RFC 5802, with tls-server-end-point of RFC 5929 where the flag says so."""
    bare = "n=alice,r=" + secrets.token_urlsafe(18)
    first = connection.call("rpc.scram", {"data": f"{flag},,{bare}"})
    if isinstance(first, int):
        return first
    server_first = first["data"]
    nonce, salt, iterations = (part[2:] for part in server_first.split(","))
    password = given["password"].encode()
    salted = hashlib.pbkdf2_hmac("sha256", password, base64.b64decode(salt), int(iterations))
    client_key, server_key = mac(salted, "Client Key"), mac(salted, "Server Key")
    bound = base64.b64encode(f"{flag},,".encode() + binding).decode()
    final = f"c={bound},r={nonce}"
    message = f"{bare},{server_first},{final}"
    signature = mac(hashlib.sha256(client_key).digest(), message)
    proof = bytes(a ^ b for a, b in zip(client_key, signature))
    reply = connection.call("rpc.scram", {"data": f"{final},p={base64.b64encode(proof).decode()}"})
    if isinstance(reply, int):
        return reply
    assert reply["data"] == "v=" + base64.b64encode(mac(server_key, message)).decode()
    return connection.call("who")


def sign(method, params):
    """The auth member that an API key signs a request with."""
    _, key_id, rest = given["apiKey"].split("_")
    stamp, nonce = str(int(time.time() * 1000)), secrets.token_urlsafe(16)
    digest = hashlib.sha256(
        json.dumps(params, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()
    ).hexdigest()
    text = "\n".join(["dari/1 request", key_id, stamp, nonce, json.dumps(method), digest])
    code = mac(mac(rest[:-6].encode(), "dari/1 signed requests"), text)
    signature = base64.urlsafe_b64encode(code).decode().rstrip("=")
    return f"dari-hmac key={key_id},t={stamp},n={nonce},s={signature}"


plain = Connection()
print("login", plain.call("rpc.login", {"username": "alice", "password": given["password"]})["roles"])
print("who", plain.call("who"))

end_point = hashlib.sha256(plain.secure.getpeercert(binary_form=True)).digest()
bound = "p=tls-server-end-point"
print("scram", scram(Connection(), "n"))
print("scram bound", scram(Connection(), bound, end_point))
print("scram bound to another", scram(Connection(), bound, bytes(32)))
print("scram talked out of binding", scram(Connection(), "y"))

signed, params = Connection(), {"b": 2, "a": [1, "다리"]}
auth = sign("who", params)
print("signed", signed.call("who", params, auth=auth))
print("signed again", signed.call("who", params, auth=auth))
print("signed for others", signed.call("who", {"a": 1}, auth=sign("who", params)))
