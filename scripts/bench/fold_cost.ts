/**
 * What one server of a hundred spends on the messages of all: it opens and folds them, at a pace and as
 * fast as it can. NATS is left out. `deno run -A scripts/bench/fold_cost.ts`
 *
 * @module
 */

import { setImmediate } from "node:timers";
import process from "node:process"; // Deno has no time of its own for what a process has used
import { limits } from "../../lib/base/limits.ts";
import { encodeBody } from "../../lib/cluster/log/body.ts";
import type { LogMessage, SharedLog } from "../../lib/cluster/log/log.ts";
import { MessageSeal } from "../../lib/cluster/log/seal.ts";
import { openClusterStore } from "../../lib/cluster/store/cluster_store.ts";

const SERVERS = 100;
const SECONDS = 8;
/** A timer is this late at least, in milliseconds. */
const TICK_MS = 10;
const BURST = { messages: 40_000, atOnce: 200 };
const ENTRIES = 5_000;
const KEY = new Uint8Array(limits.clusterKeyBytes).fill(1);
const SERVICE = "bench";

/** A log that gives what it is handed to whoever follows. */
class HandedLog implements SharedLog {
  readonly maxMessageBytes = 65_536;
  sequence = 0;
  #listener: ((message: LogMessage) => unknown) | undefined;

  hand(data: Uint8Array): void {
    this.#listener?.({ sequence: ++this.sequence, atMs: Date.now(), data });
  }

  append(_place: unknown, data: Uint8Array): Promise<void> {
    this.hand(data);
    return Promise.resolve();
  }

  follow(_after: number, listener: (message: LogMessage) => unknown): Disposable {
    this.#listener = listener;
    return { [Symbol.dispose]: () => void (this.#listener = undefined) };
  }

  async *read(): AsyncGenerator<LogMessage> {}

  ends(): Promise<{ first: number; last: number }> {
    return Promise.resolve({ first: 1, last: Infinity });
  }

  has(): Promise<boolean> {
    return Promise.resolve(true);
  }

  hasOnlyPieces(): Promise<boolean> {
    return Promise.resolve(true);
  }

  remove(): Promise<void> {
    return Promise.resolve();
  }
}

const log = new HandedLog();
await using store = await openClusterStore({ log, key: KEY, service: SERVICE, random: () => 1 });
const writers = Array.from({ length: SERVERS }, () => {
  return new MessageSeal({ key: KEY, service: SERVICE });
});

/** Messages of all servers, in turn; a batch puts 300 characters. */
async function sealed(kind: "beat" | "batch", count: number): Promise<Uint8Array[]> {
  const atMs = Date.now();
  const value = "x".repeat(300);
  const messages: Uint8Array[] = [];
  for (let number = 0; number < count; number++) {
    const key = `session/${number % ENTRIES}`;
    const body = kind === "beat"
      ? new Uint8Array()
      : encodeBody({ atMs, by: "alice", operations: [{ kind: "put", key, value }] });
    const message = writers[number % SERVERS]!.seal(kind, body, log.sequence);
    messages.push(await message.sealed);
  }
  return messages;
}

function usedMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1_000;
}

function turn(): Promise<void> {
  return new Promise((resolve) => void setImmediate(resolve));
}

/** Hands messages out evenly, each in a turn of its own; gives the CPU time that all of it took. */
async function paced(messages: readonly Uint8Array[]): Promise<{ cpuMs: number; ms: number }> {
  const [begun, cpu] = [performance.now(), usedMs()];
  const ms = () => performance.now() - begun;
  for (let at = 0; ms() < SECONDS * 1_000;) {
    await new Promise((resolve) => setTimeout(resolve, TICK_MS));
    const due = Math.min(messages.length, ms() / 1_000 / SECONDS * messages.length);
    for (; at < due; at++) {
      log.hand(messages[at]!);
      await turn();
    }
  }
  return { cpuMs: usedMs() - cpu, ms: ms() };
}

/** Hands messages out as fast as they are folded; gives the CPU time of each in µs, and their rate. */
async function burst(messages: readonly Uint8Array[]): Promise<{ us: number; rate: number }> {
  const [begun, cpu] = [performance.now(), usedMs()];
  for (let at = 0; at < messages.length; at += BURST.atOnce) {
    for (const message of messages.slice(at, at + BURST.atOnce)) log.hand(message);
    while (store.figures.sequence < log.sequence) await turn();
  }
  const seconds = (performance.now() - begun) / 1_000;
  return { us: (usedMs() - cpu) * 1_000 / messages.length, rate: messages.length / seconds };
}

await paced(await sealed("batch", 1_000 * SECONDS)); // warm
const idle = await paced([]);
const share = idle.cpuMs / idle.ms;
console.log(`one server, and nothing comes: ${(share * 100).toFixed(1)}% of a core`);
for (
  const [kind, rate] of [["beat", 100], ["beat", 1_000], ["batch", 100], ["batch", 1_000]] as const
) {
  const messages = await sealed(kind, rate * SECONDS);
  const { cpuMs, ms } = await paced(messages);
  const us = (cpuMs - share * ms) * 1_000 / messages.length;
  const whole = (cpuMs / ms * 100).toFixed(1);
  console.log(`${kind}, ${rate} a second: ${us.toFixed(0)} µs each, ${whole}% of a core in all`);
}
for (const kind of ["beat", "batch"] as const) {
  const { us, rate } = await burst(await sealed(kind, BURST.messages));
  console.log(`${kind}, at once: ${us.toFixed(0)} µs each, ${rate.toFixed(0)} a second`);
}
