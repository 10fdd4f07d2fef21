/**
 * Ends what a plan lists, and waits until the connections are gone.
 *
 * @module
 */

import { DariError, type ErrorCode } from "../../base/errors.ts";
import { limits } from "../../base/limits.ts";
import type { RevocationReason } from "../../cert/ledger/event.ts";
import type { ShownConnection } from "../live/connections.ts";
import type { RevocationParts } from "./parts.ts";
import type { Holding, RevocationPlan } from "./plan.ts";

/** Something that could not be ended. */
export interface Failure {
  /** What still works. */
  readonly holding: Holding;
  /** The code of the error. */
  readonly code: ErrorCode;
  /** Why. */
  readonly message: string;
}

/** What a revocation has done. */
export interface RevocationResult {
  /** What was revoked, as it can be typed: `user:alice`. */
  readonly target: string;
  /** What no longer works. */
  readonly gone: readonly Holding[];
  /** What could not be ended; the same revocation can be made again. */
  readonly failed: readonly Failure[];
  /** How many connections were closed; `undefined` where no server could be asked. */
  readonly closed: number | undefined;
  /** How many running calls were ended with them. */
  readonly calls: number;
  /** Connections that were still open at the end. */
  readonly open: readonly ShownConnection[];
}

/** How {@linkcode carryOut} works. */
export interface CarryOutOptions {
  /** Why certificates are revoked, for the revocation list. */
  readonly reason: Exclude<RevocationReason, "superseded">;
  /** Waits so many milliseconds. */
  readonly wait: (ms: number) => Promise<void>;
}

/**
 * Ends what a plan lists. What fails keeps nothing else from ending.
 *
 * @param parts What is changed.
 * @param plan What ends.
 * @param options Reason and waiting.
 * @returns What was done; it never rejects because of one of the things.
 */
export async function carryOut(
  parts: RevocationParts,
  plan: RevocationPlan,
  { reason, wait }: CarryOutOptions,
): Promise<RevocationResult> {
  const gone: Holding[] = [];
  const failed: Failure[] = [];
  for (const holding of plan.holdings) {
    try {
      await endHolding(parts, holding, reason);
      gone.push(holding);
    } catch (error) {
      failed.push({ holding, ...failureOf(error) });
    }
  }
  const before = plan.connections;
  const open = before === undefined ? [] : await untilClosed(parts, plan, wait);
  const stillOpen = new Set(open.map(({ id }) => id));
  const closed = before?.filter(({ id }) => !stillOpen.has(id)) ?? [];
  return {
    target: plan.target,
    gone,
    failed,
    closed: before === undefined ? undefined : closed.length,
    calls: closed.reduce((sum, { calls }) => sum + calls.length, 0),
    open,
  };
}

async function endHolding(
  { accounts, sessions, keys, invitations, ledger }: RevocationParts,
  { kind, id }: Holding,
  reason: CarryOutOptions["reason"],
): Promise<void> {
  switch (kind) {
    case "account":
      return await accounts.disable(id);
    case "session":
      return await unless("not_found", sessions.revoke(id));
    case "key":
      return await unless("not_found", keys.revoke(id));
    case "certificate":
      // One with the same key has taken it along already.
      return await unless("already_exists", ledger.revoke(id, reason));
    case "invitation":
      await invitations.remove(id);
      return;
    default:
      return kind satisfies never;
  }
}

/** Somebody else was faster: then it is gone as well. */
async function unless(code: string, work: Promise<unknown>): Promise<void> {
  try {
    await work;
  } catch (error) {
    if (!(error instanceof DariError) || error.code !== code) throw error;
  }
}

async function untilClosed(
  parts: RevocationParts,
  { owner }: RevocationPlan,
  wait: CarryOutOptions["wait"],
): Promise<readonly ShownConnection[]> {
  const endAt = parts.clock.monotonic() + limits.revocationWaitMs;
  while (true) {
    const open = (await parts.connections(owner))?.connections ?? [];
    if (open.length === 0 || parts.clock.monotonic() >= endAt) return open;
    await wait(limits.revocationPollMs);
  }
}

function failureOf(error: unknown): { code: ErrorCode; message: string } {
  if (error instanceof DariError) return { code: error.code, message: error.message };
  return { code: "internal", message: error instanceof Error ? error.message : String(error) };
}
