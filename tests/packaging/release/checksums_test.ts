import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import { DariError } from "../../../lib/base/errors.ts";
import {
  checkFiles,
  formatChecksums,
  hashFile,
  parseChecksums,
} from "../../../lib/packaging/release/checksums.ts";
import { tempDirectory } from "../../support/temp.ts";

// FIPS 180-4, the example of one block
const OF_ABC = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";

Deno.test("parseChecksums() reads what formatChecksums() wrote, and sha256sum's binary form", () => {
  const checksums = new Map([["dari-0.1.0.tgz", OF_ABC], ["dari", "0".repeat(64)]]);
  const text = formatChecksums(checksums);
  assertEquals(text, `${"0".repeat(64)}  dari\n${OF_ABC}  dari-0.1.0.tgz\n`);
  assertEquals(new Map([...parseChecksums(text)].sort()), new Map([...checksums].sort()));
  assertEquals(parseChecksums(`${OF_ABC} *dari\n`), new Map([["dari", OF_ABC]]));
});

Deno.test("parseChecksums() refuses folders, names twice and what is no hash", () => {
  const lines = [
    `${OF_ABC}  ../dari\n`,
    `${OF_ABC}  a/b\n`,
    `${OF_ABC}  .hidden\n`,
    `${OF_ABC}  a\n${OF_ABC}  a\n`,
    `${OF_ABC.slice(1)}  a\n`,
    `${OF_ABC.toUpperCase()}  a\n`,
    "a\n",
  ];
  for (const text of lines) {
    const error = assertThrows(() => parseChecksums(text), DariError, "SHA256SUMS is malformed");
    assertEquals(error.code, "data", text);
  }
});

Deno.test("checkFiles() tells intact files from absent ones, and refuses a changed one", async () => {
  await using directory = await tempDirectory();
  const { path } = directory;
  const list = new Map([["abc", OF_ABC], ["other", OF_ABC]]);
  const none = await assertRejects(() => checkFiles(path, list), DariError, "None of the 2");
  assertEquals(none.code, "data");
  await Deno.writeTextFile(`${path}/abc`, "abc");
  assertEquals(await hashFile(`${path}/abc`), OF_ABC);
  assertEquals(await checkFiles(path, list), { intact: ["abc"], absent: ["other"] });
  await Deno.writeTextFile(`${path}/other`, "abd");
  const changed = await assertRejects(() => checkFiles(path, list), DariError, '"other" is not');
  assertEquals(changed.code, "data");
});
