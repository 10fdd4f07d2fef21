/**
 * The call that is being served where code runs: the calls that a handler makes inherit from it,
 * whatever client, pool or callback carries them, without anybody passing it on.
 *
 * @module
 */

import { AsyncLocalStorage } from "node:async_hooks"; // Deno has none of its own

/** What travels on to the calls that a handler makes. */
export interface CarriedContext {
  /** The `traceparent` of W3C Trace Context. */
  readonly traceparent?: string | undefined;
  /** Its `tracestate`. */
  readonly tracestate?: string | undefined;
  /** Who calls, from the first caller on; `undefined` for strangers and the owner of the process. */
  readonly chain?: readonly string[] | undefined;
}

/** A call that is being served, as the calls that its handler makes see it. */
export interface AmbientCall {
  /** Whether calls inherit: until it was answered, and for ever where it was cancelled or too late. */
  readonly inherits: boolean;
  /** Aborts when nobody waits for the call any more. */
  readonly signal: AbortSignal;
  /** What travels on. */
  readonly carried: CarriedContext;
  /** The time that the call has left, in milliseconds; 0 or less where it is too late. */
  leftMs(): number;
}

const storage = new AsyncLocalStorage<AmbientCall | undefined>();
/** Set with the first handler: a program that serves nothing never looks further. */
let isUsed = false;

/**
 * The call that is being served here.
 *
 * @returns The call; `undefined` outside of handlers, and where calls inherit nothing from it.
 */
export function ambientCall(): AmbientCall | undefined {
  if (!isUsed) return undefined;
  const call = storage.getStore();
  return call !== undefined && call.inherits ? call : undefined;
}

/**
 * Runs a handler as the work of a call; everything that it starts belongs to the call as well.
 *
 * @param call The call.
 * @param handler The handler.
 * @param params Its params.
 * @returns What the handler returns.
 */
export function runWithin<C extends AmbientCall>(
  call: C,
  handler: (params: unknown, call: C) => unknown,
  params: unknown,
): unknown {
  isUsed = true;
  return storage.run(call, handler, params, call);
}

/**
 * Runs something that outlives the call that happens to start it, such as a connection.
 *
 * @param start What is run.
 * @returns What it returns.
 */
export function runOutside<T>(start: () => T): T {
  return isUsed ? storage.run(undefined, start) : start();
}

/** What begins a function that is neither async nor a generator: `({ a }) =>`, `name(a) {`. */
const HEAD = /^(?:function\b)?\s*(?!async\b)[\w$]*\s*\(/;
/** Whatever can start work: a call, `new`, `await`, a template with a tag; `/` may hide one. */
const STARTS_WORK = /[\w$)\]}.]\s*\(|[`/]|\[native code\]|\b(?:async|await|yield|new|import|class|function)\b/;

/**
 * Whether a handler may make calls, now or later. One whose source calls nothing, such as
 * `({ a, b }) => a + b`, cannot: it is spared the cost of {@linkcode runWithin}, which is several
 * times its own. In doubt the answer is yes.
 *
 * @param handler The handler.
 * @returns Whether it must run by {@linkcode runWithin}.
 */
export function mayMakeCalls(handler: (...args: never[]) => unknown): boolean {
  const source = Function.prototype.toString.call(handler);
  return STARTS_WORK.test(source.replace(HEAD, ""));
}
