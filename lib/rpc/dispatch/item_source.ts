/**
 * The sending end of a stream: items leave as fast as the caller grants and the connection takes
 * them.
 *
 * @module
 */

import { encodeNotification } from "../../protocol/encode.ts";
import type { ServedCall } from "../method/context.ts";
import type { Outbox } from "../call/outbox.ts";
import type { RegisteredMethod } from "../method/registry.ts";

/** The notification that carries one item: `{ id, value }`. */
export const ITEM = "rpc.item";

/** The items of a method that streams, each to be checked by the method's schema. */
export class ItemSource {
  /**
   * @param method The method.
   * @param items What its handler returned.
   */
  constructor(readonly method: RegisteredMethod, readonly items: AsyncIterable<unknown>) {}
}

/**
 * Checks what a handler returned.
 *
 * @param method The method.
 * @param result What its handler returned.
 * @returns The result as it is sent, or the source of a stream.
 */
export function conclude(method: RegisteredMethod, result: unknown): unknown {
  if (typeof result !== "object" || result === null) return method.conclude(result);
  if (Symbol.asyncIterator in result) {
    return new ItemSource(method, result as AsyncIterable<unknown>);
  }
  // A promise of another make, a query builder's for instance.
  if ("then" in result && typeof result.then === "function") {
    return Promise.resolve(result).then((settled) => conclude(method, settled));
  }
  return method.conclude(result);
}

/**
 * Sends the items of a stream.
 *
 * @param call The call that asked for them.
 * @param source The items.
 * @param outbox Where they go.
 * @returns What the generator returned, which becomes the call's result.
 */
export async function sendItems(
  call: ServedCall,
  source: ItemSource,
  outbox: Outbox,
): Promise<unknown> {
  // Nobody takes the items of a notification, so none are made.
  if (call.id === undefined) return await source.items[Symbol.asyncIterator]().return?.();
  let credit = call.meta.credit ?? Infinity;
  let wake: (() => void) | undefined;
  call.onCredit = (items) => {
    credit += items;
    wake?.();
  };
  call.signal.addEventListener("abort", () => wake?.(), { once: true });
  const items = source.items[Symbol.asyncIterator]();
  try {
    while (!call.isDone) {
      while (credit < 1 && !call.isDone) await new Promise<void>((resolve) => wake = resolve);
      if (call.isDone) break;
      const { done, value } = await items.next();
      if (call.isDone) break;
      if (done) return value;
      credit--;
      const item = await source.method.conclude(value);
      outbox.push(encodeNotification(ITEM, { id: call.id, value: item }));
      if (outbox.isFull) await outbox.drained();
    }
    return undefined;
  } finally {
    // Not awaited: a generator that waits for ever must not hold the call.
    items.return?.(undefined)?.catch(() => {});
  }
}
