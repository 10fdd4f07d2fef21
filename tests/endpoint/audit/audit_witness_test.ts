import { assertEquals } from "@std/assert";
import { AuditCarrier } from "../../../lib/endpoint/audit/audit_carrier.ts";
import { readAuditHeads, readSignedAudits } from "../../../lib/endpoint/audit/audit_heads.ts";
import { AuditWitness } from "../../../lib/endpoint/audit/audit_witness.ts";
import { cutAudit } from "../../../lib/ops/audit/cut.ts";
import { pieceText } from "../../../lib/ops/audit/servers/piece.ts";
import { createMemoryStore } from "../../../lib/store/mod.ts";
import { type AuditedStore, auditedStore, signer } from "../../support/audit.ts";
import { judgeServers, MemoryAuditStream, piecesFrom } from "../../support/brought_audit.ts";
import { FakeTimers } from "../../support/fake_timers.ts";

/** A server that can sign, and one that cannot, which brings its audit. */
async function twoServers(records: number) {
  await using opening = new AsyncDisposableStack();
  const holder = opening.use(await auditedStore());
  const joined = opening.use(await auditedStore());
  for (let n = 0; n < records; n++) joined.audit.note({ kind: "a.b" });
  await joined.audit.flush();
  const stream = new MemoryAuditStream();
  const store = opening.use(createMemoryStore());
  const told: string[] = [];
  using _timers = new FakeTimers(); // their timers never fire
  const carry = (server: string, { store: tables, audit, clock }: AuditedStore) =>
    opening.use(new AuditCarrier({ tables, stream, store, audit, clock, server }));
  const witness = (canSign = true) =>
    opening.use(
      new AuditWitness({
        ...{ tables: holder.store, stream, store, clock: holder.clock },
        signer: () => Promise.resolve(canSign ? signer : undefined),
        tell: (line) => told.push(line),
      }),
    );
  const carrier = carry("joined", joined);
  const made = { witness: witness(), blind: witness(false), again: witness() };
  const opened = opening.move();
  return {
    ...{ holder, joined, stream, store, told, carrier, ...made },
    [Symbol.asyncDispose]: () => opened.disposeAsync(),
  };
}

Deno.test("a server that can sign signs what another one has brought, and goes on from its note", async () => {
  await using at = await twoServers(20);
  const { carrier, joined, store, stream } = at;
  await carrier.carry();
  await at.blind.look();
  assertEquals(await readSignedAudits(store), []);
  await at.witness.look();
  const [first] = await readSignedAudits(store);
  assertEquals([first?.seen.size, first?.sequence], [21, 1]);
  const { servers } = await judgeServers(stream.pieces, { witnessed: [first!] });
  assertEquals([servers[0]?.signed, servers[0]?.faults], [21, []]);
  await joined.audit.record({ kind: "a.b" });
  await carrier.carry();
  await at.again.look();
  assertEquals((await readSignedAudits(store)).map(({ seen }) => seen.size), [22]);
  assertEquals((await readAuditHeads(store)).length, 1);
  assertEquals(at.told, []);
});

Deno.test("by that signature what a server cut goes from the stream as well", async () => {
  await using at = await twoServers(700);
  const { carrier, joined, stream, store } = at;
  await carrier.carry();
  joined.clock.advance(1_000);
  await joined.audit.record({ kind: "a.b" });
  await cutAudit(joined.store, {
    ...{ beforeMs: joined.clock.now(), by: "server", clock: joined.clock },
  });
  await carrier.carry();
  assertEquals(stream.pieces[0]?.from, 1); // nobody has signed for it
  await at.witness.look();
  await carrier.carry();
  await carrier.carry();
  const [{ from = 0, to = 0 } = {}] = stream.pieces;
  assertEquals([from > 1, to >= 513], [true, true]);
  const witnessed = await readSignedAudits(store);
  const { servers } = await judgeServers(stream.pieces, { witnessed });
  assertEquals([servers[0]?.first, servers[0]?.faults], [513, []]);
});

/** Has a record brought, in a message of its own; the stream may have to be asked first where it ends. */
async function bringOne({ joined, carrier }: Awaited<ReturnType<typeof twoServers>>) {
  await joined.audit.record({ kind: "a.b" });
  await carrier.carry().catch(() => carrier.carry());
}

Deno.test("what the stream lost is seen once it is brought again, under the numbers of what was seen", async () => {
  await using at = await twoServers(20);
  await at.carrier.carry();
  await bringOne(at);
  await at.witness.look(); // two messages, 22 records
  at.stream.loseAfter(1);
  await bringOne(at); // the records 22 and 23, under the number of the message that was lost
  await bringOne(at);
  await at.witness.look();
  assertEquals(at.told, []);
  assertEquals((await readSignedAudits(at.store)).map(({ seen }) => seen.size), [24]);
});

Deno.test("a stream that is shorter than what was seen of it is looked at from its beginning", async () => {
  await using at = await twoServers(20);
  await at.carrier.carry();
  for (let n = 0; n < 3; n++) await bringOne(at);
  await at.witness.look(); // four messages, 24 records
  at.stream.loseAfter(1);
  await bringOne(at);
  await at.witness.look();
  assertEquals(at.told, []);
  assertEquals((await readSignedAudits(at.store)).map(({ seen }) => seen.size), [25]);
});

Deno.test("records that are missing in the stream are told, and not signed over", async () => {
  await using at = await twoServers(20);
  await at.carrier.carry();
  await at.witness.look();
  for (let n = 0; n < 2; n++) await bringOne(at);
  at.stream.messages.splice(1, 1);
  await at.witness.look();
  assertEquals(at.told.length, 1);
  assertEquals((await readSignedAudits(at.store)).map(({ seen }) => seen.size), [21]);
});

Deno.test("what does not follow is told once, and signed no more", async () => {
  await using at = await twoServers(20);
  await at.carrier.carry();
  await at.witness.look();
  await using other = await auditedStore();
  for (let n = 0; n < 30; n++) other.audit.note({ kind: "b.c" });
  await other.audit.flush();
  const { pieces } = await piecesFrom(other, "joined");
  const { log } = at.stream.pieces[0]!;
  for (const piece of pieces) at.stream.put(log, pieceText({ ...piece, log }));
  await at.witness.look();
  await at.witness.look();
  assertEquals(at.told.length, 1);
  assertEquals((await readSignedAudits(at.store)).map(({ seen }) => seen.size), [21]);
});
