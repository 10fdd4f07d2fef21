import { type Gate, type IdentityOptions, openIdentity } from "../../lib/auth/mod.ts";
import { connect, type ConnectOptions } from "../../lib/endpoint/connect.ts";
import { serve } from "../../lib/endpoint/serve.ts";
import type { Context } from "../../lib/rpc/method/context.ts";
import { createMemoryStore } from "../../lib/store/mod.ts";
import { tempDirectory } from "./temp.ts";

export const password = "correct horse battery";
export const login = { username: "Alice", password };
export const methods = {
  who: (_params: unknown, { principal }: Context) => principal?.name,
  hang: (_params: unknown, { signal }: Context) =>
    new Promise<never>((_, reject) =>
      signal.addEventListener("abort", () => reject(signal.reason))
    ),
};

/** A server with accounts on TCP and TLS, and alice among them. */
export async function startWithAlice(options: IdentityOptions = {}, wrap = (gate: Gate) => gate) {
  const directory = await tempDirectory();
  const store = createMemoryStore();
  const identity = await openIdentity(store, { passwords: { iterations: 4_096 }, ...options });
  await identity.accounts.add({ name: "alice", password });
  const data = `${directory.path}/data`;
  const server = await serve({
    listen: ["tls://localhost:0", "tcp://127.0.0.1:0"],
    data,
    methods,
    gate: wrap(identity.gate),
  });
  const ca = await Deno.readTextFile(`${data}/ca.crt`);
  return {
    identity,
    server,
    dial: (options: ConnectOptions, address = server.addresses[0] ?? "") =>
      connect<typeof methods>(address, { ca, ...options }),
    async [Symbol.asyncDispose]() {
      await server.close(0);
      identity[Symbol.dispose]();
      await store.close();
      await directory[Symbol.asyncDispose]();
    },
  };
}
