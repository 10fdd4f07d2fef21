import { assert, assertEquals, assertRejects } from "@std/assert";
import { limits } from "../../../../lib/base/limits.ts";
import { defaultBounds, ScanBudget } from "../../../../lib/ops/scan/wire/budget.ts";
import { ScanFault } from "../../../../lib/ops/scan/wire/fault.ts";
import { standIn } from "../../../support/scanned.ts";

const nothing = () => Promise.resolve();

Deno.test("a scan that names no bounds has those of the limits", () => {
  assertEquals(defaultBounds, {
    timeoutMs: limits.scanTimeoutMs,
    connectionTimeoutMs: limits.scanConnectionTimeoutMs,
    maxConnections: limits.maxScanConnections,
    concurrency: limits.maxScanConcurrency,
    maxConnectionBytes: limits.maxScanConnectionBytes,
  });
});

Deno.test("ScanBudget opens as many connections as it may and not one more", async () => {
  const server = standIn([], "close");
  using budget = new ScanBudget(server.dial, { ...defaultBounds, maxConnections: 3 });
  for (let i = 0; i < 3; i++) await budget.connect(nothing);
  assert(budget.isSpent);
  const error = await assertRejects(() => budget.connect(nothing), ScanFault);
  assertEquals([error.kind, server.connections], ["spent", 3]);
});

Deno.test("ScanBudget opens as many connections at a time as it may and not one more", async () => {
  const server = standIn([], "silence");
  using budget = new ScanBudget(server.dial, { ...defaultBounds, concurrency: 2 });
  const { promise: going, resolve: go } = Promise.withResolvers<void>();
  const all = Array.from({ length: 5 }, () => budget.connect(() => going));
  await Promise.resolve().then(nothing).then(nothing);
  go();
  await Promise.all(all);
  assertEquals([server.most, server.connections], [2, 5]);
});

Deno.test("ScanBudget ends a connection that takes too long, and says so of the scan as a whole", async () => {
  const server = standIn([], "silence");
  using slow = new ScanBudget(server.dial, { ...defaultBounds, connectionTimeoutMs: 5 });
  const error = await assertRejects(() => slow.connect((peer) => peer.next()), ScanFault);
  assertEquals(error.kind, "timeout");
  using over = new ScanBudget(server.dial, { ...defaultBounds, timeoutMs: 5 });
  const spent = await assertRejects(() => over.connect((peer) => peer.next()), ScanFault);
  assertEquals([spent.kind, over.isSpent], ["spent", true]);
});

Deno.test("ScanBudget counts what was sent and received, and tells a server that is not there", async () => {
  const server = standIn([Uint8Array.of(1, 2, 3)], "close");
  using budget = new ScanBudget(server.dial);
  await budget.connect(async (peer) => {
    await peer.write(new Uint8Array(7));
    await peer.next().catch(() => {});
  });
  assertEquals(budget.spent, { connections: 1, receivedBytes: 3, sentBytes: 7 });
  using absent = new ScanBudget(() => Promise.reject(new Error("refused")));
  const error = await assertRejects(() => absent.connect(nothing), ScanFault, "refused");
  assertEquals(error.kind, "unreachable");
});

Deno.test("ScanBudget ends when its caller gives up", async () => {
  const ending = new AbortController();
  ending.abort();
  using budget = new ScanBudget(standIn([], "close").dial, defaultBounds, ending.signal);
  const error = await assertRejects(() => budget.connect(nothing), ScanFault);
  assertEquals(error.kind, "spent");
});
