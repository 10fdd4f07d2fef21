/**
 * Checks every import against the table of rooms below, and refuses cycles.
 *
 * @module
 */

import { FLAGS_FOR_TESTS, type ImportEdge, listSources, readModuleGraph } from "./module_graph.ts";

/** What one room of the house may import from others. */
interface Room {
  /** Rooms whose values and types it may use. */
  readonly values: readonly string[];
  /** Rooms of which it may use only types, which are erased before the program runs. */
  readonly types: readonly string[];
}

const NAMED_INTERFACES = ["protocol", "transport", "store", "cert", "auth"];
const UP_TO_RPC = ["base", "protocol", "rpc"];

/**
 * The directions of ARCHITECTURE.md, those of rooms that are planned included; concrete parts meet
 * only in `cli` and `endpoint`.
 */
const rooms: Record<string, Room> = {
  base: { values: [], types: [] },
  protocol: { values: ["base"], types: NAMED_INTERFACES },
  transport: { values: ["base"], types: NAMED_INTERFACES },
  store: { values: ["base"], types: NAMED_INTERFACES },
  cert: { values: ["base"], types: NAMED_INTERFACES },
  auth: { values: ["base", "store"], types: NAMED_INTERFACES },
  ipc: { values: ["base", "protocol"], types: ["transport"] },
  rpc: { values: ["base", "protocol"], types: ["transport", "auth"] },
  messages: { values: [...UP_TO_RPC, "store"], types: NAMED_INTERFACES },
  exec: { values: UP_TO_RPC, types: ["transport"] },
  proxy: { values: ["base"], types: ["transport", "auth"] },
  // A backup copies the store, and a restore changes the copy.
  ops: { values: [...UP_TO_RPC, "store"], types: [...NAMED_INTERFACES, "messages"] },
  http: {
    values: [...UP_TO_RPC, "mcp", "transport"],
    types: [...NAMED_INTERFACES, "messages", "ops"],
  },
  mcp: { values: UP_TO_RPC, types: [...NAMED_INTERFACES, "messages"] },
  // Its store form throws the errors of `store`, and its queues those of `messages`.
  cluster: { values: [...UP_TO_RPC, "store", "messages"], types: NAMED_INTERFACES },
  // Both need only the OpenRPC document and the lines of the wire.
  codegen: { values: ["base", "protocol"], types: [] },
  conformance: { values: ["base", "protocol"], types: ["transport"] },
  packaging: { values: ["base"], types: [] },
};

/** Where concrete parts meet; they may import every room. */
const meetingPlaces = ["cli", "endpoint"];

/** Packages, and the rooms that may import them. Everything else is refused. */
const packages: Record<string, readonly string[]> = {
  "@std/": [...Object.keys(rooms), ...meetingPlaces],
  "node-forge": ["cert"],
  "@zxcvbn-ts/language-common": ["auth"],
  "jose": ["auth"],
  "otpauth": ["auth"],
  "@simplewebauthn/server": ["auth"],
  "uqr": ["auth", "cli"],
  "croner": ["messages"],
  "age-encryption": ["ops"],
  "modern-tar": ["ops"],
  "@opentelemetry/api": ["rpc", "ops"],
  "@nats-io/": ["cluster"],
  "libsodium": ["transport"],
  "node:sqlite": ["store"],
  "node:tls": ["transport", "http"],
  "node:net": ["transport"],
  "node:http": ["http"],
  "node:https": ["http"],
  "node:http2": ["http"],
};

/** Packages that are costly to load: an entry may reach them only through an `import()`. */
const lazyPackages = [
  "node-forge",
  "jose",
  "@opentelemetry/api",
  "otpauth",
  "@simplewebauthn/server",
  "uqr",
  "croner",
  "age-encryption",
  "modern-tar",
  "@nats-io/",
  "libsodium",
  "node:sqlite",
  "node:tls",
];

/** The entries whose start-up must stay light. */
const lightEntries = ["cli.ts", "mod.ts"];

/**
 * Checks a graph.
 *
 * @param graph Every file's imports, by file.
 * @returns One line for each import that breaks a rule; empty when the house is in order.
 */
export function checkImports(graph: ReadonlyMap<string, readonly ImportEdge[]>): string[] {
  const edges = [...graph.values()].flat();
  return [
    ...edges.flatMap((edge) => {
      const reason = refusalOf(edge);
      return reason === undefined ? [] : [`${edge.from}:${edge.line}: ${reason}`];
    }),
    ...findCycles(graph).map((cycle) => `import cycle: ${cycle.join(" → ")}`),
    ...findCycles(foldersOf(graph)).map((cycle) =>
      `folders import each other: ${describe(cycle, graph)}`
    ),
    ...lightEntries.flatMap((entry) => findLoadedAtStart(graph, entry)),
  ];
}

function refusalOf(edge: ImportEdge): string | undefined {
  const from = roomOf(edge.from);
  // Entries, tests and scripts may import all; the local forms of @std are checked upstream.
  if (from === undefined || from === "std") return undefined;
  const { written, to, kind } = edge;
  if (!isProjectFile(to) || written.startsWith("@")) return refusalOfPackage(from, written);
  const target = roomOf(to);
  if (target === undefined) return `lib may not import "${to}", which lies outside it`;
  if (target === "std") return `import "${to}" by its package's name, "@std/…"`;
  if (target === from || meetingPlaces.includes(from)) return undefined;
  const room = rooms[from];
  if (room === undefined) return `room "${from}" is not in the table of scripts/check_imports.ts`;
  if (room.values.includes(target)) return undefined;
  if (!room.types.includes(target)) return `${from} may not import from ${target} ("${written}")`;
  return kind === "type"
    ? undefined
    : `${from} may import only types from ${target} ("${written}"); write "import type"`;
}

function refusalOfPackage(from: string, written: string): string | undefined {
  const rule = Object.entries(packages).find(([name]) => matchesPackage(written, name));
  if (rule === undefined) {
    return written.startsWith("node:")
      ? undefined
      : `package "${written}" is not in the table of scripts/check_imports.ts`;
  }
  return rule[1].includes(from)
    ? undefined
    : `${from} may not import "${written}"; ${rule[1].join(", ")} may`;
}

function matchesPackage(written: string, name: string): boolean {
  return written === name || written.startsWith(name.endsWith("/") ? name : `${name}/`);
}

/** The folder under `lib/`; `undefined` for files elsewhere. */
function roomOf(path: string): string | undefined {
  return /^lib\/([^/]+)\//.exec(path)?.[1];
}

function isProjectFile(to: string): boolean {
  return !/^[a-z]+:/.test(to);
}

/**
 * Finds import cycles between files, also of types and of dynamic imports: they compile, but none of
 * their files can be understood before the others.
 *
 * @param graph Every file's imports, by file.
 * @returns The files of each cycle, the first repeated at the end.
 */
export function findCycles(graph: ReadonlyMap<string, readonly ImportEdge[]>): string[][] {
  const cycles: string[][] = [];
  const done = new Set<string>();
  const path: string[] = [];
  const visit = (file: string): void => {
    const start = path.indexOf(file);
    if (start >= 0) {
      cycles.push([...path.slice(start), file]);
      return;
    }
    if (done.has(file)) return;
    path.push(file);
    for (const { to } of graph.get(file) ?? []) if (graph.has(to)) visit(to);
    path.pop();
    done.add(file);
  };
  for (const file of graph.keys()) visit(file);
  return cycles;
}

/**
 * Makes the graph of folders, where no arrow may run both ways. A barrel (`mod.ts`) counts as a
 * folder of its own, because it exports what is below it.
 *
 * @param graph Every file's imports, by file.
 * @returns The imports between the folders of lib, by folder.
 */
export function foldersOf(
  graph: ReadonlyMap<string, readonly ImportEdge[]>,
): Map<string, ImportEdge[]> {
  const folders = new Map<string, ImportEdge[]>();
  for (const edge of [...graph.values()].flat()) {
    if (!edge.from.startsWith("lib/") || !edge.to.startsWith("lib/")) continue;
    const [from, to] = [folderOf(edge.from), folderOf(edge.to)];
    if (from === to) continue;
    const edges = folders.get(from) ?? [];
    if (!edges.some((known) => known.to === to)) edges.push({ ...edge, from, to });
    folders.set(from, edges);
    if (!folders.has(to)) folders.set(to, []);
  }
  return folders;
}

function folderOf(path: string): string {
  return path.endsWith("/mod.ts") ? path : path.slice(0, path.lastIndexOf("/"));
}

/** A cycle of folders with one import for each of its arrows. */
function describe(
  cycle: readonly string[],
  graph: ReadonlyMap<string, readonly ImportEdge[]>,
): string {
  const edges = [...graph.values()].flat();
  return cycle.slice(1).map((to, index) => {
    const from = cycle[index] ?? "";
    const edge = edges.find((edge) => folderOf(edge.from) === from && folderOf(edge.to) === to);
    return `${edge?.from} → ${edge?.to}`;
  }).join(", ");
}

function findLoadedAtStart(
  graph: ReadonlyMap<string, readonly ImportEdge[]>,
  entry: string,
): string[] {
  const cameFrom = new Map<string, string>();
  const trail = (file: string): string => {
    const before = cameFrom.get(file);
    return before === undefined ? file : `${trail(before)} → ${file}`;
  };
  const found: string[] = [];
  const reached = new Set([entry]);
  for (const file of reached) {
    for (const { to, written, kind, dynamic } of graph.get(file) ?? []) {
      if (kind === "type" || dynamic) continue;
      if (lazyPackages.some((name) => matchesPackage(written, name))) {
        found.push(
          `${written} is loaded at start-up; import() it where it is used: ${trail(file)}`,
        );
      } else if (!reached.has(to)) {
        reached.add(to);
        cameFrom.set(to, file);
      }
    }
  }
  return found;
}

if (import.meta.main) {
  const root = Deno.cwd();
  const sources = await listSources(root, ["lib", "tests", "scripts"]);
  const entries = [];
  for (const entry of lightEntries) {
    if (await Deno.stat(`${root}/${entry}`).then(() => true, () => false)) entries.push(entry);
  }
  const files = sources.filter((path) => !path.startsWith("lib/std/"));
  const violations = checkImports(
    await readModuleGraph(root, [...entries, ...files], FLAGS_FOR_TESTS),
  );
  for (const line of violations) console.error(line);
  if (violations.length > 0) Deno.exit(1);
  console.log(`${files.length} files import only what they may`);
}
