import { assert, assertEquals, assertRejects } from "@std/assert";
import { DatabaseSync } from "node:sqlite";
import { DariError } from "../../../../lib/base/errors.ts";
import { limits } from "../../../../lib/base/limits.ts";
import { contentOf, partLine } from "../../../../lib/ops/audit/reading/content.ts";
import {
  type AuditedStore,
  auditedStore,
  exported,
  judge,
  judgeLines,
  signedAudit,
} from "../../../support/audit.ts";

/** Does what only somebody does who has the file: without the guards of the schema. */
function tamper(kept: AuditedStore, ...statements: string[]): void {
  const database = new DatabaseSync(`${kept.directory}/dari.db`);
  try {
    database.exec("DROP TRIGGER audit_records_stay; DROP TRIGGER audit_records_stay_as_they_are");
    for (const statement of statements) database.exec(statement);
  } finally {
    database.close();
  }
}

Deno.test("an audit that is whole has no faults, in the store and exported", async () => {
  await using kept = await signedAudit(20);
  const verdict = await judge(kept);
  assertEquals([verdict.faults, verdict.records, verdict.signed, verdict.size], [[], 21, 21, 21]);
  assertEquals(await judgeLines(await exported(kept)), verdict);
});

const TAMPERING: readonly [string, number, string, string[]][] = [
  [
    "changed",
    7,
    "record 7 was changed",
    ["UPDATE audit_records SET text = replace(text, 'alice', 'mallo') WHERE id = 7"],
  ],
  [
    "changed that is the last",
    21,
    "record 21 was changed",
    ["UPDATE audit_records SET text = replace(text, 'alice', 'mallo') WHERE id = 21"],
  ],
  [
    "whose link was changed",
    7,
    "record 7 was changed",
    [`UPDATE audit_records SET text = substr(text, 1, length(text) - 45) || '${"A".repeat(43)}"}'
      WHERE id = 7`],
  ],
  ["removed", 7, "record 7 is missing", ["DELETE FROM audit_records WHERE id = 7"]],
  [
    "truncated",
    18,
    "records 18 to 21 are missing",
    ["DELETE FROM audit_records WHERE id > 17"],
  ],
  [
    "replayed",
    12,
    "record 12 says that it is record 6",
    ["UPDATE audit_records SET text = (SELECT text FROM audit_records WHERE id = 6) WHERE id = 12"],
  ],
  [
    "reordered",
    6,
    "record 6 says that it is record 9",
    [
      "UPDATE audit_records SET id = 100 WHERE id = 6",
      "UPDATE audit_records SET id = 6 WHERE id = 9",
      "UPDATE audit_records SET id = 9 WHERE id = 100",
    ],
  ],
  [
    "added",
    22,
    "record 22 was added behind the end",
    [`INSERT INTO audit_records (id, text) SELECT 22, replace(text, '"id":21', '"id":22')
      FROM audit_records WHERE id = 21`],
  ],
  [
    "made unreadable",
    7,
    "record 7 cannot be read",
    [`UPDATE audit_records SET text = '{"nothing":1}' WHERE id = 7`],
  ],
];

for (const [what, record, problem, statements] of TAMPERING) {
  Deno.test(`a record that was ${what} is found and named`, async () => {
    await using kept = await signedAudit(20);
    tamper(kept, ...statements);
    const { faults } = await judge(kept);
    assertEquals([faults[0]?.record, faults[0]?.problem.startsWith(problem)], [record, true]);
    assertEquals((await judgeLines(await exported(kept))).faults.length > 0, true);
  });
}

Deno.test("a copy of an exported line, moved lines and lost lines are found and named", async () => {
  await using kept = await signedAudit(20);
  const lines = await exported(kept);
  const at = lines.findIndex((line) => line.startsWith('{"id":7,'));
  const problems = async (changed: string[]) =>
    (await judgeLines(changed)).faults.map(({ problem }) => problem);
  const copied = [...lines.slice(0, at + 3), lines[at]!, ...lines.slice(at + 3)];
  assertEquals(await problems(copied), [
    "record 7 comes behind record 9: it was moved or copied",
  ]);
  assert((await problems(lines.toSpliced(at, 1))).includes("record 7 is missing"));
  const swapped = lines.with(at, lines[at + 1]!).with(at + 1, lines[at]!);
  assert((await problems(swapped)).some((problem) => problem.startsWith("record 7 ")));
  assert((await problems(lines.slice(0, -1)))[0]!.includes("cut off"));
});

Deno.test("records that were all written anew, links and all, are not those that were signed", async () => {
  await using kept = await signedAudit(20);
  await using forged = await auditedStore();
  const { log } = (await contentOf(kept.store).next()).value as { log: string };
  for (let n = 0; n < 20; n++) await forged.audit.record({ kind: "a.b", by: "mallory" });
  const rows = await Array.fromAsync(contentOf(forged.store));
  const real = await exported(kept);
  const lines = [
    ...real.filter((line) => /^\{"(audit|signer|checkpoint)/.test(line)),
    ...rows.slice(1).map(partLine),
  ];
  const { faults, signed } = await judgeLines(lines);
  assertEquals(signed, 0);
  assert(faults[0]!.problem.startsWith("records 1 to 11 are not those that were signed at"));
  assertEquals(log.length, 2 * limits.auditNameBytes);
});

Deno.test("a truncated audit whose head was set back misses what was signed", async () => {
  await using kept = await signedAudit(20);
  await using shorter = await signedAudit(10);
  const parts = await exported(shorter);
  const checkpoints = (await exported(kept)).filter((line) => line.includes('"checkpoint"'));
  const { faults } = await judgeLines([parts[0]!, parts[1]!, checkpoints[1]!, ...parts.slice(2)]);
  assert(faults.some(({ problem }) => problem.includes("another audit")));
  const last = JSON.parse(checkpoints[1]!).checkpoint;
  const own = { ...last, log: (JSON.parse(parts[0]!) as { log: string }).log };
  const verdict = await judge(shorter, { kept: [own] });
  assert(verdict.faults[0]!.problem.startsWith("records 12 to 21 are missing: they were signed"));
});

Deno.test("a checkpoint that was kept elsewhere is held against an audit", async () => {
  await using kept = await signedAudit(20);
  const first = JSON.parse(
    (await exported(kept)).find((line) => line.includes('"size":11'))!,
  ).checkpoint;
  assertEquals((await judge(kept, { kept: [first] })).faults, []);
  const other = { ...first, root: "A".repeat(43) };
  const { faults } = await judge(kept, { kept: [other] });
  assert(faults[0]!.problem.includes("are not those that were signed"));
});

Deno.test("a byte that was changed anywhere in an exported audit is found", async () => {
  await using kept = await signedAudit(4);
  const text = (await exported(kept)).join("\n");
  const bytes = new TextEncoder().encode(text);
  for (let at = 0; at < bytes.length; at++) {
    const changed = bytes.slice();
    changed[at]! ^= at % 2 === 0 ? 0x01 : 0x20;
    const lines = new TextDecoder().decode(changed).split("\n");
    const isFound = await judgeLines(lines).then(
      ({ faults, signed }) => faults.length > 0 || signed < 5,
      () => true,
    );
    assert(isFound, `byte ${at}: ${text.slice(Math.max(0, at - 20), at + 20)}`);
  }
});

Deno.test("an audit cut off at any byte is found", async () => {
  await using kept = await signedAudit(4);
  const text = (await exported(kept)).join("\n");
  for (let at = 0; at < text.length; at++) {
    const verdict = await judgeLines(text.slice(0, at).split("\n")).catch(() => undefined);
    assert(verdict === undefined || verdict.faults.length > 0, `cut at ${at}`);
  }
});

Deno.test("a clock that goes back an hour is told, and is no fault", async () => {
  await using kept = await auditedStore();
  await kept.audit.record({ kind: "a.b" });
  kept.clock.step(-3_600_000);
  await kept.audit.record({ kind: "a.b" });
  const { faults, notices } = await judge(kept);
  assertEquals([faults, notices[0]], [[], "the clock went back by 3600 s before record 3"]);
});

Deno.test("an audit that is wrong everywhere tells maxAuditFaults faults, and no more", async () => {
  await using kept = await signedAudit(2 * limits.maxAuditFaults + 10);
  tamper(kept, "DELETE FROM audit_records WHERE id % 2 = 0");
  assertEquals((await judge(kept)).faults.length, limits.maxAuditFaults);
});

Deno.test("a line of maxAuditLineBytes is read, and a longer one is refused", async () => {
  const line = (length: number) => [`{"audit":1,"log":"${"x".repeat(length - 30)}","first":1}`];
  const { maxAuditLineBytes } = limits;
  assertEquals(line(maxAuditLineBytes)[0]!.length, maxAuditLineBytes);
  assertEquals((await judgeLines(line(maxAuditLineBytes))).records, 0);
  await assertRejects(
    () => judgeLines(line(maxAuditLineBytes + 1)),
    DariError,
    "Line 1 is too long",
  );
});
