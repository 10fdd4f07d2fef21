import { assertEquals, assertRejects } from "@std/assert";
import { z } from "zod";
import { openIdentity } from "../../../lib/auth/mod.ts";
import { RpcError } from "../../../lib/base/errors.ts";
import { JobHandle, RemoteJobs } from "../../../lib/messages/mod.ts";
import { connect } from "../../../lib/endpoint/connect.ts";
import { serve } from "../../../lib/endpoint/serve.ts";
import { Client } from "../../../lib/rpc/client/client.ts";
import { method } from "../../../lib/rpc/method/method.ts";
import { createMemoryStore } from "../../../lib/store/memory.ts";
import { listenMemory } from "../../../lib/transport/memory.ts";
import { serveJobs } from "../../support/jobs.ts";
import { openTestQueues } from "../../support/queues.ts";
import { UnsteadyServer } from "../../support/unsteady_server.ts";

const add = method({
  job: { retries: 0 },
  params: z.object({ a: z.number(), b: z.number().default(2) }),
  handler: ({ a, b }) => a + b,
});

Deno.test("client.enqueue() and server.enqueue() give handles whose results have the method's type", async () => {
  await using test = await serveJobs({ add });
  const job = await test.client.enqueue("add", { a: 1 });
  const sum: number = await job.wait();
  assertEquals([sum, (await job.state()).status], [3, "done"]);
  const own = await test.server.enqueue<number>("add", { a: 5 });
  assertEquals(await own.wait(), 7);
  assertEquals(await test.client.job(own.job).wait(), 7);
  assertEquals(await test.server.job(job.job).wait(), 3);
  const list = await new RemoteJobs(test.client as never).list({ method: "add" });
  assertEquals(list.map(({ job }) => job), [job.job, own.job]);
});

Deno.test("a method that is a job can still be called", async () => {
  const plain = method({
    job: {},
    async handler(_: unknown, context) {
      await context.progress(1);
      return await context.step("one", () => "called");
    },
  });
  await using test = await serveJobs({ plain });
  assertEquals(await test.client.call("plain", {}), "called");
});

Deno.test("params that do not fit, and what is no job, are refused before anything is put", async () => {
  await using test = await serveJobs({ add, any: { job: {}, handler: () => 1 }, plain: () => 1 });
  const call = (params: unknown) => test.client.call("rpc.job.enqueue" as never, params as never);
  for (
    const [params, part] of [
      [{ method: "add", params: { a: "1" } }, 'Invalid params for "add"'],
      [{ method: "plain" }, '"plain" that is a job'],
      [{ method: "toString" }, "that is a job"],
      [{ method: 7 }, "that is a job"],
      [[], "that is a job"],
      [{ method: "add", params: { a: 1 }, delayMs: -1 }, '"delayMs"'],
      [{ method: "add", params: { a: 1 }, id: "" }, '"id"'],
      [{ method: "add", params: { a: 1 }, dealyMs: 1 }, '"dealyMs"'],
      [{ method: "any", params: 5 }, "params must be an array or an object; got 5"],
      [{ method: "any", params: "text" }, 'got "text"'],
      [{ method: "any", params: null }, "got null"],
      [{ method: "any", params: true }, "got true"],
      [{ method: "any", params: new Date(0) }, "params must be an array or an object"],
      [{ method: "any", params: new Map() }, "params must be an array or an object"],
      [{ method: "any", params: new Uint8Array(2) }, "params must be an array or an object"],
    ] as const
  ) {
    const error = await assertRejects(() => call(params), RpcError, part);
    assertEquals(error.code, "invalid_params");
  }
  for (const job of [0, -1, 1.5, "1", null, 2 ** 60]) {
    const show = () => test.client.call("rpc.job.show" as never, { job } as never);
    const error = await assertRejects(show, RpcError, "number of a job");
    assertEquals(error.code, "invalid_params");
  }
  for (const page of [{ status: "dead" }, { status: 7 }, { limit: 0 }]) {
    const list = () => test.client.call("rpc.job.list" as never, page as never);
    const error = await assertRejects(list, RpcError, `"${Object.keys(page)[0]}" must be`);
    assertEquals(error.code, "invalid_params");
  }
  const gone = await assertRejects(() => test.client.job(99).state(), RpcError, "no job 99");
  assertEquals(gone.code, "not_found");
  assertEquals(await test.kept.queues.states(), []);
});

Deno.test("a wait for a job goes on when its connection was lost", async () => {
  await using kept = await openTestQueues();
  const [begun, go] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  const build = method({
    job: {},
    async handler() {
      begun.resolve();
      await go.promise;
      return "built";
    },
  });
  await using place = new UnsteadyServer();
  await place.start({ build }, { queues: kept.queues });
  await using client = new Client({ dial: place.dial, random: () => 0 });
  const jobs = new RemoteJobs(client as never);
  const { job } = await jobs.enqueue("build", {});
  const waiting = new JobHandle(jobs, job).wait();
  await begun.promise;
  place.cut();
  go.resolve();
  assertEquals(await waiting, "built");
});

Deno.test("whoever may call a method may put it; others' jobs need a right of their own", async () => {
  await using kept = await openTestQueues();
  const store = createMemoryStore();
  using identity = await openIdentity(store, {
    policy: { roles: { user: ["add"], keeper: ["job:add.show"] } },
    localTransports: [],
  });
  const memory = listenMemory();
  const methods = { add, secret: method({ job: {}, handler: () => 1 }) };
  const { gate } = identity;
  await using server = await serve({ listen: memory, methods, queues: kept.queues, gate });
  const clientOf = async (name: string, roles: string[]) => {
    await identity.accounts.add({ name, roles });
    const { text: token } = await identity.keys.create({ account: name, name: "test" });
    return await connect<typeof methods>(memory, { token });
  };
  await using alice = await clientOf("alice", ["user"]);
  await using bob = await clientOf("bob", ["user"]);
  await using carol = await clientOf("carol", ["keeper"]);
  const job = await alice.enqueue("add", { a: 1 });
  assertEquals(await job.wait(), 3);
  const denied = await assertRejects(() => alice.enqueue("secret"), RpcError, "secret");
  assertEquals(denied.code, "permission_denied");
  await assertRejects(() => bob.job(job.job).state(), RpcError, "somebody else's");
  await assertRejects(() => bob.job(job.job).cancel(), RpcError, "somebody else's");
  assertEquals(await new RemoteJobs(bob as never).list(), []);
  assertEquals((await carol.job(job.job).state()).putBy, "alice");
  assertEquals((await new RemoteJobs(carol as never).list()).length, 1);
  await assertRejects(() => carol.job(job.job).retry(), RpcError, "somebody else's");
  await using stranger = await connect<typeof methods>(memory);
  const unknown = await assertRejects(() => stranger.job(job.job).state(), RpcError);
  assertEquals(unknown.code, "unauthenticated");
  assertEquals((await server.job(job.job).state()).status, "done");
  await store.close();
});

Deno.test("client.schedule() and server.schedule() put schedules; others need the right to manage", async () => {
  await using kept = await openTestQueues();
  const store = createMemoryStore();
  using identity = await openIdentity(store, {
    policy: {
      roles: { user: ["add"], keeper: ["job:add.show"], planner: ["add", "job:add.manage"] },
    },
    localTransports: [],
  });
  const memory = listenMemory();
  const { gate } = identity;
  await using server = await serve({ listen: memory, methods: { add }, queues: kept.queues, gate });
  const clientOf = async (name: string, roles: string[]) => {
    await identity.accounts.add({ name, roles });
    const { text: token } = await identity.keys.create({ account: name, name: "test" });
    return await connect<{ add: typeof add }>(memory, { token });
  };
  await using alice = await clientOf("alice", ["user"]);
  await using bob = await clientOf("bob", ["planner"]);
  await using carol = await clientOf("carol", ["keeper"]);
  const hourly = { name: "hourly", everyMs: 3_600_000, params: { a: 1 } };
  const put = await bob.schedule("add", hourly);
  const { schedule, nextAtMs } = put;
  assertEquals(put, {
    ...hourly,
    ...{ schedule, nextAtMs, method: "add", isDeclared: false, putBy: "bob", missed: "once" },
  });
  const own = await server.schedule("add", { name: "nightly", cron: "@daily", params: { a: 2 } });
  const denied = await assertRejects(
    () => alice.schedule("add", hourly),
    RpcError,
    "job:add.manage",
  );
  assertEquals(denied.code, "permission_denied");
  const listed = async (client: typeof alice) =>
    (await new RemoteJobs(client as never).schedules()).map(({ schedule }) => schedule);
  assertEquals(await listed(alice), []);
  assertEquals(await listed(bob), [schedule]);
  assertEquals(await listed(carol), [schedule, own.schedule]);
  await assertRejects(() => new RemoteJobs(carol as never).unschedule(schedule), RpcError);
  await new RemoteJobs(bob as never).unschedule(own.schedule);
  for (
    const [params, part] of [
      [{ method: "add", name: "x", cron: "0 0 30 2 *" }, "never comes"],
      [{ method: "add", name: "x", cron: "@daily", timeZone: "Mars" }, 'no time zone "Mars"'],
      [{ method: "add", name: "x", everyMs: 1e308 }, '"everyMs"'],
      [{ method: "add", everyMs: 5_000 }, "the name of a schedule"],
      [{ method: "add", name: "x", everyMs: 5_000, params: 5 }, "params must be an array or an"],
      [
        { method: "add", name: "x", everyMs: 5_000, params: { a: "1" } },
        'Invalid params for "add"',
      ],
    ] as const
  ) {
    const call = () => bob.call("rpc.job.schedule" as never, params as never);
    const error = await assertRejects(call, RpcError, part);
    assertEquals(error.code, "invalid_params");
  }
  const unknown = await assertRejects(
    () =>
      bob.call("rpc.job.schedule" as never, { method: "no", name: "x", everyMs: 5_000 } as never),
    RpcError,
    'no method "no" that is a job',
  );
  assertEquals(unknown.code, "method_not_found");
  await store.close();
});
