"""Python's multiprocessing as a contestant: the same rounds as round.ts, the same work.

Arguments: pipe | queue | shared_memory
"""

import ctypes
import json
import multiprocessing as mp
import os
import signal
import struct
import sys
import time
from multiprocessing.shared_memory import SharedMemory

LOOK_EVERY = 32
BATCH = 50_000
MESSAGE_BYTES = 1 << 20
ROOM_BYTES = 64
SPIN_SECONDS = 0.001


class Span:
    """A span of time, and what is done in it."""

    def __init__(self, seconds):
        self.start = time.perf_counter()
        self.end = self.start + seconds
        self.steps = 0
        self.count = 0

    def note(self, done=1):
        self.count += done
        self.steps += 1
        return self.steps % LOOK_EVERY != 0 or time.perf_counter() < self.end


def carry_rounds(work, pids):
    print(json.dumps({"pids": [os.getpid(), *pids]}), flush=True)
    for line in sys.stdin:
        order = json.loads(line)
        if order["warmUpSeconds"] > 0:
            work(Span(order["warmUpSeconds"]))
        print("warm", flush=True)
        span = Span(order["seconds"])
        work(span)
        seconds = time.perf_counter() - span.start
        print(json.dumps({"count": span.count, "seconds": seconds}), flush=True)


def start(target, *args):
    process = mp.Process(target=run, args=(target, *args), daemon=True)
    process.start()
    return process.pid


def run(target, *args):
    # The child ends with its parent, also where that is killed.
    ctypes.CDLL(None).prctl(1, signal.SIGKILL)
    target(*args)


def echo(connection):
    while True:
        connection.send(connection.recv())


def pipe():
    here, there = mp.Pipe()
    pid = start(echo, there)

    def work(span):
        value = 0
        while True:
            value += 1
            here.send({"id": value})
            if here.recv()["id"] != value:
                raise ValueError("another answer")
            if not span.note():
                break

    carry_rounds(work, [pid])


def put_batches(orders, values):
    """Puts a batch at each order: without a pause, the queue's own thread would hardly get a turn."""
    while True:
        orders.recv()
        for _ in range(BATCH):
            values.put({"id": 7, "value": "data"})


def queue():
    values = mp.Queue()
    here, there = mp.Pipe()
    pid = start(put_batches, there, values)

    def work(span):
        while True:
            here.send(None)
            for _ in range(BATCH):
                values.get()
            span.count += BATCH
            if time.perf_counter() >= span.end:
                break

    carry_rounds(work, [pid])


class Message:
    """A message as lib/ipc/shared_memory/shared_memory.ts lays it out, with its version counter."""

    def __init__(self, name, create):
        size = MESSAGE_BYTES + ROOM_BYTES
        self.memory = SharedMemory(name, create=create, size=size)
        at = len(self.memory.buf) // 4 * 4 - 4
        # One store of four bytes; struct.pack_into clears them first, which a reader would see.
        self.counter = self.memory.buf[at : at + 4].cast("I")

    def write(self, data):
        version = self.counter[0]
        self.counter[0] = version + 1
        struct.pack_into(">I", self.memory.buf, 0, len(data))
        self.memory.buf[4 : 4 + len(data)] = data
        self.counter[0] = version + 2

    def changed(self, seen):
        spin_until = time.perf_counter() + SPIN_SECONDS
        while True:
            version = self.counter[0]
            if version != seen and version % 2 == 0:
                return version
            if time.perf_counter() > spin_until:
                time.sleep(SPIN_SECONDS)

    def read_into(self, target):
        while True:
            before = self.counter[0]
            (length,) = struct.unpack_from(">I", self.memory.buf, 0)
            target[:length] = self.memory.buf[4 : 4 + length]
            if before == self.counter[0] and before % 2 == 0:
                return target


def answer(name, opened):
    there, back = Message(name + "_there", False), Message(name + "_back", False)
    opened.set()
    data = bytearray(MESSAGE_BYTES)
    seen = 0
    while True:
        seen = there.changed(seen)
        back.write(there.read_into(data))


def shared_memory():
    name = f"python_bench_{os.getpid()}"
    there, back = Message(name + "_there", True), Message(name + "_back", True)
    opened = mp.Event()
    pid = start(answer, name, opened)
    opened.wait()
    there.memory.unlink()
    back.memory.unlink()
    data, into = bytearray(MESSAGE_BYTES), bytearray(MESSAGE_BYTES)
    seen = 0

    def work(span):
        nonlocal seen
        while True:
            data[0] = (data[0] + 1) % 256
            there.write(data)
            seen = back.changed(seen)
            if back.read_into(into)[0] != data[0]:
                raise ValueError("another answer")
            if not span.note(2):
                break

    carry_rounds(work, [pid])
    there.counter.release()
    back.counter.release()


if __name__ == "__main__":
    {"pipe": pipe, "queue": queue, "shared_memory": shared_memory}[sys.argv[1]]()
