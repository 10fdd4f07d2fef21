/**
 * The server whose connection becomes slow. Arguments: transport, directory of the TLS files.
 *
 * @module
 */

import { openIdentity } from "../../../lib/auth/mod.ts";
import { createMemoryStore } from "../../../lib/store/mod.ts";
import { serve } from "../../../mod.ts";
import { readTlsFiles } from "../raw/socket.ts";

const [transport = "tcp", directory = ""] = Deno.args;
const ITEM = "x".repeat(1_000);

const methods = {
  add: ({ a, b }: { a: number; b: number }) => a + b,
  echo: ({ value }: { value: string | Uint8Array }) => value,
  /** As fast as they are taken. */
  async *items() {
    for (let n = 0;; n++) yield await Promise.resolve({ n, ITEM });
  },
  async count({ items }: { items: AsyncIterable<unknown> }) {
    let count = 0;
    for await (const _ of items) count++;
    return count;
  },
};

// Somebody has signed in: strangers may send no long lines.
const identity = await openIdentity(createMemoryStore(), { policy: { roles: { user: ["*"] } } });
await identity.accounts.add({ name: "bench" });
const account = await identity.accounts.record("bench");
const { token } = await identity.sessions.create(account, { address: "bench" });
const principal = await identity.gate.authenticate(token, "add", undefined);

const server = await serve({
  listen: `${transport}://127.0.0.1:0`,
  tls: readTlsFiles(directory),
  data: directory,
  methods,
  gate: { ...identity.gate, identify: () => Promise.resolve(principal) },
  observer: {},
});
console.log(JSON.stringify({ address: server.addresses[0] }));
