"""The load that the Python client carries: load.ts in Python, with the same calls and checks."""

import asyncio
import json
import sys
import time

WARM_UP_SECONDS = 0.3
ECHO_TEXT = "0123456789abcdef" * 65_536
ECHO_BYTES = bytes((at * 7 + (at >> 8)) & 0xFF for at in range(1_048_576))


def check(is_right, otherwise):
    if not is_right:
        raise RuntimeError(otherwise)


async def add_once(client, a):
    total = await client.add(a, 7)
    check(total == a + 7, f"add({a}, 7) gave {total}")


class Run:
    """Counts calls until it is told to stop."""

    calls = 0
    stopped = False

    async def lane(self, work, client, open_client, seed):
        a = seed
        while not self.stopped:
            if work == "add":
                await add_once(client, a)
            elif work == "echo":
                check(await client.echo(ECHO_TEXT) == ECHO_TEXT, "echo gave another text")
            elif work == "bytes":
                check(await client.echo_bytes(ECHO_BYTES) == ECHO_BYTES, "echo gave other bytes")
            else:
                fresh = await open_client()
                await add_once(fresh, a)
                await fresh.close()
            a += 1
            self.calls += 1


async def carry(open_client, scenario, seconds):
    """Runs one round: warms up, counts for the given time, and closes what it opened."""
    connections, work = scenario["connections"], scenario["work"]
    clients = [] if work == "connect" else [await open_client() for _ in range(connections)]
    run = Run()
    lanes = asyncio.gather(*(
        run.lane(work, clients[at % connections] if clients else None, open_client, at)
        for at in range(connections * scenario["inFlight"])
    ))
    await pause(WARM_UP_SECONDS, lanes)
    print("warm", flush=True)
    before, start = run.calls, time.perf_counter()
    await pause(seconds, lanes)
    calls, elapsed = run.calls - before, time.perf_counter() - start
    run.stopped = True
    await lanes
    for client in clients:
        await client.close()
    return {"calls": calls, "seconds": elapsed}


async def pause(seconds, lanes):
    """Waits, and raises what a lane raises meanwhile."""
    await asyncio.wait([lanes], timeout=seconds)
    if lanes.done():
        lanes.result()


async def carry_loads(open_client):
    """Answers each order of standard input with the line "warm" and then its result."""
    loop = asyncio.get_running_loop()
    while line := await loop.run_in_executor(None, sys.stdin.readline):
        order = json.loads(line)
        print(json.dumps(await carry(open_client, order["scenario"], order["seconds"])), flush=True)
