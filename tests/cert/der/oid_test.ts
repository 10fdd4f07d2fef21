import { assertEquals } from "@std/assert";
import { oid } from "../../../lib/cert/der/oid.ts";
import { DerReader, readOid } from "../../../lib/cert/der/reader.ts";
import { loadDerWriter } from "../../../lib/cert/der/writer.ts";

Deno.test("every object identifier stands once in the table and survives DER", async () => {
  const writer = await loadDerWriter();
  const ids = Object.values(oid);
  assertEquals(new Set(ids).size, ids.length);
  for (const id of ids) {
    assertEquals(readOid(new DerReader(writer.encode(writer.oid(id)))), id);
  }
});
