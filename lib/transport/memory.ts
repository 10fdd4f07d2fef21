/**
 * Two ends of a connection inside one process, for tests and for programs that are their own client.
 *
 * @module
 */

import { TransportError } from "../base/errors.ts";
import { limits } from "../base/limits.ts";
import { MessageFitter, withoutBlobHeader } from "../base/text/message_fitter.ts";
import { turnIfDue } from "../base/turn.ts";
import { broken } from "./connection_error.ts";
import type { Connection, Listener, Peer } from "./connection.ts";

/**
 * Makes a connected pair. A send waits until the other end has received what was sent before.
 *
 * @returns The two ends.
 *
 * @example
 * ```ts
 * import { memoryPair } from "@dari/dari";
 * import { assertEquals } from "@std/assert";
 *
 * const [left, right] = memoryPair();
 * const sent = left.send("hello\n");
 * assertEquals(await right.receive(), "hello\n");
 * await sent;
 * ```
 */
export function memoryPair(): [Connection, Connection] {
  const left = new MemoryConnection();
  const right = new MemoryConnection();
  left.other = right;
  right.other = left;
  return [left, right];
}

class MemoryConnection implements Connection {
  readonly peer: Peer = { transport: "memory", address: "memory" };
  maxLineBytes: number = limits.maxLineBytesBeforeSignIn;
  /** The other end; set once by `memoryPair`. */
  other!: MemoryConnection;
  takesBlobs = false;
  /** What the other end has sent and this one has not received: the lines behind the last blob. */
  #inbox = "";
  /** What came before them: each blob, and the lines before it. */
  readonly #pieces: (string | Uint8Array)[] = [];
  readonly #fitter = new MessageFitter();
  #ended = false;
  #closed = false;
  #aborted = false;
  #wakeReceiver: (() => void) | undefined;
  #wakeSender: (() => void) | undefined;

  async receive(): Promise<string | Uint8Array | null> {
    while (this.#isEmpty && !this.#ended) {
      await new Promise<void>((resolve) => this.#wakeReceiver = resolve);
    }
    const piece = this.#pieces.shift() ?? this.#takeInbox();
    this.other.#wakeSender?.();
    if (piece === "") return null;
    // Two ends that always have something to say would keep everything else from its turn.
    await turnIfDue();
    return typeof piece === "string"
      ? this.#fitter.lines(piece, this.maxLineBytes)
      : this.#fitter.blob(piece, this);
  }

  async send(lines: string, bytes?: Uint8Array, linesBehind = ""): Promise<void> {
    if (this.#closed || this.other.#ended) throw broken(this.peer);
    if (bytes === undefined) this.other.#inbox += lines;
    else this.other.#putBlob(withoutBlobHeader(lines), bytes, linesBehind);
    this.other.#wakeReceiver?.();
    while (!this.other.#isEmpty && !this.#closed && !this.other.#ended) {
      await new Promise<void>((resolve) => this.#wakeSender = resolve);
    }
    if (!this.other.#isEmpty || this.#aborted) throw broken(this.peer);
  }

  get #isEmpty(): boolean {
    return this.#inbox === "" && this.#pieces.length === 0;
  }

  #takeInbox(): string {
    const lines = this.#inbox;
    this.#inbox = "";
    return lines;
  }

  /** The two ends never share memory: what one does with the bytes, the other does not see. */
  #putBlob(linesBefore: string, bytes: Uint8Array, linesBehind: string): void {
    const lines = this.#takeInbox() + linesBefore;
    if (lines !== "") this.#pieces.push(lines);
    this.#pieces.push(bytes.slice());
    this.#inbox = linesBehind;
  }

  close(): Promise<void> {
    this.#closed = true;
    this.#end();
    this.other.#end();
    return Promise.resolve();
  }

  abort(): void {
    for (const end of [this, this.other]) {
      end.#inbox = "";
      end.#pieces.length = 0;
      end.#aborted = true;
    }
    this.close();
  }

  #end(): void {
    this.#ended = true;
    this.#wakeReceiver?.();
    this.#wakeSender?.();
  }
}

/** A listener inside this process. */
export interface MemoryListener extends Listener {
  /** Connects to it. */
  connect(): Promise<Connection>;
}

/**
 * Listens inside this process.
 *
 * @returns The listener.
 *
 * @example
 * ```ts
 * import { listenMemory } from "@dari/dari";
 * import { assertEquals } from "@std/assert";
 *
 * const listener = listenMemory();
 * const near = await listener.connect();
 * const sent = near.send("hello\n");
 * for await (const far of listener) {
 *   assertEquals(await far.receive(), "hello\n");
 *   listener.close();
 * }
 * await sent;
 * ```
 */
export function listenMemory(): MemoryListener {
  const waiting: Connection[] = [];
  let wake: (() => void) | undefined;
  let closed = false;
  return {
    address: "memory",
    connect(): Promise<Connection> {
      if (closed) {
        return Promise.reject(new TransportError("unavailable", "Nothing listens on memory"));
      }
      const [mine, theirs] = memoryPair();
      waiting.push(theirs);
      wake?.();
      return Promise.resolve(mine);
    },
    close(): void {
      closed = true;
      for (const connection of waiting.splice(0)) connection.abort();
      wake?.();
    },
    async *[Symbol.asyncIterator](): AsyncGenerator<Connection> {
      while (!closed) {
        const connection = waiting.shift();
        if (connection) yield connection;
        else await new Promise<void>((resolve) => wake = resolve);
      }
    },
  };
}
