/**
 * The part of `dari serve` by which administrators see who is connected, and revoke what somebody has.
 *
 * @module
 */

import type { Identity } from "../../auth/sign_in/identity.ts";
import { type Clock, systemClock } from "../../base/clock.ts";
import type { Ledger } from "../../cert/ledger/ledger.ts";
import { LiveServer } from "./live_server.ts";
import { type Audit, noAudit } from "../audit/audit.ts";
import { connectionsMethod } from "./connections_method.ts";
import { freshSignIn } from "./fresh_sign_in.ts";
import { revokeMethod } from "./revoke_method.ts";
import { type LookAtServers, serversMethod } from "./servers_method.ts";
import { tapMethods } from "./tap_method.ts";
import type { Methods } from "../../rpc/method/method.ts";
import type { Observer } from "../../rpc/observer.ts";

/** What {@linkcode openLive} works with. */
export interface LiveParts {
  /** Accounts, sessions, keys. */
  readonly identity: Identity;
  /** The certificates that were issued. */
  readonly ledger: Ledger;
  /** Where taps are written down. @default {nowhere} */
  readonly audit?: Audit | undefined;
  /** Asks the servers of the cluster how they are. @default {this one is alone} */
  readonly servers?: LookAtServers | undefined;
  /** The time. @default {systemClock} */
  readonly clock?: Clock | undefined;
}

/** What administrators have of a running server. */
export interface LiveOperations {
  /** The server; its threads are added when they serve. */
  readonly live: LiveServer;
  /** Hear that the server stops; a tap adds one that hears of calls while it runs. */
  readonly observers: readonly Observer[];
  /** `rpc.connections`, `rpc.servers`, `rpc.revoke`, `rpc.tap` and `rpc.tap.params`. */
  readonly methods: Methods;
}

/**
 * Makes them.
 *
 * @param parts What they work with.
 */
export function openLive(
  { identity, ledger, servers, audit = noAudit, clock = systemClock }: LiveParts,
): LiveOperations {
  const live = new LiveServer();
  const { accounts, certificates, sessions, keys, invitations } = identity;
  const revocation = {
    ...{ accounts, certificates, sessions, keys, invitations, ledger },
    clock,
    connections: live.connections.bind(live),
  };
  return {
    live,
    observers: [{ serverStopping: () => live.endTaps() }],
    methods: {
      "rpc.connections": connectionsMethod(live),
      "rpc.servers": serversMethod(servers, () => clock.now()),
      "rpc.revoke": revokeMethod(revocation, freshSignIn({ sessions, clock })),
      ...tapMethods({ live, audit, decide: identity.decide.bind(identity) }),
    },
  };
}
