import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { VERSION } from "../../lib/base/version.ts";
import { executable } from "../support/executable.ts";
import { tempDirectory } from "../support/temp.ts";

/** Builds with the Deno binary in place of denort, so that nothing is fetched from a network. */
async function build(path: string): Promise<string> {
  const { success, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "scripts/compile.ts", "--output", path],
    env: { DENORT_BIN: Deno.execPath(), NO_COLOR: "1" },
  }).output();
  const decoder = new TextDecoder();
  return success ? decoder.decode(stdout) : `failed: ${decoder.decode(stderr)}`;
}

const folder = await tempDirectory();
Deno.test.afterAll(async () => await folder[Symbol.asyncDispose]());
const path = `${folder.path}/dari`;
const report = await build(path);
// The bundler is an npm package; a machine that has never fetched it and reaches no registry lacks it.
const isBuilt = !report.startsWith("failed: ") || Deno.build.os === "windows";
if (!isBuilt) console.log(`the executable is not tested: ${report.trim()}`);

/** Where tests that are not about the unpacking find it done: each takes a second of a core. */
const unpacked = `${folder.path}/unpacked`;
await Deno.mkdir(unpacked);

/** A test with a folder for temporary files of its own, in which nothing is unpacked yet. */
function test(sentence: string, run: (temporary: string) => Promise<void>): void {
  Deno.test({
    name: sentence,
    ignore: !isBuilt,
    async fn() {
      await using temporary = await tempDirectory();
      await run(temporary.path);
    },
  });
}

test("deno task compile says what was used, how large it is and how fast it starts", () => {
  const [used, size, start] = report.split("\n");
  assertStringIncludes(used ?? "", "making a self-extracting executable instead");
  assertMatch(
    size ?? "",
    /\d+\.\d MB \(Deno [\d.]+ \d+\.\d MB, program \d+\.\d MB\) in \d+\.\d s$/,
  );
  assertMatch(start ?? "", /^starts in \d+ ms at first, in \d+ ms from then on \(deno task/);
  return Promise.resolve();
});

test("two first starts at once both run, and leave one private copy", async (temporary) => {
  const dari = executable(path, temporary);
  const ended = await Promise.all([dari.run(["--version"]), dari.run(["--version"])]);
  for (const { code, output, errors } of ended) {
    assertEquals([code, output, errors], [0, `dari ${VERSION}\n`, ""]);
  }
  const cache = `${temporary}/dari-${(await Deno.lstat(temporary)).uid}`;
  assertEquals(((await Deno.lstat(cache)).mode ?? 0) & 0o777, 0o700);
  const names = (await Array.fromAsync(Deno.readDir(cache))).map(({ name }) => name);
  assertEquals(names.filter((name) => name !== "deno").length, 1);
});

test("what was changed since it was unpacked is unpacked again", async (temporary) => {
  const dari = executable(path, temporary);
  await dari.run(["--version"]);
  const cache = `${temporary}/dari-${(await Deno.lstat(temporary)).uid}`;
  const entries = await Array.fromAsync(Deno.readDir(cache));
  const unpacked = `${cache}/${entries.find(({ name }) => name !== "deno")?.name}`;
  for (const file of ["cli.js", "deno", "deno.json"]) {
    const whole = await Deno.readFile(`${unpacked}/${file}`);
    const { mtime } = await Deno.stat(`${unpacked}/${file}`);
    const changed = whole.slice();
    changed[100] = (changed[100] ?? 0) ^ 1;
    await Deno.writeFile(`${unpacked}/${file}`, changed);
    if (mtime !== null) await Deno.utime(`${unpacked}/${file}`, mtime, mtime);
    assertEquals((await dari.run(["--version"])).output, `dari ${VERSION}\n`, file);
    assertEquals(await Deno.readFile(`${unpacked}/${file}`), whole, file);
  }
});

test("a cache that others can write to is not used", async (temporary) => {
  const cache = `${temporary}/dari-${(await Deno.lstat(temporary)).uid}`;
  await Deno.mkdir(cache);
  await Deno.chmod(cache, 0o777);
  const { code, errors } = await executable(path, temporary).run(["--version"]);
  assertEquals(code, 74);
  assertStringIncludes(errors, "set XDG_CACHE_HOME to a directory of your own");
});

test("another user runs it from a folder that is read-only", async (temporary) => {
  if ((await Deno.lstat(temporary)).uid !== 0) return; // only root can become somebody else
  const readOnly = `${temporary}/bin`;
  const other = `${temporary}/tmp`;
  await Deno.mkdir(readOnly);
  await Deno.mkdir(other);
  await Deno.chmod(temporary, 0o755);
  await Deno.chown(other, 65_534, 65_534);
  await Deno.copyFile(path, `${readOnly}/dari`);
  await Deno.chmod(readOnly, 0o555);
  const dari = executable(`${readOnly}/dari`, other);
  const { code, output, errors } = await dari.run(["demo", "queue", "--json"], {
    uid: 65_534,
    gid: 65_534,
    cwd: readOnly,
  });
  assertEquals([code, errors], [0, ""]);
  assertEquals(JSON.parse(output)[0].steps.length, 6);
});

const SERVICE = `
import { DariError, method } from "@dari/dari";
import { twice } from "./arithmetic/twice.ts";
export const double = ({ n }: { n: number }): number => twice(n);
export const triple = method({
  worker: true,
  handler: ({ n }: { n: number }): number => twice(n) + n,
});
export const refuse = method({
  handler(): never {
    throw new DariError("not_found", "There is nothing here");
  },
});
`;

async function writeService(directory: string): Promise<string> {
  await Deno.mkdir(`${directory}/arithmetic`);
  await Deno.writeTextFile(
    `${directory}/arithmetic/twice.ts`,
    "export const twice = (n: number): number => 2 * n;\n",
  );
  await Deno.writeTextFile(`${directory}/my_service.ts`, SERVICE);
  return `${directory}/my_service.ts`;
}

test("it serves a user's module, which shares the library's classes", async (temporary) => {
  const dari = executable(path, unpacked);
  const data = ["--data", `${temporary}/data`];
  const module = await writeService(temporary);
  await using _server = await dari.start([
    "serve",
    module,
    ...data,
    "--listen",
    "tls://127.0.0.1:0",
  ]);
  assertEquals((await dari.run(["call", "double", "n=21", ...data])).output, "42\n");
  assertEquals((await dari.run(["call", "triple", "n=14", ...data])).output, "42\n");
  const refused = await dari.run(["call", "refuse", ...data]);
  assertEquals([refused.code, refused.errors], [65, "dari: There is nothing here\n"]);
});

test("dari compile makes an executable of a user's module", async (temporary) => {
  const dari = executable(path, unpacked);
  const data = ["--data", `${temporary}/data`];
  const module = await writeService(temporary);
  const made = `${temporary}/my_service`;
  const { code, output, errors } = await dari.run(["compile", module, "-o", made, "--json"]);
  assertEquals([code, errors], [0, ""]);
  assertEquals(JSON.parse(output).methods.sort(), ["double", "refuse", "triple"]);
  await Deno.remove(module); // what it needs is inside
  const service = executable(made, unpacked);
  await using _server = await service.start([...data, "--listen", "tls://127.0.0.1:0"]);
  assertEquals((await dari.run(["call", "double", "n=4", ...data])).output, "8\n");
  assertEquals((await dari.run(["call", "triple", "n=3", ...data])).output, "9\n");
  // One file: it calls itself, and has the commands for its accounts.
  assertEquals((await service.run(["call", "double", "n=5", ...data])).output, "10\n");
  assertEquals((await service.run(["user", "list", "--json", ...data])).output, "[]\n");
  assertMatch((await service.run(["help"])).output, /^my_service: a server, /);
  const refused = await service.run(["user", "lst"]);
  assertStringIncludes(refused.errors, `did you mean ${made} user list?`);
});

test("the whole tour runs through it", async () => {
  const { code, output, errors } = await executable(path, unpacked).run(["demo", "--json"]);
  assertEquals([code, errors], [0, ""]);
  assertEquals(
    JSON.parse(output).map(({ scene }: { scene: string }) => scene),
    "pipe queue shared-memory unix-socket rpc auth tls mtls rsa hash".split(" "),
  );
});
