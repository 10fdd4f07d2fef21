import { assert, assertEquals, assertMatch } from "@std/assert";
import { dari } from "../../../support/dari_command.ts";
import { dataWithBackups, PASSPHRASE } from "../../../support/backups.ts";
import { knownSchema } from "../../../../lib/store/sqlite_backup.ts";
import { limits } from "../../../../lib/base/limits.ts";

const input = `${PASSPHRASE}\n`;

Deno.test("dari backup and dari restore: a transcript", async () => {
  await using at = await dataWithBackups();
  const file = `${at.backups}/monday.age`;
  const at_ = ["--data", at.data, "--passphrase-stdin"];
  const made = await dari(["backup", file, ...at_], { input });
  assertEquals([made.code, made.err], [0, ""]);
  const [first, second] = made.out.split("\n");
  assertMatch(
    first!,
    /monday\.age: \d+ bytes, at change 14: dari\.db, policy\.json, ca\.crt, ca\.key$/,
  );
  assertMatch(second!, /dari-[0-9a-f]{12}\.record: goes on with what is revoked from now on/);

  const again = await dari(["backup", file, ...at_], { input });
  assertEquals([again.code, /exists already/.test(again.err)], [65, true]);

  const checked = await dari(["restore", file, "--verify", "--json", ...at_], { input });
  const { createdAtMs, records, ...rest } = JSON.parse(checked.out);
  assert(createdAtMs > 0 && records.length === 2);
  assertEquals(rest, {
    dari: "0.1.0",
    change: 14,
    schema: knownSchema,
    files: ["dari.db", "policy.json", "ca.crt", "ca.key"],
    isComplete: true,
  });

  const restored = await dari(["restore", file, ...at_], { input });
  assertEquals([restored.code, restored.err], [0, ""]);
  assertMatch(restored.out, /data: restored as of .*\(change 14\)\nnothing was revoked since then/);
  assertMatch(restored.out, /the old directory is .*data\.before-restore-/);
  // A key of the record would open it: it is printed nowhere.
  assert(!(checked.out + restored.out + made.out).includes("recordKey"));

  const wrong = await dari(["restore", file, ...at_], { input: "wrong passphrase\n" });
  assertEquals([wrong.code, /passphrase is wrong/.test(wrong.err)], [77, true]);
});

Deno.test("dari backup takes a passphrase of limits.minPasswordCharacters characters, and none shorter", async () => {
  await using at = await dataWithBackups();
  const word = "p".repeat(limits.minPasswordCharacters);
  const run = (name: string, passphrase: string) =>
    dari(["backup", `${at.backups}/${name}`, "--data", at.data, "--passphrase-stdin"], {
      input: `${passphrase}\n`,
    });
  const short = await run("short.age", word.slice(1));
  assertEquals([short.code, /at least/.test(short.err)], [64, true]);
  assertEquals((await run("long.age", word)).code, 0);
  const none = await dari(["backup", `${at.backups}/none.age`, "--data", at.data]);
  assertEquals([none.code, /--passphrase-stdin/.test(none.err)], [64, true]);
});

Deno.test("dari restore --no-record is asked for where nobody knows what was revoked since", async () => {
  await using at = await dataWithBackups();
  const { record } = await at.backup();
  await Deno.remove(record);
  const words = ["restore", `${at.backups}/one.age`, "--data", `${at.root}/new`];
  const refused = await dari([...words, "--passphrase-stdin"], { input });
  assertEquals([refused.code, /--no-record/.test(refused.err)], [78, true]);
  const done = await dari([...words, "--no-record", "--passphrase-stdin"], { input });
  assertEquals(done.code, 0);
  assertMatch(done.out, /all sessions and invitations were ended and all keys disabled/);
});
