import { assertEquals, assertRejects } from "@std/assert";
import { DariError } from "../../../lib/base/errors.ts";
import {
  headerOf,
  type LinePlace,
  parseHeader,
  parseLine,
  recordSeal,
} from "../../../lib/store/record/record_line.ts";

const identity = { id: "0f".repeat(16), recordKey: "a1".repeat(32) };
const place: LinePlace = { id: identity.id, before: 3, version: 4 };

Deno.test("recordSeal() opens what it sealed, and seals the same text differently each time", async () => {
  const { seal, open } = await recordSeal(identity);
  const sealed = await seal("다리", place);
  assertEquals(await open(sealed, place), "다리");
  assertEquals(await open(await seal("", place), place), "");
  assertEquals(sealed === await seal("다리", place), false);
});

Deno.test("recordSeal() refuses a line of another store, place or key, and a damaged one", async () => {
  const { seal, open } = await recordSeal(identity);
  const sealed = await seal("text", place);
  const others: LinePlace[] = [
    { ...place, id: "ff".repeat(16) },
    { ...place, before: 2 },
    { ...place, version: 5 },
  ];
  for (const other of others) assertEquals((await refused(open(sealed, other))).code, "data");
  const stranger = await recordSeal({ ...identity, recordKey: "a2".repeat(32) });
  assertEquals((await refused(stranger.open(sealed, place))).code, "data");
  const first = sealed.startsWith("A") ? "B" : "A";
  for (const damaged of [`${first}${sealed.slice(1)}`, sealed.slice(4), "", "no base64!"]) {
    assertEquals((await refused(open(damaged, place))).code, "data", damaged);
  }
});

Deno.test("parseHeader() reads what headerOf() wrote, and nothing else", () => {
  const { id } = identity;
  assertEquals(parseHeader(headerOf(id)), { id });
  assertEquals(parseHeader(headerOf(id, "c2VhbGVk")), { id, file: "c2VhbGVk" });
  const malformed = [
    "",
    `dari-record 2 ${id}`,
    `dari-record 1 ${id.slice(1)}`,
    `dari-record 1 ${id.toUpperCase()}`,
    `dari-record 1 ${id} a b`,
    `dari-record 1 ${id}\n`,
  ];
  for (const line of malformed) assertEquals(parseHeader(line), undefined, JSON.stringify(line));
});

Deno.test("parseLine() reads the sealed part and a version of at most 16 digits", () => {
  assertEquals(parseLine("c2VhbGVk 12"), { sealed: "c2VhbGVk", version: 12 });
  assertEquals(parseLine(`x ${"9".repeat(16)}`)?.version, 9_999_999_999_999_999);
  const malformed = ["", "c2VhbGVk", "c2VhbGVk ", " 12", "c2 VhbGVk 12", "c2VhbGVk -1"];
  for (const line of [...malformed, `x ${"9".repeat(17)}`, "c2VhbGVk 12\n"]) {
    assertEquals(parseLine(line), undefined, JSON.stringify(line));
  }
});

function refused(opening: Promise<string>): Promise<DariError> {
  return assertRejects(() => opening, DariError);
}
