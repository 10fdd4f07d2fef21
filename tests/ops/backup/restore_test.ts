import { assert, assertEquals, assertMatch, assertRejects } from "@std/assert";
import { DariError } from "../../../lib/base/errors.ts";
import { loadAuthority, stateOf } from "../../../lib/cert/mod.ts";
import { dataLedger } from "../../../lib/endpoint/data_ledger.ts";
import { openSqliteStore } from "../../../lib/store/mod.ts";
import { verifyBackup } from "../../../lib/ops/backup/restore.ts";
import { dataWithBackups, PASSPHRASE } from "../../support/backups.ts";

const ALL = {
  password: true,
  session: true,
  apiKey: true,
  revokedApiKey: false,
  invitation: true,
};
const NONE = { ...ALL, password: false, session: false, apiKey: false, invitation: false };

/** Takes back, after the backup, all that signs in, and a certificate. */
async function takeAllBack(at: Awaited<ReturnType<typeof dataWithBackups>>): Promise<void> {
  await at.withIdentity(async ({ accounts, sessions, keys, invitations }) => {
    await sessions.revoke((await sessions.list())[0]!.id);
    await keys.revoke(at.secrets.apiKeyId);
    await invitations.accept(at.secrets.invitation, undefined);
    await accounts.setPassword("alice", "another horse battery");
  });
  await using ledger = dataLedger(at.data);
  await ledger.revoke(at.secrets.serial, "keyCompromise");
}

async function isRevoked(data: string, serial: string): Promise<boolean> {
  await using ledger = dataLedger(data);
  return stateOf(await ledger.entry(serial), Date.now()) === "revoked";
}

Deno.test("restoreBackup() brings everything back where nothing was taken back", async () => {
  await using at = await dataWithBackups();
  await at.backup();
  await at.withIdentity(({ accounts }) => accounts.add({ name: "later" }));
  const restored = await at.restore();
  assertEquals([restored.heldBack, restored.disabled, restored.isComplete], [0, 0, true]);
  await at.withIdentity(async ({ accounts }) => {
    assertEquals((await accounts.list()).map(({ name }) => name), ["alice", "bob"]);
  });
  assertEquals(await at.signsIn(), ALL);
  assert(await isRevoked(at.data, at.secrets.revokedSerial));
  assert(!await isRevoked(at.data, at.secrets.serial));
  await loadAuthority(at.data);
  assertMatch(restored.old ?? "", /data\.before-restore-\d{4}-/);
  assertEquals((await Deno.stat(`${restored.old}/dari.db`)).isFile, true);
});

Deno.test("restoreBackup() brings back nothing that was revoked, locked, removed or used up", async () => {
  await using at = await dataWithBackups();
  await at.backup();
  await takeAllBack(at);
  await at.withIdentity(async ({ accounts, verify }) => {
    await accounts.grant("alice", { remove: ["admin"] });
    for (let i = 0; i < 5; i++) await verify("bob", "wrong").catch(() => {});
  });
  const { isComplete } = await at.restore();
  assert(isComplete);
  await at.withIdentity(async ({ accounts }) => {
    assertEquals((await accounts.get("alice")).roles, ["user"]);
    assert(((await accounts.get("bob")).lockedUntilMs ?? 0) > Date.now());
    await accounts.remove("bob");
  });
  assertEquals(await at.signsIn(), NONE);
  assert(await isRevoked(at.data, at.secrets.serial));
  // Once more, with what was removed meanwhile.
  await at.restore();
  await at.withIdentity(async ({ accounts }) => {
    assertEquals((await accounts.list()).map(({ name }) => name), ["alice"]);
  });
});

Deno.test("restoreBackup() goes by the record beside the backup where the directory is lost", async () => {
  await using at = await dataWithBackups();
  await at.backup();
  await takeAllBack(at);
  await Deno.remove(at.data, { recursive: true });
  const restored = await at.restore();
  assertEquals([restored.isComplete, restored.old, restored.authority], [
    true,
    undefined,
    "backup",
  ]);
  assertEquals(await at.signsIn(), NONE);
  assert(await isRevoked(at.data, at.secrets.serial));
  // The store goes on with both records, so that a second restore knows as much.
  await at.withIdentity(({ accounts }) => accounts.disable("bob"));
  await Deno.remove(at.data, { recursive: true });
  assert((await at.restore()).isComplete);
  await at.withIdentity(async ({ accounts }) => assert(!(await accounts.get("bob")).active));
  await Deno.remove(
    at.backups + "/" +
      [...Deno.readDirSync(at.backups)].find(({ name }) => name.endsWith(".record"))!.name,
  );
  assert((await at.restore()).isComplete, "the directory's own record does without the other");
});

Deno.test("restoreBackup() without a record asks for withoutRecord, and then ends all credentials", async () => {
  await using at = await dataWithBackups();
  const { record } = await at.backup();
  const to = `${at.root}/elsewhere`;
  for (const prepare of [() => Deno.rename(record, `${record}.away`), () => copyOf(record)]) {
    await prepare();
    const error = await assertRejects(() => at.restore({ to }), DariError);
    assertEquals(error.code, "failed_precondition");
    assert(error.message.includes("--no-record"), error.message);
    assert(!await Deno.lstat(to).catch(() => null));
  }
  const restored = await at.restore({ to, withoutRecord: true });
  assertEquals([restored.isComplete, restored.disabled > 0], [false, true]);
  assertEquals(await at.signsIn(to), { ...NONE, password: true });
  // It is another store now, to which no other record belongs.
  const error = await assertRejects(() => at.restore({ to }), DariError);
  assert(error.message.includes("another store"), error.message);
});

/** The same bytes in another file: what was revoked since may be missing there. */
async function copyOf(record: string): Promise<void> {
  await Deno.copyFile(`${record}.away`, record);
}

Deno.test("restoreBackup() keeps the authority and the policy that are there, unless they are damaged", async () => {
  await using at = await dataWithBackups();
  await at.backup();
  const policy = `${at.data}/policy.json`;
  const backedUp = await Deno.readTextFile(policy);
  await Deno.writeTextFile(policy, '{"roles":{"user":[]}}');
  assertEquals((await at.restore()).policy, "present");
  assertEquals(await Deno.readTextFile(policy), '{"roles":{"user":[]}}');
  assertEquals(await Deno.readTextFile(`${at.data}/policy.backup.json`), backedUp);
  await Deno.writeTextFile(policy, "damaged");
  await Deno.writeTextFile(`${at.data}/ca.key`, "damaged");
  const { authority, policy: chosen } = await at.restore();
  assertEquals([authority, chosen], ["backup", "backup"]);
  assertEquals(await Deno.readTextFile(policy), backedUp);
  await loadAuthority(at.data);
});

Deno.test("restoreBackup() refuses a directory that is in use, and changes nothing in it", async () => {
  await using at = await dataWithBackups();
  await at.backup();
  using held = await Deno.open(`${at.data}/server.lock`, { write: true, create: true });
  await held.lock(true);
  const error = await assertRejects(() => at.restore(), DariError);
  assertEquals(error.code, "unavailable");
  assertEquals([...Deno.readDirSync(at.root)].map(({ name }) => name).sort(), ["backups", "data"]);
});

Deno.test("restoreBackup() mends a store that cannot be opened, by its record", async () => {
  await using at = await dataWithBackups();
  await at.backup();
  await takeAllBack(at);
  await Deno.writeFile(`${at.data}/dari.db`, new Uint8Array(4_096));
  await assertRejects(() => openSqliteStore(`${at.data}/dari.db`), DariError);
  assert((await at.restore()).isComplete);
  assertEquals(await at.signsIn(), NONE);
});

Deno.test("restoreBackup() refuses a wrong passphrase, another file and a newer form, and writes nothing", async () => {
  await using at = await dataWithBackups();
  await at.backup();
  const text = `${at.backups}/text`;
  await Deno.writeTextFile(text, "not a backup\n");
  const cases = [
    [{ passphrase: "wrong" }, "permission_denied", "passphrase is wrong"],
    [{ file: text }, "data", "no backup of dari"],
    [{ file: `${at.backups}/none` }, "not_found", "There is no backup"],
  ] as const;
  const before = [...Deno.readDirSync(at.root)].map(({ name }) => name).sort();
  for (const [asked, code, said] of cases) {
    const error = await assertRejects(() => at.restore(asked), DariError);
    assertEquals(error.code, code);
    assert(error.message.includes(said), error.message);
  }
  assertEquals([...Deno.readDirSync(at.root)].map(({ name }) => name).sort(), before);
});

Deno.test("verifyBackup() reads all of a backup, says what a restore would do, and writes nothing", async () => {
  await using at = await dataWithBackups();
  await at.backup();
  await at.withIdentity(({ keys }) => keys.revoke(at.secrets.apiKeyId));
  const list = () => [...Deno.readDirSync(at.root), ...Deno.readDirSync(at.data)].length;
  const before = list();
  const file = `${at.backups}/one.age`;
  const verified = await verifyBackup({ file, passphrase: PASSPHRASE, directory: at.data });
  assertEquals([verified.isComplete, verified.changesSince, verified.records.length], [true, 1, 2]);
  assertEquals(list(), before);
});

Deno.test("a backup that is cut at any kilobyte is refused, and nothing is half restored", async () => {
  await using at = await dataWithBackups();
  await at.backup();
  const whole = await Deno.readFile(`${at.backups}/one.age`);
  const file = `${at.backups}/cut.age`;
  const before = [...Deno.readDirSync(at.data)].map(({ name }) => name).sort();
  for (let length = 0; length < whole.length; length += 1_024) {
    await Deno.writeFile(file, whole.subarray(0, length));
    const error = await assertRejects(
      () => at.restore({ file }),
      DariError,
      undefined,
      `${length}`,
    );
    assertEquals(error.code, "data", `${length} bytes: ${error.message}`);
  }
  await Deno.writeFile(file, whole.subarray(0, -1));
  assertEquals((await assertRejects(() => at.restore({ file }), DariError)).code, "data");
  for (let at_ = 200; at_ < whole.length; at_ += 4_099) {
    const changed = whole.slice();
    changed[at_]! ^= 1;
    await Deno.writeFile(file, changed);
    const error = await assertRejects(() => at.restore({ file }), DariError, undefined, `${at_}`);
    assertEquals(error.code, "data", `byte ${at_}: ${error.message}`);
  }
  assertEquals([...Deno.readDirSync(at.data)].map(({ name }) => name).sort(), before);
  assertEquals([...Deno.readDirSync(at.root)].map(({ name }) => name).sort(), ["backups", "data"]);
  assertEquals(await at.signsIn(), ALL);
});
