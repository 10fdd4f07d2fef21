import { assert, assertEquals, assertThrows } from "@std/assert";
import { DariError } from "../../../lib/base/errors.ts";
import { limits } from "../../../lib/base/limits.ts";
import type { AuditEvent } from "../../../lib/ops/audit/audit.ts";
import { parseHash, parseRecord, recordText } from "../../../lib/ops/audit/record.ts";
import { leafHash } from "../../../lib/ops/audit/tree.ts";

const place = { id: 7, atMs: 1_000, by: "os:root", prev: leafHash("before") };
const written = (event: AuditEvent) => parseRecord(recordText(event, place));

Deno.test("recordText() and parseRecord() give back what was written", () => {
  const event = {
    kind: "key.created",
    by: "alice",
    via: "session:1",
    peer: "192.0.2.1:50412",
    about: "k1",
    data: { scopes: ["a", "b"], signs: true, count: 3, left: undefined },
  };
  const { prev, ...record } = written(event);
  assertEquals(record, {
    ...event,
    id: 7,
    at: "1970-01-01T00:00:01.000Z",
    data: { scopes: ["a", "b"], signs: true, count: 3 },
  });
  assertEquals(parseHash(prev), leafHash("before"));
});

Deno.test("a name with ANSI and U+202E is one line of printable JSON, and the same name when read", () => {
  const name = "\x1b[2Jroot\u202Etxt.exe\n\0\u009b";
  const text = recordText({ kind: "call.denied", by: name, about: name }, place);
  // deno-lint-ignore no-control-regex -- they are what must not be there
  assertEquals(/[\x00-\x1f\x7f-\x9f\u202e]/.test(text), false);
  assertEquals(parseRecord(text).by, name);
});

Deno.test("a name is kept up to its limit, and cut beyond it between two characters", () => {
  const most = limits.maxAuditTextBytes;
  assertEquals(written({ kind: "a.b", about: "x".repeat(most) }).about, "x".repeat(most));
  const longer = written({ kind: "a.b", about: "다".repeat(most) }).about!;
  const [head, tail] = longer.split("…");
  assertEquals(head, "다".repeat(Math.floor(most / 3)));
  assertEquals(tail, ` (${3 * most} bytes)`);
});

Deno.test("a name of 1 MB costs no more than a record", () => {
  const text = recordText({ kind: "sign-in.failed", about: "n".repeat(1_000_000) }, place);
  assert(text.length < 2 * limits.maxAuditTextBytes);
});

Deno.test("lists, values and whole records are bounded", () => {
  const items = Array.from({ length: limits.maxAuditListItems + 1 }, (_, at) => `${at}`);
  const { roles } = written({ kind: "a.b", data: { roles: items } }).data!;
  assertEquals((roles as string[]).length, limits.maxAuditListItems + 1);
  assertEquals((roles as string[]).at(-1), `… (${items.length} in all)`);
  const values = Object.fromEntries(
    Array.from({ length: limits.maxAuditValues + 1 }, (_, at) => [`v${at}`, at]),
  );
  assertEquals(Object.keys(written({ kind: "a.b", data: values }).data!).length, 32);
  const huge = Object.fromEntries(
    Array.from({ length: 20 }, (_, at) => [`v${at}`, "\u0001".repeat(900)]),
  );
  const text = recordText({ kind: "a.b", data: huge }, place);
  assert(text.length <= limits.maxAuditRecordBytes);
  assert(Number(parseRecord(text).data!.cut) > limits.maxAuditRecordBytes);
});

Deno.test("recordText() refuses a kind that is none", () => {
  for (const kind of ["", "denied", "Call.denied", "call.", "call.denied\n"]) {
    assertThrows(() => recordText({ kind }, place), TypeError, "is not a kind");
  }
});

Deno.test("parseRecord() refuses what is no record, and shows nothing of it", () => {
  const right = recordText({ kind: "a.b" }, place);
  for (
    const text of [
      "",
      "null",
      "[]",
      right.slice(0, -1),
      right.replace('"id":7', '"id":"7"'),
      right.replace("a.b", "secret"),
      right.replace("1970", "MCMLXX"),
      right.replace('"by":"os:root"', '"by":null'),
      right.replace('"prev"', '"secret"'),
    ]
  ) {
    const error = assertThrows(() => parseRecord(text), DariError);
    assertEquals([error.code, error.message.includes("secret")], ["data", false], text);
  }
});

Deno.test("parseHash() takes 32 bytes of base64url alone", () => {
  assertEquals(parseHash(""), undefined);
  assertEquals(parseHash("not base64!"), undefined);
  assertEquals(parseHash("AAAA"), undefined);
});
