import type { Peer } from "../../lib/transport/connection.ts";
import type { PeerStream } from "../../lib/transport/peer_stream.ts";

/** A stream whose other end is the test. */
export interface FarStream {
  readonly stream: PeerStream;
  /** What the stream's owner wrote, as text. */
  readonly written: string[];
  /** Whether the owner ended its output. */
  readonly isEnded: () => boolean;
  /** Whether the owner closed it, and the reason where it was cut. */
  readonly closed: () => string | boolean;
  /** Sends text to the owner; `null` ends the input. */
  push(text: string | null): void;
  /** Lets writes wait, or go on. */
  block(isBlocked: boolean): void;
}

/** Makes a stream of bytes in memory. */
export function farStream(address = "test"): FarStream {
  const input: (Uint8Array | null)[] = [];
  const written: string[] = [];
  let wake = () => {};
  let ended = false;
  let closed: string | boolean = false;
  let room: PromiseWithResolvers<void> | undefined;
  const fault = () => new Error(typeof closed === "string" ? closed : "closed");
  const peer: Peer = { transport: "memory", address };
  return {
    written,
    isEnded: () => ended,
    closed: () => closed,
    push(text) {
      input.push(text === null ? null : new TextEncoder().encode(text));
      wake();
    },
    block(isBlocked) {
      if (isBlocked) room ??= Promise.withResolvers();
      else {
        room?.resolve();
        room = undefined;
      }
    },
    stream: {
      peer,
      async read(into) {
        while (input.length === 0 && closed === false) {
          await new Promise<void>((resolve) => wake = resolve);
        }
        if (closed !== false) throw fault();
        const next = input.shift()!;
        if (next !== null) into.set(next);
        return next?.length ?? null;
      },
      async write(bytes) {
        await room?.promise;
        if (closed !== false) throw fault();
        written.push(new TextDecoder().decode(bytes));
        return bytes.length;
      },
      closeWrite() {
        ended = true;
        return Promise.resolve();
      },
      close() {
        if (closed === false) closed = true;
        room?.resolve();
        wake();
      },
      cut(reason) {
        closed = reason;
        room?.resolve();
        wake();
      },
    },
  };
}
