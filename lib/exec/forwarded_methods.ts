/**
 * The methods of a program, as methods of the server in front of it.
 *
 * @module
 */

import { DeclaredError } from "../base/declared_error.ts";
import { DariError, RpcError, TransportError } from "../base/errors.ts";
import { limits } from "../base/limits.ts";
import type { JsonSchema } from "../protocol/openrpc.ts";
import type { Client } from "../rpc/client/client.ts";
import type { Context } from "../rpc/method/context.ts";
import type { Method, Methods } from "../rpc/method/method.ts";
import type { Schema } from "../rpc/method/schema.ts";

/** What a program says of one of its methods (OpenRPC). */
export interface ProgramMethod {
  readonly name: string;
  readonly summary?: string | undefined;
  readonly params?: JsonSchema | undefined;
  readonly positions?: readonly string[] | undefined;
  readonly result?: JsonSchema | undefined;
  readonly isStream: boolean;
  /** The errors that it declares, and the schemas of their details. */
  readonly errors: Readonly<Record<string, JsonSchema>>;
}

/**
 * Makes methods that pass each call on: its params, its deadline and cancellation, its trace, and on
 * whose behalf it is made. What the program answers is the answer, its errors included.
 *
 * @param methods What the program offers.
 * @param client Calls the program.
 * @returns The methods for a server. None of them is public, whatever the program says.
 */
export function forwardedMethods(methods: readonly ProgramMethod[], client: Client): Methods {
  return Object.fromEntries(methods.map((method) => [method.name, forwarded(method, client)]));
}

function forwarded(described: ProgramMethod, client: Client): Method {
  const { name, summary, params, positions, result, isStream, errors } = described;
  const declared = Object.entries(errors).map(([name, schema]) => [name, anything(schema)]);
  return {
    ...(summary === undefined ? {} : { summary }),
    ...(positions === undefined ? {} : { positions }),
    ...(params === undefined ? {} : { params: anything(params) }),
    ...(result === undefined ? {} : { result: anything(result) }),
    ...(declared.length === 0 ? {} : { errors: Object.fromEntries(declared) }),
    handler: isStream ? streamOf(name, client) : callOf(name, client),
  };
}

function callOf(name: string, client: Client): Method["handler"] {
  return async (params: unknown, context: Context) => {
    try {
      return await client.call(name, params, {
        onReply: ({ baggage }) => passBaggageOn(baggage, context),
        ...idempotencyOf(context),
      });
    } catch (error) {
      throw asOwn(name, error);
    }
  };
}

function streamOf(name: string, client: Client): Method["handler"] {
  return async function* (params: unknown) {
    try {
      yield* client.stream(name, params);
    } catch (error) {
      throw asOwn(name, error);
    }
  };
}

function idempotencyOf({ meta: { idempotencyKey } }: Context) {
  return idempotencyKey === undefined ? {} : { meta: { idempotencyKey } };
}

function passBaggageOn(baggage: Readonly<Record<string, string>>, context: Context): void {
  for (const [name, text] of Object.entries(baggage)) context.setBaggage(name, text);
}

/**
 * An error of a call that a handler makes is not told to its caller. Here the program is the handler,
 * so its errors are told.
 */
function asOwn(method: string, error: unknown): unknown {
  if (error instanceof DeclaredError) return new DeclaredError(error.declared, error.details);
  if (error instanceof TransportError && error.code === "unavailable") {
    const message = `The program behind "${method}" has ended; it is started again`;
    return new DariError("unavailable", message, { retryAfterMs: limits.programRetryAfterMs });
  }
  if (!(error instanceof RpcError)) return error;
  const { code, message, retryable, retryAfterMs, data } = error;
  const advice = retryAfterMs === undefined ? { retryable } : { retryable, retryAfterMs };
  return data === undefined
    ? new DariError(code, message, advice)
    : new RpcError(code, message, { ...advice, data });
}

/** Accepts every value: the program checks it. It is there to be described. */
function anything(schema: JsonSchema): Schema {
  const described = () => typeof schema === "object" ? schema : {};
  return {
    "~standard": {
      version: 1,
      vendor: "dari",
      validate: (value) => ({ value }),
      jsonSchema: { input: described, output: described },
    },
  };
}
