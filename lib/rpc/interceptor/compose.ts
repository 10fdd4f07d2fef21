/**
 * Many interceptors as one function.
 *
 * @module
 */

import { endItems, isItems, ItemsOf } from "./items_of.ts";
import type { Next } from "./interceptor.ts";

/** An interceptor of either side. */
type Interceptor<Call> = (call: Call, next: Next<Call>) => unknown;

/** Runs a call through all interceptors, and then through what stands behind them. */
export type Chain<Call> = (call: Call, last: (call: Call) => unknown) => Promise<unknown>;

/**
 * Puts interceptors together, the first one outermost.
 *
 * A source of items that came from behind ends with the call: when an interceptor fails, gives
 * something else instead, or its own items have ended or are left.
 *
 * @param interceptors The interceptors.
 * @returns The chain; `undefined` where there are none.
 * @throws {TypeError} Where one is no function.
 */
export function compose<Call extends { readonly method: string }>(
  interceptors: readonly Interceptor<Call>[] | undefined,
): Chain<Call> | undefined {
  if (interceptors === undefined || interceptors.length === 0) return undefined;
  for (const interceptor of interceptors) {
    if (typeof interceptor !== "function") throw new TypeError("An interceptor must be a function");
  }
  const chain = [...interceptors];
  return (call, last) => runAt(chain, 0, call, last);
}

async function runAt<Call extends { readonly method: string }>(
  chain: readonly Interceptor<Call>[],
  at: number,
  call: Call,
  last: (call: Call) => unknown,
): Promise<unknown> {
  const interceptor = chain[at];
  if (interceptor === undefined) return await last(call);
  let inner: Promise<unknown> | undefined;
  let source: unknown;
  let misuse: TypeError | undefined;
  const next: Next<Call> = (changed = call) => {
    if (inner !== undefined) {
      throw misuse = new TypeError(
        `An interceptor called next() twice for "${call.method}"; a call is made once`,
      );
    }
    inner = runAt(chain, at + 1, changed, last);
    // An interceptor need not wait for it, and it may come after the interceptor has answered.
    inner.then((result) => source = result, () => {});
    return inner;
  };
  try {
    const result = await interceptor(call, next);
    if (misuse !== undefined) throw misuse;
    if (inner === undefined || result === source) return result;
    if (isItems(result)) return new ItemsOf(result, inner);
    inner.then(endItems, () => {});
    return result;
  } catch (error) {
    inner?.then(endItems, () => {});
    throw misuse ?? error;
  }
}
