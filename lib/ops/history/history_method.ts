/**
 * `rpc.history`: what the server did in the last minutes, and what it does from now on.
 *
 * @module
 */

import type { Context } from "../../rpc/method/context.ts";
import type { Methods } from "../../rpc/method/method.ts";
import { readParams } from "../methods/params.ts";
import type { History, HistoryItem } from "./history.ts";

/** The name of the method. */
export const HISTORY_METHOD = "rpc.history";

/**
 * Makes the method. It is one call for as long as somebody looks, and so one record of the audit.
 *
 * @param history The history.
 */
export function historyMethods(history: Pick<History, "watch">): Methods {
  return {
    [HISTORY_METHOD]: {
      summary: "What the server did in the last minutes, and what it does from now on",
      async *handler(params: unknown, { signal }: Context): AsyncGenerator<HistoryItem, void> {
        readParams(params, {});
        yield* history.watch(signal);
      },
    },
  };
}
