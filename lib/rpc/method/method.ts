/**
 * What a server offers: methods, and the types that travel from them to the client.
 *
 * @module
 */

import type { WorkerContext } from "../../base/context/worker_context.ts";
import type { Arrived, Sendable } from "../../protocol/arrived.ts";
import type { Context } from "./context.ts";
import type { ErrorSchemas, NoErrors } from "./declared_errors.ts";
import type { JobSettings } from "./job.ts";
import type { Schema } from "./schema.ts";

/**
 * How a stream goes on where it was cut. The method has to give the items behind the one with the
 * cursor that it is called with, in the same order as before.
 */
export interface StreamCursor<Param extends string = string, Member extends string = string> {
  /** The param that takes the cursor of the last item that arrived. */
  readonly param: Param;
  /**
   * The member of an item that is its cursor.
   *
   * @default {the item itself}
   */
  readonly item?: Member | undefined;
}

/** A method with its declarations. Make one with {@linkcode method}. */
// deno-lint-ignore no-explicit-any
export interface Method<Params = any, Return = any, Errors = any> {
  /** Checks and converts the params; any Standard Schema (zod, valibot, arktype and others). */
  readonly params?: Schema | undefined;
  /** Checks and converts the result, or each item of a stream. */
  readonly result?: Schema | undefined;
  /** Whether it can be called without a sign-in. */
  readonly public?: boolean | undefined;
  /**
   * Whether it is administrative: it shows or changes what others do. A policy's `*` does not cover
   * it; callers need the role `admin`, or a rule that names it.
   */
  readonly admin?: boolean | undefined;
  /**
   * The errors that it may fail with beside dari's own: by their names the schemas of their details.
   * The handler throws them, `throw context.errors.NAME(details)`, and callers get them typed.
   */
  readonly errors?: ErrorSchemas | undefined;
  /**
   * Whether callers should move to another method; a sentence says to which. `rpc.discover` tells it,
   * and every client writes it once to its log.
   */
  readonly deprecated?: boolean | string | undefined;
  /** One line for `dari discover`. */
  readonly summary?: string | undefined;
  /**
   * Whether running a call twice does no more than running it once. Clients learn it from
   * `rpc.discover`, and make a call of it that failed on the way again without being told.
   *
   * @default {false}
   */
  readonly idempotent?: boolean | undefined;
  /**
   * How a stream goes on behind an item: a client whose connection was lost calls the method again
   * with the cursor of the last item that it has.
   */
  readonly cursor?: StreamCursor | undefined;
  /** The names of the params in order, for calls by position; known from most schemas. */
  readonly positions?: readonly string[] | undefined;
  /**
   * Runs the handler on the server's pool of workers, so that heavy work leaves this thread free. The
   * handler gets the params and a `WorkerContext`; params and result are copied. It cannot stream.
   */
  readonly worker?: boolean | undefined;
  /**
   * Whether it may run as a job as well (`client.enqueue`), on a server with queues, and how: `{}` is
   * enough.
   *
   * @default {it is called alone}
   */
  readonly job?: JobSettings | undefined;
  /**
   * Whether it streams, though its handler is no generator. Methods of dari itself have it alone.
   *
   * @ignore
   */
  readonly streams?: boolean | undefined;
  /**
   * Says what a caller needs where that depends on the params. Methods of dari itself have it alone.
   *
   * @ignore
   */
  right?(params: unknown): MethodRight;
  /** Does the work. */
  // deno-lint-ignore no-explicit-any
  handler(params: any, context: Context): Return;
  /** Never set: it carries the types to the client. */
  readonly types?: { readonly params: Params; readonly errors: Errors } | undefined;
}

/** What a caller needs for a call, as the policy names it. */
export interface MethodRight {
  /** The name: the method's, or that of what its params mean. */
  readonly name: string;
  /** Whether only administrators have it, and those whom a rule names. */
  readonly isAdmin: boolean;
}

/** A method as a plain function. It gets the params as they were sent. */
// deno-lint-ignore no-explicit-any
export type PlainMethod = (params: any, context: Context) => unknown;

/** Runs methods with `worker: true`; `WorkerPool` of `@dari/dari/ipc` is one. */
export interface MethodPool {
  /** Runs a method and resolves with its result. */
  call(
    method: string,
    params: unknown,
    options: { signal: AbortSignal; timeoutMs: number },
  ): Promise<unknown>;
}

/** The methods of a server by name. */
export type Methods = Readonly<Record<string, Method | PlainMethod>>;

/** The cursor of a method with these params whose handler returns this. */
export type CursorOf<Params, Return> = StreamCursor<
  unknown extends Params ? string : keyof Params & string,
  Return extends AsyncIterable<infer Item> ? unknown extends Item ? string : keyof Item & string
    : string
>;

/** What {@linkcode method} takes. */
export interface MethodDefinition<Params, Input, Return, Errors = NoErrors> extends
  Omit<
    Method,
    "params" | "handler" | "types" | "worker" | "errors" | "cursor" | "right" | "job" | "streams"
  > {
  /** Checks and converts the params. */
  readonly params?: Schema<Input, Params>;
  /** Whether it may run as a job as well (`client.enqueue`), and how: `{}` is enough. */
  readonly job?: JobSettings<NoInfer<Params>> | undefined;
  /** How its stream goes on behind an item, for clients whose connection was lost. */
  readonly cursor?: CursorOf<NoInfer<Input>, NoInfer<Return>>;
  /** The errors that it may fail with beside dari's own: by their names the schemas of their details. */
  readonly errors?: Errors;
  /** Runs the handler in the thread of the server. */
  readonly worker?: false | undefined;
  /**
   * Does the work. An async generator streams its items.
   *
   * @param params The params, checked and converted.
   * @param context The caller, the deadline, the declared errors, and the way back to the caller.
   */
  handler(params: Params, context: Context<Errors>): Return;
}

/** What {@linkcode method} takes of a method that runs on the server's pool of workers. */
export interface WorkerMethodDefinition<Params, Input, Return, Errors = NoErrors>
  extends Omit<MethodDefinition<Params, Input, Return, Errors>, "worker" | "handler"> {
  /** Runs the handler in a worker. */
  readonly worker: true;
  /**
   * Does the work.
   *
   * @param params The params, checked and converted.
   * @param context The method's name, the deadline and the signal.
   */
  handler(params: Params, context: WorkerContext): Return;
}

/**
 * Declares a method: its handler, the schemas of params and result, and whether it is public.
 *
 * @param definition Handler, schemas, visibility.
 * @returns The method, to be passed to `serve`.
 *
 * @example
 * ```ts
 * import { method } from "@dari/dari";
 * import { assertEquals } from "@std/assert";
 *
 * const add = method({
 *   public: true,
 *   positions: ["a", "b"],
 *   handler: ({ a, b }: { a: number; b: number }) => a + b,
 * });
 * assertEquals(add.public, true);
 * ```
 */
export function method<
  Params,
  Input = Params,
  Return = unknown,
  Errors extends ErrorSchemas = NoErrors,
>(
  definition:
    | MethodDefinition<Params, Input, Return, Errors>
    | WorkerMethodDefinition<Params, Input, Return, Errors>,
): Method<Input, Return, Errors> {
  return definition as Method<Input, Return, Errors>;
}

/** What a caller passes to a method: what its handler, or the schema of its params, gets. */
export type ParamsOf<M> = M extends Method<infer Params> ? Sendable<Params>
  : M extends (...args: infer A) => unknown ? A extends [] ? undefined : Sendable<A[0]>
  : unknown;

/** What the handler of a method returns. */
export type ReturnOf<M> = M extends { handler(...args: never): infer Return } ? Return
  // deno-lint-ignore no-explicit-any
  : M extends (...args: any) => infer Return ? Return
  : unknown;

/** What a call of a method resolves with, as it arrives: `undefined` as null. */
export type ResultOf<M> = ReturnOf<M> extends AsyncIterable<unknown> ? never
  : Awaited<ReturnOf<M>> extends infer Result
    ? unknown extends Result ? Result : Result extends undefined | void ? null : Arrived<Result>
  : never;

/** The items of a method that streams, as they arrive: `undefined` as null. */
export type ItemOf<M> = ReturnOf<M> extends AsyncIterable<infer Item>
  ? unknown extends Item ? Item : Item extends undefined | void ? null : Arrived<Item>
  : unknown extends ReturnOf<M> ? unknown
  : never;
