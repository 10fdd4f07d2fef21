import { assertEquals, assertMatch } from "@std/assert";
import { cert } from "../../../support/cert_workshop.ts";
import { done, failed } from "../../../support/dari_command.ts";
import { tempDirectory } from "../../../support/temp.ts";

Deno.test("dari cert request writes a request and a key that only its owner can read", async () => {
  await using directory = await tempDirectory();
  const out = `${directory.path}/api`;
  const words = ["api.internal", "10.0.0.7", "--out", out];
  assertEquals(
    await cert("request", words),
    done(`${out}.csr is to be signed: dari cert sign ${out}.csr; keep ${out}.key`),
  );
  assertMatch(await Deno.readTextFile(`${out}.csr`), /^-----BEGIN CERTIFICATE REQUEST-----\n/);
  assertMatch(await Deno.readTextFile(`${out}.key`), /^-----BEGIN PRIVATE KEY-----\n/);
  assertEquals((await Deno.stat(`${out}.key`)).mode! & 0o777, 0o600);
  const again = await cert("request", words);
  assertEquals(again.code, 65);
});

Deno.test("dari cert request leaves no key behind where it cannot write the request", async () => {
  await using directory = await tempDirectory();
  const out = `${directory.path}/api`;
  await Deno.writeTextFile(`${out}.csr`, "taken");
  assertEquals((await cert("request", ["api.internal", "--out", out])).code, 65);
  assertEquals(Array.from(Deno.readDirSync(directory.path), ({ name }) => name), ["api.csr"]);
});

Deno.test("dari cert request --json says where both files are, and refuses other kinds of keys", async () => {
  await using directory = await tempDirectory();
  const out = `${directory.path}/api`;
  const json = await cert("request", ["api.internal", "--out", out, "--json"]);
  assertEquals(JSON.parse(json.out), { requestFile: `${out}.csr`, keyFile: `${out}.key` });
  assertEquals(
    await cert("request", ["api.internal", "--algorithm", "dsa"]),
    failed(
      64,
      '--algorithm takes one of ecdsa-p256, rsa-2048, rsa-3072 or ed25519, not "dsa"',
    ),
  );
});
