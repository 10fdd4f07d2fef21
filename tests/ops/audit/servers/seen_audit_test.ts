import { assertEquals } from "@std/assert";
import { SeenAudit } from "../../../../lib/ops/audit/servers/seen_audit.ts";
import { readHead } from "../../../../lib/ops/audit/tables.ts";
import { rootOf } from "../../../../lib/ops/audit/checkpoint.ts";
import { signedAudit } from "../../../support/audit.ts";
import { piecesFrom } from "../../../support/brought_audit.ts";

Deno.test("what was seen has the tree of the server, also by one who goes on from a note", async () => {
  await using kept = await signedAudit(60);
  const { pieces } = await piecesFrom(kept, "a", undefined, 12_000);
  const head = (await kept.store.query(readHead))!;
  const first = new SeenAudit();
  for (const piece of pieces.slice(0, 2)) first.take(piece);
  const second = new SeenAudit(JSON.parse(JSON.stringify(first.state)));
  for (const piece of pieces) second.take(piece); // what was seen is passed over
  assertEquals([second.size, second.root, second.isBroken], [head.size, rootOf(head), false]);
});

Deno.test("what does not follow is not seen, and nothing after it", async () => {
  await using kept = await signedAudit(60);
  const { pieces } = await piecesFrom(kept, "a", undefined, 12_000);
  const [first, second] = pieces;
  const changed = { ...second!, records: second!.records.with(1, second!.records[0]!) };
  const cases = [
    { come: [first!, ...pieces.slice(2)], size: first!.to, isLate: false },
    { come: [first!, changed, ...pieces.slice(2)], size: second!.from, isLate: false },
    { come: [first!, { ...second!, records: ["{"] }], size: first!.to, isLate: false },
    { come: pieces.slice(1), size: 0, isLate: true },
  ];
  for (const { come, size, isLate } of cases) {
    const seen = new SeenAudit();
    for (const piece of come) seen.take(piece);
    assertEquals([seen.size, seen.isBroken, seen.isLate], [size, true, isLate]);
  }
});
