import type { DariError } from "../../lib/base/errors.ts";
import { connect, type ConnectOptions } from "../../lib/endpoint/connect.ts";
import { serve, type ServeOptions } from "../../lib/endpoint/serve.ts";
import type { Client } from "../../lib/rpc/client/client.ts";
import type { Context } from "../../lib/rpc/method/context.ts";
import type { Methods } from "../../lib/rpc/method/method.ts";
import type { Server } from "../../lib/rpc/server/server.ts";
import type { Connection } from "../../lib/transport/connection.ts";
import { listenMemory, memoryPair } from "../../lib/transport/memory.ts";

/** A server and its client, in memory. */
export interface RpcPair<M extends Methods> extends AsyncDisposable {
  readonly server: Server;
  readonly client: Client<M>;
}

/** Starts a server in memory and connects to it. */
export async function startPair<M extends Methods>(
  methods: M,
  options: Partial<ServeOptions> = {},
  clientOptions: ConnectOptions = {},
): Promise<RpcPair<M>> {
  const memory = listenMemory();
  const server = await serve({ listen: memory, methods, ...options });
  const client = await connect<M>(memory, clientOptions);
  return {
    server,
    client,
    async [Symbol.asyncDispose]() {
      await client.close();
      await server.close(0);
    },
  };
}

/** A server, and a client whose lines the test writes itself. */
export class Wire implements AsyncDisposable {
  readonly server: Server;
  readonly connection: Connection;
  #received = "";

  private constructor(server: Server, connection: Connection) {
    this.server = server;
    this.connection = connection;
  }

  /** Starts a server in memory and opens a connection to it. */
  static async open(methods: Methods, options: Partial<ServeOptions> = {}): Promise<Wire> {
    const server = await serve({ listen: [], methods, ...options });
    const [near, far] = memoryPair();
    near.maxLineBytes = far.maxLineBytes = 16 * 1024 * 1024;
    server.attach(far);
    return new Wire(server, near);
  }

  /** Sends a line; a value that is not a string is written as JSON. */
  send(message: unknown): Promise<void> {
    const line = typeof message === "string" ? message : JSON.stringify(message);
    return this.connection.send(`${line}\n`);
  }

  /** The next line, parsed. */
  // deno-lint-ignore no-explicit-any
  async receive(): Promise<any> {
    while (!this.#received.includes("\n")) {
      const lines = await this.connection.receive();
      if (lines === null) throw new Error("The server ended the connection");
      this.#received += lines;
    }
    const end = this.#received.indexOf("\n");
    const line = this.#received.slice(0, end);
    this.#received = this.#received.slice(end + 1);
    return JSON.parse(line);
  }

  /** Sends a line and gives the next one. */
  // deno-lint-ignore no-explicit-any
  async ask(message: unknown): Promise<any> {
    const [reply] = await Promise.all([this.receive(), this.send(message)]);
    return reply;
  }

  /** The replies to all lines so far: those that arrive before the reply to a ping. */
  async settled(): Promise<unknown[]> {
    const id = crypto.randomUUID();
    const replies: unknown[] = [];
    let reply = await this.ask({ jsonrpc: "2.0", id, method: "rpc.ping" });
    for (; reply.id !== id; reply = await this.receive()) replies.push(reply);
    return replies;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.connection.abort();
    await this.server.close(0);
  }
}

/** A method that waits until it is cancelled, with promises for its start and for the reason. */
export function waitsUntilAborted() {
  const told = Promise.withResolvers<DariError>();
  const begun = Promise.withResolvers<void>();
  const methods = {
    wait(_: unknown, { signal }: Context) {
      signal.addEventListener("abort", () => told.resolve(signal.reason));
      begun.resolve();
      return new Promise<never>(() => {});
    },
  };
  return { methods, begun: begun.promise, told: told.promise };
}
