import { assert, assertEquals, assertRejects } from "@std/assert";
import { DariError } from "../../../lib/base/errors.ts";
import { limits } from "../../../lib/base/limits.ts";
import {
  AuditCarrier,
  type AuditCarrierOptions,
} from "../../../lib/endpoint/audit/audit_carrier.ts";
import { readAuditHeads } from "../../../lib/endpoint/audit/audit_heads.ts";
import { broughtAuditMetrics } from "../../../lib/ops/metrics/store_metrics.ts";
import { MetricsRegistry } from "../../../lib/ops/metrics/registry.ts";
import { cutAudit } from "../../../lib/ops/audit/cut.ts";
import { signAdded } from "../../../lib/ops/audit/checkpoint.ts";
import { createMemoryStore } from "../../../lib/store/mod.ts";
import { type AuditedStore, auditedStore, signedAudit, signer } from "../../support/audit.ts";
import { FakeTimers } from "../../support/fake_timers.ts";
import { judgeServers, MemoryAuditStream } from "../../support/brought_audit.ts";

/** A server, whose audit is brought where the test says so. */
function carried(
  kept: AuditedStore,
  stream = new MemoryAuditStream(),
  tables: AuditCarrierOptions["tables"] = kept.store,
) {
  const store = createMemoryStore();
  const told: string[] = [];
  const { clock, audit } = kept;
  using _timers = new FakeTimers(); // its timer never fires
  const carrier = new AuditCarrier({
    ...{ tables, stream, store, audit, clock, server: "box" },
    tell: (line) => told.push(line),
  });
  return { carrier, stream, store, told };
}

const judge = async ({ pieces }: MemoryAuditStream) => (await judgeServers(pieces)).servers;

Deno.test("what is recorded is brought once, also by a server that starts again", async () => {
  await using kept = await signedAudit(100);
  const { carrier, stream, store } = carried(kept);
  {
    await using _ = carrier;
    await carrier.carry();
    assertEquals([carrier.waiting, carrier.lagMs], [0, 0]);
    assertEquals((await readAuditHeads(store)).map(({ size, server }) => [size, server]), [
      [101, "box"],
    ]);
    await kept.audit.record({ kind: "a.b" });
  }
  assertEquals((await readAuditHeads(store))[0]?.size, 102); // the end brings the rest
  const count = stream.messages.length;
  const again = carried(kept, stream);
  await using _ = again.carrier;
  await again.carrier.carry();
  await kept.audit.record({ kind: "a.b" });
  await signAdded(kept.store, signer, kept.clock);
  await again.carrier.carry();
  const [{ faults, size, signed } = { faults: [{}] }] = await judge(stream);
  assertEquals([faults, size, signed], [[], 103, 103]);
  const records = stream.pieces.flatMap((piece) => piece?.records ?? []);
  assertEquals(new Set(records).size, records.length);
  assert(stream.messages.length > count);
});

Deno.test("what is brought is on the disk here before: a loss of power takes no record that others have", async () => {
  await using kept = await signedAudit(20);
  const stream = new MemoryAuditStream();
  const order: string[] = [];
  stream.onAppend = (keep) => (order.push("brought"), keep());
  const tables = {
    query: kept.store.query.bind(kept.store),
    sync: () => (order.push("on the disk"), kept.store.sync()),
  };
  const { carrier } = carried(kept, stream, tables);
  await using _ = carrier;
  await carrier.carry();
  assertEquals(order, ["on the disk", "brought"]);
});

Deno.test("a message of which it is not known whether it came is neither lost nor doubled", async () => {
  for (const hasCome of [true, false]) {
    await using kept = await signedAudit(20);
    const { carrier, stream, told } = carried(kept);
    await using _ = carrier;
    await carrier.carry();
    await kept.audit.record({ kind: "a.b" });
    stream.onAppend = (keep) => {
      if (hasCome) keep();
      throw new DariError("unavailable", "no answer");
    };
    await assertRejects(() => carrier.carry(), DariError, "no answer");
    assertEquals(carrier.waiting, 1);
    stream.onAppend = (keep) => keep();
    await carrier.carry();
    const records = stream.pieces.flatMap((piece) => piece?.records ?? []);
    assertEquals([records.length, new Set(records).size], [22, 22]);
    assertEquals(told, []);
  }
});

Deno.test("nobody waits for it: it is told once that it cannot be brought, and how far it is behind", async () => {
  await using kept = await signedAudit(20);
  const stream = new MemoryAuditStream();
  stream.onAppend = () => {
    throw new DariError("unavailable", "no NATS server");
  };
  const { carrier, told } = carried(kept, stream);
  await using _ = carrier;
  const registry = new MetricsRegistry();
  broughtAuditMetrics(registry, carrier);
  await assertRejects(() => carrier.carry(), DariError, "no NATS server");
  kept.clock.advance(5_000);
  assertEquals(
    registry.collect().map(({ name, series }) => [name, series.map(({ value }) => value)]),
    [["dari.audit.stream.waiting", [21]], ["dari.audit.stream.lag", [5]]],
  );
  assertEquals(told, ["the audit cannot be brought to the cluster: no NATS server"]);
});

Deno.test("notes of how far it has come are auditHeadMs apart", async () => {
  await using kept = await auditedStore();
  const { carrier, store } = carried(kept);
  await using _ = carrier;
  const sizeAfter = async (ms: number) => {
    kept.clock.advance(ms);
    await kept.audit.record({ kind: "a.b" });
    await carrier.carry();
    return (await readAuditHeads(store))[0]?.size;
  };
  assertEquals(await sizeAfter(0), 2);
  assertEquals(await sizeAfter(limits.auditHeadMs - 1), 2);
  assertEquals(await sizeAfter(1), 4);
});

Deno.test("what the server cut goes from the beginning of the stream, once that is signed", async () => {
  await using kept = await signedAudit(700);
  const { carrier, stream } = carried(kept);
  await using _ = carrier;
  await carrier.carry();
  kept.clock.advance(1_000);
  await kept.audit.record({ kind: "a.b" });
  const cut = { beforeMs: kept.clock.now(), by: "os:root", clock: kept.clock, signer };
  await cutAudit(kept.store, cut);
  const before = stream.messages.length;
  await carrier.carry();
  assert(stream.messages.length < before);
  const [{ faults, first, size } = { faults: [{}] }] = await judge(stream);
  assertEquals([faults, first, size], [[], 513, 703]);
});

Deno.test("a store that was brought back from a copy is told, recorded, and seen by all", async () => {
  await using kept = await signedAudit(20);
  const { stream } = carried(kept);
  const first = carried(kept, stream);
  await first.carrier.carry();
  await first.carrier[Symbol.asyncDispose]();
  const copy = await kept.store.query((sql) => sql.all("SELECT 1 FROM audit_records").length);
  await kept.audit.record({ kind: "later.on" });
  const second = carried(kept, stream);
  await second.carrier.carry();
  await second.carrier[Symbol.asyncDispose]();
  await kept.store.transact((sql) => {
    sql.run("DROP TRIGGER audit_records_stay");
    sql.run("DELETE FROM audit_records WHERE id > ?", copy);
    const hash = first.stream.pieces.findLast((piece) => piece?.to === copy)!.last;
    sql.run("UPDATE audit_head SET size = ?, last = ?", copy, Uint8Array.from(atobUrl(hash)));
  });
  const third = carried(kept, stream);
  await using _ = third.carrier;
  await third.carrier.carry();
  await kept.audit.flush();
  await third.carrier.carry();
  assertEquals(third.told.length, 1);
  assertEquals((await kept.records()).at(-1)?.kind, "audit.differs");
  const [{ faults } = { faults: [] }] = await judge(stream);
  assert(faults.some(({ problem }) => problem.includes("there are two records 22")), `${faults}`);
});

function atobUrl(text: string): number[] {
  return [...atob(text.replaceAll("-", "+").replaceAll("_", "/"))].map((c) => c.charCodeAt(0));
}

Deno.test("what somebody without the key put into the stream is passed over", async () => {
  await using kept = await signedAudit(20);
  const { carrier, stream } = carried(kept);
  await using _ = carrier;
  await carrier.carry();
  stream.put(stream.messages[0]!.log, undefined);
  await kept.audit.record({ kind: "a.b" });
  await assertRejects(() => carrier.carry(), DariError, "wrong last sequence");
  await carrier.carry();
  const { servers, notices } = await judgeServers(stream.pieces);
  assertEquals([servers[0]?.size, servers[0]?.faults, notices.length], [22, [], 1]);
});
