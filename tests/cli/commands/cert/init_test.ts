import { assertEquals, assertStringIncludes } from "@std/assert";
import { parseCertificates } from "../../../../lib/cert/mod.ts";
import { done } from "../../../support/dari_command.ts";
import { transcript } from "../../../support/cert_transcript.ts";
import { cert, certWorkshop } from "../../../support/cert_workshop.ts";
import { tempDirectory } from "../../../support/temp.ts";

transcript(
  "init",
  `
$ dari cert init --data OUT/new --permit .example --days 10
subject    CN=dari authority NAME
issuer     CN=dari authority NAME
serial     SERIAL
valid      TIME to TIME
key        ECDSA P-256
authority  yes, with 0 below it
key usage  keyCertSign, cRLSign
permitted  example
excluded   0.0.0.0/0, ::/0, every email name, every uri name
sha-256    DIGEST
key sha256 DIGEST
written    OUT/new/ca.crt
`,
);

Deno.test("dari cert init says what it made, and refuses to replace it", async () => {
  await using shop = await certWorkshop();
  const again = await shop.run("init");
  assertEquals(again.code, 65);
  assertStringIncludes(again.err, "exists already");
  const { out } = await cert("inspect", [`${shop.data}/ca.crt`]);
  assertStringIncludes(out, "permitted  localhost, internal, 127.0.0.0/8, ::1/128");
  assertStringIncludes(out, "authority  yes, with 0 below it");
});

Deno.test("dari cert asks for the passphrase of the authority's key", async () => {
  await using directory = await tempDirectory();
  const data = ["--data", `${directory.path}/data`, "--passphrase-stdin"];
  assertEquals((await cert("init", data, { input: "correct horse\n" })).code, 0);
  const out = ["a.internal", "--out", `${directory.path}/a`, ...data];
  const wrong = await cert("issue", out, { input: "wrong\n" });
  assertEquals([wrong.code, wrong.err], [
    77,
    `dari: "${directory.path}/data/ca.key": The passphrase does not open the private key`,
  ]);
  const none = await cert("issue", out.slice(0, -1));
  assertEquals([none.code, none.out], [64, ""]);
  assertStringIncludes(none.err, "--passphrase-stdin");
  assertEquals((await cert("issue", out, { input: "correct horse\n" })).code, 0);
});

Deno.test("dari cert init --passphrase asks twice, and dari cert issue then asks once", async () => {
  await using directory = await tempDirectory();
  const data = ["--data", `${directory.path}/data`];
  const asked: string[] = [];
  const onPrompt = (message: string) => asked.push(message);
  const differ = await cert("init", ["--passphrase", ...data], { prompts: ["one", "two"] });
  assertEquals(
    [differ.code, differ.err],
    [64, "dari: The two passphrases differ; nothing was changed"],
  );
  const prompts = ["correct horse", "correct horse"];
  assertEquals((await cert("init", ["--passphrase", ...data], { prompts, onPrompt })).code, 0);
  const issue = ["a.internal", "--out", `${directory.path}/a`, ...data];
  assertEquals((await cert("issue", issue, { prompts, onPrompt })).code, 0);
  assertEquals(asked, [
    "New passphrase:",
    "The same again:",
    `Passphrase of ${directory.path}/data/ca.key:`,
  ]);
});

Deno.test("dari cert issue reads the passphrase of the authority from a file", async () => {
  await using directory = await tempDirectory();
  const file = `${directory.path}/passphrase`;
  await Deno.writeTextFile(file, "correct horse\n", { mode: 0o600 });
  const words = ["--data", `${directory.path}/data`, "--passphrase-file", file];
  assertEquals((await cert("init", words)).code, 0);
  const issue = ["a.internal", "--out", `${directory.path}/a`, ...words];
  assertEquals((await cert("issue", issue)).code, 0);
});

Deno.test("dari cert init --restore writes a lost ca.crt again", async () => {
  await using shop = await certWorkshop();
  const file = `${shop.data}/ca.crt`;
  const before = await Deno.readTextFile(file);
  await Deno.remove(file);
  const lost = await shop.run("init");
  assertEquals(lost.code, 78);
  assertStringIncludes(lost.err, "dari cert init --restore");
  const [serial] = parseCertificates(before).map((certificate) => certificate.serial);
  assertEquals(
    await shop.run("init", "--restore"),
    done(`${file}: written again, serial ${serial}`),
  );
  assertEquals(await Deno.readTextFile(file), before);
  const again = await shop.run("init", "--restore");
  assertEquals([again.code, again.err.includes("is there; nothing was changed")], [65, true]);
});

Deno.test("dari cert init --restore opens an encrypted key, and takes no names", async () => {
  await using directory = await tempDirectory();
  const data = ["--data", `${directory.path}/data`, "--passphrase-stdin"];
  const world = { input: "correct horse\n" };
  assertEquals((await cert("init", data, world)).code, 0);
  await Deno.remove(`${directory.path}/data/ca.crt`);
  assertEquals((await cert("init", ["--restore", ...data], { input: "wrong\n" })).code, 77);
  for (const words of [["--permit", ".a"], ["--unconstrained"]]) {
    assertEquals((await cert("init", ["--restore", ...words, ...data], world)).code, 64);
  }
  assertEquals((await cert("init", ["--restore", ...data], world)).code, 0);
});
