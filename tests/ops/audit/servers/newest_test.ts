import { assertEquals } from "@std/assert";
import { matchingRecords, NewestRecords } from "../../../../lib/ops/audit/servers/newest.ts";
import { recordText } from "../../../../lib/ops/audit/record.ts";
import type { AuditPiece } from "../../../../lib/ops/audit/servers/piece.ts";
import type { AuditEvent } from "../../../../lib/ops/audit/audit.ts";
import { limits } from "../../../../lib/base/limits.ts";

/** A piece with a record for each event, a second apart. */
function pieceOf(server: string, atMs: number, events: readonly AuditEvent[]): AuditPiece {
  const records = events.map((event, at) =>
    recordText(event, { id: at + 1, atMs: atMs + at * 1_000, by: "x", prev: new Uint8Array() })
  );
  const to = records.length;
  return {
    ...{ piece: 1, server, log: server, from: 1, to, last: "", first: 1 },
    ...{ records, signers: [], checkpoints: [] },
  };
}

const kindsOf = (records: readonly { server: string; text: string }[]) =>
  records.map(({ server, text }) => `${server} ${JSON.parse(text).kind}`);

Deno.test("records of several servers are in one order of time, each once", () => {
  const [a, b] = [
    pieceOf("a", 0, [{ kind: "one.a" }, { kind: "two.a" }, { kind: "three.a" }]),
    pieceOf("b", 500, [{ kind: "one.b" }, { kind: "two.b" }]),
  ];
  const newest = new NewestRecords(4);
  for (const piece of [b, a, b]) newest.add(matchingRecords(piece));
  assertEquals(kindsOf(newest.all), ["b one.b", "a two.a", "b two.b", "a three.a"]);
});

Deno.test("few of many records are kept", () => {
  const newest = new NewestRecords(2);
  const events = Array.from({ length: 100 }, () => ({ kind: "a.b" }));
  for (let at = 0; at < 20; at++) {
    newest.add(matchingRecords(pieceOf(`s${at}`, at * limits.auditCountMs * 2, events)));
  }
  assertEquals(newest.all.map(({ server, id }) => [server, id]), [["s19", 99], ["s19", 100]]);
});

Deno.test("a query says which records match, and what cannot be read matches none", () => {
  const piece = pieceOf("a", 0, [
    { kind: "call.denied", by: "alice", about: "orders.list", peer: "10.0.0.1:5" },
    { kind: "call.administrative", by: "bob", about: "a[1]" },
  ]);
  const idsOf = (query: Parameters<typeof matchingRecords>[1], given = piece) =>
    matchingRecords(given, query).map(({ id }) => id);
  assertEquals(idsOf({}), [1, 2]);
  assertEquals(idsOf({ kind: "call.*" }), [1, 2]);
  assertEquals(idsOf({ kind: "call.d*" }), [1]);
  assertEquals(idsOf({ kind: "call?denied" }), []);
  assertEquals(idsOf({ by: "bob", about: "a[1]" }), [2]);
  assertEquals(idsOf({ peer: "10.*" }), [1]);
  assertEquals(idsOf({ sinceMs: 1_000 }), [2]);
  assertEquals(idsOf({ untilMs: 1_000 }), [1]);
  const broken = { ...piece, records: ["{", piece.records[1]!] };
  assertEquals(idsOf({ limit: 5 }, broken), [1, 2]);
  assertEquals(idsOf({ by: "bob" }, broken), [2]);
});
