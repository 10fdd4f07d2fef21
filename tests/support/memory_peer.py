"""A client that knows of shared memory what docs/wire.md says, and no more.

Arguments: the path of the socket, and `return` for a client that knows `memory-return` as well. Prints
the sums that it got over the socket and through the memory, and how often it went back to the socket
and the server did.
"""

import json
import mmap
import os
import socket
import struct
import sys

path = sys.argv[1]
returns = sys.argv[2:] == ["return"]
sock = socket.socket(socket.AF_UNIX)
sock.connect(path)
sent = received = 0
lines = early = b""


def send(message):
    global sent
    data = json.dumps(message).encode() + b"\n"
    sock.sendall(data)
    sent += len(data)


def receive():
    global received, lines
    while b"\n" not in lines:
        data = sock.recv(65536)
        received += len(data)
        lines += data
    line, lines = lines.split(b"\n", 1)
    return json.loads(line) if line.strip() else receive()


send({"jsonrpc": "2.0", "id": 0, "method": "rpc.hello",
      "params": {"versions": ["dari/1"], "features": ["memory"] + ["memory-return"] * returns}})
assert "memory" in receive()["result"]["features"]

offer, sums, number = None, [], 0
while offer is None:
    number += 1
    # Long enough to move where the server has no core to look with.
    send({"jsonrpc": "2.0", "id": number, "method": "add",
          "params": {"a": number, "b": 1, "long": "x" * 100_000}})
    answered = False
    while not answered:
        message = receive()
        if message.get("method") == "rpc.memory":
            offer = message
        else:
            sums.append(message["result"])
            answered = True

place = offer["params"]
room = place["ringBytes"]
space = (512 + room + 4095) // 4096 * 4096
fd = os.open(f"/proc/{place['pid']}/fd/{place['fd']}", os.O_RDWR)
assert os.fstat(fd).st_size == 4096 + 2 * space and os.fstat(fd).st_uid == os.geteuid()
memory = mmap.mmap(fd, 4096 + 2 * space)
assert memory[16:32].hex() == place["token"]
theirs, ours = 4096, 4096 + space


def word(at, value=None):
    if value is None:
        return struct.unpack_from("<I", memory, at)[0]
    memory[at:at + 4] = struct.pack("<I", value & 0xFFFFFFFF)


def ring_if_it_sleeps(at):
    global sent
    if word(at + 4) == 1:
        word(at + 4, 0)
        word(at, word(at) + 1)
        sock.sendall(b"\n")
        sent += 1


def put(data, kind=1):
    units = 1 + (len(data) + 7) // 8
    tail = word(ours + 64)
    start = tail % (room // 8)
    skip = room // 8 - start if start + units > room // 8 else 0
    if skip:
        word(ours + 512 + 8 * start, 15 << 28 | 8 * (skip - 1))
        start = 0
    at = ours + 512 + 8 * start
    word(at, kind << 28 | len(data))
    word(at + 4, word(ours + 68))
    memory[at + 8:at + 8 + len(data)] = data
    word(ours + 68, word(ours + 68) + 1)
    word(ours + 64, tail + skip + units)
    if kind == 1:
        ring_if_it_sleeps(ours + 256)


def take():
    """The next bytes out of the ring, or nothing where the server has left it."""
    while True:
        head = word(theirs + 128)
        if head == word(theirs + 64):
            word(theirs + 256 + 4, 1)
            if head == word(theirs + 64):
                take_bell()
            continue
        at = theirs + 512 + 8 * (head % (room // 8))
        header = word(at)
        length = header & 0x0FFFFFFF
        data = memory[at + 8:at + 8 + length] if header >> 28 == 1 else b""
        if header >> 28 == 2:
            word(theirs + 256 + 4, 1)
        word(theirs + 128, head + 1 + (length + 7) // 8)
        ring_if_it_sleeps(theirs + 320)
        if header >> 28 in (1, 2):
            return data


def take_bell():
    """One byte of the socket: a doorbell, or the first byte behind them where the server went back."""
    global received, early
    byte = sock.recv(1)
    received += len(byte)
    if count(72) >= count(64) and received > count(72):
        early = byte
    else:
        assert byte == b"\n"


def count(at, value=None):
    if value is None:
        return struct.unpack_from("<q", memory, at)[0]
    struct.pack_into("<q", memory, at, value)


class Server:
    """What the server sends, wherever it comes."""

    in_memory = False
    returns = 0

    def receive(self):
        global received, early
        if not self.in_memory:
            # One byte at a time while the server may move: those behind its last one are doorbells.
            data = sock.recv(1)
            received += len(data)
            has_moved = count(64) > count(72) or (self.returns == 0 and count(64) >= 0)
            self.in_memory = has_moved and received >= count(64)
            return b"" if self.in_memory and received > count(64) else data
        data = take()
        if data == b"":
            while received < count(72):
                take_bell()
            self.in_memory = False
            self.returns += 1
            data, early = early, b""
        return data


count(128, sent)
put(json.dumps({"jsonrpc": "2.0", "id": offer["id"], "result": True}).encode() + b"\n")
server = Server()
moved = []
in_memory, went_back = True, 0
for n in range(200):
    if returns:
        # The server shall go to and fro as well.
        word(192, n // 10 % 2)
        if in_memory and n % 7 == 3 and word(ours + 128) == word(ours + 64):
            count(136, sent)
            put(b"", kind=2)
            in_memory, went_back = False, went_back + 1
        elif not in_memory and n % 7 == 6 and word(ours + 128) == word(ours + 64):
            count(128, sent)
            in_memory = True
    batch = [{"jsonrpc": "2.0", "id": n, "method": "add", "params": {"a": n, "b": 1}}
             for n in range(100)]
    data = b"".join(json.dumps(one).encode() + b"\n" for one in batch)
    if in_memory:
        put(data)
    else:
        sock.sendall(data)
        sent += len(data)
    through = b""
    while through.count(b"\n") < len(batch):
        through += server.receive()
    for line in through.splitlines():
        moved.append(json.loads(line)["result"])

assert moved == [n + 1 for n in range(100)] * 200
print(json.dumps([len(sums), sums[-1], len(moved), went_back, server.returns]))
