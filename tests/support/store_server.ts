/**
 * A server over a data directory's store, with every transport that an account can sign in on. It
 * prints its addresses as one JSON value a line; several may run on one directory.
 */
import { openIdentity } from "../../lib/auth/mod.ts";
import { serve } from "../../lib/endpoint/serve.ts";
import type { Context } from "../../lib/rpc/method/context.ts";
import { openSqliteStore } from "../../lib/store/mod.ts";

const data = Deno.args[0] ?? "";
const store = await openSqliteStore(`${data}/dari.db`);
const identity = await openIdentity(store);
const common = {
  data,
  gate: identity.gate,
  methods: {
    who: (_params: unknown, { principal }: Context) => principal?.name,
    hang: (_params: unknown, { signal }: Context) =>
      new Promise<never>((_, reject) =>
        signal.addEventListener("abort", () => reject(signal.reason))
      ),
  },
};
const open = await serve({
  ...common,
  listen: ["tls://localhost:0", "tcp://127.0.0.1:0", `unix:${data}/${Deno.args[1]}.sock`],
});
const mutual = await serve({
  ...common,
  listen: "tls://localhost:0",
  clientCa: { file: `${data}/ca.crt` },
});
console.log(JSON.stringify({ open: open.addresses, mutual: mutual.addresses[0] }));
