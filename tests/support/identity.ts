import type { Identity, IdentityOptions, SignInCall } from "../../lib/auth/mod.ts";
import { openIdentity } from "../../lib/auth/mod.ts";
import type { Principal } from "../../lib/auth/mod.ts";
import { createMemoryStore, type Store } from "../../lib/store/mod.ts";
import type { Peer } from "../../lib/transport/connection.ts";
import { TestClock } from "./clock.ts";

/** A password that the password policy accepts. */
export const PASSWORD = "correct horse battery";

/** The fewest iterations that a SCRAM client accepts, so that tests are fast. */
export const ITERATIONS = 4_096;

/** A peer behind TLS. */
export const peer: Peer = { transport: "tls", address: "192.168.1.100:50412" };

/** An identity over a store in memory, with a clock that the test moves. */
export interface TestIdentity extends AsyncDisposable {
  readonly identity: Identity;
  readonly clock: TestClock;
  readonly store: Store;
  /** Makes calls of one connection; `principal()` is what the connection is signed in as. */
  connection(id?: string): { call: SignInCall; principal(): Principal | null };
}

/** Opens an identity that has one account, `alice`. */
export async function testIdentity(options: IdentityOptions = {}): Promise<TestIdentity> {
  const clock = new TestClock();
  const store = createMemoryStore({ clock });
  const identity = await openIdentity(store, {
    clock,
    ...options,
    passwords: { iterations: ITERATIONS, ...options.passwords },
  });
  await identity.accounts.add({ name: "alice", password: PASSWORD });
  return {
    identity,
    clock,
    store,
    connection(connectionId = crypto.randomUUID()) {
      let principal: Principal | null = null;
      return {
        call: async (method, params) => {
          const reply = await identity.gate.signIn(
            method as Parameters<Identity["gate"]["signIn"]>[0],
            params,
            { peer, connectionId, principal },
          );
          if (reply.principal !== undefined) principal = reply.principal;
          return reply.result;
        },
        principal: () => principal,
      };
    },
    async [Symbol.asyncDispose]() {
      identity[Symbol.dispose]();
      await store.close();
    },
  };
}
