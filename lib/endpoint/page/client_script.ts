/**
 * `/dari.js`: the client for browsers, as a page loads it without a build step. A packaged program has
 * it bundled beside itself; from a checkout its modules are served one by one, without their types.
 *
 * @module
 */

import { stripTypeScriptTypes } from "node:module"; // Deno has nothing of its own that does this
import {
  BROWSER_BUNDLE,
  BROWSER_ENTRY,
  browserModules,
} from "../../packaging/npm/browser/modules.ts";

/** The path of the client. */
const CLIENT_SCRIPT_PATH = "/dari.js";

/** Where its modules are served from a checkout. */
const MODULES = "/dari/";
/** Their examples import what no browser needs. */
const DOC_COMMENT = /^\s*\/\*\*[^]*?\*\//gm;
/** What needs code in place of its types is transformed as well; the types of Deno know only the other mode. */
const TRANSFORM = { mode: "transform" } as object;
const IMPORT = /\b(from|import|import\()(\s*)"([^"\n]+)"/g;

/**
 * Reads the client.
 *
 * @returns JavaScript by the path at which it is served; empty where its source is not at hand.
 */
export async function readClientScript(): Promise<ReadonlyMap<string, string>> {
  if (!import.meta.url.startsWith("file:")) return new Map();
  const bundled = await readOptional(new URL(BROWSER_BUNDLE, import.meta.url));
  if (bundled !== undefined) return new Map([[CLIENT_SCRIPT_PATH, bundled]]);
  return await readModules(new URL("../../../", import.meta.url));
}

async function readModules(root: URL): Promise<ReadonlyMap<string, string>> {
  const texts = new Map([[CLIENT_SCRIPT_PATH, `export * from "${MODULES}${BROWSER_ENTRY}";\n`]]);
  const paths = new Set([BROWSER_ENTRY]);
  for (const path of paths) {
    const source = await readOptional(new URL(path, root));
    if (source === undefined) return new Map();
    const text = stripTypeScriptTypes(source, TRANSFORM).replace(DOC_COMMENT, "")
      .replace(IMPORT, (_, word, space, name) => {
        const found = pathOf(name, new URL(path, root), root);
        if (found !== undefined) paths.add(found);
        return `${word}${space}"${found === undefined ? name : MODULES + found}"`;
      });
    texts.set(MODULES + path, text);
  }
  return texts;
}

/** The path below the root; `undefined` for a package that no browser loads. */
function pathOf(name: string, from: URL, root: URL): string | undefined {
  const own = browserModules[name];
  if (own !== undefined) return own;
  const url = name.startsWith(".")
    ? new URL(name, from).href
    : name.startsWith("@std/")
    ? import.meta.resolve(name)
    : undefined;
  if (url === undefined || !url.startsWith(root.href)) return undefined;
  const path = url.slice(root.href.length);
  return browserModules[path] ?? path;
}

async function readOptional(url: URL): Promise<string | undefined> {
  try {
    return await Deno.readTextFile(url);
  } catch {
    return undefined; // it is not there, or the program may not read it
  }
}
