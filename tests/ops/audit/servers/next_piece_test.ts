import { assert, assertEquals } from "@std/assert";
import { limits } from "../../../../lib/base/limits.ts";
import { byteLength } from "../../../../lib/base/text/byte_length.ts";
import { cutAudit } from "../../../../lib/ops/audit/cut.ts";
import { signAdded } from "../../../../lib/ops/audit/checkpoint.ts";
import { pieceText } from "../../../../lib/ops/audit/servers/piece.ts";
import { auditedStore, signedAudit, signer } from "../../../support/audit.ts";
import { judgeServers, nothingBrought, piecesFrom } from "../../../support/brought_audit.ts";

Deno.test("an audit goes in pieces of at most so many bytes, with what signs it", async () => {
  await using kept = await signedAudit(200);
  const maxBytes = limits.auditPieceRoomBytes + 2_000;
  const { pieces, brought } = await piecesFrom(kept, "box", undefined, maxBytes);
  assert(pieces.length > 5);
  assert(pieces.every((piece) => byteLength(pieceText(piece)) <= maxBytes));
  assertEquals([brought.to, brought.signed, pieces[0]!.from], [201, 201, 1]);
  const verdict = await judgeServers(pieces);
  const [{ faults, size, signed, server } = { faults: [{}] }] = verdict.servers;
  assertEquals([faults, size, signed, server, verdict.faults], [[], 201, 201, "box", []]);
});

Deno.test("what is signed later goes without a record, and an empty audit not at all", async () => {
  await using kept = await auditedStore();
  assertEquals((await piecesFrom(kept, "box")).pieces, []);
  await kept.audit.record({ kind: "a.b" });
  const first = await piecesFrom(kept, "box");
  await signAdded(kept.store, signer, kept.clock);
  const { pieces } = await piecesFrom(kept, "box", first.brought);
  assertEquals(pieces.map(({ from, to, checkpoints }) => [from, to, checkpoints.length]), [
    [3, 2, 1],
  ]);
  const other = { ...await nothingBrought(kept), log: "another" };
  assertEquals((await piecesFrom(kept, "box", other)).pieces, []);
});

Deno.test("what was cut is told with its signature; without one it stays where it was brought", async () => {
  await using kept = await auditedStore();
  for (let n = 0; n < 600; n++) kept.audit.note({ kind: "a.b" });
  await kept.audit.flush();
  const before = await piecesFrom(kept, "box");
  kept.clock.advance(1_000);
  await kept.audit.record({ kind: "a.b" });
  const cut = { beforeMs: kept.clock.now(), by: "os:root", clock: kept.clock };
  await cutAudit(kept.store, cut);
  const unsigned = await piecesFrom(kept, "box", before.brought);
  assertEquals(unsigned.pieces.map(({ first }) => first), [1]);
  // A server that has never brought anything begins there.
  const late = await piecesFrom(kept, "late");
  assertEquals(late.pieces[0]!.from, 513);
  assertEquals((await judgeServers(late.pieces)).servers[0]!.faults.length, 1);
  await signAdded(kept.store, signer, kept.clock);
  const { pieces } = await piecesFrom(kept, "late");
  const [{ faults, first } = { faults: [{}] }] = (await judgeServers(pieces)).servers;
  assertEquals([faults, first], [[], 513]);
  const signed = await piecesFrom(kept, "box", unsigned.brought);
  assertEquals(signed.pieces.map(({ first }) => first), [1, 513]);
});
