"""Python at the same shared memory, as shared_memory_peer.ts: what follows the published sample.

Arguments: what it does, the memory's name, how many different messages it is to see.
"""

import itertools
import sys

role, name, *count = sys.argv[1:]
print("open", flush=True)

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
close()
