/**
 * dari's server as it runs in earnest: params validated, a principal who may call just these
 * methods, a deadline for each call, durations counted.
 *
 * Arguments: transport, path of a Unix socket, directory of the TLS files.
 *
 * @module
 */

import { createOpenGate, DariError, method, serve } from "../../../mod.ts";
import { readTlsFiles } from "../raw/socket.ts";
import { schemaOf } from "./schema.ts";

const [transport = "tcp", path = "", directory = ""] = Deno.args;

const methods = {
  add: method({
    params: schemaOf<{ a: number; b: number }>({ a: "number", b: "number" }),
    handler: ({ a, b }) => a + b,
  }),
  echo: method({
    params: schemaOf<{ value: string }>({ value: "string" }),
    handler: ({ value }) => value,
  }),
};

const principal = {
  name: "bench",
  kind: "session",
  roles: ["bench"],
  credentialId: "bench",
  expiresAtMs: Date.now() + 24 * 60 * 60 * 1_000,
} as const;
const allowed = new Set<string>(Object.keys(methods));

const buckets = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, Infinity];
const counts = new Map<string, number[]>();

const tls = readTlsFiles(directory);
const scheme = transport === "mutual_tls" ? "tls" : transport;

await using server = await serve({
  listen: transport === "unix" ? `unix:${path}` : `${scheme}://127.0.0.1:0`,
  tls,
  clientCa: transport === "mutual_tls" ? tls.cert : undefined,
  data: directory,
  methods,
  gate: {
    ...createOpenGate(),
    identify: () => Promise.resolve(principal),
    authorize(who, name) {
      if (who === null || Date.now() > (who.expiresAtMs ?? Infinity)) {
        throw new DariError("unauthenticated", "Sign in");
      }
      if (!allowed.has(name)) throw new DariError("permission_denied", `"${name}" is not yours`);
    },
  },
  observer: {
    callEnded(name, durationMs) {
      let row = counts.get(name);
      if (row === undefined) counts.set(name, row = buckets.map(() => 0));
      const bucket = buckets.findIndex((edge) => durationMs <= edge * 1_000);
      row[bucket] = (row[bucket] ?? 0) + 1;
    },
  },
});
console.log(JSON.stringify({ address: server.addresses[0] }));
await new Promise(() => {}); // until the benchmark ends this process
