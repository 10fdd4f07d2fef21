/**
 * One connection: calls that wait on it, by their ids.
 *
 * @module
 */

import { type DariError, errorNamed, isRecord } from "./errors.ts";
import type { Wire } from "./wire.ts";

/** Who waits for a reply. */
export interface Waiting {
  /** Told once: of the reply, or of why there is none. */
  settle(reply: { readonly [member: string]: unknown } | DariError): void;
  /** Told of each item of a stream; absent where the call does not stream. */
  readonly item?: (value: unknown) => void;
}

const MAX_LINE_LENGTH = 64 * 1024 * 1024;

export class Link {
  /** Why the connection is of no use any more. */
  failure: DariError | undefined;
  readonly #wire: Wire;
  readonly #waiting = new Map<number, Waiting>();
  #lastId = 0;
  #isRetired = false;
  #outgoing = "";
  #rest: string[] = [];
  #restLength = 0;

  constructor(wire: Wire) {
    this.#wire = wire;
    wire.onText = (text) => this.#receive(text);
    wire.onEnd = (reason) =>
      this.close(errorNamed("unavailable", `The connection was lost: ${reason}`));
  }

  get binding(): Uint8Array | undefined {
    return this.#wire.binding;
  }

  /** Sends a call; `params` and `meta` are JSON, an empty `meta` is none. */
  begin(method: string, params: string, meta: string, waiting: Waiting): number {
    if (this.failure !== undefined) throw this.failure;
    const id = ++this.#lastId;
    this.#waiting.set(id, waiting);
    const rest = meta === "" ? "" : `,"meta":${meta}`;
    this.#send(`{"jsonrpc":"2.0","id":${id},"method":${method},"params":${params}${rest}}\n`);
    return id;
  }

  /** Sends a notification. */
  notify(method: string, params: string): void {
    this.#send(`{"jsonrpc":"2.0","method":${method},"params":${params}}\n`);
  }

  /** Leaves a call; its reply is ignored. */
  forget(id: number): void {
    if (this.#waiting.delete(id)) this.notify('"rpc.cancel"', `{"id":${id}}`);
    this.#endIfRetired();
  }

  /** Ends the connection when the last of its calls has ended: the server is about to stop. */
  retire(): void {
    this.#isRetired = true;
    this.#endIfRetired();
  }

  /** Ends the connection and every call on it. */
  close(reason: DariError): void {
    if (this.failure !== undefined) return;
    this.failure = reason;
    this.#wire.close();
    for (const waiting of this.#waiting.values()) waiting.settle(reason);
    this.#waiting.clear();
  }

  /** What one turn sends leaves in one write. */
  #send(line: string): void {
    if (this.failure !== undefined) return;
    if (this.#outgoing === "") queueMicrotask(() => this.#flush());
    this.#outgoing += line;
  }

  #flush(): void {
    const text = this.#outgoing;
    this.#outgoing = "";
    if (this.failure === undefined) this.#wire.write(text);
  }

  #receive(text: string): void {
    const end = text.lastIndexOf("\n");
    if (end < 0) return this.#keep(text);
    const lines = `${this.#rest.join("")}${text.slice(0, end)}`;
    this.#rest = [];
    this.#restLength = 0;
    this.#keep(text.slice(end + 1));
    for (const line of lines.split("\n")) {
      try {
        this.#take(JSON.parse(line));
      } catch {
        // It is no message.
      }
    }
  }

  #keep(text: string): void {
    if (text === "") return;
    this.#rest.push(text);
    this.#restLength += text.length;
    if (this.#restLength > MAX_LINE_LENGTH) {
      this.close(errorNamed("resource_exhausted", "The server sent a line that has no end"));
    }
  }

  #take(message: unknown): void {
    if (!isRecord(message)) return;
    if ("method" in message) return this.#takeCall(message);
    const { id } = message;
    const waiting = typeof id === "number" ? this.#waiting.get(id) : undefined;
    if (typeof id !== "number" || waiting === undefined) return;
    this.#waiting.delete(id);
    waiting.settle(message);
    this.#endIfRetired();
  }

  #endIfRetired(): void {
    if (!this.#isRetired || this.#waiting.size > 0) return;
    this.close(errorNamed("unavailable", "The server stops"));
  }

  #takeCall({ id, method, params }: { readonly [member: string]: unknown }): void {
    if (method === "rpc.item" && isRecord(params)) {
      const waiting = typeof params.id === "number" ? this.#waiting.get(params.id) : undefined;
      waiting?.item?.(params.value);
    } else if (id !== undefined) {
      const error = { code: -32601, message: "This client has no methods" };
      const answer = method === "rpc.ping" ? { result: "pong" } : { error };
      this.#send(`${JSON.stringify({ jsonrpc: "2.0", id, ...answer })}\n`);
    }
  }
}
