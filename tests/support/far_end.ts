import type { Connection } from "../../lib/transport/connection.ts";
import { memoryPair } from "../../lib/transport/memory.ts";

/** A JSON-RPC message as a test reads it. */
// deno-lint-ignore no-explicit-any
export type WireMessage = any;

/** The other end of a connection, where a test reads and writes the messages itself. */
export class FarEnd {
  readonly connection: Connection;
  readonly #features: readonly string[] | undefined;
  #unread = "";

  /** @param features What it knows; without them it does not know the question either. */
  constructor(connection: Connection, features?: readonly string[]) {
    this.connection = connection;
    this.#features = features;
    connection.maxLineBytes = 16 * 1024 * 1024;
  }

  /**
   * The next message; `null` once the connection has ended. The question what this end knows is
   * answered on the way.
   */
  async receive(): Promise<WireMessage> {
    const message = await this.#next();
    if (message?.method !== "rpc.hello") return message;
    const answer = this.#features === undefined
      ? { error: { code: -32601, message: "There is no such method" } }
      : { result: { versions: ["dari/1"], features: this.#features } };
    await this.send({ id: message.id, ...answer });
    return await this.receive();
  }

  async #next(): Promise<WireMessage> {
    while (!this.#unread.includes("\n")) {
      const lines = await this.connection.receive();
      if (lines === null) return null;
      this.#unread += lines;
    }
    const end = this.#unread.indexOf("\n");
    const line = this.#unread.slice(0, end);
    this.#unread = this.#unread.slice(end + 1);
    return JSON.parse(line);
  }

  /** Sends a message. */
  send(message: Record<string, unknown>): Promise<void> {
    return this.connection.send(`${JSON.stringify({ jsonrpc: "2.0", ...message })}\n`);
  }

  /** Takes the next request and answers it. */
  async answer(result: unknown): Promise<WireMessage> {
    const request = await this.receive();
    await this.send({ id: request.id, result });
    return request;
  }
}

/** A server that a test plays: what a client dials, and the far ends of what it dialled. */
export class FakeServer {
  readonly ends: FarEnd[] = [];
  readonly #features: readonly string[] | undefined;

  /** @param features What it knows; without them it is a server of old. */
  constructor(features?: readonly string[]) {
    this.#features = features;
  }

  /** Opens a connection to it. */
  readonly dial = (): Promise<Connection> => {
    const [near, far] = memoryPair();
    this.ends.push(new FarEnd(far, this.#features));
    return Promise.resolve(near);
  };

  /** The newest far end. */
  get end(): FarEnd {
    const end = this.ends.at(-1);
    if (end === undefined) throw new Error("Nobody has dialled yet");
    return end;
  }
}
