import { assert, assertEquals, assertRejects } from "@std/assert";
import { DariError } from "../../../lib/base/errors.ts";
import { limits } from "../../../lib/base/limits.ts";
import { openSqliteStore } from "../../../lib/store/mod.ts";
import { dataWithBackups, PASSPHRASE } from "../../support/backups.ts";
import { tempDirectory } from "../../support/temp.ts";

const T = ["--import-map=tests/import_map.json", "--lock=tests/deno.lock"];

/** Runs a backup or a restore in a program that is killed before a step. */
async function killed(what: string, step: string, data: string, file: string): Promise<void> {
  const program = new Deno.Command(Deno.execPath(), {
    args: [
      "run",
      "-q",
      "--no-check",
      "-A",
      ...T,
      "tests/support/killed_backup.ts",
      what,
      step,
      data,
      file,
    ],
    stderr: "inherit",
  });
  assertEquals((await program.output()).signal, "SIGKILL", step);
}

Deno.test("makeBackup() takes one moment of a directory that is written to all the time", async () => {
  await using at = await dataWithBackups();
  await using store = await openSqliteStore(`${at.data}/dari.db`);
  let isOver = false;
  let last = 0;
  const writing = (async () => {
    // Both halves of a pair are one commit, so a moment has them equal.
    for (; !isOver; last++) {
      const value = String(last);
      await store.batch([{ kind: "put", key: "x/1", value }, { kind: "put", key: "x/2", value }]);
      await new Promise((resolve) => setTimeout(resolve));
    }
  })();
  for (const name of ["1.age", "2.age", "3.age"]) await at.backup(name);
  isOver = true;
  await writing;
  await store.close();
  for (const name of ["1.age", "2.age", "3.age"]) {
    await at.restore({ file: `${at.backups}/${name}` });
    await using restored = await openSqliteStore(`${at.data}/dari.db`);
    const [one, two] = await restored.list("x/");
    assertEquals(one?.value, two?.value);
    assert(Number(one?.value) <= last);
  }
});

Deno.test("makeBackup() makes files that only their owner can read, and replaces none", async () => {
  await using at = await dataWithBackups();
  const { manifest, bytes, record } = await at.backup();
  const file = `${at.backups}/one.age`;
  for (const path of [file, record]) assertEquals((await Deno.stat(path)).mode! & 0o777, 0o600);
  assertEquals((await Deno.stat(file)).size, bytes);
  assertEquals(manifest.files.map(({ name }) => name), [
    "dari.db",
    "policy.json",
    "ca.crt",
    "ca.key",
  ]);
  const error = await assertRejects(() => at.backup(), DariError);
  assertEquals(error.code, "already_exists");
  await Deno.remove(`${at.data}/dari.db`);
  assertEquals((await assertRejects(() => at.backup("two.age"), DariError)).code, "not_found");
  assertEquals(
    (await assertRejects(() => at.backup("none/two.age"), DariError)).code,
    "not_found",
  );
});

Deno.test("makeBackup() begins again where files change meanwhile, limits.maxBackupAttempts times", async () => {
  await using at = await dataWithBackups();
  const attempt = (name: string, changes: number) => {
    let looks = 0;
    return at.backup(name, (step) => {
      if (step !== "look again" || looks++ >= changes) return;
      Deno.writeTextFileSync(`${at.data}/policy.json`, `{"public":["m${looks}"]}`);
    });
  };
  await attempt("one.age", limits.maxBackupAttempts - 1);
  await at.restore();
  const restored = await Deno.readTextFile(`${at.data}/policy.json`);
  assertEquals(restored, `{"public":["m${limits.maxBackupAttempts - 1}"]}`);
  const error = await assertRejects(
    () => attempt("two.age", limits.maxBackupAttempts),
    DariError,
  );
  assertEquals(error.code, "unavailable");
});

Deno.test("makeBackup() refuses a file larger than limits.maxBackupSmallFileBytes beside the store", async () => {
  await using at = await dataWithBackups();
  const policy = `${at.data}/policy.json`;
  await Deno.writeFile(policy, new Uint8Array(limits.maxBackupSmallFileBytes).fill(32));
  await at.backup();
  await Deno.writeFile(policy, new Uint8Array(limits.maxBackupSmallFileBytes + 1).fill(32));
  const error = await assertRejects(() => at.backup("two.age"), DariError);
  assert(error.message.includes("too large"), error.message);
});

Deno.test("a backup that is killed at any step leaves no file with its name, or the whole", async () => {
  await using at = await dataWithBackups();
  for (const [i, step] of ["copy", "write", "sync", "name", "named"].entries()) {
    const file = `${at.backups}/${i}.age`;
    await killed("backup", step, at.data, file);
    const isThere = await Deno.lstat(file).then(() => true, () => false);
    assertEquals(isThere, step === "named", step);
    if (isThere) await at.restore({ file, to: `${at.root}/${i}` });
  }
  await at.backup();
  assert((await at.signsIn()).apiKey);
});

Deno.test("a restore that is killed at any step leaves the old directory or the new one", async () => {
  await using at = await dataWithBackups();
  await at.backup();
  const isLater = async () => {
    await using store = await openSqliteStore(`${at.data}/dari.db`);
    return await store.get("later") !== null;
  };
  const steps = ["unpack", "change", "choose", "sync", "mark", "wait", "move the old one"];
  const after = ["move the new one", "remove the mark"];
  for (const step of [...steps, ...after]) {
    {
      await using store = await openSqliteStore(`${at.data}/dari.db`);
      await store.put("later", "1");
    }
    await killed("restore", step, at.data, `${at.backups}/one.age`);
    // What every command does first.
    await at.withIdentity(() => Promise.resolve()).catch(() => {});
    const { ensurePrivateDirectory } = await import("../../../lib/base/file/files.ts");
    await ensurePrivateDirectory(at.data);
    assertEquals(await isLater(), steps.includes(step), step);
    await at.restore();
    assertEquals(await isLater(), false, step);
  }
  assertEquals((await at.signsIn()).session, true);
});

Deno.test({
  name: "age of Debian opens a backup, and tar its content",
  ignore: !await isThere("age") || !await isThere("script"),
  async fn() {
    await using at = await dataWithBackups();
    await at.backup();
    await using out = await tempDirectory();
    // age asks on a terminal alone; script gives it one.
    const line = `age -d -o ${out.path}/one.tar ${at.backups}/one.age`;
    const age = new Deno.Command("script", {
      args: ["-qec", line, "/dev/null"],
      stdin: "piped",
      stdout: "null",
    }).spawn();
    const input = age.stdin.getWriter();
    await input.write(new TextEncoder().encode(`${PASSPHRASE}\n`));
    assertEquals((await age.status).code, 0);
    await input.close().catch(() => {});
    const tar = await new Deno.Command("tar", { args: ["-xf", "one.tar"], cwd: out.path }).output();
    assertEquals(tar.code, 0);
    for (const name of ["policy.json", "ca.crt", "ca.key"]) {
      assertEquals(
        await Deno.readTextFile(`${out.path}/${name}`),
        await Deno.readTextFile(`${at.data}/${name}`),
      );
    }
    await using store = await openSqliteStore(`${out.path}/dari.db`);
    assertEquals((await store.list("account/")).length, 2);
  },
});

async function isThere(program: string): Promise<boolean> {
  return await new Deno.Command("which", { args: [program], stdout: "null" }).output()
    .then(({ code }) => code === 0, () => false);
}
