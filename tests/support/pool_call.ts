import type { Call } from "../../lib/ipc/pool/call.ts";

/** A call of a pool that nobody waits for. */
export function callOf(params: unknown, expiresAt = Infinity, method = "echo"): Call {
  const nothing = () => {};
  return {
    method,
    params,
    carried: "",
    resolve: nothing,
    reject: nothing,
    expiresAt,
    timeoutMs: Infinity,
    signal: undefined,
    onAbort: nothing,
    settled: false,
  };
}
