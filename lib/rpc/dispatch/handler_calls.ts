/**
 * What a handler asks its context to do for it.
 *
 * @module
 */

import type { Principal } from "../../auth/policy/principal.ts";
import { DariError } from "../../base/errors.ts";
import type { Meta } from "../../protocol/message.ts";
import { callerName } from "../method/caller_name.ts";
import type { Context } from "../method/context.ts";
import type { CallHost } from "./call_host.ts";

/** A call that is being served, as far as its handler's own calls depend on it. */
interface Served {
  readonly signal: AbortSignal;
  readonly meta: Readonly<Meta>;
  leftMs(): number;
}

/**
 * Calls a method that the caller of a call offers.
 *
 * @param host What carries the call.
 * @param served The call, with which this one ends.
 * @param method The method.
 * @param params Its params.
 * @returns Its result.
 */
export function callBack(
  host: Pick<CallHost, "back">,
  served: Served,
  method: string,
  params: unknown,
): Promise<unknown> {
  const options = { timeoutMs: Math.max(1, served.leftMs()), signal: served.signal };
  const { traceparent, tracestate } = served.meta;
  const result = host.back.call(
    method,
    params,
    traceparent === undefined ? options : {
      ...options,
      meta: { traceparent, ...(tracestate === undefined ? {} : { tracestate }) },
    },
  );
  // A handler need not wait for it, and its failure must not end the program then.
  result.catch(() => {});
  return result;
}

/**
 * Publishes a message for a handler, as the caller of its call.
 *
 * @param host What carries the call.
 * @param principal The caller.
 * @param given Topic, value and options.
 * @throws {DariError} `failed_precondition` on a server without topics.
 */
export async function publishAs(
  { publishing }: Pick<CallHost, "publishing">,
  principal: Principal | null,
  ...[topic, value, options]: Parameters<Context["publish"]>
): ReturnType<Context["publish"]> {
  if (publishing !== undefined) {
    return await publishing(callerName(principal), topic, value, options);
  }
  throw new DariError("failed_precondition", "The server has no topics: serve({ queues })");
}
