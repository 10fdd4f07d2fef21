import { assertEquals } from "@std/assert";
import { type AuditPiece, parsePiece, pieceText } from "../../../../lib/ops/audit/servers/piece.ts";
import { signedAudit } from "../../../support/audit.ts";
import { piecesFrom } from "../../../support/brought_audit.ts";

Deno.test("a piece is read as it was written", async () => {
  await using kept = await signedAudit(20);
  const { pieces } = await piecesFrom(kept, "box");
  for (const piece of pieces) assertEquals(parsePiece(pieceText(piece)), piece);
});

Deno.test("what is no piece, or one of a newer dari, is none", () => {
  const piece: AuditPiece = {
    ...{ piece: 1, server: "box", log: "a", from: 1, to: 1, last: "", first: 1 },
    ...{ records: ["{}"], signers: [], checkpoints: [] },
  };
  assertEquals(parsePiece(pieceText(piece)), piece);
  const others: Partial<Record<keyof AuditPiece, unknown>>[] = [
    { piece: 2 },
    { from: 0 },
    { from: 3 },
    { to: 1.5 },
    { first: 0 },
    { last: "x" },
    { log: 1 },
    { before: 1 },
    { records: [] },
    { records: ["{}", '{"newer":1}'] },
  ];
  for (const other of others) {
    assertEquals(parsePiece(pieceText({ ...piece, ...other } as AuditPiece)), undefined);
  }
  for (const text of ["", "{", "null", "[]", "1"]) assertEquals(parsePiece(text), undefined);
});
