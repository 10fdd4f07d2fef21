/** A server at the other end of a pipe, in this thread or in a worker of its own. */

import { connect } from "../../lib/endpoint/connect.ts";
import { serve } from "../../lib/endpoint/serve.ts";
import { openPipe, pipe, type PipeDescriptor } from "../../lib/ipc/mod.ts";
import type { Client } from "../../lib/rpc/client/client.ts";
import { method, type Methods } from "../../lib/rpc/method/method.ts";
import type { Server } from "../../lib/rpc/server/server.ts";
import type { Connection } from "../../lib/transport/connection.ts";
import { methods } from "./pool_methods.ts";

const served: Methods = {
  ...Object.fromEntries(
    Object.entries(methods).map(([name, { handler }]) => [name, method({ handler })]),
  ),
  numbers: async function* () {
    try {
      for (let n = 1;; n++) yield n;
    } finally {
      ended++;
    }
  },
  /** How many streams of numbers have ended. */
  endedStreams: () => ended,
};
let ended = 0;

async function serveOver(connection: Connection): Promise<Server> {
  const server = await serve({ listen: [], methods: served });
  server.attach(connection);
  return server;
}

/** A client whose server is at the other end of a pipe. */
export interface PipeClient extends AsyncDisposable {
  readonly client: Client;
  /** Ends the server's thread, if it has one of its own. */
  kill(): void;
}

/** The server in this thread. */
export async function serveHere(): Promise<PipeClient> {
  const [near, far] = pipe();
  const server = await serveOver(far.connection());
  const client = await connect(near.connection());
  return {
    client,
    kill: () => far.close(),
    async [Symbol.asyncDispose]() {
      await client.close();
      await server.close(0);
    },
  };
}

/** The server in a worker. */
export async function serveInWorker(): Promise<PipeClient> {
  const [near, far] = pipe();
  const worker = new Worker(import.meta.url, { type: "module" });
  worker.postMessage(far.transfer());
  const client = await connect(near.connection());
  return {
    client,
    kill: () => worker.terminate(),
    async [Symbol.asyncDispose]() {
      await client.close();
      worker.terminate();
    },
  };
}

/** The part of a worker's scope used here; absent in the main thread. */
const scope = globalThis as unknown as {
  WorkerGlobalScope?: unknown;
  onmessage: ((event: MessageEvent<PipeDescriptor>) => void) | null;
};

if (scope.WorkerGlobalScope !== undefined) {
  scope.onmessage = ({ data }) => void serveOver(openPipe(data).connection());
}
