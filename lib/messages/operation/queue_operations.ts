/**
 * Operations on queues.
 *
 * @module
 */

import {
  ackInRun,
  checkLease,
  extendLease,
  nackMessage,
  returnUnseen,
} from "../embedded/tables/answers.ts";
import { configureQueue, pauseQueue, purgeSome, retrySome } from "../embedded/tables/manage.ts";
import { putMessages } from "../embedded/tables/put.ts";
import { takeMessages } from "../embedded/tables/take.ts";
import { beginFutureLeases } from "../embedded/tables/future_leases.ts";
import { checkSettings } from "../queue/settings.ts";
import { operation } from "./define.ts";
import { checked, flag, list, number, object, optional, orNull, text } from "./fields.ts";

/** A message as it is stored. */
export const storedMessage = object({
  value: text,
  types: orNull(text),
  bytes: number,
  id: orNull(text),
  key: orNull(text),
  priority: number,
  delayMs: number,
});

/** Which lease is meant. */
export const leased = { queue: text, lease: checked(checkLease) };

/** Operations on queues, by name. */
export const queueOperations = {
  "queue.put": operation(
    { queue: text, messages: list(storedMessage) },
    (transaction, { queue, messages }, by) => putMessages(transaction, queue, messages, by),
  ),
  "queue.take": operation(
    { queue: text, max: number, leaseMs: optional(number) },
    (transaction, { queue, max, leaseMs }, holder) =>
      takeMessages(transaction, queue, { max, leaseMs, holder }),
  ),
  "queue.ack": operation(leased, (transaction, { queue, lease }, holder) => {
    ackInRun(transaction, { queue, lease, holder });
  }),
  "queue.nack": operation(
    {
      ...leased,
      ...{ delayMs: optional(number), reason: optional(text), dead: optional(flag) },
    },
    (transaction, { queue, lease, ...options }, holder) =>
      nackMessage(transaction, { queue, lease, holder }, options),
  ),
  "queue.extend": operation(
    { ...leased, leaseMs: optional(number) },
    (transaction, { queue, lease, leaseMs }, holder) =>
      extendLease(transaction, { queue, lease, holder }, leaseMs),
  ),
  "queue.giveBack": operation(leased, (transaction, { queue, lease }, holder) => {
    returnUnseen(transaction, { queue, lease, holder });
  }),
  "queue.configure": operation(
    { queue: text, settings: checked(checkSettings) },
    (transaction, { queue, settings }) => configureQueue(transaction, queue, settings),
  ),
  "queue.pause": operation(
    { queue: text, paused: flag },
    (transaction, { queue, paused }) => pauseQueue(transaction, queue, paused),
  ),
  "queue.purge": operation(
    { queue: text, dead: flag, upTo: number },
    (transaction, { queue, dead, upTo }) => purgeSome(transaction, queue, { dead, upTo }),
  ),
  "queue.retry": operation(
    { queue: text, numbers: list(number) },
    (transaction, { queue, numbers }) =>
      transaction.atomically(() => retrySome(transaction, queue, { numbers })),
  ),
  "queue.retryAll": operation(
    { queue: text, upTo: number },
    (transaction, { queue, upTo }) => retrySome(transaction, queue, { upTo }),
  ),
  "queue.beginFutureLeases": operation({}, (transaction) => beginFutureLeases(transaction)),
};
