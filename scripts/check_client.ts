/**
 * Checks what the client for Node, Bun and browsers is made of: nothing of Deno's, no part of a
 * server, and nothing that Node 20 cannot run.
 *
 * @module
 */

import { withoutTextAndComments } from "./check_limits.ts";
import { type ImportEdge, readModuleGraph } from "./module_graph.ts";

/** Folders and files of the house that a client has no use for. */
const ofServers = [
  "lib/auth/access/",
  "lib/auth/account/",
  "lib/auth/credential/",
  "lib/cert/authority/",
  "lib/cert/ledger/",
  "lib/cli/",
  "lib/conformance/",
  "lib/endpoint/listen",
  "lib/endpoint/serve.ts",
  "lib/ipc/",
  "lib/messages/embedded/",
  "lib/messages/wire/queue_methods.ts",
  "lib/messages/wire/topic_methods.ts",
  "lib/ops/",
  "lib/packaging/",
  "lib/rpc/server/server.ts",
  "lib/store/",
  "lib/transport/tls/tls_listen.ts",
  "lib/transport/tls/node/node_tls_listen.ts",
];

/** An entry of the client, and the modules of Node's that its runtimes have. */
interface ClientEntry {
  readonly path: string;
  readonly builtIn: readonly string[];
}

/** The bundle for browsers has modules of its own in place of these. */
const replaced = ["node:buffer", "node:crypto", "node:timers"];
const entries: readonly ClientEntry[] = [
  {
    path: "lib/endpoint/client/mod.ts",
    builtIn: [...replaced, "node:dns/promises", "node:net", "node:tls"],
  },
  { path: "lib/endpoint/client/browser.ts", builtIn: replaced },
];

/** Packages that only code loads which no client runs; the bundle names them and has none of them. */
const neverLoaded = ["npm:node-forge"];

/** Files that only programs of Deno load, which ask first. The bundle has them in files of their own. */
const onlyInDeno = ["lib/rpc/file/save_file.ts"];

/** What is later than Node 20, and what to write instead. */
const later: readonly { pattern: RegExp; instead: string }[] = [
  { pattern: /^\s*(?:await )?using \w/m, instead: "dispose in a finally" },
  { pattern: /\bArray\.fromAsync\b/, instead: "a loop" },
  { pattern: /\bPromise\.try\b/, instead: "an async function" },
  { pattern: /\.(?:toBase64|toHex|fromBase64|fromHex)\(/, instead: "@std/encoding" },
  { pattern: /\bIterator\.|\bRegExp\.escape\b|\bError\.isError\b/, instead: "an older way" },
  { pattern: /\.(?:isSubsetOf|isSupersetOf|symmetricDifference)\(/, instead: "a loop" },
];

/**
 * Lists what a file needs when it runs, dynamic imports among it.
 *
 * @param graph Every file's imports, by file.
 * @param entry The file.
 * @returns The file itself and all that it reaches but what only Deno loads: files, packages, modules
 * of Node's.
 */
export function reachedFrom(
  graph: ReadonlyMap<string, readonly ImportEdge[]>,
  entry: string,
): string[] {
  const reached = new Set([entry]);
  for (const file of reached) {
    for (const { to, kind } of graph.get(file) ?? []) {
      if (kind === "value" && !onlyInDeno.includes(to)) reached.add(to);
    }
  }
  return [...reached];
}

/**
 * Checks one module of the client.
 *
 * @param path The file, relative to the project's root, or the package.
 * @param text Its content; empty for what is no file.
 * @param builtIn The modules of Node's that it may need.
 * @returns One line for each rule that it breaks.
 */
export function checkClientModule(
  path: string,
  text: string,
  builtIn: readonly string[] = [],
): string[] {
  if (/^[a-z]+:/.test(path)) {
    const isKnown = builtIn.includes(path) || neverLoaded.some((name) => path.startsWith(name));
    return isKnown ? [] : [`the client may not need ${path}`];
  }
  if (ofServers.some((part) => path.startsWith(part))) {
    return [`${path}: the client may not need a part of a server`];
  }
  // Both ask first whether the runtime has a codec of its own.
  if (path.startsWith("lib/std/encoding/") || path === "lib/base/text/base64.ts") return [];
  // What a template computes is code as well.
  const uncommented = text.replaceAll(/\/\*[\s\S]*?\*\//g, "");
  const computed = [...uncommented.matchAll(/\$\{([^{}]*)\}/g)].map(([, expression]) => expression);
  const code = [withoutTextAndComments(text), ...computed].join("\n");
  const names = /\bDeno\b/.test(code) ? [`${path}: the client may not name Deno`] : [];
  const newer = later.filter(({ pattern }) => pattern.test(code));
  return [
    ...names,
    ...newer.map(({ pattern, instead }) =>
      `${path}: Node 20 has no ${pattern.exec(code)?.[0].trim()}; use ${instead}`
    ),
  ];
}

if (import.meta.main) {
  const found = new Set<string>();
  const checked = new Set<string>();
  for (const { path: entry, builtIn } of entries) {
    for (const path of reachedFrom(await readModuleGraph(Deno.cwd(), [entry]), entry)) {
      const isFile = !/^[a-z]+:/.test(path);
      const text = isFile ? await Deno.readTextFile(path) : "";
      for (const line of checkClientModule(path, text, builtIn)) found.add(line);
      checked.add(path);
    }
  }
  for (const line of found) console.error(line);
  if (found.size > 0) Deno.exit(1);
  console.log(`${checked.size} modules of the client run without Deno`);
}
