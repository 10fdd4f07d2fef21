import { assertEquals, assertRejects } from "@std/assert";
import { DariError, RpcError } from "../../../lib/base/errors.ts";
import { limits } from "../../../lib/base/limits.ts";

import { jobMethods } from "../../../lib/messages/job/job_settings.ts";
import { JobRunner } from "../../../lib/messages/job/job_runner.ts";
import { remotePublishing, RemoteWork } from "../../../lib/messages/wire/remote_work.ts";
import type { QueueCaller } from "../../../lib/messages/wire/remote_queues.ts";
import type { Client } from "../../../lib/rpc/client/client.ts";
import type { Context } from "../../../lib/rpc/method/context.ts";
import { method, type Methods } from "../../../lib/rpc/method/method.ts";
import { serveJobs } from "../../support/jobs.ts";

/** A server that runs no job itself, and what runs them at the other end of its connection. */
async function serveWork<M extends Methods>(
  methods: M,
  options: { readonly through?: (client: QueueCaller) => QueueCaller } = {},
) {
  const { through = (client) => client } = options;
  const test = await serveJobs(methods);
  const work = new RemoteWork(through(test.client as unknown as QueueCaller), test.kept.clock, 1);
  const told: string[] = [];
  const start = () =>
    new JobRunner({
      methods: jobMethods(methods, undefined).values(),
      publishing: remotePublishing(test.client as unknown as Client),
      ...{ work, clock: test.kept.clock, goesOn: () => false, tell: (line) => told.push(line) },
    });
  const { server, client, kept } = test;
  const dispose = () => test[Symbol.asyncDispose]();
  return { server, client, kept, work, start, told, [Symbol.asyncDispose]: dispose };
}

const external = { workers: "external", retries: 1, backoffMs: 0 } as const;

Deno.test("a job is run by another process, with its steps, its progress and its result", async () => {
  const done: string[] = [];
  const charge = method({
    job: external,
    async handler({ at }: { at: Date }, context: Context) {
      assertEquals(context.principal?.kind, "delegated");
      const receipt = await context.step("charge", () => {
        done.push("charge");
        return { at };
      });
      await context.progress({ charged: receipt.at });
      if (done.push("mail") === 2) throw new Error("the mail server is away");
      return receipt;
    },
  });
  await using test = await serveWork({ charge });
  const job = await test.client.enqueue("charge", { at: new Date(7) });
  assertEquals((await job.state()).status, "waiting");
  await using runner = test.start();
  assertEquals(await job.wait() as unknown, { at: new Date(7) });
  assertEquals(done, ["charge", "mail", "mail"]);
  const { tries, progress } = await job.state();
  assertEquals([tries, progress], [2, { charged: new Date(7) }]);
  assertEquals(test.told.length, 1);
  assertEquals(runner.running, 0);
});

Deno.test("a handler at the other end hears that its job was cancelled", async () => {
  const began = Promise.withResolvers<void>();
  const told = Promise.withResolvers<unknown>();
  const hang = method({
    job: external,
    handler(_: unknown, { signal }: Context) {
      signal.addEventListener("abort", () => told.resolve((signal.reason as DariError).code));
      began.resolve();
      return new Promise<void>(() => {});
    },
  });
  await using test = await serveWork({ hang });
  const runner = test.start();
  const job = await test.client.enqueue("hang", {});
  await began.promise;
  await job.cancel();
  assertEquals(await told.promise, "cancelled");
  await runner[Symbol.asyncDispose]();
  assertEquals(test.told, [`Job ${job.job} of "hang" was ended while it ran`]);
});

Deno.test("a worker that stops lets its jobs end, or gives them back untried", async () => {
  const began = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  const end = Promise.withResolvers<void>();
  const hang = method({
    job: { ...external, retries: 0, concurrency: 2 },
    async handler({ n }: { n: number }) {
      began[n]!.resolve();
      await (n === 0 ? end.promise : new Promise(() => {}));
      return "done";
    },
  });
  await using test = await serveWork({ hang });
  const runner = test.start();
  const [first, second] = [
    await test.client.enqueue("hang", { n: 0 }),
    await test.client.enqueue("hang", { n: 1 }),
  ];
  await Promise.all(began.map(({ promise }) => promise));
  assertEquals(runner.running, 2);
  runner.drain();
  const third = await test.client.enqueue("hang", { n: 0 });
  end.resolve();
  assertEquals(await first.wait() as unknown, "done");
  await runner[Symbol.asyncDispose]();
  for (const job of [second, third]) {
    const { status, tries } = await job.state();
    assertEquals([status, tries], ["waiting", 0]);
  }
  assertEquals(test.told, []);
});

Deno.test("what a worker did is not lost when its server cannot be reached for a while", async () => {
  let failures = 0;
  const methods = { add: method({ job: { ...external, retries: 0 }, handler: () => 3 }) };
  await using test = await serveWork(methods, {
    through: (client) => ({
      call(name, params, options) {
        const isLost = name === "rpc.job.finish" && ++failures < 3;
        if (isLost) return Promise.reject(new DariError("unavailable", "the line was cut"));
        return client.call(name, params, options);
      },
    }),
  });
  await using _runner = test.start();
  const job = await test.client.enqueue("add", {});
  assertEquals(await job.wait(), 3);
  assertEquals([failures, (await job.state()).tries], [3, 1]);
});

Deno.test("a worker fails where its server does not know the method", async () => {
  const known = method({ job: external, handler: () => 1 });
  await using test = await serveWork({ known });
  await using runner = new JobRunner({
    methods: jobMethods({ other: known }, undefined).values(),
    publishing: remotePublishing(test.client as unknown as Client),
    ...{ work: test.work, clock: test.kept.clock, goesOn: () => false, tell: () => {} },
  });
  await assertRejects(() => runner.ended(), RpcError, 'no method "other" that is a job');
});

Deno.test("answers of others, late answers and wrong answers are refused", async () => {
  const add = method({ job: { ...external, retries: 0 }, handler: () => 1 });
  await using test = await serveWork({ add });
  const call = (name: string, params: object) =>
    test.client.call(`rpc.job.${name}` as never, { method: "add", ...params } as never);
  const { job } = await test.client.enqueue("add", {});
  const [taken] = await test.work.take("add", {});
  const { lease } = taken!;
  const most = "m".repeat(limits.maxMessageReasonLength);
  const cases: readonly (readonly [name: string, params: object, part: string])[] = [
    ["take", { max: 0 }, '"max"'],
    ["take", { lease }, 'no "lease"'],
    ["take", { method: "toString" }, "that is a job"],
    ["take", { method: 7 }, "that is a job"],
    ["extend", {}, "no lease"],
    ["extend", { lease: "1.x" }, "no lease"],
    ["step", { lease, name: "" }, "name of a step"],
    ["remember", { lease, name: "a\0", value: 1 }, "name of a step"],
    ["progress", { lease, value: 1, job }, 'no "job"'],
    ["fail", { lease, error: { code: "toString", message: "" } }, '"error" must have'],
    ["fail", { lease, error: { code: "internal" } }, '"error" must have'],
    ["fail", { lease, error: "no" }, "described by an object"],
    ["fail", { lease, delayMs: -1 }, '"delayMs"'],
    ["finish", { lease, value: 1 }, 'no "value"'],
  ];
  for (const [name, params, part] of cases) {
    const error = await assertRejects(() => call(name, params), RpcError, part);
    assertEquals(error.code, "invalid_params", name);
  }
  const others = `${lease.slice(0, -1)}${lease.endsWith("0") ? "1" : "0"}`;
  for (const name of ["extend", "step", "finish", "fail", "release"]) {
    const params = { lease: others, ...(name === "step" && { name: "a" }) };
    const error = await assertRejects(() => call(name, params), RpcError, "not yours to answer");
    assertEquals([error.code, error.retryable], ["failed_precondition", false]);
  }
  await test.work.remember(taken!, "first", { value: "1", types: null, bytes: 1 });
  assertEquals(await call("step", { lease, name: "first" }), { isDone: true, value: 1 });
  assertEquals(await call("step", { lease, name: "second" }), { isDone: false });
  await call("fail", { lease, error: { code: "unavailable", message: `${most}m` } });
  const state = await test.client.job(job).state();
  assertEquals([state.status, state.error], ["failed", { code: "unavailable", message: most }]);
  await assertRejects(() => call("finish", { lease }), RpcError, "not yours to answer");
  await test.client.job(job).retry();
  const [late] = await test.work.take("add", {});
  test.kept.clock.advance(limits.leaseMs + 1);
  await assertRejects(() => test.work.extend(late!), RpcError, "the lease has ended");
});

Deno.test("a job in another process publishes, and writes nothing to the server's store", async () => {
  const tell = method({
    job: external,
    async handler(_: unknown, context: Context) {
      const write = () => {};
      await assertRejects(
        () => context.publish("jobs.tell", 1, { write }),
        DariError,
        "cannot write to the server's store",
      );
      return await context.publish("jobs.tell", 2, { id: "one" });
    },
  });
  await using test = await serveWork({ tell });
  await using _runner = test.start();
  const job = await test.client.enqueue("tell", {});
  assertEquals((await job.wait()).isDuplicate, false);
  for await (const { value } of test.client.topic("jobs.tell").subscribe({ last: true })) {
    assertEquals(value, 2);
    break;
  }
});
