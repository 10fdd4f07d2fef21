/**
 * What a large state of a cluster's store takes: a server that makes a snapshot of it while it serves, and
 * one that starts with that snapshot. `deno run -A scripts/bench/state_size.ts 0.2 1 3x3000` for these GB,
 * in values of 300 characters, the last in values of 3,000. DENO_V8_FLAGS=--max-old-space-size=MIB gives
 * them more memory.
 *
 * @module
 */

import { limits } from "../../lib/base/limits.ts";
import { NatsBus } from "../../lib/cluster/bus/nats_bus.ts";
import { type OpenedNatsStore, openNatsStore } from "../../lib/cluster/store/nats_store.ts";
import { logSubject } from "../../lib/cluster/subjects.ts";
import { dialTcp } from "../../lib/transport/tcp.ts";
import { startBroker } from "./cluster/broker.ts";
import { median } from "./statistics.ts";

const KEY = new Uint8Array(limits.clusterKeyBytes).fill(1);
const SERVICE = "bench";
/** The length of an entry of a session, and of what is written at once, in characters. */
const LENGTH = 300, BATCH_LENGTH = 600_000;
const KEY_LENGTH = "session/000000000000".length;
/** How often the event loop is looked at, and a write is made, in milliseconds. */
const TICK_MS = 10, WRITE_MS = 100;
const GB = 1e9;

/** What a server took from one moment to another. */
class Watch {
  readonly #beganAtMs = performance.now();
  readonly #timer: ReturnType<typeof setInterval>;
  #lastAtMs = performance.now();
  #longestMs = 0;
  #peak = 0;

  constructor() {
    this.#timer = setInterval(() => {
      const now = performance.now();
      this.#longestMs = Math.max(this.#longestMs, now - this.#lastAtMs - TICK_MS);
      this.#lastAtMs = now;
      this.#peak = Math.max(this.#peak, Deno.memoryUsage().rss);
    }, TICK_MS);
  }

  /** In words. */
  end(): string {
    clearInterval(this.#timer);
    const { rss, heapUsed } = Deno.memoryUsage();
    const mb = (bytes: number) => `${Math.round(bytes / 1e6)} MB`;
    const seconds = ((performance.now() - this.#beganAtMs) / 1_000).toFixed(1);
    return `${seconds} s, the event loop stood for ${Math.round(this.#longestMs)} ms, ` +
      `${mb(Math.max(this.#peak, rss))} at the most and ${mb(heapUsed)} of heap in the end`;
  }
}

async function connect(at: string): Promise<NatsBus> {
  return await NatsBus.open({
    servers: [at],
    name: "bench",
    allowsPlain: true,
    sockets: {
      connect: (host, port, signal) => dialTcp({ host, port }, signal),
      secure: () => Promise.reject(new Error("there is no TLS")),
    },
  });
}

async function open(at: string): Promise<OpenedNatsStore & AsyncDisposable> {
  const bus = await connect(at);
  return await openNatsStore({ bus, service: SERVICE, key: KEY, timeoutMs: 900_000 });
}

/** Fills the store, and has a snapshot made while it writes. */
async function make(at: string, entries: number, length: number): Promise<void> {
  const { store } = await open(at);
  const filling = new Watch();
  const value = "v".repeat(length), atOnce = Math.floor(BATCH_LENGTH / length);
  try {
    for (let first = 0; first < entries; first += atOnce) {
      await store.batch(Array.from({ length: Math.min(atOnce, entries - first) }, (_, n) => ({
        kind: "put",
        key: `session/${String(first + n).padStart(12, "0")}`,
        value,
      })));
    }
  } catch (error) {
    console.log(`  after ${store.figures.entries} entries: ${error}`);
  }
  console.log(`  filling: ${filling.end()}`);
  const { promise: isWhole, resolve } = Promise.withResolvers<void>();
  await using bus = await connect(at);
  // The word that a snapshot is whole.
  using _marks = bus.subscribe(`${logSubject(SERVICE, "store")}.live.mark`, () => resolve());
  await bus.flush();
  const snapshot = new Watch();
  const tookMs: number[] = [];
  let failed = 0;
  const writing = setInterval(() => {
    const begunAtMs = performance.now();
    store.put("session/000000000000", value).then(
      () => tookMs.push(performance.now() - begunAtMs),
      () => failed++,
    );
  }, WRITE_MS);
  store.compact();
  await isWhole;
  clearInterval(writing);
  const [middle, most] = [median(tookMs), Math.max(...tookMs)].map(Math.round);
  console.log(
    `  snapshot: ${snapshot.end()}; ${tookMs.length} writes meanwhile took ${middle} ms and ` +
      `${most} at the most, ${failed} failed`,
  );
}

async function join(at: string): Promise<void> {
  const watch = new Watch();
  const { store } = await open(at);
  console.log(`  joining: ${watch.end()}, ${store.figures.entries} entries`);
}

async function run(...args: string[]): Promise<void> {
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--no-check", "--quiet", import.meta.filename!, ...args],
  }).spawn();
  const { success } = await child.status;
  if (!success) console.log(`  ${args[0]} ended by itself`);
}

async function measure(gigabytes: number, length: number): Promise<void> {
  const entries = Math.round(gigabytes * GB / (length + KEY_LENGTH));
  const directory = await Deno.makeTempDir({ prefix: "dari_state_" });
  {
    await using broker = await startBroker(directory);
    console.log(`${gigabytes} GB in ${entries} entries`);
    await run("make", broker.at, String(entries), String(length));
    await run("join", broker.at);
  }
  await Deno.remove(directory, { recursive: true });
}

const [role, at = "", entries, length] = Deno.args;
if (role === "make") await make(at, Number(entries), Number(length));
else if (role === "join") await join(at);
else {
  for (const size of Deno.args) {
    const [gigabytes, length = LENGTH] = size.split("x").map(Number);
    await measure(gigabytes!, length);
  }
}
if (role === "make" || role === "join") Deno.exit(0);
