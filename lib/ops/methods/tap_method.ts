/**
 * `rpc.tap` and `rpc.tap.params`: the calls of a server while they happen.
 *
 * @module
 */

import type { Identity } from "../../auth/sign_in/identity.ts";
import { DariError } from "../../base/errors.ts";
import type { Context } from "../../rpc/method/context.ts";
import type { Method } from "../../rpc/method/method.ts";
import type { Audit } from "../audit/audit.ts";
import { type TapBatch, TapQueue } from "../tap/tap_queue.ts";
import type { LiveServer } from "./live_server.ts";
import { readParams } from "./params.ts";

/** What a tap works with. */
export interface TapParts {
  /** The server. */
  readonly live: Pick<LiveServer, "tap">;
  /** Says whether the policy still lets somebody tap; a credential that ends ends the call itself. */
  readonly decide: Identity["decide"];
  /** Where each tap is written down before it shows anything. */
  readonly audit: Audit;
}

/** The name of the method that shows params: a right of its own. */
const WITH_PARAMS = "rpc.tap.params";

/**
 * Makes both methods.
 *
 * @param parts What they work with.
 */
export function tapMethods(parts: TapParts): Readonly<Record<string, Method>> {
  return {
    "rpc.tap": {
      summary: "Watch calls: who, method, duration, error",
      handler: tapHandler("rpc.tap", parts),
    },
    [WITH_PARAMS]: {
      summary: "Watch calls with their params, without secrets",
      handler: tapHandler(WITH_PARAMS, parts),
    },
  };
}

function tapHandler(name: string, { live, decide, audit }: TapParts) {
  return async function* (given: unknown, context: Context): AsyncGenerator<TapBatch> {
    const { methods, principals } = readParams(given, { methods: "texts", principals: "texts" });
    const { principal, signal } = context;
    if (principal === null) throw new DariError("unauthenticated", `Sign in to call "${name}"`);
    const about = methods?.join(" ");
    const who = { by: principal.name, via: principal.credentialId, peer: context.peer.address };
    const data = { params: name === WITH_PARAMS, principals };
    await audit.record({ kind: "tap.began", ...who, about, data });
    const queue = new TapQueue();
    const onEnd = () => queue.end();
    signal.addEventListener("abort", onEnd, { once: true });
    let shown = 0;
    try {
      if (signal.aborted) return;
      using _tap = live.tap({ methods, principals, params: name === WITH_PARAMS }, queue);
      yield { calls: [], missed: 0 }; // from now on no call is missed
      for await (const batch of queue) {
        // A policy that has changed holds for a tap that runs, too.
        if (!decide(principal, name, true).allowed) {
          throw new DariError("permission_denied", `You may not call "${name}"`);
        }
        yield batch;
        shown += batch.calls.length;
      }
    } finally {
      signal.removeEventListener("abort", onEnd);
      audit.note({ kind: "tap.ended", ...who, about, data: { ...data, shown } });
    }
  };
}
