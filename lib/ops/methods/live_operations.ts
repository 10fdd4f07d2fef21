/**
 * The part of `dari serve` by which administrators see who is connected, and revoke what somebody has.
 *
 * @module
 */

import type { Identity } from "../../auth/sign_in/identity.ts";
import { systemClock } from "../../base/clock.ts";
import type { Ledger } from "../../cert/ledger/ledger.ts";
import { LiveServer } from "../live/live_server.ts";
import { connectionsMethod } from "./connections_method.ts";
import { revokeMethod } from "./revoke_method.ts";
import type { Methods } from "../../rpc/method/method.ts";
import type { Observer } from "../../rpc/observer.ts";

/** What {@linkcode openLive} works with. */
export interface LiveParts {
  /** Accounts, sessions, keys. */
  readonly identity: Identity;
  /** The certificates that were issued. */
  readonly ledger: Ledger;
}

/** What administrators have of a running server. */
export interface LiveOperations {
  /** The server; its threads are added when they serve. */
  readonly live: LiveServer;
  /** None: whoever looks at calls subscribes then. */
  readonly observers: readonly Observer[];
  /** `rpc.connections` and `rpc.revoke`. */
  readonly methods: Methods;
}

/**
 * Makes them.
 *
 * @param parts What they work with.
 */
export function openLive({ identity, ledger }: LiveParts): LiveOperations {
  const live = new LiveServer();
  const { accounts, certificates, sessions, keys, invitations } = identity;
  const revocation = {
    ...{ accounts, certificates, sessions, keys, invitations, ledger },
    clock: systemClock,
    connections: live.connections.bind(live),
  };
  return {
    live,
    observers: [],
    methods: {
      "rpc.connections": connectionsMethod(live),
      "rpc.revoke": revokeMethod(revocation),
    },
  };
}
