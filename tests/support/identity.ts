import {
  type Identity,
  type IdentityOptions,
  openIdentity,
  type Principal,
  type SignInCall,
} from "../../lib/auth/mod.ts";
import { createMemoryStore, type Store } from "../../lib/store/mod.ts";
import type { Peer, PeerCertificate } from "../../lib/transport/connection.ts";
import { TestClock } from "./clock.ts";

/** A password that the policy takes. */
export const PASSWORD = "correct horse battery";

/** Few enough iterations for a test, and as many as a SCRAM client accepts. */
export const ITERATIONS = 4_096;

/** A peer behind TLS. */
export const peer: Peer = { transport: "tls", address: "192.168.1.100:50412" };

/** A client certificate as a listener shows it. */
export function certificateOf(identity: string, notAfterMs: number): PeerCertificate {
  const fingerprint = "ab".repeat(32);
  return { identity, subject: `CN=${identity}`, serial: "1f", fingerprint, notAfterMs };
}

/** An identity over a store in memory, with a clock that the test sets. */
export interface TestIdentity extends AsyncDisposable {
  readonly identity: Identity;
  readonly clock: TestClock;
  readonly store: Store;
  /** Makes calls of one connection; `principal()` is what the connection is signed in as. */
  connection(id?: string): { call: SignInCall; principal(): Principal | null };
}

/** Opens one; `alice` is there already. */
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
