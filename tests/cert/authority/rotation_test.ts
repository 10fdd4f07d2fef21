import { assertEquals, assertRejects } from "@std/assert";
import { DariError } from "../../../lib/base/errors.ts";
import {
  initAuthority,
  loadAuthority,
  readAuthorityCertificates,
} from "../../../lib/cert/authority/directory.ts";
import { applyRotation, planRotation } from "../../../lib/cert/authority/rotation.ts";
import { tempDirectory } from "../../support/temp.ts";

async function workshop() {
  const directory = await tempDirectory();
  await initAuthority(directory.path);
  return directory;
}

Deno.test("planRotation() changes nothing", async () => {
  await using shop = await workshop();
  const names = () => Array.from(Deno.readDirSync(shop.path), ({ name }) => name).sort();
  const before = names();
  assertEquals((await planRotation(shop.path)).step, "prepare");
  assertEquals(names(), before);
});

Deno.test("applyRotation() goes on after a crash in the middle of any step", async () => {
  await using shop = await workshop();
  const file = (name: string) => `${shop.path}/${name}`;
  // A key without its certificate: the first step was cut.
  await Deno.writeTextFile(file("ca.next.key"), await keyOfAnother(), { mode: 0o600 });
  assertEquals((await applyRotation(shop.path)).step, "prepare");
  // The old key is kept and the new one not yet in its place: the second step was cut.
  await Deno.copyFile(file("ca.key"), file("ca.previous.key"));
  const { keyId } = await loadAuthority(shop.path);
  assertEquals((await applyRotation(shop.path)).step, "switch");
  assertEquals((await loadAuthority(shop.path)).keyId === keyId, false);
  assertEquals((await loadAuthority(shop.path, undefined, "previousKey")).keyId, keyId);
  // The old certificate is gone and its key is not: the last step was cut.
  const [, current] = (await Deno.readTextFile(file("ca.crt"))).split(/(?=-----BEGIN)/);
  await Deno.writeTextFile(file("ca.crt"), current!);
  assertEquals((await applyRotation(shop.path)).step, "finish");
  assertEquals((await planRotation(shop.path)).step, "prepare");
  assertEquals((await readAuthorityCertificates(shop.path)).length, 1);
});

Deno.test("applyRotation() refuses a wrong passphrase before it makes anything", async () => {
  await using directory = await tempDirectory();
  await initAuthority(directory.path, { passphrase: "correct horse" });
  for (const options of [{ passphrase: "wrong" }, {}]) {
    const error = await assertRejects(() => applyRotation(directory.path, options), DariError);
    assertEquals(error.code, "permission_denied");
  }
  assertEquals((await planRotation(directory.path)).step, "prepare");
  const options = { passphrase: "correct horse" };
  for (const step of ["prepare", "switch", "finish"] as const) {
    assertEquals((await applyRotation(directory.path, options)).step, step);
  }
  await assertRejects(() => loadAuthority(directory.path), DariError, "is encrypted");
});

async function keyOfAnother(): Promise<string> {
  await using directory = await tempDirectory();
  await initAuthority(directory.path);
  return await Deno.readTextFile(`${directory.path}/ca.key`);
}
