import { assert, assertEquals, assertRejects } from "@std/assert";
import { DariError } from "../../../lib/base/errors.ts";
import { limits } from "../../../lib/base/limits.ts";
import { signAdded } from "../../../lib/ops/audit/checkpoint.ts";
import { cutAudit } from "../../../lib/ops/audit/cut.ts";
import { makeProof, verifyProof } from "../../../lib/ops/audit/reading/proof.ts";
import { exported, judge, judgeLines, signedAudit, signer, verify } from "../../support/audit.ts";

Deno.test("every record of 700 is proved, before and after a cut, and a changed proof proves nothing", async () => {
  await using kept = await signedAudit(700);
  const checkpoint = (await signAdded(kept.store, signer, kept.clock))!;
  const proofOf = (id: number) =>
    kept.store.query((sql) => JSON.stringify(makeProof(sql, id, checkpoint)));
  for (const id of [1, 2, 255, 256, 257, 512, 513, 700, 701]) {
    assertEquals((await verifyProof(await proofOf(id), verify)).record.id, id);
  }
  await assertRejects(() => proofOf(702), DariError, "no record 702");
  kept.clock.advance(1_000);
  await kept.audit.record({ kind: "a.b" });
  const cut = await cutAudit(kept.store, {
    beforeMs: kept.clock.now(),
    by: "os:root",
    clock: kept.clock,
    signer,
  });
  assertEquals(cut, { from: 1, to: 512 });
  const { faults, records, first, size } = await judge(kept);
  assertEquals([faults, records, first, size], [[], 191, 513, 703]);
  assertEquals((await verifyProof(await proofOf(700), verify)).record.id, 700);
  await assertRejects(() => proofOf(512), DariError, "was cut");
  const text = await proofOf(600);
  const otherPath = text.replace(/(?<="path":\[")./, (first) => first === "A" ? "B" : "A");
  for (const changed of [text.replace("alice", "mallo"), otherPath]) {
    await assertRejects(() => verifyProof(changed, verify), DariError, "The proof is wrong");
  }
  await assertRejects(() => verifyProof(text.slice(1), verify), DariError, "not a proof");
  assertEquals(await judgeLines(await exported(kept)), await judge(kept));
});

Deno.test("nothing is cut that is too young, and the bytes that were cut are free again", async () => {
  await using kept = await signedAudit(700);
  const options = { by: "os:root", clock: kept.clock };
  assertEquals(await cutAudit(kept.store, { ...options, beforeMs: 0 }), undefined);
  const bytes = async () =>
    (await kept.store.query((sql) => sql.all<{ bytes: number }>("SELECT bytes FROM audit_head")))[
      0
    ]!
      .bytes;
  const before = await bytes();
  kept.clock.advance(1_000);
  await cutAudit(kept.store, { ...options, beforeMs: kept.clock.now() });
  const [left] = await kept.store.query((sql) =>
    sql.all<{ bytes: number }>("SELECT sum(length(CAST(text AS BLOB))) AS bytes FROM audit_records")
  );
  assertEquals(await bytes(), left!.bytes);
  assert(await bytes() < before / 2);
});

Deno.test("a proof of maxAuditProofBytes is read, and a larger one is refused", async () => {
  await using kept = await signedAudit(2);
  const checkpoint = (await signAdded(kept.store, signer, kept.clock))!;
  const text = await kept.store.query((sql) => JSON.stringify(makeProof(sql, 2, checkpoint)));
  const { maxAuditProofBytes } = limits;
  assertEquals((await verifyProof(text.padEnd(maxAuditProofBytes), verify)).record.id, 2);
  await assertRejects(
    () => verifyProof(text.padEnd(maxAuditProofBytes + 1), verify),
    DariError,
    "too large",
  );
});
