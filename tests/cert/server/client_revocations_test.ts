import { assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { DariError } from "../../../lib/base/errors.ts";
import { limits } from "../../../lib/base/limits.ts";
import type { CertificatePath } from "../../../lib/cert/path/verify.ts";
import { ClientRevocations } from "../../../lib/cert/server/client_revocations.ts";
import { TestClock } from "../../support/clock.ts";
import { listPem, testList, type TestListOptions } from "../../support/revocation_list.ts";
import { tempDirectory } from "../../support/temp.ts";
import { NOON_MS, testAuthority, type TestIssuer, testLeaf } from "../../support/test_authority.ts";

const HOUR_MS = 60 * 60 * 1_000;

/** A file with the list of one authority, and a leaf of that authority. */
async function start(options: Partial<TestListOptions> = {}) {
  const directory = await tempDirectory();
  const file = `${directory.path}/list.crl`;
  const root = await testAuthority();
  const leaf = await testLeaf(root, { purposes: ["client"] });
  const clock = new TestClock(NOON_MS);
  const told: string[] = [];
  const write = async (options: Partial<TestListOptions> = {}, by: TestIssuer = root) => {
    const list = await testList({
      subject: by.certificate.subject.der,
      signer: by.signer,
      thisUpdateMs: NOON_MS - HOUR_MS,
      nextUpdateMs: NOON_MS + HOUR_MS,
      ...options,
    });
    await Deno.writeTextFile(file, listPem(list));
  };
  await write(options);
  return {
    ...{ file, root, leaf, clock, told, write },
    path: [leaf, root.certificate] as CertificatePath,
    open: () => ClientRevocations.open({ file, clock, tell: (line) => told.push(line) }),
    [Symbol.asyncDispose]: () => directory[Symbol.asyncDispose](),
  };
}

Deno.test("ClientRevocations refuses what is on the list of its authority, and nothing else", async () => {
  await using test = await start();
  const revocations = await test.open();
  assertEquals(await revocations.check(test.path), undefined);
  await test.write({ serials: [test.leaf.serial] });
  test.clock.advance(limits.certificateFileCheckMs);
  assertStringIncludes(await revocations.check(test.path) ?? "", "is on the revocation list");
  assertStringIncludes(revocations.faultOf(test.path) ?? "", "is on the revocation list");
  const other = await testLeaf(test.root, { purposes: ["client"] });
  assertEquals(await revocations.check([other, test.root.certificate]), undefined);
  const foreign = await testAuthority({ subject: "CN=foreign" });
  const theirs = await testLeaf(foreign, { purposes: ["client"] });
  assertEquals(await revocations.check([theirs, foreign.certificate]), undefined);
  assertEquals(test.told.length, 1);
  assertStringIncludes(test.told[0]!, "has taken up the revocation lists");
});

Deno.test("ClientRevocations refuses everything of an authority whose list is out of date, and says so once", async () => {
  await using test = await start({ nextUpdateMs: NOON_MS + HOUR_MS });
  const revocations = await test.open();
  test.clock.advance(HOUR_MS);
  assertEquals(await revocations.check(test.path), undefined);
  test.clock.advance(limits.certificateFileCheckMs);
  assertStringIncludes(await revocations.check(test.path) ?? "", "is out of date since");
  test.clock.advance(limits.certificateFileCheckMs);
  await revocations.check(test.path);
  assertEquals(test.told.length, 1);
  assertStringIncludes(test.told[0]!, "its certificates are refused");
});

Deno.test("ClientRevocations says at once that a list is out of date, and refuses one of the future", async () => {
  await using old = await start({ nextUpdateMs: NOON_MS - 1_000 });
  await old.open();
  assertEquals(old.told.length, 1);
  await using future = await start({ thisUpdateMs: NOON_MS + 1_000 });
  const revocations = await future.open();
  assertStringIncludes(await revocations.check(future.path) ?? "", "not valid yet");
});

Deno.test("ClientRevocations refuses everything of an authority whose list somebody else has signed", async () => {
  const impostor = await testAuthority();
  await using test = await start();
  const disguised = { ...impostor.signer, keyId: test.root.signer.keyId };
  await test.write({ signer: disguised });
  const revocations = await test.open();
  assertStringIncludes(
    await revocations.check(test.path) ?? "",
    "signature of the revocation list",
  );
});

Deno.test("ClientRevocations refuses an authority that may not sign lists", async () => {
  await using test = await start();
  const root = await testAuthority({ subject: "CN=no lists", keyUsage: ["keyCertSign"] });
  await test.write({}, root);
  const leaf = await testLeaf(root, { purposes: ["client"] });
  const fault = await (await test.open()).check([leaf, root.certificate]);
  assertStringIncludes(fault ?? "", "signature of the revocation list");
});

Deno.test("ClientRevocations checks intermediates by the list of the authority above them", async () => {
  await using test = await start();
  const lower = await testAuthority({ subject: "CN=lower", pathLength: 0, issuer: test.root });
  const leaf = await testLeaf(lower, { purposes: ["client"] });
  const path: CertificatePath = [leaf, lower.certificate, test.root.certificate];
  const revocations = await test.open();
  assertEquals(await revocations.check(path), undefined);
  await test.write({ serials: [lower.certificate.serial] });
  test.clock.advance(limits.certificateFileCheckMs);
  assertStringIncludes(await revocations.check(path) ?? "", lower.certificate.serial);
});

Deno.test("ClientRevocations keeps its lists when the file is older, damaged, of others or gone", async () => {
  await using test = await start({ serials: [] });
  await test.write({ serials: [test.leaf.serial] });
  const revocations = await test.open();
  const foreign = await testAuthority({ subject: "CN=foreign" });
  const changes: [() => Promise<void>, string][] = [
    [() => test.write({ thisUpdateMs: NOON_MS - 2 * HOUR_MS }), "is older than the one in use"],
    [() => test.write({}, foreign), "there is no list of CN=test root any more"],
    [() => Deno.writeTextFile(test.file, "damaged"), "no revocation list"],
    [() => Deno.remove(test.file), "no such file"],
  ];
  for (const [change, reason] of changes) {
    await change();
    test.clock.advance(limits.certificateFileCheckMs);
    assertStringIncludes(await revocations.check(test.path) ?? "", "is on the revocation list");
    assertStringIncludes(test.told.at(-1) ?? "", reason);
  }
  assertEquals(test.told.length, changes.length);
});

Deno.test("ClientRevocations.open() refuses a file that it cannot use", async () => {
  await using test = await start();
  await Deno.writeTextFile(test.file, "damaged");
  assertEquals((await assertRejects(() => test.open(), DariError, test.file)).code, "data");
  await Deno.remove(test.file);
  assertEquals((await assertRejects(() => test.open(), DariError, test.file)).code, "io");
});
