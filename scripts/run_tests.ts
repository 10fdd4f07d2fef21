/**
 * `deno task test`: every test, and every example of the documentation.
 *
 *     deno task test
 *     deno task test tests/cert lib/cert      # the tests and examples of these folders and files
 *     deno task test --filter=sign_in         # other words go to deno test
 *
 * `deno test` gives each file and each example an isolate of its own. It takes 60 ms of a core and
 * 80 MB before its first line runs, and then each loads and warms up the same modules of dari. So the
 * examples of a room, and up to sixty files of it, run one after the other in one isolate.
 * `deno test --doc lib/ROOM tests/ROOM` still takes them one by one.
 *
 * What tests, examples and the programs that they start leave in their temporary folder is removed.
 *
 * @module
 */

import { end, type Ending } from "./arguments.ts";
import { APART, divide, isIn, type Isolates, moduleOf, TOGETHER } from "./isolates.ts";
import { KEPT_FOLDER_VARIABLE, keptFolder } from "./kept.ts";
import { FLAGS_FOR_TESTS, listSources } from "./module_graph.ts";

const USAGE = "Usage: deno task test [lib/ROOM|tests/ROOM]... [OPTION OF deno test]...";

/** An example in the documentation of a source file. */
export interface Example {
  /** The line on which its code begins, from 1. */
  readonly line: number;
  /** Its code. */
  readonly code: string;
}

/**
 * Finds the examples in a file, as `deno test --doc` does: those of TypeScript that are not to be
 * ignored.
 *
 * @param source The file's text.
 * @param url Where it is; examples import what is beside it.
 * @returns Its examples, in order.
 */
export function examplesOf(source: string, url: URL): Example[] {
  return [...source.matchAll(/^ *\* ```ts\n((?: *\*.*\n)*?) *\* ```$/gm)].map((match) => ({
    line: source.slice(0, match.index).split("\n").length + 1,
    code: (match[1] ?? "")
      .replaceAll(/^ *\* ?/gm, "")
      .replaceAll(/ from "(\.[^"]+)"/g, (_, path) => ` from "${new URL(path, url)}"`),
  }));
}

/** Writes the modules of isolates that files share, and gives their paths. */
async function writeShared({ shared }: Isolates, root: URL, directory: string) {
  return await Promise.all([...shared].map(([name, files]) => {
    const text = moduleOf(files.map((file) => new URL(file, root)));
    return write(`${directory}/${name.replaceAll("/", "_")}_test.ts`, text);
  }));
}

/** Writes each example, and modules that run those of each room; gives the paths of the modules. */
async function writeExamples(files: readonly string[], root: URL, directory: string) {
  const rooms = new Map<string, string[]>();
  for (const file of files) {
    const url = new URL(file, root);
    const [, room = ""] = file.split("/");
    for (const { line, code } of examplesOf(await Deno.readTextFile(url), url)) {
      const module = `./${file.replace(/\.ts$/, "").replaceAll("/", "_")}_${line}.ts`;
      await write(`${directory}/${module}`, code);
      const tests = rooms.get(room) ?? [];
      rooms.set(room, tests);
      tests.push(
        `Deno.test("the example of ${file}:${line}", async () => void await import("${module}"));\n`,
      );
    }
  }
  return await Promise.all(
    [...rooms].map(([room, tests]) =>
      write(`${directory}/examples_${room}_test.ts`, tests.join(""))
    ),
  );
}

async function write(path: string, text: string): Promise<string> {
  await Deno.writeTextFile(path, text);
  return path;
}

/**
 * Divides the words of a command line.
 *
 * @param words The words behind `deno task test`.
 * @param sources Paths of every file of lib and tests.
 * @returns Folders and files, and what goes to `deno test`; or how the task ends: the options are
 * those of `deno test`, which refuses others.
 */
export function chosenBy(
  words: readonly string[],
  sources: readonly string[],
): { chosen: readonly string[]; options: readonly string[] } | Ending {
  if (words.includes("--help") || words.includes("-h")) return { exitCode: 0, text: USAGE };
  const chosen: string[] = [], options: string[] = [];
  for (const [at, word] of words.entries()) {
    const mayBeValue = /^--[^=]+$/.test(words[at - 1] ?? "");
    const path = word.replace(/\/$/, "");
    if (sources.some((source) => isIn([path], source))) chosen.push(path);
    else if (word.startsWith("-") || mayBeValue) options.push(word);
    else return { exitCode: 64, text: `No file is in "${word}".\n${USAGE}` };
  }
  return { chosen, options };
}

/**
 * Makes the module that names each package of an import map once, so that all can be fetched.
 *
 * @param map The text of the import map.
 */
export function packagesOf(map: string): string {
  const { imports } = JSON.parse(map) as { imports: Record<string, string> };
  const packages = Object.values(imports).flatMap((target) =>
    /^npm:\/?((?:@[^/]+\/)?[^/]+)/.exec(target)?.[1] ?? []
  );
  return [...new Set(packages)].map((name) => `import "npm:${name}";\n`).join("");
}

/**
 * Fetches all packages before the first test begins: the programs that tests start fetch nothing. They
 * are fetched by the lock file, and once more without it: Deno then asks the registry which versions
 * there are, and keeps the answer for tests of programs that have no lock file, or another one. What
 * `deno bundle` works with comes when it is first used.
 */
async function fetchPackages(root: URL, directory: string): Promise<boolean> {
  const map = await Deno.readTextFile(new URL("tests/import_map.json", root));
  const packages = await write(`${directory}/packages.ts`, packagesOf(map));
  const nothing = await write(`${directory}/nothing.ts`, "export {};\n");
  const steps = [
    ["cache", "--config=deno.json", ...FLAGS_FOR_TESTS, packages],
    ["cache", "--config=deno.json", "--no-lock", packages],
    ["bundle", "--no-lock", `--output=${directory}/nothing.js`, nothing],
  ];
  for (const [command, ...args] of steps) {
    const options = { args: [command!, "--quiet", ...args], cwd: root };
    const { success } = await new Deno.Command(Deno.execPath(), options).spawn().status;
    if (!success) return false;
  }
  return true;
}

async function runTests(words: readonly string[]): Promise<number> {
  const root = new URL("../", import.meta.url);
  const all = await listSources(root.pathname, ["lib", "tests"]);
  const found = chosenBy(words, all);
  if ("exitCode" in found) return end(found);
  const { chosen, options } = found;
  const sources = (folder: string) =>
    all.filter((path) =>
      path.startsWith(`${folder}/`) && (chosen.length === 0 || isIn(chosen, path))
    );
  const directory = await Deno.makeTempDir({ prefix: "dari-tests-" });
  const temporary = await Deno.makeTempDir(); // not in the other: paths of sockets are 103 bytes at most
  await Deno.chmod(temporary, 0o711); // a test runs a program in it as another user
  try {
    const tests = sources("tests");
    const isolates = divide(tests, TOGETHER, APART);
    const shared = await writeShared(isolates, root, directory);
    const examples = await writeExamples(sources("lib"), root, directory);
    const files = [
      ...[...isolates.alone, ...shared, ...examples],
      ...(chosen.length === 0 ? ["README.md"] : []),
    ];
    // Without a file, deno test would run everything.
    if (files.length === 0) return end({ exitCode: 64, text: `There is no test in ${chosen}.` });
    if (!await fetchPackages(root, directory)) return 1;
    const permissions = ["net", "read", "write", "env", "run", "ffi"];
    const { code } = await new Deno.Command(Deno.execPath(), {
      args: [
        ...["test", "--quiet", "--doc", "--no-check", "--parallel", ...FLAGS_FOR_TESTS],
        ...permissions.map((name) => `--allow-${name}`),
        ...options,
        ...files,
      ],
      cwd: root,
      env: {
        DENO_JOBS: String(navigator.hardwareConcurrency * 2), // they wait more than they compute
        TMPDIR: temporary,
        [KEPT_FOLDER_VARIABLE]: keptFolder(),
      },
      stdin: "null",
    }).spawn().status;
    return code;
  } finally {
    await Deno.remove(directory, { recursive: true });
    // A program that ends late may still write there.
    await Deno.remove(temporary, { recursive: true }).catch(({ message }) =>
      console.error(message)
    );
  }
}

if (import.meta.main) {
  Deno.addSignalListener("SIGINT", () => {}); // the tests get it as well, and end
  Deno.exit(await runTests(Deno.args));
}
