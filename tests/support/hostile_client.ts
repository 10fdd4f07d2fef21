import type { HostilePeer } from "./hostile_peer.ts";

/** What a hostile client does, and which lines it gets for it. */
export interface ClientScript {
  /** Whether it needs a peer that can send any bytes. */
  readonly isRaw?: boolean;
  /** How many calls it may have under way. @default {60} */
  readonly maxCalls?: number;
  /** Returns what it wants to have checked: the expected and the found value of each. */
  play(peer: HostilePeer): Promise<[expected: unknown, found: unknown][] | void>;
}

const line = (message: unknown) => `${JSON.stringify(message)}\n`;
const call = (id: unknown, method: string, params: unknown = {}, meta?: unknown) =>
  line({ jsonrpc: "2.0", id, method, params, meta });
const tell = (method: string, params: unknown) => line({ jsonrpc: "2.0", method, params });

/** The replies until that of a last ping, without it. */
// deno-lint-ignore no-explicit-any
async function settle(peer: HostilePeer): Promise<any[]> {
  await peer.say(call("the end", "rpc.ping"));
  const heard = [];
  for (let message; (message = await peer.hear())?.id !== "the end";) {
    if (message === null) throw new Error(`The server ended behind ${JSON.stringify(heard)}`);
    heard.push(message);
  }
  return heard;
}

/**
 * Slow, silent and lying clients of a server that offers `echo`; `wait`, which runs until it is
 * cancelled; and the stream `count`, which never ends.
 */
export const clientScripts: Readonly<Record<string, ClientScript>> = {
  "says nothing": { play: () => Promise.resolve() },
  "leaves while its calls run": {
    async play(peer) {
      for (let id = 0; id < 50; id++) await peer.say(call(id, "wait"));
      await settle(peer);
      peer.leave();
    },
  },
  "leaves in the middle of streams": {
    async play(peer) {
      for (let id = 0; id < 50; id++) await peer.say(call(id, "count", {}, { credit: 2 }));
      for (let items = 0; items < 100; items++) await peer.hear();
      peer.leave();
    },
  },
  "leaves in the middle of a line": {
    isRaw: true,
    async play(peer) {
      await peer.say(call(1, "echo").slice(0, -4));
      peer.leave();
    },
  },
  "does not read a stream that it lets run": {
    async play(peer) {
      await peer.say(call(1, "count", {}, { credit: 2 ** 31 }));
      await peer.say(tell("rpc.cancel", { id: 1 }));
      await settle(peer);
    },
  },
  "calls twice with one id": {
    async play(peer) {
      await peer.say(call(1, "wait") + call(1, "wait") + call(1, "echo", [2]));
      await settle(peer);
      await peer.say(tell("rpc.cancel", { id: 1 }).repeat(3));
      await settle(peer);
      peer.leave();
    },
  },
  "cancels and grants what is not there": {
    async play(peer) {
      const ids = [7, -1, null, "7", {}, [], true, 2 ** 53, undefined];
      for (const method of ["rpc.cancel", "rpc.credit", "rpc.item"]) {
        for (const id of ids) await peer.say(tell(method, { id, count: 1 }));
        await peer.say(tell(method, undefined) + tell(method, []) + tell(method, [1, 2]));
      }
      return [[[], await settle(peer)]];
    },
  },
  "grants credit out of range": {
    async play(peer) {
      await peer.say(call(1, "count", {}, { credit: 1 }));
      for (const count of [-5, 0, -1e308, "9", null, {}, [3]]) {
        await peer.say(tell("rpc.credit", { id: 1, count }));
      }
      const values = (await settle(peer)).map(({ params }) => params.value);
      await peer.say(tell("rpc.credit", { id: 1, count: 2 }));
      while (values.length < 3) values.push((await peer.hear()).params.value);
      const more = await settle(peer);
      await peer.say(tell("rpc.cancel", { id: 1 }));
      return [[[1, 2, 3], values], [[], more]];
    },
  },
  "asks for a stream with a credit out of range": {
    async play(peer) {
      const credits = [-1, 1.5, 1e300, "2", {}, null];
      for (const [id, credit] of credits.entries()) {
        await peer.say(call(id, "count", {}, { credit }));
      }
      const refused = (await settle(peer)).filter(({ error }) => error?.code === -32600);
      for (const id of credits.keys()) await peer.say(tell("rpc.cancel", { id }));
      await settle(peer);
      return [[true, refused.length > 0]];
    },
  },
  "answers calls that nobody made": {
    async play(peer) {
      for (const id of [0, 1, null, "x"]) {
        await peer.say(line({ jsonrpc: "2.0", id, result: 1 }));
        await peer.say(line({ jsonrpc: "2.0", id, error: { code: 1, message: "no" } }));
      }
      return [[[], await settle(peer)]];
    },
  },
  "sends notifications that nobody takes": {
    async play(peer) {
      await peer.say(tell("no such method", {}).repeat(2_000) + tell("echo", {}).repeat(2_000));
      return [[[], await settle(peer)]];
    },
  },
  "mixes garbage with its calls": {
    async play(peer) {
      const garbage = ["{", "]", "null", '"x"', "[[]]", "{}", "\u{fffd}"];
      await peer.say(garbage.map((text, id) => `${text}\n${call(id, "echo", [id])}`).join(""));
      const heard = await settle(peer);
      return [[[...garbage.keys()], heard.flatMap(({ result }) => result ?? [])]];
    },
  },
  "puts everything into one batch": {
    async play(peer) {
      const batch = [1, [], {}, ...[1, 2, 3].map((id) => JSON.parse(call(id, "echo", [id])))];
      await peer.say(`${JSON.stringify(batch)}\n[]\n`);
      const [replies = [], empty] = await settle(peer);
      const results = replies.flatMap(({ result }: { result?: unknown }) => result ?? []);
      return [[[1, 2, 3], results.toSorted()], [6, replies.length], [-32600, empty?.error.code]];
    },
  },
  "makes more calls than it may": {
    maxCalls: 10,
    async play(peer) {
      await peer.say(Array.from({ length: 40 }, (_, id) => call(id, "wait")).join(""));
      const codes = (await settle(peer)).map(({ error }) => error.code);
      peer.leave();
      return [[Array(30).fill(-32005), codes]];
    },
  },
  "sends its calls byte by byte": {
    isRaw: true,
    async play(peer) {
      for (const byte of call(1, "echo", ["안녕"])) await peer.say(byte);
      return [[[["안녕"]], (await settle(peer)).map(({ result }) => result)]];
    },
  },
};
