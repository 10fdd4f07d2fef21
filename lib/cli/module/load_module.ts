/**
 * The methods in a user's module.
 *
 * @module
 */

// Deno has no API of its own for these.
import { stripTypeScriptTypes } from "node:module";
import { stripVTControlCharacters } from "node:util";
import { DariError } from "../../base/errors.ts";
import { methodsIn } from "../../base/module_methods.ts";
import { findImportMap } from "./import_map.ts";
import type { Methods } from "../../rpc/method/method.ts";

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
    const url = await moduleUrl(path, asText);
    if (!asText) {
      const { followImportMap } = await import("./follow_map.ts");
      await followImportMap(url);
    }
    module = await import(url);
  } catch (cause) {
    if (cause instanceof Deno.errors.NotFound || path === "") {
      throw new DariError("data", `Cannot load ${path || '""'}: there is no such file`, { cause });
    }
    const [, specifier] = /["'](\.{0,2}\/[^"']*|@?[a-z][^"':]*)["']/i.exec(String(cause)) ?? [];
    if (asText && specifier !== undefined) {
      throw new DariError(
        "data",
        `Cannot load ${path}: this executable cannot import "${specifier}" from it; ` +
          `make one file of it first: deno bundle ${path} -o methods.js`,
        { cause },
      );
    }
    if (cause instanceof DariError) throw cause;
    throw new DariError("data", `Cannot load ${path}: ${reasonWithPlace(cause, path)}`, { cause });
  }
  const methods = methodsIn(module);
  if (Object.keys(methods).length === 0) {
    throw new DariError("data", `${path} exports no methods; add for instance: ${EXAMPLE}`);
  }
  return methods as Methods;
}

/**
 * What to import a user's module by, here and in workers: a program made by `deno compile` imports
 * embedded modules and `data:` URLs, nothing else.
 *
 * @param path The module's file.
 * @param asText Whether it comes in as text.
 * @returns Its `file:` URL, or its code as a `data:` URL.
 * @throws {Deno.errors.NotFound} When there is no such file.
 * @default {Deno.build.standalone}
 */
export async function moduleUrl(
  path: string,
  asText: boolean = Deno.build.standalone,
): Promise<string> {
  const file = await Deno.realPath(path);
  if (asText) {
    const text = await Deno.readTextFile(file);
    const source = /\.m?ts$/.test(path) ? stripTypeScriptTypes(text) : text;
    return `data:text/javascript;charset=utf-8,${encodeURIComponent(source)}`;
  }
  const url = new URL("file:///");
  url.pathname = file.replaceAll("%", "%25");
  return url.href;
}

/**
 * What to import a user's module by in a worker.
 *
 * @param path The module's file.
 * @returns A URL: the module's own, or a `data:` URL whose code follows its import map first.
 */
export async function workerModuleUrl(path: string): Promise<string> {
  const url = await moduleUrl(path);
  if (Deno.build.standalone || await findImportMap(new URL(url)) === undefined) return url;
  const follower = new URL("./worker_module.ts", import.meta.url).href;
  const code = `import { methodsFollowing } from ${JSON.stringify(follower)};\n` +
    `export const methods = await methodsFollowing(${JSON.stringify(url)});`;
  return `data:text/javascript,${encodeURIComponent(code)}`;
}

/**
 * Says why a module cannot be loaded.
 *
 * @param cause What its import threw; Deno colours the places in it.
 * @param path The module's file.
 * @returns The first line of the error, and the file, line and column that it came from.
 */
export function reasonWithPlace(cause: unknown, path: string): string {
  const message = stripVTControlCharacters(String(cause));
  const stack = cause instanceof Error ? stripVTControlCharacters(cause.stack ?? "") : "";
  const found = /(file:\/\/\/\S+?|data:text\/javascript\S*?):(\d+):(\d+)/.exec(
    `${message}\n${stack}`,
  );
  const [reason = ""] = message.split("\n");
  if (found === null) return reason;
  const [whole, url = "", line, column] = found;
  const file = url.startsWith("data:") ? path : decodeURIComponent(new URL(url).pathname);
  const place = `${file}:${line}:${column}`;
  return `${reason.replace(new RegExp(`(,? at )?${escaped(whole)}`), "")} (${place})`;
}

function escaped(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
}
