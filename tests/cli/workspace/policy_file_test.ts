import { assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { DariError } from "../../../lib/base/errors.ts";
import { limits } from "../../../lib/base/limits.ts";
import { PolicyWatch, readPolicy } from "../../../lib/cli/workspace/policy_file.ts";
import { PASSWORD, testIdentity } from "../../support/identity.ts";
import { FakeTimers } from "../../support/fake_timers.ts";
import { tempDirectory } from "../../support/temp.ts";

/** Writes a file whose stamp differs from the one before, however fast the test is. */
async function write(path: string, text: string, second: number): Promise<void> {
  await Deno.writeTextFile(path, text);
  await Deno.utime(path, second, second);
}

/** Opens a policy's file, and an identity that follows it. */
async function followed(text: string | null) {
  const directory = await tempDirectory();
  const path = `${directory.path}/policy.json`;
  if (text !== null) await write(path, text, 1);
  const { policy, start } = await PolicyWatch.open(path);
  const test = await testIdentity({ policy });
  const told: [level: string, line: string][] = [];
  let onTold = (_entry: [string, string]) => {};
  const watch = start({
    use: test.identity.setPolicy,
    tell(line, level) {
      told.push([level, line]);
      onTold([level, line]);
    },
  });
  const { call, principal } = test.connection();
  await call("rpc.login", { username: "alice", password: PASSWORD });
  return {
    path,
    told,
    look: () => watch.look(),
    /** Resolves once a look that had begun would have read the file. */
    settled: () => Deno.stat(path).then(() => Deno.readTextFile(path)),
    nextTold: () => new Promise<[string, string]>((resolve) => onTold = resolve),
    /** Whether the connection may call a method, and whether `explain` says the same. */
    async may(method: string): Promise<boolean> {
      const { allowed } = await test.identity.explain("alice", method);
      try {
        test.identity.gate.authorize(principal(), method);
        assertEquals(allowed, true);
      } catch (error) {
        assertEquals(allowed, !(error instanceof DariError));
      }
      return allowed;
    },
    async [Symbol.asyncDispose]() {
      watch[Symbol.dispose]();
      await test[Symbol.asyncDispose]();
      await directory[Symbol.asyncDispose]();
    },
  };
}

Deno.test("a policy that changes holds for connections that are signed in already, and for explain()", async () => {
  await using test = await followed('{"roles":{"user":["add"]}}');
  assertEquals([await test.may("add"), await test.may("remove")], [true, false]);
  await test.look();
  assertEquals(test.told, []);
  await write(test.path, '{"roles":{"user":["remove"]}}', 2);
  await test.look();
  assertEquals([await test.may("add"), await test.may("remove")], [false, true]);
  assertEquals(test.told, [["info", `"${test.path}" has changed and was taken up`]]);
});

Deno.test("a policy that is wrong is refused once, and the one before it goes on", async () => {
  await using test = await followed('{"roles":{"user":["add"]}}');
  for (const [second, text] of ["no JSON", '{"roles":{"user":["!"]}}', '{"rolls":{}}'].entries()) {
    await write(test.path, text, second + 2);
    await test.look();
    await test.look();
    assertEquals([await test.may("add"), await test.may("remove")], [true, false]);
  }
  assertEquals(test.told.map(([level]) => level), ["warn", "warn", "warn"]);
  for (const [, line] of test.told) assertStringIncludes(line, "the policy before it goes on");
  await write(test.path, '{"roles":{"user":["remove"]}}', 9);
  await test.look();
  assertEquals(await test.may("remove"), true);
});

Deno.test("a policy whose file is gone goes on, and one that appears is taken up", async () => {
  await using test = await followed(null);
  assertEquals(await test.may("remove"), true);
  await write(test.path, '{"roles":{"user":["add"]}}', 2);
  await test.look();
  assertEquals(await test.may("remove"), false);
  await Deno.remove(test.path);
  await test.look();
  assertEquals(await test.may("remove"), false);
  assertEquals(test.told.at(-1), ["warn", `"${test.path}" is gone; the policy before it goes on`]);
});

Deno.test("a policy that is wrong at the start is refused", async () => {
  await using directory = await tempDirectory();
  await Deno.writeTextFile(`${directory.path}/policy.json`, "[]");
  const error = await assertRejects(
    () => PolicyWatch.open(`${directory.path}/policy.json`),
    DariError,
  );
  assertEquals(error.code, "configuration");
});

Deno.test("readPolicy() takes a missing file for the default policy, and refuses others", async () => {
  await using directory = await tempDirectory();
  const path = `${directory.path}/policy.json`;
  assertEquals(await readPolicy(path), {});
  await Deno.writeTextFile(path, "{");
  const damaged = await assertRejects(() => readPolicy(path), DariError);
  assertEquals(damaged.code, "configuration");
  const unreadable = await assertRejects(() => readPolicy(directory.path), DariError);
  assertEquals(unreadable.code, "configuration");
});

Deno.test("readPolicy() refuses a file that others can change, and takes one behind a link", async () => {
  await using directory = await tempDirectory();
  const path = `${directory.path}/policy.json`;
  await Deno.writeTextFile(path, '{"roles":{"user":["add"]}}');
  await Deno.chmod(path, 0o664);
  const error = await assertRejects(() => readPolicy(path), DariError);
  assertEquals(error.code, "configuration");
  assertStringIncludes(error.message, `run chmod go-w "${path}"`);
  await Deno.chmod(path, 0o644);
  await Deno.symlink(path, `${directory.path}/link.json`);
  assertEquals(await readPolicy(`${directory.path}/link.json`), { roles: { user: ["add"] } });
});

Deno.test("a policy's file is looked at as often as its pause says", async () => {
  using timers = new FakeTimers();
  await using test = await followed('{"roles":{"user":["add"]}}');
  await write(test.path, '{"roles":{"user":["remove"]}}', 2);
  timers.advance(limits.policyFileCheckMs - 1);
  await test.settled();
  assertEquals(test.told, []);
  const taken = test.nextTold();
  timers.advance(1);
  assertEquals((await taken)[0], "info");
});
