"""A client that knows of shared memory what docs/wire.md says, and no more.

Argument: the path of the socket. Prints the sums that it got over the socket and through the memory.
"""

import json
import mmap
import os
import socket
import struct
import sys

path = sys.argv[1]
sock = socket.socket(socket.AF_UNIX)
sock.connect(path)
sent = received = 0
lines = b""


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
      "params": {"versions": ["dari/1"], "features": ["memory"]}})
assert "memory" in receive()["result"]["features"]

offer, sums, number = None, [], 0
while offer is None:
    number += 1
    send({"jsonrpc": "2.0", "id": number, "method": "add", "params": {"a": number, "b": 1}})
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
    if word(at + 4) == 1:
        word(at + 4, 0)
        word(at, word(at) + 1)
        sock.sendall(b"\n")


def put(data):
    units = 1 + (len(data) + 7) // 8
    tail = word(ours + 64)
    start = tail % (room // 8)
    skip = room // 8 - start if start + units > room // 8 else 0
    if skip:
        word(ours + 512 + 8 * start, 15 << 28 | 8 * (skip - 1))
        start = 0
    at = ours + 512 + 8 * start
    word(at, 1 << 28 | len(data))
    word(at + 4, word(ours + 68))
    memory[at + 8:at + 8 + len(data)] = data
    word(ours + 68, word(ours + 68) + 1)
    word(ours + 64, tail + skip + units)
    ring_if_it_sleeps(ours + 256)


def take():
    while True:
        head = word(theirs + 128)
        if head == word(theirs + 64):
            word(theirs + 256 + 4, 1)
            if head == word(theirs + 64):
                assert sock.recv(1) == b"\n"
            continue
        at = theirs + 512 + 8 * (head % (room // 8))
        header = word(at)
        length = header & 0x0FFFFFFF
        data = memory[at + 8:at + 8 + length] if header >> 28 == 1 else b""
        word(theirs + 128, head + 1 + (length + 7) // 8)
        ring_if_it_sleeps(theirs + 320)
        if data:
            return data


struct.pack_into("<q", memory, 128, sent)
put(json.dumps({"jsonrpc": "2.0", "id": offer["id"], "result": True}).encode() + b"\n")
through = b""
moved = []
has_moved = False
while len(moved) < 20_000:
    batch = [{"jsonrpc": "2.0", "id": n, "method": "add", "params": {"a": n, "b": 1}}
             for n in range(100)]
    put(b"".join(json.dumps(one).encode() + b"\n" for one in batch))
    while not has_moved:
        # The first message of the server rings, since its reader sleeps in new memory.
        received += len(sock.recv(1))
        has_moved = 0 <= struct.unpack_from("<q", memory, 64)[0] < received
    while through.count(b"\n") < len(batch):
        through += take()
    for line in through.splitlines():
        moved.append(json.loads(line)["result"])
    through = b""

assert moved == [n + 1 for n in range(100)] * 200
print(json.dumps([len(sums), sums[-1], len(moved)]))
