/**
 * The server of a soak: a process of its own, so that its memory and descriptors are its own.
 *
 * @module
 */

import { type Context, serve } from "../../mod.ts";
import { openIdentity } from "../../lib/auth/mod.ts";
import { openSqliteStore } from "../../lib/store/mod.ts";

/** The account that signs in. */
export const ACCOUNT = { username: "soak", password: "correct horse battery" };

if (import.meta.main) {
  const directory = await Deno.makeTempDir({ prefix: "dari_soak_" });
  const store = await openSqliteStore(`${directory}/dari.db`);
  const identity = await openIdentity(store, {
    passwords: { iterations: 4_096 },
    maxFailuresPerPeer: Infinity, // all peers of a soak have one address
    lockout: { failures: Infinity },
  });
  await identity.accounts.add({ name: ACCOUNT.username, password: ACCOUNT.password });
  const server = await serve({
    listen: "tcp://127.0.0.1:0",
    gate: identity.gate,
    public: ["plain", "blob", "ticks"],
    methods: {
      plain: ({ a, b }: { a: number; b: number }) => a + b,
      blob: () => "x".repeat(100_000),
      async *ticks() {
        for (let tick = 0;; tick++) yield await Promise.resolve(tick);
      },
      /** Revokes the session that calls. */
      async revoke(_params: unknown, { principal }: Context) {
        await identity.sessions.revoke(principal!.credentialId.replace("session:", ""));
      },
    },
    observer: [],
  });
  console.log(JSON.stringify({ address: server.addresses[0] }));
}
