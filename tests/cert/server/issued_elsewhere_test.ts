import { assertEquals, assertRejects } from "@std/assert";
import {
  encodePem,
  encodePrivateKeyPem,
  ensureServerIdentity,
  generateKeyPair,
  issueLeaf,
  makeAuthority,
  openAuthority,
  openStoreLedger,
  parseCertificates,
} from "../../../lib/cert/mod.ts";
import { DariError } from "../../../lib/base/errors.ts";
import { limits } from "../../../lib/base/limits.ts";
import { createMemoryStore } from "../../../lib/store/mod.ts";
import { TestClock } from "../../support/clock.ts";
import { tempDirectory } from "../../support/temp.ts";

/** A directory with a certificate of an authority whose key is elsewhere. */
async function joinedDirectory() {
  await using owned = new AsyncDisposableStack();
  const directory = owned.use(await tempDirectory());
  const clock = new TestClock();
  const there = openStoreLedger(owned.use(createMemoryStore()), { clock });
  const ledger = openStoreLedger(owned.use(createMemoryStore()), { clock });
  const root = await makeAuthority({ clock });
  const authority = await openAuthority(root.privateKey, [root.certificate]);
  const { privateKey, publicKey } = await generateKeyPair();
  const issue = (in_ = there) =>
    issueLeaf(authority, in_, publicKey, { names: ["server-2.internal"], clock });
  const leaf = await issue();
  const { path } = directory;
  const write = (name: string, text: string) =>
    Deno.writeTextFile(`${path}/${name}`, text, { mode: 0o600 });
  await write("ca.crt", encodePem("CERTIFICATE", root.certificate.der));
  await write("server.crt", encodePem("CERTIFICATE", leaf.der));
  await write("server.key", await encodePrivateKeyPem(privateKey));
  const stack = owned.move();
  const told: string[] = [];
  return {
    ...{ path, clock, ledger, write, leaf, issue, told },
    ensure: (names: string[] = []) =>
      ensureServerIdentity(path, { names, ledger, clock, tell: (line) => told.push(line) }),
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  };
}

const refuses = async (run: () => Promise<unknown>, words: string) => {
  const { code, message } = await assertRejects(run, DariError, words);
  assertEquals([code, message.includes("dari join")], ["configuration", true]);
};

Deno.test("a certificate whose authority's key is elsewhere is used as it is, also when it is due", async () => {
  await using test = await joinedDirectory();
  const first = await test.ensure(["server-2.internal"]);
  assertEquals(parseCertificates(first.certPem)[0].serial, test.leaf.serial);
  assertEquals(test.told, []);
  test.clock.advance(limits.leafLifeMs * 0.9);
  assertEquals((await test.ensure()).certPem, first.certPem);
  await test.ensure(["box.internal"]);
  assertEquals(test.told, [
    "The certificate is not for box.internal: its authority is elsewhere",
  ]);
});

Deno.test("one that has expired, is revoked, has another key or is not there says where to get another", async () => {
  await using test = await joinedDirectory();
  const shared = await test.issue(test.ledger);
  await test.write("server.crt", encodePem("CERTIFICATE", shared.der));
  await test.ensure();
  await test.ledger.revoke(shared.serial, "superseded");
  await refuses(() => test.ensure(), "is revoked");
  await test.write("server.crt", encodePem("CERTIFICATE", test.leaf.der));
  test.clock.advance(limits.leafLifeMs + 1_000);
  await refuses(() => test.ensure(), "has expired");
  await test.write("server.key", await encodePrivateKeyPem((await generateKeyPair()).privateKey));
  await refuses(() => test.ensure(), "does not fit");
  await Deno.remove(`${test.path}/server.crt`);
  await refuses(() => test.ensure(), "is not there");
  // It is never the beginning of a new authority.
  await assertRejects(() => Deno.stat(`${test.path}/ca.key`), Deno.errors.NotFound);
});

Deno.test("a ledger that knows the authority must know its certificate", async () => {
  await using test = await joinedDirectory();
  const [root] = parseCertificates(await Deno.readTextFile(`${test.path}/ca.crt`));
  const { serial, notBeforeMs, notAfterMs } = root;
  await test.ledger.recordIssued({
    ...{ serial, authority: "aa", purposes: ["authority"], notBeforeMs, notAfterMs },
    ...{ subject: "CN=root", names: [] },
  });
  const error = await assertRejects(() => test.ensure(), DariError, "of an earlier time");
  assertEquals(error.code, "data");
});
