import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import { DariError } from "../../../lib/base/errors.ts";
import { initAuthority, loadAuthority } from "../../../lib/cert/authority/directory.ts";
import { generateKeyPair } from "../../../lib/cert/key/keys.ts";
import { issueLeaf } from "../../../lib/cert/authority/leaf.ts";
import { Ledger } from "../../../lib/cert/ledger/ledger.ts";
import { stateOf } from "../../../lib/cert/ledger/event.ts";
import { openRevocations } from "../../../lib/cert/ledger/revocations.ts";
import { TestClock } from "../../support/clock.ts";
import { tempDirectory } from "../../support/temp.ts";

const facts = {
  authority: "aa",
  subject: "CN=a",
  names: ["a.internal"],
  purposes: ["server"],
  notBeforeMs: 0,
  notAfterMs: Date.parse("2099-01-01"),
};

Deno.test("issueLeaf() gives 1,000 parallel certificates distinct serials, all recorded", async () => {
  await using directory = await tempDirectory();
  await initAuthority(directory.path);
  const authority = await loadAuthority(directory.path);
  const ledger = new Ledger(directory.path);
  const { publicKey } = await generateKeyPair();
  const leaves = await Promise.all(
    Array.from(
      { length: 1_000 },
      (_, i) => issueLeaf(authority, ledger, publicKey, { names: [`n${i}.internal`] }),
    ),
  );
  assertEquals(new Set(leaves.map(({ serial }) => serial)).size, 1_000);
  assertEquals(new Ledger(directory.path).entries().length, 1_001);
});

Deno.test("Ledger takes one of two records with the same serial", async () => {
  await using directory = await tempDirectory();
  const [one, other] = [new Ledger(directory.path), new Ledger(directory.path)];
  const results = await Promise.allSettled([
    one.recordIssued({ ...facts, serial: "1" }),
    one.recordIssued({ ...facts, serial: "1" }),
    other.recordIssued({ ...facts, serial: "1" }),
    other.recordIssued({ ...facts, serial: "2" }),
  ]);
  assertEquals(results.filter(({ status }) => status === "fulfilled").length, 2);
  assertEquals(one.entries().map(({ serial }) => serial).sort(), ["1", "2"]);
});

Deno.test("Ledger drops a last line that a crash has cut, and goes on", async () => {
  await using directory = await tempDirectory();
  const path = `${directory.path}/certificates.jsonl`;
  await new Ledger(directory.path).recordIssued({ ...facts, serial: "1" });
  const whole = await Deno.readTextFile(path);
  for (const cut of ["{", whole.slice(0, -1), whole.slice(0, 20)]) {
    await Deno.writeTextFile(path, whole + cut.replace('"serial":"1"', '"serial":"9"'));
    const ledger = new Ledger(directory.path);
    assertEquals(ledger.entries().length, 1);
    await ledger.recordIssued({ ...facts, serial: "2" });
    assertEquals(new Ledger(directory.path).entries().length, 2);
  }
});

Deno.test("Ledger refuses a whole line that is no event, naming it", async () => {
  await using directory = await tempDirectory();
  const path = `${directory.path}/certificates.jsonl`;
  await new Ledger(directory.path).recordIssued({ ...facts, serial: "1" });
  const lines = [
    "nonsense",
    "{}",
    '{"event":"revoked","serial":"5","atMs":1,"reason":"superseded"}',
  ];
  for (const line of lines) {
    await Deno.writeTextFile(path, `${await Deno.readTextFile(path)}${line}\n`);
    assertThrows(() => new Ledger(directory.path).entries(), DariError, "Line 2 of the ledger");
    const error = await assertRejects(() => new Ledger(directory.path).revoke("1"), DariError);
    assertEquals(error.code, "data");
  }
});

Deno.test("Ledger refuses a symbolic link in the place of its file", async () => {
  await using directory = await tempDirectory();
  await Deno.symlink("/dev/null", `${directory.path}/certificates.jsonl`);
  assertThrows(() => new Ledger(directory.path).entries(), DariError, "not a regular file");
});

Deno.test("Ledger.revoke() takes a serial as openssl writes it, once", async () => {
  await using directory = await tempDirectory();
  const ledger = new Ledger(directory.path);
  await ledger.recordIssued({ ...facts, serial: "abcdef" });
  const entry = await ledger.revoke("00:AB:CD:EF", "keyCompromise");
  assertEquals(entry.revoked?.reason, "keyCompromise");
  await assertRejects(() => ledger.revoke("abcdef"), DariError, "revoked since");
  await assertRejects(() => ledger.revoke("12"), DariError, "no certificate");
});

Deno.test("stateOf() tells valid, renewed, expired and revoked apart", async () => {
  await using directory = await tempDirectory();
  const ledger = new Ledger(directory.path);
  await ledger.recordIssued({ ...facts, serial: "1" });
  await ledger.recordIssued({ ...facts, serial: "2", replaces: "1" });
  await ledger.recordIssued({ ...facts, serial: "3", notAfterMs: 1 });
  await ledger.recordIssued({ ...facts, serial: "4" });
  await ledger.revoke("4");
  const states = ledger.entries().map((entry) => stateOf(entry, Date.now()));
  assertEquals(states, ["renewed", "valid", "expired", "revoked"]);
});

Deno.test("Ledger.revoke() takes the certificates along that one was renewed from, and no later one", async () => {
  await using directory = await tempDirectory();
  const ledger = new Ledger(directory.path);
  await ledger.recordIssued({ ...facts, serial: "1" });
  await ledger.recordIssued({ ...facts, serial: "2", replaces: "1" });
  await ledger.recordIssued({ ...facts, serial: "3", replaces: "2" });
  await ledger.recordIssued({ ...facts, serial: "4", replaces: "3" });
  await ledger.recordIssued({ ...facts, serial: "5" });
  await ledger.revoke("2", "superseded");
  await ledger.revoke("3", "keyCompromise");
  const reasons = ledger.entries().map(({ revoked }) => revoked?.reason);
  assertEquals(reasons, ["superseded", "superseded", "keyCompromise", undefined, undefined]);
  const revocations = openRevocations(directory.path);
  const states = ["1", "2", "3", "4", "5"].map((serial) => revocations.isRevoked(serial));
  assertEquals(states, [true, true, true, false, false]);
});

Deno.test("openRevocations() sees another process's revocation after a quarter of a second", async () => {
  await using directory = await tempDirectory();
  const clock = new TestClock();
  const revocations = openRevocations(directory.path, clock);
  const ledger = new Ledger(directory.path);
  await ledger.recordIssued({ ...facts, serial: "1" });
  await ledger.revoke("1");
  assert(!revocations.isRevoked("1"));
  clock.advance(250);
  assert(revocations.isRevoked("1"));
  assert(!revocations.isRevoked("2"));
});

Deno.test("openRevocations() sees it at once when it is told to look", async () => {
  await using directory = await tempDirectory();
  const ledger = new Ledger(directory.path);
  await ledger.recordIssued({ ...facts, serial: "1" });
  const revocations = openRevocations(directory.path, new TestClock());
  await ledger.revoke("1");
  revocations.refresh();
  assert(revocations.isRevoked("1"));
});

Deno.test("openRevocations() looks for the first ledger of all after a quarter of a second", async () => {
  await using directory = await tempDirectory();
  const clock = new TestClock();
  const revocations = openRevocations(directory.path, clock);
  const ledger = new Ledger(directory.path);
  await ledger.recordIssued({ ...facts, serial: "1" });
  await ledger.revoke("1");
  revocations.refresh();
  assert(!revocations.isRevoked("1"));
  clock.advance(250);
  revocations.refresh();
  assert(revocations.isRevoked("1"));
});

Deno.test("openRevocations() follows a ledger that was restored from a backup", async () => {
  await using directory = await tempDirectory();
  const clock = new TestClock();
  const ledger = new Ledger(directory.path);
  const path = `${directory.path}/certificates.jsonl`;
  await ledger.recordIssued({ ...facts, serial: "1" });
  await Deno.copyFile(path, `${path}.backup`);
  await ledger.revoke("1");
  const revocations = openRevocations(directory.path, clock);
  assert(revocations.isRevoked("1"));
  await Deno.rename(`${path}.backup`, path);
  clock.advance(250);
  assert(!revocations.isRevoked("1"));
});

Deno.test("openRevocations() knows nothing while a ledger that was there is gone or empty", async () => {
  await using directory = await tempDirectory();
  const clock = new TestClock();
  const ledger = new Ledger(directory.path);
  const path = `${directory.path}/certificates.jsonl`;
  await ledger.recordIssued({ ...facts, serial: "1" });
  const revocations = openRevocations(directory.path, clock);
  await Deno.rename(path, `${path}.backup`);
  clock.advance(250);
  for (const look of [() => revocations.isRevoked("1"), () => revocations.refresh()]) {
    assertThrows(look, DariError, "is gone");
  }
  await Deno.writeTextFile(path, "");
  assertThrows(() => revocations.isRevoked("1"), DariError, "is gone");
  await Deno.rename(`${path}.backup`, path);
  assert(!revocations.isRevoked("1"));
});
