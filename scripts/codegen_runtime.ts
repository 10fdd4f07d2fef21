/**
 * `deno run -RW scripts/codegen_runtime.ts`: gathers the files of each `lib/codegen/LANGUAGE/runtime/`
 * in the `runtime.json` beside it, which the bundler takes along where it takes no other text.
 *
 * @module
 */

import type { Runtime } from "../lib/codegen/text/runtime.ts";

/** How the files of a language are read. */
interface Source {
  /** The files, in the order in which they follow each other. */
  readonly files: readonly string[];
  /** Cuts a file. */
  cut(text: string): Runtime;
}

/** What the users of a client in TypeScript import from it. */
const PUBLIC =
  /^export (?:class|type|interface|(?:async )?function) (?:Client|connect|DariError|DeclaredError|Stream|ConnectOptions|CallOptions|StreamOptions|Trust)\b/;

const sources: Readonly<Record<string, Source>> = {
  typescript: {
    files: [
      "connect",
      "client",
      "stream",
      "method",
      "link",
      "wire",
      "http_wire",
      "sign_in",
      "values",
      "errors",
    ]
      .map((name) => `${name}.ts`),
    cut: (text) => ({
      imports: [],
      lines: text.replace(/^\/\*\*[\s\S]*?@module\n \*\/\n/, "")
        .replace(/^import (?:[^;"]|\n)*"[^"]*";\n/gm, "").trim().split("\n")
        .map((line) => PUBLIC.test(line) ? line : line.replace(/^export /, "")),
    }),
  },
  go: {
    files: ["client", "stream", "link", "transport", "websocket", "signin", "errors"].map((name) =>
      `${name}.go`
    ),
    cut: (text) => ({
      imports: Array.from(
        /^import \(\n([\s\S]*?)^\)/m.exec(text)?.[1]?.matchAll(/"(.+)"/g) ?? [],
        ([, name = ""]) => name,
      ),
      lines: text.replace(/^[\s\S]*?^import \([\s\S]*?^\)\n/m, "").trim().split("\n"),
    }),
  },
  python: {
    files: [
      "errors",
      "values",
      "transport",
      "web_socket",
      "opening",
      "link",
      "sign_in",
      "method",
      "client",
    ]
      .map((name) => `${name}.py`),
    cut: (text) => ({
      imports: Array.from(text.matchAll(/^import ([\w.]+)$/gm), ([, name = ""]) => name),
      // What the documentation of each file says is for those who read the files.
      lines: text.replace(/^""".*"""\n/, "")
        .replace(/^(?:import|from) .*(?:\((?:\n .*)*\n\))?\n/gm, "").trim().split("\n"),
    }),
  },
};

/**
 * The text of `runtime.json`.
 *
 * @param language The language.
 * @param read Reads a file of its runtime.
 * @returns JSON, as `deno fmt` writes it.
 */
export async function gatherRuntime(
  language: string,
  read: (file: string) => Promise<string>,
): Promise<string> {
  const source = sources[language];
  if (source === undefined) throw new TypeError(`There is no runtime for ${language}`);
  const imports = new Set<string>();
  const lines: string[] = [];
  for (const file of source.files) {
    const part = source.cut(await read(file));
    for (const name of part.imports) imports.add(name);
    if (lines.length > 0) lines.push("", ...(language === "python" ? [""] : []));
    lines.push(...part.lines);
  }
  return `${JSON.stringify({ imports: [...imports].sort(), lines }, undefined, 2)}\n`;
}

/** The languages that have a runtime. */
export const runtimeLanguages: readonly string[] = Object.keys(sources);

if (import.meta.main) {
  for (const language of runtimeLanguages) {
    const folder = new URL(`../lib/codegen/${language}/`, import.meta.url);
    const text = await gatherRuntime(
      language,
      (file) => Deno.readTextFile(new URL(`runtime/${file}`, folder)),
    );
    await Deno.writeTextFile(new URL("runtime.json", folder), text);
  }
}
