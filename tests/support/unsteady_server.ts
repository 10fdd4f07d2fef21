import { TransportError } from "../../lib/base/errors.ts";
import { serve, type ServeOptions } from "../../lib/endpoint/serve.ts";
import type { Methods } from "../../lib/rpc/method/method.ts";
import type { Server } from "../../lib/rpc/server/server.ts";
import type { Connection } from "../../lib/transport/connection.ts";
import { listenMemory, type MemoryListener } from "../../lib/transport/memory.ts";

/** A place where a server may be or not, and whose connections a test cuts. */
export class UnsteadyServer implements AsyncDisposable {
  /** How often somebody dialled. */
  dials = 0;
  /** The methods of the requests that servers here were sent. */
  readonly asked: string[] = [];
  #memory: MemoryListener | undefined;
  #server: Server | undefined;
  readonly #connections: Connection[] = [];

  /** Opens a connection to the server that is there. */
  readonly dial = async (): Promise<Connection> => {
    this.dials++;
    if (this.#memory === undefined) throw new TransportError("unavailable", "nobody is there");
    const connection = await this.#memory.connect();
    this.#connections.push(connection);
    return connection;
  };

  /** Puts a server there, in place of the one that was. */
  async start(methods: Methods, options: Partial<ServeOptions> = {}): Promise<void> {
    await this.stop();
    this.#memory = listenMemory();
    const observer = {
      callBegan: ({ method }: { method: string }) => void this.asked.push(method),
    };
    this.#server = await serve({ listen: this.#memory, methods, observer, ...options });
  }

  /** Cuts every connection, as a network does. */
  cut(): void {
    for (const connection of this.#connections.splice(0)) connection.abort();
  }

  /** Takes the server away, without a word to anybody. */
  async stop(): Promise<void> {
    this.#memory = undefined;
    this.cut();
    await this.#server?.close(0);
    this.#server = undefined;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }
}
