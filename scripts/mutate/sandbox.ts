/**
 * A copy of the tree in which mistakes are planted and tests run.
 *
 * @module
 */

import { mutate, type Mutation } from "./mutations.ts";

/** How a mistake ended: noticed by a test, by its time limit, by the type check, or not at all. */
export type Verdict = "killed" | "timeout" | "types" | "survived";

const PERMISSIONS = ["net", "read", "write", "env", "run", "ffi", "sys"].map((name) =>
  `--allow-${name}`
);
/** A test run may take this many times the time of one without a mistake. */
const PATIENCE = 3;
const MIN_TIMEOUT_MS = 30_000;
/** GNU timeout's exit codes, for its own end and for that of a killed command. */
const TIMED_OUT = [124, 137];

/** The packages that only tests import. */
const TEST_IMPORTS = ["--import-map=tests/import_map.json", "--lock=tests/deno.lock"];

/** Ends a test that a mistake lets take all memory. */
const HEAP_LIMIT = "--v8-flags=--max-old-space-size=2048";

/** How long the tests of a file may take; one that waits for ever is not waited for longer. */
const NAMESAKE_TIMEOUT_MS = 20_000;

/** How a command ended. */
interface Ended {
  readonly code: number;
  readonly output: string;
}

/** The copy. It is removed when it is disposed. */
export class Sandbox implements AsyncDisposable {
  readonly #directory: string;
  readonly #tests: readonly string[];

  private constructor(directory: string, tests: readonly string[]) {
    this.#directory = directory;
    this.#tests = tests;
  }

  /**
   * Copies the tracked files, and those that will be.
   *
   * @param tests The tests that a mistake has to pass, files or folders, beside those of its own file
   * and folder.
   */
  static async create(tests: readonly string[]): Promise<Sandbox> {
    const directory = await Deno.makeTempDir({ prefix: "dari-mutate-" });
    const { stdout } = await new Deno.Command("git", {
      args: ["ls-files", "-z", "--cached", "--others", "--exclude-standard"],
    }).output();
    for (const path of new TextDecoder().decode(stdout).split("\0")) {
      if (path === "") continue;
      await Deno.mkdir(`${directory}/${path.slice(0, path.lastIndexOf("/") + 1)}`, {
        recursive: true,
      });
      // A file that is deleted and not committed yet is listed still.
      await Deno.copyFile(path, `${directory}/${path}`).catch(() => {});
    }
    return new Sandbox(directory, tests);
  }

  /**
   * Runs tests without a mistake.
   *
   * @param tests The tests, files or folders.
   * @returns The time limit for a run with one, in milliseconds.
   * @throws {Error} where they fail.
   */
  async measure(tests: readonly string[]): Promise<number> {
    const start = performance.now();
    const { code, output } = await this.#test(tests, 2 ** 31);
    if (code !== 0) throw new Error(`The tests fail without a mistake:\n${output.slice(-2_000)}`);
    return Math.max(MIN_TIMEOUT_MS, PATIENCE * (performance.now() - start));
  }

  /** Plants a mistake, runs the tests, and takes the mistake out again. */
  async judge(mutation: Mutation, timeoutMs: number): Promise<Verdict> {
    const path = `${this.#directory}/${mutation.path}`;
    const text = await Deno.readTextFile(path);
    await Deno.writeTextFile(path, mutate(text, mutation));
    try {
      // The file's own tests and its folder's notice most mistakes, and take little time.
      for (const tests of await this.#testsOf(mutation.path)) {
        const isFile = tests.length === 1 && tests[0]?.endsWith(".ts") === true;
        const limitMs = isFile ? Math.min(timeoutMs, NAMESAKE_TIMEOUT_MS) : timeoutMs;
        const { code } = await this.#test(tests, limitMs);
        if (TIMED_OUT.includes(code)) return "timeout";
        if (code !== 0) return "killed";
      }
      const { code } = await this.#run(timeoutMs, ["check", mutation.path]);
      return code === 0 ? "survived" : "types";
    } finally {
      await Deno.writeTextFile(path, text);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Deno.remove(this.#directory, { recursive: true });
  }

  /** The tests of a file, then those of its folder, where there are any, then all others. */
  async #testsOf(path: string): Promise<(readonly string[])[]> {
    const namesake = path.replace(/^lib\//, "tests/").replace(/\.ts$/, "_test.ts");
    const found: (readonly string[])[] = [];
    for (const tests of [namesake, namesake.slice(0, namesake.lastIndexOf("/"))]) {
      const isThere = await Deno.stat(`${this.#directory}/${tests}`).then(() => true, () => false);
      if (isThere && !this.#tests.includes(tests)) found.push([tests]);
    }
    return this.#tests.length === 0 ? found : [...found, this.#tests];
  }

  #test(tests: readonly string[], timeoutMs: number): Promise<Ended> {
    const flags = ["--quiet", "--no-check", "--fail-fast", "--parallel", HEAP_LIMIT];
    return this.#run(timeoutMs, ["test", ...flags, ...TEST_IMPORTS, ...PERMISSIONS, ...tests]);
  }

  /** Runs Deno under GNU timeout, which also ends what the tests have started. */
  async #run(timeoutMs: number, args: readonly string[]): Promise<Ended> {
    const { code, stdout } = await new Deno.Command("timeout", {
      args: ["--signal=KILL", `${timeoutMs / 1_000}s`, Deno.execPath(), ...args],
      cwd: this.#directory,
      env: { NO_COLOR: "1" },
      stdin: "null",
      stderr: "null",
    }).output();
    return { code, output: new TextDecoder().decode(stdout) };
  }
}
