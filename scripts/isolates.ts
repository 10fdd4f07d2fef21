/**
 * Which files of tests share an isolate when `deno task test` runs them.
 *
 * @module
 */

/** Rooms whose files share isolates: their tests leave nothing behind there. */
export const TOGETHER: readonly string[] = [
  ...["tests/auth", "tests/base", "tests/cert", "tests/cli", "tests/cluster", "tests/codegen"],
  ...["tests/conformance", "tests/endpoint", "tests/exec", "tests/http", "tests/interop"],
  ...["tests/ipc", "tests/mcp", "tests/messages", "tests/ops", "tests/packaging", "tests/protocol"],
  ...["tests/proxy", "tests/rpc", "tests/scripts", "tests/std", "tests/store", "tests/transport"],
  "tests/scripts/release", // both need the same build, and commands that change limits
];

/** Folders and files there that take long, and run beside each other; and files that would disturb others. */
export const APART: readonly string[] = [
  "tests/scripts/guide",
  ...[
    ...["log_end", "mutual_tls", "offline", "permissions", "process", "secrets"],
    ...["serve_passphrase", "service", "sign_in_flood", "socket_activation"],
    ...["certificates", "process", "serve_threads", "relay/relayed_methods"]
      .map((name) => `threads/${name}`),
  ].map((name) => `tests/cli/${name}_test.ts`),
  ...["compile", "install_lines", "pages", "sim", "bench/peers"]
    .map((name) => `tests/scripts/${name}_test.ts`),
  ...["tests/packaging/denort_test.ts", "tests/scripts/faults/round_test.ts"],
  "tests/base/context/ambient_call_test.ts", // it hides parts of the runtime while it loads
  "tests/endpoint/listen_node_tls_test.ts", // it sets a variable of the whole program
];

/** The most files that share an isolate, but for those of one folder: isolates run beside each other. */
const FILES_TOGETHER = 60;

/**
 * The runtime begins a test in the async context in which whatever ran before it ended: in that of a
 * call, for instance, whose handler a test before it has left waiting.
 */
const OUTSIDE_OF_CALLS =
  "Deno.test.beforeEach(() => Deno[Deno.internal].core.setAsyncContext(undefined));\n";

/** A test that leaves timers of its own in the place of the runtime's fails, and none behind it. */
const TIMERS_OF_THE_RUNTIME = `const { setTimeout } = globalThis;
Deno.test.afterEach(() => {
  const left = globalThis.setTimeout;
  globalThis.setTimeout = setTimeout;
  if (left !== setTimeout) throw new Error("The test has left timers of its own in place");
});
`;

/** How the files of tests are divided among isolates. */
export interface Isolates {
  /** Files with an isolate of their own. */
  readonly alone: readonly string[];
  /** The files of each other isolate, by its name. */
  readonly shared: ReadonlyMap<string, readonly string[]>;
}

/**
 * Divides the files of tests among isolates.
 *
 * @param files Paths below the root, sorted; those that are no tests are left out.
 * @param together Rooms; the files of a folder share an isolate with those of the folders behind it.
 * A room that is inside of one before it has isolates of its own.
 * @param apart Folders there whose own files have an isolate each, and files that have one.
 * @param most The most files that share an isolate; a larger folder has one for itself.
 * @returns Each test once.
 */
export function divide(
  files: readonly string[],
  together: readonly string[],
  apart: readonly string[],
  most: number = FILES_TOGETHER,
): Isolates {
  const tests = files.filter((path) => path.endsWith("_test.ts"));
  const isTogether = (path: string) =>
    isIn(together, path) && !apart.includes(folderOf(path)) && !apart.includes(path);
  const roomOf = (path: string) => together.findLast((room) => isIn([room], path));
  const shared = new Map<string, string[]>();
  for (const room of together) {
    const members = tests.filter((path) => isTogether(path) && roomOf(path) === room);
    let last: string[] = [], count = 0;
    for (const files of Map.groupBy(members, folderOf).values()) {
      if (count === 0 || last.length + files.length > most) {
        shared.set(`${room}_${++count}`, last = []);
      }
      last.push(...files);
    }
  }
  return { alone: tests.filter((path) => !isTogether(path)), shared };
}

/**
 * Makes the module of an isolate that files share.
 *
 * @param files The files of tests, in the order in which they run.
 * @returns Its text.
 */
export function moduleOf(files: readonly URL[]): string {
  const imports = files.map(({ href }) => `import ${JSON.stringify(href)};\n`);
  return imports.join("") + OUTSIDE_OF_CALLS + TIMERS_OF_THE_RUNTIME;
}

/**
 * Whether a path is one of some folders and files, or in one of those folders.
 *
 * @param folders Folders and files, without a slash at their ends.
 * @param path The path.
 */
export function isIn(folders: readonly string[], path: string): boolean {
  return folders.some((folder) => path === folder || path.startsWith(`${folder}/`));
}

function folderOf(path: string): string {
  return path.slice(0, path.lastIndexOf("/"));
}
