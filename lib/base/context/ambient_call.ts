/**
 * The call that is being served where code runs: the calls that a handler makes inherit from it,
 * whatever client, pool or callback carries them, without anybody passing it on.
 *
 * @module
 */

/** What travels on to the calls that a handler makes. */
export interface CarriedContext {
  /** The `traceparent` of W3C Trace Context. */
  readonly traceparent?: string | undefined;
  /** Its `tracestate`. */
  readonly tracestate?: string | undefined;
  /** The callers from the first on; `undefined` for strangers and the owner of the process. */
  readonly chain?: readonly string[] | undefined;
  /** The caller, for records of what is done here; it does not travel. `undefined` for strangers. */
  readonly caller?: string | undefined;
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

/**
 * The runtime's own slot that every continuation keeps (TC39 AsyncContext). `AsyncLocalStorage` of
 * Deno 2.9 stands on it and makes two objects and an entry of a WeakMap for every run: 1 µs, a third
 * of a call. Writing the slot takes 10 ns. Where a runtime hides it, `AsyncLocalStorage` does the
 * same; a browser has neither, and there calls inherit nothing.
 */
interface ContinuationSlot {
  getAsyncContext(): object | null | undefined;
  setAsyncContext(context: object | null | undefined): void;
}

/** The part of `AsyncLocalStorage` of node:async_hooks that is used here. */
interface CallStorage {
  getStore(): AmbientCall | undefined;
  run<Args extends unknown[], R>(
    call: AmbientCall | undefined,
    run: (...args: Args) => R,
    ...args: Args
  ): R;
}

/** What the runtime has, by name: the client for Node and browsers is made of this module too. */
const runtime = globalThis as unknown as Readonly<Record<string, unknown>>;

const CALL = Symbol("dari.call");

/** What stands in the slot while a call is served and nobody else uses the slot. */
class CallFrame {
  readonly [CALL]: AmbientCall | undefined;

  constructor(call: AmbientCall | undefined) {
    this[CALL] = call;
  }
}

/** Set with the first handler: a program that serves nothing never looks further. */
let isUsed = false;
const slot = continuationSlot();
const storage = slot === undefined ? callStorage() : undefined;

/**
 * The call that is being served here.
 *
 * @returns The call; `undefined` outside of handlers, and where calls inherit nothing from it.
 */
export function ambientCall(): AmbientCall | undefined {
  if (!isUsed) return undefined;
  const call = slot === undefined
    ? storage?.getStore()
    : (slot.getAsyncContext() as CallFrame | undefined)?.[CALL];
  return call !== undefined && call.inherits ? call : undefined;
}

/**
 * Runs a handler as the work of a call; everything that it starts belongs to the call as well.
 *
 * @param call The call.
 * @param handler The handler.
 * @param params Its params; for a handler without any they are left out.
 * @returns What the handler returns.
 */
export function runWithin<C extends AmbientCall, P, R>(
  call: C,
  handler: (params: P, call: C) => R,
  params?: P,
): R {
  isUsed = true;
  if (slot === undefined) {
    return storage === undefined
      ? handler(params as P, call)
      : storage.run(call, handler, params as P, call);
  }
  const before = slot.getAsyncContext();
  slot.setAsyncContext(frameOf(call, before));
  try {
    return handler(params as P, call);
  } finally {
    slot.setAsyncContext(before);
  }
}

/**
 * Runs something as the work of a call, where there is one.
 *
 * @param call The call; `undefined` for work that is nobody's.
 * @param run What is run.
 * @returns What it returns.
 */
export function runFor<R>(call: AmbientCall | undefined, run: () => R): R {
  return call === undefined ? run() : runWithin(call, run);
}

/**
 * Runs something that outlives the call that happens to start it, such as a connection.
 *
 * @param start What is run.
 * @returns What it returns.
 */
export function runOutside<T>(start: () => T): T {
  if (!isUsed) return start();
  if (slot === undefined) return storage === undefined ? start() : storage.run(undefined, start);
  const before = slot.getAsyncContext();
  slot.setAsyncContext(frameOf(undefined, before));
  try {
    return start();
  } finally {
    slot.setAsyncContext(before);
  }
}

/** What others keep in the slot, an `AsyncLocalStorage` of the program for instance, stays there. */
function frameOf(call: AmbientCall | undefined, before: object | null | undefined): object {
  if (before === undefined || before === null || before instanceof CallFrame) {
    return new CallFrame(call);
  }
  return { ...before, [CALL]: call };
}

/** The slot, where the runtime lets us at it and it keeps what is put there. */
function continuationSlot(): ContinuationSlot | undefined {
  try {
    const deno = Reflect.get(runtime, "Deno") as Record<string, unknown>;
    const { core } = deno[deno.internal as string] as { core: ContinuationSlot };
    const before = core.getAsyncContext();
    const probe = new CallFrame(undefined);
    core.setAsyncContext(probe);
    const isKept = core.getAsyncContext() === probe;
    core.setAsyncContext(before);
    return isKept ? core : undefined;
  } catch {
    return undefined;
  }
}

function callStorage(): CallStorage | undefined {
  const { getBuiltinModule } = (Reflect.get(runtime, "process") ?? {}) as {
    getBuiltinModule?(name: string): { AsyncLocalStorage: new () => CallStorage } | undefined;
  };
  const hooks = getBuiltinModule?.("node:async_hooks");
  return hooks && new hooks.AsyncLocalStorage();
}

/** What begins a function that is neither async nor a generator: `({ a }) =>`, `name(a) {`. */
const HEAD = /^(?:function\b)?\s*(?!async\b)[\w$]*\s*\(/;
/** Whatever can start work: a call, `new`, `await`, a template with a tag; `/` may hide one. */
const STARTS_WORK =
  /[\w$)\]}.]\s*\(|[\x60/]|\[native code\]|\b(?:async|await|yield|new|import|class|function)\b/;

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
