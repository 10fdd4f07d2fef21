/**
 * What helps somebody whose call was refused: the name that was probably meant, and how text is
 * written that looks like a number.
 *
 * @module
 */

import { RpcError } from "../../base/errors.ts";
import { limits } from "../../base/limits.ts";
import type { OpenRpcDocument } from "../../protocol/openrpc.ts";
import { nearest } from "../app/suggest.ts";
import { splitPair, valueOf } from "./param_pairs.ts";

/** A call as it was typed. */
export interface TypedCall {
  /** The method. */
  readonly method: string;
  /** The params, each as NAME=VALUE. */
  readonly pairs: readonly string[];
}

/** Asks the server of the call. */
export interface Asked {
  call(
    method: "rpc.discover",
    params: undefined,
    options: { readonly timeoutMs: number },
  ): Promise<unknown>;
}

/**
 * Adds a hint to the error of a call.
 *
 * @param error What was thrown.
 * @param typed The call.
 * @param server Tells of its methods; where it does not, the error stays as it is.
 * @returns The error, with the hint where there is one.
 */
export async function withHint(error: unknown, typed: TypedCall, server: Asked): Promise<unknown> {
  if (!(error instanceof RpcError)) return error;
  const hint = error.code === "method_not_found"
    ? await methodHint(typed, server)
    : error.code === "invalid_params"
    ? textHint(error, typed) ?? await paramHint(typed, server)
    : undefined;
  if (hint === undefined) return error;
  return new RpcError(error.code, `${error.message}; ${hint}`, { cause: error, data: error.data });
}

async function methodHint({ method }: TypedCall, server: Asked): Promise<string | undefined> {
  const names = (await methodsOf(server)).map(({ name }) => name);
  const meant = nearest(method, names.filter((name) => name !== method));
  return meant === undefined ? undefined : `did you mean ${meant}?`;
}

async function paramHint({ method, pairs }: TypedCall, server: Asked): Promise<string | undefined> {
  if (pairs.length === 0) return undefined;
  const params = (await methodsOf(server)).find(({ name }) => name === method)?.params ?? [];
  const typed = pairs.map((pair) => splitPair(pair)[0]);
  const left = params.map(({ name }) => name).filter((name) => !typed.includes(name));
  for (const name of typed.filter((name) => !params.some((param) => param.name === name))) {
    const meant = nearest(name, left);
    if (meant !== undefined) return `did you mean ${meant}=?`;
  }
  return undefined;
}

/** A text of digits is a number on the command line; a server that wants text says only so. */
function textHint(error: RpcError, { pairs }: TypedCall): string | undefined {
  const pair = pairs.find((pair) => {
    const [name, text] = splitPair(pair);
    return typeof valueOf(text) !== "string" && /^[-\w.+]+$/.test(text) &&
      error.message.includes(`${name}: `);
  });
  if (pair === undefined) return undefined;
  const [name, text] = splitPair(pair);
  return `to send text instead of JSON, write ${name}='"${text}"'`;
}

async function methodsOf(server: Asked): Promise<OpenRpcDocument["methods"]> {
  try {
    const timeoutMs = limits.completionTimeoutMs;
    const document = await server.call("rpc.discover", undefined, { timeoutMs });
    const { methods } = document as OpenRpcDocument;
    return methods.filter(({ name, params }) => typeof name === "string" && Array.isArray(params));
  } catch {
    return []; // The error that is to be told is another.
  }
}
