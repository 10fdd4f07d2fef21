import { assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { DariError } from "../../../lib/base/errors.ts";
import {
  applyRotation,
  initAuthority,
  loadAuthority,
  openFileLedger,
  readAuthorityCertificates,
  restoreAuthority,
} from "../../../lib/cert/mod.ts";
import { tempDirectory } from "../../support/temp.ts";

const serialsIn = async (directory: string) =>
  (await readAuthorityCertificates(directory)).map(({ serial }) => serial);

for (const passphrase of [undefined, "correct horse"]) {
  const what = passphrase === undefined ? "a key" : "an encrypted key";
  Deno.test(`restoreAuthority() writes ca.crt of ${what} again, byte for byte`, async () => {
    await using directory = await tempDirectory();
    const { path } = directory;
    await initAuthority(path, passphrase === undefined ? {} : { passphrase });
    const before = await Deno.readTextFile(`${path}/ca.crt`);
    await Deno.remove(`${path}/ca.crt`);
    await restoreAuthority(path, { passphrase });
    assertEquals(await Deno.readTextFile(`${path}/ca.crt`), before);
    assertEquals((await loadAuthority(path, passphrase)).keyId.length, 40);
  });
}

Deno.test("restoreAuthority() writes both authorities at each step of a rotation, and one after it", async () => {
  await using directory = await tempDirectory();
  const { path } = directory;
  await initAuthority(path);
  for (const [step, count] of [["prepare", 2], ["switch", 2], ["finish", 1]] as const) {
    assertEquals((await applyRotation(path)).step, step);
    const before = await serialsIn(path);
    assertEquals(before.length, count);
    await Deno.remove(`${path}/ca.crt`);
    await restoreAuthority(path);
    assertEquals(await serialsIn(path), before);
  }
});

Deno.test("restoreAuthority() puts the key in its place whose ca.crt a crash kept from being written", async () => {
  await using directory = await tempDirectory();
  const { path } = directory;
  const { serial } = await initAuthority(path);
  await Deno.remove(`${path}/ca.crt`);
  await Deno.rename(`${path}/ca.key`, `${path}/ca.next.key`);
  await restoreAuthority(path);
  assertEquals((await loadAuthority(path)).certificate.serial, serial);
});

Deno.test("restoreAuthority() changes nothing where ca.crt is there or nothing can be restored", async () => {
  await using directory = await tempDirectory();
  const { path } = directory;
  const refusal = async () => {
    const { code, message } = await assertRejects(() => restoreAuthority(path), DariError);
    return [code, message];
  };
  await Deno.chmod(path, 0o700);
  assertEquals(await refusal(), ["not_found", `There is no key of an authority in "${path}"`]);
  await initAuthority(path);
  assertEquals((await refusal())[0], "already_exists");
  await Deno.remove(`${path}/ca.crt`);
  const file = `${path}/certificates.jsonl`;
  const { certificate: _, ...event } = JSON.parse(await Deno.readTextFile(file));
  await Deno.writeTextFile(file, JSON.stringify(event) + "\n"); // as an older version wrote it
  const [code, message] = await refusal();
  assertEquals(code, "not_found");
  assertStringIncludes(message!, "copy ca.crt back from a backup");
  assertEquals([...Deno.readDirSync(path)].some(({ name }) => name === "ca.crt"), false);
});

Deno.test("restoreAuthority() takes no certificate of another key", async () => {
  await using directory = await tempDirectory();
  await using elsewhere = await tempDirectory();
  const { path } = directory;
  const ledger = openFileLedger(path);
  await initAuthority(path, { ledger });
  await initAuthority(elsewhere.path);
  await Deno.remove(`${path}/ca.crt`);
  await Deno.copyFile(`${elsewhere.path}/ca.key`, `${path}/ca.key`);
  const error = await assertRejects(() => restoreAuthority(path, { ledger }), DariError);
  assertEquals(error.code, "not_found");
});
