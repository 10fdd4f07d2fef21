/**
 * The sending end of a stream: items leave as fast as the caller grants them and the sink takes them.
 *
 * @module
 */

import { byteLength } from "../../base/byte_length.ts";
import { encodeNotification } from "../../protocol/encode.ts";
import type { RegisteredMethod } from "../method/registry.ts";
import type { ReplySink } from "./call_host.ts";
import type { ServedCall } from "./served_call.ts";

/** The notification that carries one item: `{ id, value }`. */
export const ITEM = "rpc.item";

/** The items of a method that streams, not yet checked by the method's schema. */
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
 * @param returned What its handler returned.
 * @returns The result as it is sent, a promise of it, or the source of a stream.
 * @throws {DariError} `internal` where the result breaks the method's schema.
 */
export function checkReturned(method: RegisteredMethod, returned: unknown): unknown {
  if (typeof returned !== "object" || returned === null) return method.checkResult(returned);
  if (Symbol.asyncIterator in returned) {
    return new ItemSource(method, returned as AsyncIterable<unknown>);
  }
  // A promise that is no Promise, for instance of a query builder.
  if ("then" in returned && typeof returned.then === "function") {
    return Promise.resolve(returned).then((value) => checkReturned(method, value));
  }
  return method.checkResult(returned);
}

/**
 * Sends the items of a stream.
 *
 * @param call The call that asked for them.
 * @param source The items.
 * @param sink Takes them.
 * @param countsBytes Whether the call adds up their bytes, for observers.
 * @returns What the generator returned, which becomes the call's result.
 */
export async function sendItems(
  call: ServedCall,
  source: ItemSource,
  sink: ReplySink,
  countsBytes: boolean,
): Promise<unknown> {
  call.itemBytes = 0;
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
      const item = await source.method.checkResult(value);
      const text = encodeNotification(ITEM, { id: call.id, value: item });
      if (countsBytes) call.itemBytes += byteLength(text);
      sink.push(text);
      if (sink.isFull) await sink.drained();
    }
    return undefined;
  } finally {
    // Not awaited: a generator that waits for ever must not keep the call from ending.
    items.return?.(undefined)?.catch(() => {});
  }
}
