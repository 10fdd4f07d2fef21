import { assert, assertEquals, assertRejects } from "@std/assert";
import { z } from "zod";
import { systemClock } from "../../lib/base/clock.ts";
import { sampleMethods } from "../../lib/cli/sample/sample_methods.ts";
import { byteConnection } from "../../lib/conformance/byte_connection.ts";
import type { ConformanceCase } from "../../lib/conformance/case.ts";
import { conformanceCases } from "../../lib/conformance/cases.ts";
import { type CaseResult, runCases } from "../../lib/conformance/runner.ts";
import { DeclaredError } from "../../lib/base/declared_error.ts";
import { serve } from "../../lib/endpoint/serve.ts";
import { method } from "../../lib/rpc/method/method.ts";
import { UnrecoverableError } from "../../lib/messages/mod.ts";
import { parseAddress } from "../../lib/transport/scheme/parse.ts";
import { openTestQueues } from "../support/queues.ts";
import { testIdentity } from "../support/identity.ts";
import { faults, plantFault } from "../support/faulty_peer.ts";
import type { Fault } from "../support/planted_fault.ts";

const TIMEOUT_MS = 10_000;

/** The method by which the kit sees how errors leave that a method declares, or does not. */
const fail = method({
  public: true,
  errors: { out_of_stock: z.object({ left: z.number() }) },
  handler({ how }: { how: string }) {
    if (how === "undeclared") throw new DeclaredError("no_such", {});
    throw new DeclaredError("out_of_stock", { left: how === "misfit" ? "two" : 2 });
  },
});

/** The job by which the kit sees how jobs run, fail and are cancelled. */
const conformance_job = method({
  job: { retries: 0 },
  async handler({ value, fails, hangs }: { value: unknown; fails?: true; hangs?: true }, context) {
    await context.progress({ value });
    if (fails) throw new UnrecoverableError("The job was told to fail");
    return hangs ? new Promise<never>(() => {}) : value;
  },
});

/** The job that the kit runs itself. */
const conformance_work = method({
  job: { retries: 1, workers: "external" },
  handler: ({ value }: { value: unknown }) => value,
});

/** A server; with queues, anyone may use those of the kit, and put its job. */
async function startPeer(withQueues = false) {
  const test = await testIdentity({
    policy: {
      public: [
        ...["queue:conformance*", "topic:conformance*", "conformance_job", "conformance_work"],
        ...["rpc.job", "job:conformance_job.manage", "job:conformance_work.manage"],
        "job:conformance_work.work",
      ],
    },
  });
  const kept = withQueues ? await openTestQueues({ clock: systemClock }) : undefined;
  const { gate } = test.identity;
  const methods = {
    ...sampleMethods,
    fail,
    ...(withQueues && { conformance_job, conformance_work }),
  };
  const server = await serve({
    ...{ methods, gate, queues: kept?.queues },
    listen: "tcp://127.0.0.1:0",
  });
  const address = parseAddress(server.addresses[0]!);
  assert("port" in address);
  const { port } = address;
  return {
    open: async () => byteConnection(await Deno.connect({ hostname: "127.0.0.1", port })),
    async [Symbol.asyncDispose]() {
      await server.close(0);
      await kept?.[Symbol.asyncDispose]();
      await test[Symbol.asyncDispose]();
    },
  };
}

const failed = (results: readonly CaseResult[]) =>
  results.filter(({ outcome }) => outcome === "failed");

Deno.test("dari's own server passes every case that it has the feature for", async () => {
  await using peer = await startPeer(true);
  const results = await runCases(conformanceCases, { open: peer.open, timeoutMs: TIMEOUT_MS });
  assertEquals(
    failed(results).map(({ id, reason, sent, came }) => ({ id, reason, sent, came })),
    [],
  );
  const skipped = results.filter(({ outcome }) => outcome === "skipped");
  assertEquals(skipped.map(({ id }) => id), []);
});

for (const [name, { foundBy, make }] of Object.entries(faults)) {
  Deno.test(`the case ${foundBy} finds a peer that ${name}`, async () => {
    await using peer = await startPeer(/^(?:queues|topics|jobs)\./.test(foundBy));
    const open = async () => plantFault(await peer.open(), make());
    // The peer has all that the case needs; a busy machine may be too slow to say so in time.
    const cases = conformanceCases.filter(({ id }) => id === foundBy)
      .map((one) => ({ ...one, needs: [] }));
    const results = await runCases(cases, { open, timeoutMs: 300 });
    assertEquals(results.map(({ outcome }) => outcome), ["failed"]);
  });
}

const aCase = (changed: Partial<ConformanceCase>): ConformanceCase => ({
  id: "a.case",
  level: "core",
  section: "Framing",
  title: "A title",
  steps: [],
  ...changed,
});
const ping = '{"jsonrpc":"2.0","id":1,"method":"rpc.ping"}';

Deno.test("runCases() says what was sent, what came and what was wanted", async () => {
  await using peer = await startPeer();
  const steps = [{ send: ping }, { want: { id: 1, result: "ping" } }];
  const [result] = await runCases([aCase({ steps })], { open: peer.open, timeoutMs: TIMEOUT_MS });
  assertEquals(result, {
    id: "a.case",
    level: "core",
    section: "Framing",
    title: "A title",
    outcome: "failed",
    sent: [`${ping}\n`],
    came: ['{"jsonrpc":"2.0","id":1,"result":"pong"}'],
    wanted: ['{"id":1,"result":"ping"}'],
    reason: 'message.result is "pong", wanted "ping"',
  });
});

Deno.test("runCases() skips what the peer does not offer, and runs the levels asked for", async () => {
  await using peer = await startPeer();
  const cases = [
    aCase({ id: "a", needs: ["method no_such"] }),
    aCase({ id: "b", needs: ["method add"] }),
    aCase({ id: "c", level: "streams" }),
  ];
  const reported: string[] = [];
  const results = await runCases(cases, {
    open: peer.open,
    timeoutMs: TIMEOUT_MS,
    levels: ["core"],
    report: ({ id }) => reported.push(id),
  });
  assertEquals(results.map(({ id, outcome, reason }) => [id, outcome, reason]), [
    ["a", "skipped", "method no_such"],
    ["b", "passed", undefined],
  ]);
  assertEquals(reported, ["a", "b"]);
});

Deno.test("runCases() does not wait longer than told for a peer that is silent", async () => {
  const silent: Fault = { toServer: () => [] };
  await using peer = await startPeer();
  const open = async () => plantFault(await peer.open(), silent);
  const steps = [{ send: ping }, { want: { id: 1 } }];
  const [result] = await runCases([aCase({ steps })], { open, timeoutMs: 20 });
  assertEquals([result?.outcome, result?.reason], ["failed", "an answer within 20 ms"]);
});

Deno.test("runCases() rejects where there is no peer", async () => {
  const open = () => Promise.reject(new Error("connection refused"));
  await assertRejects(() => runCases([], { open, timeoutMs: 20 }), Error, "connection refused");
});
