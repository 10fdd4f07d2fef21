/**
 * The methods in a user's module.
 *
 * @module
 */

import { DariError } from "../base/errors.ts";
import { methodsIn } from "../base/module_methods.ts";
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
  const methods = methodsIn(module);
  if (Object.keys(methods).length === 0) {
    throw new DariError("data", `${path} exports no methods; add for instance: ${EXAMPLE}`);
  }
  return methods as Methods;
}

/**
 * The URL of a file.
 *
 * @param path Its absolute path.
 * @returns The `file:` URL.
 */
export function urlOf(path: string): string {
  const url = new URL("file:///");
  url.pathname = path.replaceAll("%", "%25");
  return url.href;
}
