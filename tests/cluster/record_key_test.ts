import { assertEquals, assertNotEquals, assertRejects } from "@std/assert";
import { DariError } from "../../lib/base/errors.ts";
import { limits } from "../../lib/base/limits.ts";
import {
  formatRecordKey,
  makeRecordKey,
  movingKeyPath,
  parseRecordKey,
  readMovingKey,
  readRecordKey,
  type RecordKey,
  recordKeyPath,
  saveRecordKey,
} from "../../lib/cluster/record_key.ts";
import { tempDirectory } from "../support/temp.ts";

const KEY: RecordKey = new Uint8Array(limits.clusterKeyBytes).fill(7);
const unixOnly = { ignore: Deno.build.os === "windows" };

Deno.test("saveRecordKey() writes a key for its owner alone", unixOnly, async () => {
  await using directory = await tempDirectory();
  assertEquals(await readRecordKey(directory.path), undefined);
  const one = makeRecordKey();
  assertNotEquals(makeRecordKey(), one);
  await saveRecordKey(directory.path, one);
  assertEquals(await readRecordKey(directory.path), one);
  const path = recordKeyPath(directory.path);
  assertEquals(path, `${directory.path}/${limits.clusterKeyFile}`);
  assertEquals((await Deno.stat(path)).mode! & 0o777, 0o600);
  assertEquals(await Deno.readTextFile(path), formatRecordKey(one));
});

Deno.test("saveRecordKey() keeps the key of another cluster", async () => {
  await using directory = await tempDirectory();
  await saveRecordKey(directory.path, KEY);
  await saveRecordKey(directory.path, KEY.slice());
  const other = KEY.with(31, 8) as RecordKey;
  const refused = await assertRejects(() => saveRecordKey(directory.path, other), DariError);
  assertEquals(refused.code, "already_exists");
  assertEquals(await readRecordKey(directory.path), KEY);
});

Deno.test(
  "readRecordKey() refuses a damaged file and one that others can read",
  unixOnly,
  async () => {
    await using directory = await tempDirectory();
    const path = recordKeyPath(directory.path);
    await Deno.writeTextFile(path, "abc\n", { mode: 0o600 });
    const damaged = await assertRejects(() => readRecordKey(directory.path), DariError);
    assertEquals(damaged.code, "data");
    await Deno.writeTextFile(path, formatRecordKey(KEY));
    await Deno.chmod(path, 0o644);
    const open = await assertRejects(() => readRecordKey(directory.path), DariError);
    assertEquals(open.code, "configuration");
  },
);

Deno.test("readMovingKey() reads the key of a move that was cut", async () => {
  await using directory = await tempDirectory();
  assertEquals(await readMovingKey(directory.path), undefined);
  await Deno.writeTextFile(movingKeyPath(directory.path), formatRecordKey(KEY), { mode: 0o600 });
  assertEquals(await readMovingKey(directory.path), KEY);
  assertEquals(await readRecordKey(directory.path), undefined);
});

Deno.test("parseRecordKey() takes a key of exactly 32 bytes in base64url", () => {
  const text = formatRecordKey(KEY);
  assertEquals(text.length, 44);
  assertEquals(parseRecordKey(text), KEY);
  assertEquals(parseRecordKey(text.trimEnd()), KEY);
  for (const bytes of [limits.clusterKeyBytes - 1, limits.clusterKeyBytes + 1]) {
    assertEquals(parseRecordKey(formatRecordKey(new Uint8Array(bytes))), undefined);
  }
  for (const bad of ["", "\n", `${text}\n`, text.replace("B", "+"), text.slice(2)]) {
    assertEquals(parseRecordKey(bad), undefined);
  }
});
