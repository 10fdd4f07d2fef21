"""Python at the same shared memory, as shared_memory_peer.ts.

Arguments: what it does, the memory's name, how many different messages it is to see.
"""

import itertools
import json
import struct
import sys
from multiprocessing import resource_tracker
from multiprocessing.shared_memory import SharedMemory

role, name, *count = sys.argv[1:]
shm = SharedMemory(name)
# Python 3.12 and older would unlink at exit what they have only opened.
resource_tracker.unregister(shm._name, "shared_memory")
at = len(shm.buf) // 4 * 4 - 4
version = shm.buf[at : at + 4].cast("I")
print("open", flush=True)


def write(data):
    version[0] += 1
    shm.buf[: 4 + len(data)] = struct.pack(">I", len(data)) + data
    version[0] += 1


def read():
    while True:
        before = version[0]
        (length,) = struct.unpack_from(">I", shm.buf, 0)
        data = bytes(shm.buf[4 : 4 + length])
        if before % 2 == 0 and version[0] == before:
            return data


if role == "write":
    for round in itertools.count():
        byte = round % 251
        write(bytes([byte]) * (1_000 + 16 * byte))
elif role == "read":
    torn = different = 0
    last = -1
    while different < int(count[0]):
        data = read()
        if len(data) != 1_000 + 16 * data[0] or data != bytes([data[0]]) * len(data):
            torn += 1
        if data[0] != last:
            different += 1
        last = data[0]
    print(torn, flush=True)
elif role == "bump":
    value = json.loads(read())
    value["count"] += version[0]
    write(json.dumps(value).encode())
elif role == "stop half-way":
    version[0] += 1
    print("half-way", flush=True)
    sys.stdin.read()
version.release()
shm.close()
