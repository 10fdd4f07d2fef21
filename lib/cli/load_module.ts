/**
 * The methods in a user's module.
 *
 * @module
 */

import { DariError } from "../base/errors.ts";
import type { Methods } from "../rpc/method.ts";

const EXAMPLE = "export const add = ({ a, b }) => a + b;";

/**
 * Loads a module and takes its methods: the export `methods`, else the default export where that is
 * an object, else every exported function and `method(...)`.
 *
 * @param path The module's file.
 * @returns The methods.
 * @throws {DariError} `data` when it cannot be loaded or exports none, with the fix in one line.
 */
export async function loadMethods(path: string): Promise<Methods> {
  let module: Record<string, unknown>;
  try {
    module = await import(urlOf(await Deno.realPath(path)));
  } catch (cause) {
    const missing = cause instanceof Deno.errors.NotFound;
    const [reason] = missing ? ["there is no such file"] : String(cause).split("\n");
    throw new DariError("data", `Cannot load ${path}: ${reason}`, { cause });
  }
  const source = isRecord(module.methods)
    ? module.methods
    : isRecord(module.default)
    ? module.default
    : module;
  const methods = Object.fromEntries(Object.entries(source).filter(([, value]) => isMethod(value)));
  if (Object.keys(methods).length === 0) {
    throw new DariError("data", `${path} exports no methods; add for instance: ${EXAMPLE}`);
  }
  return methods as Methods;
}

function urlOf(path: string): string {
  const url = new URL("file:///");
  url.pathname = path.replaceAll("%", "%25");
  return url.href;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !isMethod(value);
}

function isMethod(value: unknown): boolean {
  return typeof value === "function" ||
    (typeof value === "object" && value !== null && "handler" in value &&
      typeof value.handler === "function");
}
