/**
 * `rpc.sessions`, `rpc.keys` and `rpc.keys.rotate`.
 *
 * @module
 */

import type { ApiKey } from "../../auth/credential/api_key_record.ts";
import type { ApiKeys } from "../../auth/credential/api_keys.ts";
import type { Session } from "../../auth/credential/session_record.ts";
import type { Sessions } from "../../auth/credential/sessions.ts";
import { limits } from "../../base/limits.ts";
import type { Context } from "../../rpc/method/context.ts";
import type { Methods } from "../../rpc/method/method.ts";
import type { CheckFreshness } from "../methods/fresh_sign_in.ts";
import { needed, readParams } from "../methods/params.ts";
import { type Listing, listing } from "./listing.ts";

/** What these methods work with. */
export interface CredentialMethodsParts {
  /** The sessions. */
  readonly sessions: Pick<Sessions, "list">;
  /** The API keys. */
  readonly keys: Pick<ApiKeys, "list" | "rotate">;
  /** Refuses to change anything for a session that began long ago. */
  readonly checkFresh: CheckFreshness;
  /** The time, in milliseconds since the epoch. */
  readonly now: () => number;
}

/** A session as the list shows it. */
export interface ListedSession extends Session {
  /** Whether it is the one that the call came with. */
  readonly own: boolean;
}

/** What `rpc.keys.rotate` answers. */
export interface RotatedKey {
  /** The key with its new secret; it is told once. */
  readonly text: string;
  /** The key. */
  readonly key: ApiKey;
  /** Until when the old secret works, in milliseconds since the epoch. */
  readonly oldUntilMs: number;
}

/**
 * Makes them.
 *
 * @param parts What they work with.
 */
export function credentialMethods(
  { sessions, keys, checkFresh, now }: CredentialMethodsParts,
): Methods {
  return {
    "rpc.sessions": {
      summary: "The sessions",
      idempotent: true,
      async handler(params: unknown, { principal }: Context): Promise<Listing<ListedSession>> {
        const { find } = readParams(params, { find: "text" });
        const all = (await sessions.list()).map((session) => ({
          ...session,
          own: principal?.credentialId === `session:${session.id}`,
        }));
        return listing(all, now(), find);
      },
    },
    "rpc.keys": {
      summary: "The API keys, those that end next first",
      idempotent: true,
      async handler(params: unknown): Promise<Listing<ApiKey>> {
        const { find } = readParams(params, { find: "text" });
        const all = (await keys.list()).sort((left, right) => endOf(left) - endOf(right));
        return listing(all, now(), find);
      },
    },
    "rpc.keys.rotate": {
      summary: "Give an API key a new secret; the old one works for a while longer",
      async handler(params: unknown, { principal }: Context): Promise<RotatedKey> {
        const given = readParams(params, { id: "text", overlapMs: "count" });
        const id = needed(given, "id");
        const { overlapMs = limits.keyOverlapMs } = given;
        await checkFresh(principal);
        const oldUntilMs = now() + overlapMs;
        return { ...await keys.rotate(id, { overlapMs }), oldUntilMs };
      },
    },
  };
}

/** Those that work come first, those that were revoked or have ended last. */
function endOf({ state, expiresAtMs = Number.MAX_SAFE_INTEGER }: ApiKey): number {
  return state === "active" ? expiresAtMs : Infinity;
}
