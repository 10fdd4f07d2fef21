/**
 * How fast a server checks the token of a session that it has seen: with a store of its own, and with
 * the one that servers share through NATS.
 *
 * @module
 */

import { type Identity, openIdentity } from "../../../lib/auth/mod.ts";
import { limits } from "../../../lib/base/limits.ts";
import { openNatsStore } from "../../../lib/cluster/store/nats_store.ts";
import { openSqliteStore } from "../../../lib/store/mod.ts";
import { median } from "../statistics.ts";
import { openBareBus } from "./bare.ts";

/** The checks of both. */
export interface SessionFigures {
  /** Checks a second with SQLite. */
  readonly sqlite: number;
  /** Checks a second with the shared store. */
  readonly cluster: number;
  /** The second by the first, in the same round. */
  readonly ratio: number;
}

const CHECKS = 500_000;

/**
 * Measures, by turns.
 *
 * @param directory Where SQLite's file goes.
 * @param at Host and port of a NATS server with JetStream.
 * @param rounds How often.
 */
export async function measureSessions(
  directory: string,
  at: string,
  rounds: number,
): Promise<SessionFigures> {
  await using bus = await openBareBus(at);
  await using own = await openSqliteStore(`${directory}/sessions.db`);
  const { store: shared } = await openNatsStore({
    ...{ bus, service: "bench" },
    key: crypto.getRandomValues(new Uint8Array(limits.clusterKeyBytes)),
  });
  try {
    using ofOwn = await openIdentity(own);
    using ofShared = await openIdentity(shared);
    const checks = [await checkerOf(ofOwn), await checkerOf(ofShared)];
    const rates: number[][] = [];
    for (let round = 0; round < rounds; round++) rates.push(checks.map(ratePerSecond));
    return {
      sqlite: median(rates.map(([sqlite = NaN]) => sqlite)),
      cluster: median(rates.map(([, cluster = NaN]) => cluster)),
      ratio: median(rates.map(([sqlite = NaN, cluster = NaN]) => cluster / sqlite)),
    };
  } finally {
    await shared.close();
  }
}

async function checkerOf({ accounts, gate, sessions }: Identity): Promise<() => void> {
  await accounts.add({ name: "alice" });
  const { token } = await sessions.create(await accounts.record("alice"), { address: "bench" });
  await gate.authenticate(token, "add", null);
  return () => {
    const found = gate.authenticate(token, "add", null);
    if (found instanceof Promise) throw new Error("the check asks the store");
    gate.authorize(found, "add");
  };
}

function ratePerSecond(check: () => void): number {
  for (let call = 0; call < CHECKS / 10; call++) check();
  const start = performance.now();
  for (let call = 0; call < CHECKS; call++) check();
  return CHECKS / (performance.now() - start) * 1_000;
}
