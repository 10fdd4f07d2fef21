import { limits } from "../../lib/base/limits.ts";
import type { HostileListener, HostilePeer } from "./hostile_peer.ts";

/** A request, as a hostile server sees it. */
interface Request {
  readonly id: number;
  readonly method: string;
  readonly params: unknown;
}

/** What a hostile server does with one call, and how the call has to end. */
export interface ServerScript {
  /** Whether it needs a peer that can send any bytes. */
  readonly isRaw?: boolean;
  /** The result that the call has, or the codes of the errors that it may have. */
  readonly expected: { readonly result: unknown } | { readonly codes: readonly string[] };
  play(peer: HostilePeer, request: Request): void | Promise<void>;
}

const MiB = 1024 * 1024;
const line = (message: unknown) => `${JSON.stringify(message)}\n`;
const reply = (id: unknown, result: unknown) => line({ jsonrpc: "2.0", id, result });
const item = (id: unknown, value: unknown) =>
  line({ jsonrpc: "2.0", method: "rpc.item", params: { id, value } });
const right = { expected: { result: "right" } } as const;
const late = { expected: { codes: ["deadline_exceeded", "unavailable", "internal"] } } as const;
const lost = { expected: { codes: ["unavailable", "resource_exhausted", "internal"] } } as const;

/** Slow, silent and lying servers. Each answers one call of `attack`. */
export const serverScripts: Readonly<Record<string, ServerScript>> = {
  "never answers": { ...late, play: () => {} },
  "answers after the deadline": {
    ...late,
    async play(peer, { id }) {
      let heard = "";
      while (!heard.includes("rpc.cancel")) heard = JSON.stringify(await peer.hear());
      await peer.say(reply(id, "too late"));
    },
  },
  "answers twice": {
    ...right,
    play: (peer, { id }) => peer.say(reply(id, "right") + reply(id, "wrong")),
  },
  "answers for calls that nobody made": {
    ...right,
    play: (peer, { id }) =>
      peer.say(
        [id + 1, -id, `${id}`, null, 1e300, 1.5, {}, [], true, 2 ** 53]
          .map((wrong) => reply(wrong, "wrong")).join("") + reply(id, "right"),
      ),
  },
  "answers with neither result nor error": {
    expected: { codes: ["invalid_request"] },
    play: (peer, { id }) => peer.say(line({ jsonrpc: "2.0", id })),
  },
  "answers with an error that is none": {
    expected: { codes: ["invalid_request"] },
    play: (peer, { id }) =>
      peer.say(
        [null, 1, "x", [], {}, { code: "x" }, { code: 1e300, message: {} }]
          .map((error) => line({ jsonrpc: "2.0", id, error })).join(""),
      ),
  },
  "answers with another version": {
    expected: { codes: ["invalid_request"] },
    play: (peer, { id }) => peer.say(line({ jsonrpc: "1.0", id, result: "wrong" })),
  },
  "answers in a batch of nonsense": {
    ...right,
    play: (peer, { id }) =>
      peer.say(
        `[]\n[1,null,"x",[[]]]\n${JSON.stringify([{}, { jsonrpc: "2.0", id, result: "right" }])}\n`,
      ),
  },
  "sends garbage before its answer": {
    ...right,
    play: (peer, { id }) =>
      peer.say(`\n\r\n<html>\nnull\n0\n"x"\n{"a"\n\u{fffd}\n{}\n${reply(id, "right")}`),
  },
  "sends bytes that are no text": {
    ...right,
    isRaw: true,
    play: (peer, { id }) => peer.say(`"\u0000\u0001"\n\u0000\n${reply(id, "right")}`),
  },
  "sends its answer byte by byte": {
    ...right,
    isRaw: true,
    async play(peer, { id }) {
      for (const byte of reply(id, "right")) await peer.say(byte);
    },
  },
  "sends half a line and leaves": {
    ...lost,
    isRaw: true,
    async play(peer, { id }) {
      await peer.say(reply(id, "wrong").slice(0, -5));
      peer.leave();
    },
  },
  "leaves in the middle of a long answer": {
    ...lost,
    isRaw: true,
    async play(peer, { id }) {
      await peer.say(reply(id, "x".repeat(2 * MiB)).slice(0, MiB));
      peer.leave();
    },
  },
  "leaves at once": { ...lost, play: (peer) => peer.leave() },
  "sends a line over every limit": {
    expected: { codes: ["resource_exhausted", "unavailable", "deadline_exceeded"] },
    play: (peer, { id }) => peer.say(reply(id, "x".repeat(17 * MiB))),
  },
  "sends a line without end": {
    expected: { codes: ["resource_exhausted", "unavailable", "deadline_exceeded"] },
    isRaw: true,
    async play(peer) {
      const most = limits.maxLineOverrun * limits.maxLineBytes;
      for (let sent = 0; sent <= most; sent += MiB) await peer.say("x".repeat(MiB));
    },
  },
  "calls what the client does not offer": {
    ...right,
    play: (peer, { id }) =>
      peer.say(
        Array.from({ length: 500 }, (_, n) =>
          line({ jsonrpc: "2.0", id: n, method: n % 2 ? "rpc.login" : "__proto__" })).join("") +
          reply(id, "right"),
      ),
  },
  "cancels, grants and sends items to a plain call": {
    expected: { codes: ["invalid_request"] }, // it streams: the error says so
    play: (peer, { id }) =>
      peer.say(
        ["rpc.cancel", "rpc.credit", "rpc.item"].flatMap((method) =>
          [{ id }, { id, count: -1 }, { id: null }, [], undefined]
            .map((params) => line({ jsonrpc: "2.0", method, params }))
        ).join("") + reply(id, "right"),
      ),
  },
  "hides members of prototypes in its answer": {
    ...right,
    play: (peer, { id }) =>
      peer.say(
        `{"jsonrpc":"2.0","__proto__":{"id":7},"constructor":1,"id":${id},"result":"right"}\n`,
      ),
  },
};

/** Servers that lie about a stream. Each answers one stream of `attack`, whose credit is 4. */
export const streamScripts: Readonly<Record<string, ServerScript & { items: number[] }>> = {
  "ends and goes on": {
    expected: { result: "right" },
    items: [1],
    play: (peer, { id }) =>
      peer.say(item(id, 1) + reply(id, "right") + item(id, 2) + reply(id, "wrong")),
  },
  "sends one item over the credit": {
    expected: { codes: ["resource_exhausted"] },
    items: [1, 2, 3, 4],
    play: (peer, { id }) => peer.say([1, 2, 3, 4, 5].map((value) => item(id, value)).join("")),
  },
  "sends all of the credit and then its end": {
    expected: { result: "right" },
    items: [1, 2, 3, 4],
    play: (peer, { id }) =>
      peer.say([1, 2, 3, 4].map((value) => item(id, value)).join("") + reply(id, "right")),
  },
  "sends items of other calls": {
    expected: { result: "right" },
    items: [1],
    play: (peer, { id }) =>
      peer.say(
        [id + 1, -1, null, `${id}`, {}].map((wrong) => item(wrong, 9)).join("") + item(id, 1) +
          reply(id, "right"),
      ),
  },
  "leaves in the middle": {
    expected: { codes: ["unavailable"] },
    items: [1],
    async play(peer, { id }) {
      await peer.say(item(id, 1));
      peer.leave();
    },
  },
  "stops in the middle": {
    expected: { codes: ["deadline_exceeded"] },
    items: [1, 2],
    play: (peer, { id }) => peer.say(item(id, 1) + item(id, 2)),
  },
};

/**
 * Serves every connection: plays the script for calls of `attack`, and answers every other call with
 * its params.
 *
 * @returns Resolves when the listener is closed.
 */
export async function serveHostile(listener: HostileListener, script: ServerScript): Promise<void> {
  while (true) {
    const peer = await listener.accept();
    void (async () => {
      for (let message; (message = await peer.hear()) !== null;) {
        if (message.id === undefined || message.method === undefined) continue;
        if (message.method === "attack") await script.play(peer, message);
        else await peer.say(reply(message.id, message.params ?? null));
      }
      peer.leave();
    })();
  }
}
