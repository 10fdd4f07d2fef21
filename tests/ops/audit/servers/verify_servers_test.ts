import { assert, assertEquals } from "@std/assert";
import { DatabaseSync } from "node:sqlite";
import { cutAudit } from "../../../../lib/ops/audit/cut.ts";
import { signAdded } from "../../../../lib/ops/audit/checkpoint.ts";
import type { AuditPiece } from "../../../../lib/ops/audit/servers/piece.ts";
import { verifyServers } from "../../../../lib/ops/audit/servers/verify_servers.ts";
import { type AuditedStore, signedAudit, signer, verify } from "../../../support/audit.ts";
import { judgeServers, piecesFrom } from "../../../support/brought_audit.ts";

/** Two servers, of which the first brings its audit in small pieces. */
async function twoServers() {
  await using owned = new AsyncDisposableStack();
  const [a, b] = [owned.use(await signedAudit(60)), owned.use(await signedAudit(20))];
  const [one, other] = [await piecesFrom(a, "a", undefined, 12_000), await piecesFrom(b, "b")];
  const opened = owned.move();
  return { a, b, one, other, [Symbol.asyncDispose]: () => opened.disposeAsync() };
}

async function problemsOf(
  pieces: readonly (AuditPiece | undefined)[],
  options = {},
): Promise<string[]> {
  const { servers, faults } = await judgeServers(pieces, options);
  return [
    ...servers.flatMap(({ server, faults }) =>
      faults.map(({ problem }) => `${server}: ${problem}`)
    ),
    ...faults,
  ];
}

Deno.test("the audits of two servers are verified together, in whatever order they came", async () => {
  await using world = await twoServers();
  const { one, other } = world;
  const mixed = [one.pieces[0]!, ...other.pieces, ...one.pieces.slice(1)];
  const { servers, faults, notices } = await judgeServers([...mixed, one.pieces[0]!, undefined]);
  assertEquals(servers.map(({ server, size, signed, faults }) => [server, size, signed, faults]), [
    ["a", 61, 61, []],
    ["b", 21, 21, []],
  ]);
  assertEquals([faults, notices.length], [[], 1]);
  assert(servers.every(({ newestAt }) => newestAt?.startsWith("2026-01-01T")));
});

Deno.test("a piece that is missing, or whose records were changed, is told", async () => {
  await using world = await twoServers();
  const { pieces } = world.one;
  const [{ from, to } = { from: 0, to: 0 }] = pieces.slice(1);
  assertEquals(await problemsOf(pieces.toSpliced(1, 1)), [
    `a: records ${from} to ${to} are missing`,
  ]);
  const [first] = pieces;
  const records = first!.records.with(3, first!.records[3]!.replace("alice", "mallo"));
  const [changed] = await problemsOf([{ ...first!, records }, ...pieces.slice(1)]);
  assertEquals(changed, "a: record 4 was changed");
});

Deno.test("what one NATS server alone has is no fault: where there is one, all is read again, compared", async () => {
  await using world = await twoServers();
  const { pieces } = world.one;
  const asked: boolean[] = [];
  async function* read(isCompared: boolean) {
    asked.push(isCompared);
    await Promise.resolve();
    yield* isCompared ? pieces : pieces.toSpliced(1, 1);
  }
  const { servers } = await verifyServers(read, { verify });
  assertEquals([servers[0]?.size, servers[0]?.faults], [61, []]);
  assertEquals(asked, [false, false, true, true]);
});

Deno.test("an audit that begins late stands for nothing before", async () => {
  await using world = await twoServers();
  const problems = await problemsOf(world.one.pieces.slice(1));
  assert(
    problems.some((problem) => problem.includes("no signature stands for them")),
    `${problems}`,
  );
});

Deno.test("a server that is missing, or ends before it is known to, is told", async () => {
  await using world = await twoServers();
  const { one, other } = world;
  const headOf = (server: string, { log, to: size, last }: typeof one.brought) => ({
    ...{ server, log, size, last, atMs: 0 },
  });
  const known = [headOf("a", one.brought), headOf("b", other.brought)];
  assertEquals(await problemsOf([...one.pieces, ...other.pieces], { known }), []);
  assertEquals(await problemsOf(one.pieces, { known }), [
    `the audit ${other.brought.log} of b is missing: 21 records had come by 1970-01-01T00:00:00.000Z`,
  ]);
  const short = one.pieces.slice(0, -1);
  const end = short.at(-1)!.to;
  assertEquals(await problemsOf(short, { known: known.slice(0, 1) }), [
    `a: records ${end + 1} to 61 are missing: they had come by 1970-01-01T00:00:00.000Z`,
  ]);
  const [head] = known;
  assertEquals(await problemsOf(one.pieces, { known: [{ ...head!, size: 60 }] }), [
    "a: record 60 is not the one that had come by 1970-01-01T00:00:00.000Z",
  ]);
});

/** Does what only somebody does who has the file, and goes on as if it had always been so. */
async function rewrite(kept: AuditedStore, from: number): Promise<void> {
  {
    using database = new DatabaseSync(`${kept.directory}/dari.db`);
    database.exec("DROP TRIGGER audit_records_stay; DROP TRIGGER audit_records_stay_as_they_are");
    database.exec(
      `DELETE FROM audit_records; DELETE FROM audit_nodes; DELETE FROM audit_checkpoints;
      UPDATE audit_head SET size = 0, bytes = 0, last = x'', frontier = x''`,
    );
  }
  for (let n = 0; n < from; n++) {
    await kept.audit.record({ kind: "a.b", by: "mallory", about: `${n}` });
  }
  await signAdded(kept.store, signer, kept.clock);
}

Deno.test("a server that rewrote its past is caught, whatever it signs and where it goes on", async () => {
  await using world = await twoServers();
  const { b, other } = world;
  await rewrite(b, 30);
  // It goes on behind what it had brought.
  const on = await piecesFrom(b, "b", other.brought);
  const problems = await problemsOf([...other.pieces, ...on.pieces]);
  assertEquals(
    problems[0],
    "b: the server rewrote what it had brought: record 22 comes behind another record 21",
  );
  assert(problems.some((problem) => problem.includes("not those that were signed")), `${problems}`);
  // It brings everything again.
  const again = await piecesFrom(b, "b");
  const [first] = await problemsOf([...other.pieces, ...again.pieces]);
  assertEquals(first, "b: the server rewrote what it had brought: there are two records 1");
});

Deno.test("an audit whose beginning was removed is whole where a signature stands for that", async () => {
  await using kept = await signedAudit(700);
  const before = await piecesFrom(kept, "a");
  kept.clock.advance(1_000);
  await kept.audit.record({ kind: "a.b" });
  const cut = { beforeMs: kept.clock.now(), by: "os:root", clock: kept.clock, signer };
  await cutAudit(kept.store, cut);
  const { pieces } = await piecesFrom(kept, "a", before.brought);
  assertEquals(await problemsOf([...before.pieces, ...pieces]), []);
  const left = before.pieces.filter(({ to }) => to >= 513);
  const { servers } = await judgeServers([...left, ...pieces]);
  assertEquals([servers[0]!.first, servers[0]!.faults], [513, []]);
  const forged = pieces.map((piece) => ({ ...piece, checkpoints: [] }));
  const without = left.map((piece) => ({ ...piece, checkpoints: [] }));
  const problems = await problemsOf([...without, ...forged]);
  assertEquals(problems, ["a: records 1 to 512 are missing, and no signature stands for them"]);
});
