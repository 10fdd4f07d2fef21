/**
 * Operations on the entries of a store, and on entries together with messages.
 *
 * @module
 */

import { DariError } from "../../base/errors.ts";
import type { Operation } from "../../store/store.ts";
import { VersionConflictError } from "../../store/store.ts";
import { ackMessage, checkLease, requireLease } from "../embedded/tables/answers.ts";
import { putMessages } from "../embedded/tables/put.ts";
import type { QueueTransaction } from "../embedded/tables/transaction.ts";
import { publishMessages } from "../embedded/topic_tables/publish.ts";
import type { PutReceipt } from "../queue/operations.ts";
import type { PublishReceipt } from "../topic/operations.ts";
import { operation } from "./define.ts";
import {
  checked,
  type Field,
  flag,
  type Held,
  list,
  number,
  object,
  oneOf,
  optional,
  text,
} from "./fields.ts";
import { storedMessage } from "./queue_operations.ts";
import { topicMessage } from "./topic_operations.ts";

const change = { key: text, ifVersion: optional(number), survivesRestore: optional(flag) };

const steps = {
  put: object({
    ...{ kind: oneOf("put"), ...change },
    ...{ value: text, expiresAtMs: optional(number) },
  }),
  delete: object({ kind: oneOf("delete"), ...change }),
  // What the program looked at of a receipt has to be so again.
  enqueue: object({
    ...{ kind: oneOf("enqueue"), queue: text, message: storedMessage },
    seen: object({ number: optional(number), isDuplicate: optional(flag) }),
  }),
  publish: object({
    ...{ kind: oneOf("publish"), message: topicMessage },
    seen: object({ cursor: optional(text), isDuplicate: optional(flag) }),
  }),
};

/** One thing that a program has done in a transaction. */
export type WriteStep = Held<(typeof steps)[keyof typeof steps]>;

const step: Field<WriteStep> = (value, where) => {
  const given = (value as { kind?: unknown } | null | undefined)?.kind;
  const kind = oneOf(...Object.keys(steps) as (keyof typeof steps)[])(given, where);
  return steps[kind](value, where);
};

const batchStep: Field<Operation> = (value, where) => {
  const given = (value as { kind?: unknown } | null | undefined)?.kind;
  return steps[oneOf("put", "delete")(given, where)](value, where) as Operation;
};

/** Operations on entries, by name. */
export const entryOperations = {
  "store.batch": operation(
    { steps: list(batchStep) },
    (transaction, { steps }) => {
      const { entries } = transaction;
      const removed = steps.filter(({ kind, key }) =>
        kind === "delete" && entries.get(key) !== null
      );
      entries.batch(steps);
      entries.sweep();
      return { version: entries.version, removed: removed.length };
    },
  ),
  "store.write": operation(
    {
      lease: optional(object({ queue: text, lease: checked(checkLease) })),
      reads: list(object({ key: text, version: number })),
      steps: list(step),
    },
    (transaction, { lease, reads, steps }, holder) =>
      transaction.atomically(() => {
        if (lease !== undefined) requireLease(transaction, { ...lease, holder });
        for (const { key, version } of reads) {
          if ((transaction.entries.get(key)?.version ?? 0) !== version) {
            throw new VersionConflictError(key);
          }
        }
        const receipts = steps.map((step) => doStep(transaction, step, holder));
        if (steps.some(({ kind }) => kind === "put" || kind === "delete")) {
          transaction.entries.sweep();
        }
        if (lease !== undefined) ackMessage(transaction, { ...lease, holder });
        return receipts;
      }),
  ),
};

/** What a step gave; null for one of an entry. */
function doStep(
  transaction: QueueTransaction,
  step: WriteStep,
  by: string,
): PutReceipt | PublishReceipt | null {
  switch (step.kind) {
    case "put":
    case "delete":
      transaction.entries.batch([step as Operation]);
      return null;
    case "enqueue":
      return asSeen(step.seen, putMessages(transaction, step.queue, [step.message], by)[0]!);
    case "publish":
      return asSeen(step.seen, publishMessages(transaction, [step.message], by)[0]!);
    default:
      return step satisfies never;
  }
}

function asSeen<T extends object>(
  seen: { readonly [K in keyof T]?: T[K] | undefined },
  receipt: T,
): T {
  for (const [name, value] of Object.entries(seen)) {
    if (receipt[name as keyof T] !== value) {
      throw new DariError("unavailable", "Somebody else wrote in between; try again");
    }
  }
  return receipt;
}
