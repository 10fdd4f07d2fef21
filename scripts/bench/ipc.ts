/**
 * Pipes, queues, shared memory and the pool, beside Python's multiprocessing and raw postMessage, in
 * one run: rounds of every contestant by turns, medians. `--json` prints one JSON value.
 *
 * Run: `deno run --allow-read --allow-run --allow-ffi scripts/bench/ipc.ts [--json]`
 *
 * @module
 */

import { pipe, Queue, Ring, SharedMemory, WorkerPool } from "../../lib/ipc/mod.ts";

const ROUNDS = 3;
const library = new URL("../../lib/ipc/mod.ts", import.meta.url).href;

/** What a worker of this benchmark does, by name. */
const worker = `
import { openPipe, Queue, Ring } from ${JSON.stringify(library)};
const roles = {
  async pipe({ end }) { const e = openPipe(end); for await (const v of e) await e.send(v); },
  async sink({ end }) {
    const e = openPipe(end);
    for await (const v of e) if (v === null) { await e.send(null); }
  },
  async queue({ buffer, n, bytes }) {
    const q = Queue.open(buffer);
    const data = new Uint8Array(100);
    for (let i = 0; i < n; i++) { const v = bytes ? data : { id: i, value: "data" }; if (!q.tryPut(v)) await q.put(v); }
  },
  async ring({ buffer, n }) {
    const r = Ring.open(buffer);
    const data = new Uint8Array(100);
    for (let i = 0; i < n; i++) if (!r.tryWrite(data)) await r.write(data);
  },
  echo() { self.onmessage = ({ data }) => self.postMessage(data); },
  count() { let n = 0; self.onmessage = ({ data }) => { if (data === null) self.postMessage(n); n++; }; },
};
self.onmessage = ({ data }) => { self.postMessage("ready"); roles[data.role](data); };
`;

async function startWorker(message: Record<string, unknown>): Promise<Worker> {
  const url = `data:text/javascript,${encodeURIComponent(worker)}`;
  const started = new Worker(url, { type: "module" });
  const ready = Promise.withResolvers<void>();
  started.onmessage = () => ready.resolve();
  started.postMessage(message);
  await ready.promise;
  return started;
}

/** Runs `work` and gives how many of `n` it did in a second. */
async function rate(n: number, work: () => Promise<unknown>): Promise<number> {
  const start = performance.now();
  await work();
  return n / (performance.now() - start) * 1_000;
}

async function pipeRoundTrips(n: number): Promise<number> {
  const [end, other] = pipe();
  const started = await startWorker({ role: "pipe", end: other.transfer() });
  const result = await rate(n, async () => {
    for (let id = 0; id < n; id++) {
      await end.send({ id });
      await end.receive();
    }
  });
  end.close();
  started.terminate();
  return result;
}

async function postMessageRoundTrips(n: number): Promise<number> {
  const started = await startWorker({ role: "echo" });
  const result = await rate(n, () =>
    new Promise<void>((resolve) => {
      let id = 0;
      started.onmessage = () => ++id < n ? started.postMessage({ id }) : resolve();
      started.postMessage({ id });
    }));
  started.terminate();
  return result;
}

async function pipeOneWay(n: number): Promise<number> {
  const [end, other] = pipe();
  const started = await startWorker({ role: "sink", end: other.transfer() });
  const data = new Uint8Array(100);
  const result = await rate(n, async () => {
    for (let i = 0; i < n; i++) await end.send(data);
    await end.send(null);
    await end.receive();
  });
  end.close();
  started.terminate();
  return result;
}

async function postMessageOneWay(n: number): Promise<number> {
  const started = await startWorker({ role: "count" });
  const data = new Uint8Array(100);
  const result = await rate(n, () =>
    new Promise((resolve) => {
      started.onmessage = resolve;
      for (let i = 0; i < n; i++) started.postMessage(data);
      started.postMessage(null);
    }));
  started.terminate();
  return result;
}

async function queueRate(n: number, bytes: boolean): Promise<number> {
  const queue = Queue.create();
  const started = await startWorker({ role: "queue", buffer: queue.buffer, n, bytes });
  const result = await rate(n, async () => {
    for (let got = 0; got < n; got += (await queue.getMany(256)).length);
  });
  started.terminate();
  return result;
}

async function ringRate(n: number): Promise<number> {
  const ring = Ring.create({ capacityBytes: 4 << 20 });
  const started = await startWorker({ role: "ring", buffer: ring.buffer, n });
  const result = await rate(n, async () => {
    for (let got = 0; got < n; got++) if (ring.tryRead() === undefined) got -= await more(ring);
  });
  started.terminate();
  return result;
}

async function more(ring: Ring): Promise<1> {
  await ring.readable();
  return 1;
}

async function sharedMemoryRate(n: number): Promise<number> {
  const size = 1 << 20;
  const name = `dari_bench_${crypto.randomUUID()}`;
  using writer = SharedMemory.create(name, size + 64);
  using reader = SharedMemory.open(name);
  const data = new Uint8Array(size);
  const into = new Uint8Array(size);
  const result = await rate(n * size / 1e9, async () => {
    for (let i = 0; i < n; i++) {
      writer.write(data);
      await reader.readBytes({ into });
    }
  });
  writer.unlink();
  return result;
}

async function poolRate(n: number, inFlight: number): Promise<number> {
  const module = "data:text/javascript,export const add = ([a, b]) => a + b;";
  await using pool = new WorkerPool({ module, workers: 1 });
  await pool.call("add", [1, 2]);
  return await rate(n, async () => {
    for (let done = 0; done < n; done += inFlight) {
      await Promise.all(Array.from({ length: inFlight }, () => pool.call("add", [1, 2])));
    }
  });
}

const python = `
import json, multiprocessing as mp, time
from multiprocessing.shared_memory import SharedMemory
def echo(c):
    for m in iter(c.recv, None): c.send(m)
def put(q, n):
    for i in range(n): q.put({"id": i, "value": "data"})
if __name__ == "__main__":
    out = {}
    a, b = mp.Pipe(); p = mp.Process(target=echo, args=(b,)); p.start(); n = 20000
    a.send(0); a.recv(); s = time.perf_counter()
    for i in range(n): a.send({"id": i}); a.recv()
    out["round trips"] = n / (time.perf_counter() - s); a.send(None); p.join()
    q = mp.Queue(); n = 100000; p = mp.Process(target=put, args=(q, n)); p.start(); q.get()
    s = time.perf_counter()
    for i in range(n - 1): q.get()
    out["queue"] = n / (time.perf_counter() - s); p.join()
    w = SharedMemory(create=True, size=(1 << 20) + 64); r = SharedMemory(w.name); d = bytes(1 << 20); n = 500
    s = time.perf_counter()
    for i in range(n): w.buf[4:4 + len(d)] = d; bytes(r.buf[4:4 + len(d)])
    out["shared memory"] = n * len(d) / 1e9 / (time.perf_counter() - s)
    r.close(); w.close(); w.unlink(); print(json.dumps(out))
`;

async function pythonRates(): Promise<Record<string, number>> {
  const { stdout } = await new Deno.Command("python3", { args: ["-c", python] }).output();
  return JSON.parse(new TextDecoder().decode(stdout));
}

/** One row: what is counted, and what a round of it gives. */
const scenarios: Record<string, () => Promise<number>> = {
  "pipe round trips/s": () => pipeRoundTrips(20_000),
  "postMessage round trips/s": () => postMessageRoundTrips(10_000),
  "pipe one way, 100 bytes/s": () => pipeOneWay(500_000),
  "postMessage one way, 100 bytes/s": () => postMessageOneWay(50_000),
  "queue, small objects/s": () => queueRate(500_000, false),
  "queue, 100 bytes/s": () => queueRate(1_000_000, true),
  "ring, 100 bytes/s": () => ringRate(1_000_000),
  "shared memory, 1 MiB GB/s": () => sharedMemoryRate(500),
  "pool, one at a time/s": () => poolRate(10_000, 1),
  "pool, 64 in flight/s": () => poolRate(64_000, 64),
};

function median(values: number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1] ?? NaN;
}

if (import.meta.main) {
  const rounds: Record<string, number[]> = {};
  const note = (name: string, value: number) => (rounds[name] ??= []).push(value);
  for (let round = 0; round < ROUNDS; round++) {
    for (const [name, run] of Object.entries(scenarios)) note(name, await run());
    for (const [name, value] of Object.entries(await pythonRates())) note(`Python, ${name}`, value);
  }
  const medians = Object.fromEntries(
    Object.entries(rounds).map(([name, values]) => [name, median(values)]),
  );
  if (Deno.args.includes("--json")) console.log(JSON.stringify(medians));
  else {
    for (const [name, value] of Object.entries(medians)) {
      console.log(
        `${name.padEnd(36)}${value.toLocaleString("en-US", { maximumFractionDigits: 1 })}`,
      );
    }
  }
}
