/**
 * What is done with entries of the store itself.
 *
 * @module
 */

import { limits } from "../../../lib/base/limits.ts";
import { type Operation, VersionConflictError } from "../../../lib/store/store.ts";
import { type Deed, type Doing, oneOf } from "./doing.ts";
import { idsIn } from "./history.ts";
import { LONG_SHARE } from "./plan.ts";

/** How many groups there are. */
const GROUPS = 3;
/** How many keys a group has. */
const GROUP_SIZE = 3;
/** How often an append is tried that another one was faster than. */
const TRIES = 5;
/** How long the entries of a long group are. */
const LONG_LENGTH = 6_000;
/** Entries that are written at once, at the most, and under how many keys. */
const BURST = { most: 80, keys: 60 } as const;

/** Adds the id of a step to a register. */
export const append: Deed = (doing) => appendTo(registerOf(doing), doing);

/** Adds the id of a step to a register of the server's own. */
export const ask: Deed = (doing) => appendTo(`asked/${doing.name}`, doing);

/** In place of what is read there. */
async function appendTo(
  key: string,
  { step: { id }, site: { judge }, store, log, what }: Doing,
): Promise<void> {
  judge.history.began(id, key);
  for (let left = TRIES;; left--) {
    try {
      const before = await store.get(key);
      // Before messages say what log they were decided on, the version may be that of two messages.
      if (log.isMisled && limits.storeFormQuietMs > 0) return;
      const value = [...idsIn(before?.value), id].join(",");
      const version = await store.put(key, value, { ifVersion: before?.version ?? 0 });
      return judge.history.acknowledged(id, version);
    } catch (error) {
      if (error instanceof VersionConflictError && left > 0) continue;
      judge.history.failed(id, error);
      return judge.failed(what, error, ["failed_precondition"]);
    }
  }
}

/** Reads a register. */
export const read: Deed = async (doing) => {
  const { site: { judge }, store, log, name, what } = doing;
  const key = registerOf(doing);
  const entry = await store.get(key);
  judge.knew(what, log.freshAt);
  if (log.isMisled) return;
  judge.history.read(key, name, idsIn(entry?.value));
};

/** Writes all keys of a group in one batch. */
export const writeGroup: Deed = async (doing) => {
  const { step, site: { judge }, store, what } = doing;
  const key = groupOf(doing);
  const length = step.amount < LONG_SHARE ? LONG_LENGTH : 10;
  const value = `${step.id}:${"x".repeat(length)}`;
  judge.history.began(step.id, key);
  try {
    const version = await store.batch(
      Array.from({ length: GROUP_SIZE }, (_, member): Operation => {
        return { kind: "put", key: `${key}/${member}`, value };
      }),
    );
    judge.history.acknowledged(step.id, version);
  } catch (error) {
    judge.history.failed(step.id, error);
    judge.failed(what, error);
  }
};

/** Reads all keys of a group. */
export const readGroup: Deed = async (doing) => {
  const { site: { judge }, store, log, name, what } = doing;
  const key = groupOf(doing);
  const entries = await store.list(`${key}/`);
  judge.knew(what, log.freshAt);
  if (log.isMisled) return;
  judge.history.readGroup(key, name, entries, GROUP_SIZE);
};

/** Writes much at once, so that the log grows; some of it ends soon. */
export const burst: Deed = async ({ step, site: { judge }, store, clock, what }) => {
  const count = Math.ceil(step.amount * BURST.most);
  await Promise.all(Array.from({ length: count }, async (_, number) => {
    const key = `fill/${(number + step.id) % BURST.keys}`;
    const value = "y".repeat(10 + (number * 37) % 400);
    const expiry = number % 2 === 0 ? {} : { expiresAtMs: clock.now() + 1_000 + number * 500 };
    try {
      if (number % 7 === 0) await store.delete(key);
      else await store.put(key, value, expiry);
    } catch (error) {
      judge.failed(what, error);
    }
  }));
};

/** Has a snapshot made. */
export const snapshot: Deed = ({ store }) => {
  store.compact();
  return Promise.resolve();
};

function registerOf({ step, site: { setup } }: Doing): string {
  return `register/${oneOf(setup.registers, step)}`;
}

function groupOf({ step }: Doing): string {
  return `group/${oneOf(GROUPS, step)}`;
}
