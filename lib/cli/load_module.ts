/**
 * The methods in a user's module.
 *
 * @module
 */

import { stripTypeScriptTypes } from "node:module"; // Deno has no API of its own for it.
import { DariError } from "../base/errors.ts";
import { methodsIn } from "../base/module_methods.ts";
import type { Methods } from "../rpc/method.ts";

const EXAMPLE = "export const add = ({ a, b }) => a + b;";

/**
 * Loads a module and takes its methods: the export `methods`, else the default export where that is
 * an object, else every exported function and `method(...)`.
 *
 * @param path The module's file.
 * @param asText Whether it comes in as text, as it must where only embedded modules can be imported.
 * @returns The methods.
 * @throws {DariError} `data` when it cannot be loaded or exports none, with the fix in one line.
 * @default {Deno.build.standalone}
 */
export async function loadMethods(
  path: string,
  asText: boolean = Deno.build.standalone,
): Promise<Methods> {
  let module: Record<string, unknown>;
  try {
    const file = await Deno.realPath(path);
    module = asText
      ? await importText(path, await Deno.readTextFile(file))
      : await import(urlOf(file));
  } catch (cause) {
    if (cause instanceof DariError) throw cause;
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

/** A program made by `deno compile` imports embedded modules and `data:` URLs, nothing else. */
async function importText(path: string, text: string): Promise<Record<string, unknown>> {
  const source = /\.m?ts$/.test(path) ? stripTypeScriptTypes(text) : text;
  try {
    return await import(`data:text/javascript;charset=utf-8,${encodeURIComponent(source)}`);
  } catch (cause) {
    const [, specifier] = /["'](\.{0,2}\/[^"']*|@?[a-z][^"':]*)["']/i.exec(String(cause)) ?? [];
    if (specifier === undefined) throw cause;
    throw new DariError(
      "data",
      `Cannot load ${path}: this executable cannot import "${specifier}" from it; ` +
        `make one file of it first: deno bundle ${path} -o methods.js`,
      { cause },
    );
  }
}
