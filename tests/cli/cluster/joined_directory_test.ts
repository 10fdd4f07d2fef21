import { assertEquals, assertRejects } from "@std/assert";
import { DariError } from "../../../lib/base/errors.ts";
import {
  encodePem,
  generateKeyPair,
  issueLeaf,
  makeAuthority,
  openAuthority,
  openStoreLedger,
} from "../../../lib/cert/mod.ts";
import { keyFingerprint } from "../../../lib/cert/key/public_key.ts";
import { joinedPair, keepJoined, readJoined } from "../../../lib/cli/cluster/joined_directory.ts";
import { serverNameOf } from "../../../lib/cli/cluster/server_name.ts";
import { createMemoryStore } from "../../../lib/store/mod.ts";
import { tempDirectory } from "../../support/temp.ts";

/** What a server gives, and the key that it is for. */
async function answer() {
  await using store = createMemoryStore();
  const { privateKey, certificate: root } = await makeAuthority();
  const authority = await openAuthority(privateKey, [root]);
  const pair = await generateKeyPair();
  const name = "server-2.internal";
  const leaf = await issueLeaf(authority, openStoreLedger(store), pair.publicKey, {
    ...{ names: [name], purposes: ["server", "client"] },
  });
  return {
    key: pair.privateKey,
    fingerprint: await keyFingerprint(root.publicKey),
    given: {
      name,
      certificate: encodePem("CERTIFICATE", leaf.der),
      cluster: {
        address: "nats://localhost:4222/orders",
        recordKey: "A".repeat(43),
        authorities: encodePem("CERTIFICATE", root.der),
      },
    },
  };
}

Deno.test("readJoined() takes only what is whole and belongs together", async () => {
  const { given, key, fingerprint } = await answer();
  const joined = await readJoined(given, key, fingerprint);
  assertEquals([joined.name, joined.recordKey.length], ["server-2.internal", 32]);
  const other = await answer();
  const { cluster } = given;
  const cases: [typeof given, Uint8Array<ArrayBuffer>, string, string][] = [
    [
      { ...given, cluster: { ...cluster, recordKey: "AA" } },
      key,
      fingerprint,
      "not what a machine",
    ],
    [{ ...given, cluster: undefined as never }, key, fingerprint, "not what a machine"],
    [given, other.key, fingerprint, "for another key"],
    [given, key, other.fingerprint, "lack the one of the invitation"],
    [{ ...given, name: "server-3.internal" }, key, fingerprint, "server-3.internal"],
    [{ ...given, cluster: other.given.cluster }, key, other.fingerprint, ""],
  ];
  for (const [wrong, privateKey, hash, words] of cases) {
    await assertRejects(() => readJoined(wrong, privateKey, hash), DariError, words);
  }
});

Deno.test("keepJoined() writes all files or none", async () => {
  const { given, key, fingerprint } = await answer();
  const joined = await readJoined(given, key, fingerprint);
  await using directory = await tempDirectory();
  const { path } = directory;
  await Deno.writeTextFile(`${path}/server.crt`, "mine");
  await assertRejects(() => keepJoined(path, joined, key), DariError, "exists already");
  const names = async () => (await Array.fromAsync(Deno.readDir(path))).map(({ name }) => name);
  assertEquals(await names(), ["server.crt"]);
  assertEquals(await Deno.readTextFile(`${path}/server.crt`), "mine");
  await Deno.remove(`${path}/server.crt`);
  assertEquals(await joinedPair(path), undefined);
  await keepJoined(path, joined, key);
  assertEquals(await joinedPair(path), {
    cert: `${path}/server.crt`,
    key: `${path}/server.key`,
  });
  const machine = { names: ["box"], addresses: [] };
  assertEquals(await serverNameOf(path, machine), "server-2.internal");
  await Deno.writeTextFile(`${path}/ca.key`, ""); // the machine that issues makes its own
  assertEquals(await joinedPair(path), undefined);
  assertEquals(await serverNameOf(path, machine), "box");
});
