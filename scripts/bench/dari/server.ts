/**
 * dari's server as it runs in earnest: params validated, a principal who may call just these
 * methods, a deadline for each call, durations counted.
 *
 * Arguments: transport, path of a Unix socket, directory of the TLS files; and `open` for a server
 * that looks at nobody's rights.
 *
 * @module
 */

import { type Gate, openIdentity } from "../../../lib/auth/mod.ts";
import { CallMetrics } from "../../../lib/ops/metrics/call_metrics.ts";
import { createMemoryStore } from "../../../lib/store/mod.ts";
import { method, serve } from "../../../mod.ts";
import { readTlsFiles } from "../raw/socket.ts";
import { schemaOf } from "./schema.ts";

const [transport = "tcp", path = "", directory = "", identified = ""] = Deno.args;

const methods = {
  add: method({
    params: schemaOf<{ a: number; b: number }>({ a: "number", b: "number" }),
    handler: ({ a, b }) => a + b,
  }),
  echo: method({
    params: schemaOf<{ value: string | Uint8Array }>({ value: "string or bytes" }),
    handler: ({ value }) => value,
  }),
};

const store = createMemoryStore();
const identity = await openIdentity(store, { policy: { roles: { user: ["add", "echo"] } } });
await identity.accounts.add({ name: "bench" });
const account = await identity.accounts.record("bench");
const { token } = await identity.sessions.create(account, { address: "bench" });
const principal = await identity.gate.authenticate(token, "add", undefined);
const gate: Gate = identified === "open"
  ? { ...identity.gate, authorize: () => {} }
  : identity.gate;
const metrics = new CallMetrics();

const tls = readTlsFiles(directory);
const scheme = transport === "mutual_tls" ? "tls" : transport;

await using server = await serve({
  ...(transport === "wss" ? { https: { listen: "https://127.0.0.1:0", page: false } } : {}),
  listen: transport === "wss"
    ? []
    : transport === "unix"
    ? `unix:${path}`
    : `${scheme}://127.0.0.1:0`,
  tls,
  clientCa: transport === "mutual_tls" ? tls.cert : undefined,
  data: directory,
  methods,
  // As after a sign-in; connecting without one keeps the raw loop comparable.
  gate: { ...gate, identify: () => Promise.resolve(principal) },
  observer: metrics,
});
console.log(JSON.stringify({ address: server.addresses[0] }));
await new Promise(() => {}); // until the benchmark ends this process
