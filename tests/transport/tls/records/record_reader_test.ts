import { assertEquals, assertRejects } from "@std/assert";
import {
  OVERHEAD_BYTES,
  RecordCipher,
} from "../../../../lib/transport/tls/records/record_cipher.ts";
import { RecordReader } from "../../../../lib/transport/tls/records/record_reader.ts";
import { loadSodium } from "../../../../lib/transport/tls/records/sodium.ts";
import { readAll, secret } from "../../../support/record_pair.ts";

const bytes = (text: string) => new TextEncoder().encode(text);
const [DATA, ALERT] = [23, 21];
const CLOSE_NOTIFY = Uint8Array.of(1, 0);

/** A reader of records, and what it said of failing; the source gives so many bytes at most. */
async function world(records: readonly (readonly [number, Uint8Array])[], most = Infinity) {
  const sodium = await loadSodium();
  const key = secret();
  const sealing = new RecordCipher(sodium, key.slice());
  let wire = new Uint8Array(records.flatMap(([type, content]) => {
    const record = new Uint8Array(content.length + OVERHEAD_BYTES);
    sealing.seal(type, content, record);
    return [...record];
  }));
  const faults: string[] = [];
  const source = {
    read(into: Uint8Array): Promise<number | null> {
      const part = wire.subarray(0, Math.min(into.length, most));
      wire = wire.subarray(part.length);
      into.set(part);
      return Promise.resolve(part.length === 0 ? null : part.length);
    },
  };
  const reader = new RecordReader(source, new RecordCipher(sodium, key), (reason) => {
    faults.push(reason);
  });
  return { reader, faults };
}

Deno.test("RecordReader reads records however the source cuts them", async () => {
  const records = [[DATA, bytes("one")], [DATA, bytes("")], [DATA, bytes("two")]] as const;
  for (const most of [1, 7, Infinity]) {
    const { reader, faults } = await world([...records, [ALERT, CLOSE_NOTIFY]], most);
    assertEquals(await readAll(reader), [...bytes("onetwo")]);
    assertEquals(faults, []);
  }
});

Deno.test("RecordReader says once why it fails, and keeps to that", async () => {
  const { reader, faults } = await world([[DATA, bytes("one")]]);
  assertEquals(await reader.read(new Uint8Array(3)), 3);
  for (let attempt = 0; attempt < 2; attempt++) {
    await assertRejects(() => reader.read(new Uint8Array(3)), Error, "was cut off");
  }
  reader.fail("it was closed");
  await assertRejects(() => reader.read(new Uint8Array(3)), Error, "was cut off");
  assertEquals(faults, ["the connection was cut off before the other side ended it"]);
});

Deno.test("RecordReader.fail() throws away what was opened and not read", async () => {
  const { reader } = await world([[DATA, bytes("one")]]);
  assertEquals(await reader.read(new Uint8Array(1)), 1);
  reader.fail("it was closed");
  await assertRejects(() => reader.read(new Uint8Array(1)), Error, "it was closed");
});

Deno.test("RecordReader.readEmpty() takes an empty record alone, and leaves what follows", async () => {
  const right = await world([[DATA, bytes("")], [DATA, bytes("one")], [ALERT, CLOSE_NOTIFY]], 5);
  await right.reader.readEmpty();
  assertEquals(await readAll(right.reader), [...bytes("one")]);
  for (const first of [[DATA, bytes("one")], [ALERT, CLOSE_NOTIFY]] as const) {
    const { reader, faults } = await world([first]);
    await assertRejects(() => reader.readEmpty(), Error, "was not the empty one");
    assertEquals(faults.length, 1);
  }
});
