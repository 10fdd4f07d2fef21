import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { dari, failed, startDari } from "../../support/dari_command.ts";
import { startServer } from "../../support/dari_server.ts";
import { tempDirectory } from "../../support/temp.ts";

const MODULE = `const job = { workers: "external", retries: 0 };
export const add = { job, handler: ({ a, b }, context) => context.step("sum", () => a + b) };
export const hang = { job, handler: (_, { signal }) => new Promise(() => {}) };
export const letter = ({ to }, { call }) => {
  if (to === "nobody") throw new Error("there is no such address");
};`;

async function startWork(...words: string[]) {
  const directory = await tempDirectory();
  const module = `${directory.path}/methods.ts`;
  await Deno.writeTextFile(module, MODULE);
  const server = await startServer(module);
  const data = ["--data", server.data];
  const work = startDari(["work", module, ...words, ...data]);
  const ready = await work.waitFor(words.includes("--json") ? "{" : "working");
  const call = async (method: string, params: unknown) =>
    JSON.parse(
      (await dari(["call", method, "--params", JSON.stringify(params), "--json", ...data])).out,
    );
  return {
    ready,
    work,
    call,
    run: (...words: string[]) => dari([...words, ...data]),
    async [Symbol.asyncDispose]() {
      await work.stop();
      await server[Symbol.asyncDispose]();
      await directory[Symbol.asyncDispose]();
    },
  };
}

Deno.test("dari work runs the jobs of a module, and the messages of a queue", async () => {
  await using test = await startWork("--queue", "letters=letter", "--method", "add", "--json");
  assertEquals(JSON.parse(test.ready), { ready: true, methods: ["add"], queues: ["letters"] });
  const put = { method: "add", params: { a: 1, b: 2 } };
  const { job } = await test.call("rpc.job.enqueue", put);
  const { status, result } = await test.call("rpc.job.wait", { job, waitMs: 20_000 });
  assertEquals([status, result], ["done", 3]);
  await test.run("queue", "set", "letters", "maxTries=1");
  for (const to of ["nobody", "alice"]) {
    await test.call("rpc.queue.put", { queue: "letters", value: { to } });
  }
  for (;;) {
    const { waiting, leased, dead } = await test.call("rpc.queue.show", { queue: "letters" });
    if (waiting + leased > 0) continue;
    assertEquals(dead, 1);
    break;
  }
  const { code, err } = await test.work.stop();
  assertEquals(code, 0);
  assertEquals(err, "Queue letters: Error: there is no such address");
});

Deno.test("dari work gives back what does not end within --drain", async () => {
  await using test = await startWork("--method", "hang", "--drain", "0ms");
  const { job } = await test.call("rpc.job.enqueue", { method: "hang", params: {} });
  for (;;) {
    if ((await test.call("rpc.job.show", { job })).status === "running") break;
  }
  assertEquals((await test.work.stop()).code, 0);
  const { status, tries } = await test.call("rpc.job.show", { job });
  assertEquals([status, tries], ["waiting", 0]);
});

Deno.test("dari work says what cannot be worked on", async () => {
  await using test = await startWork();
  assertMatch(test.ready, /^working on add, hang$/m);
  await using other = await tempDirectory();
  const module = `${other.path}/other.ts`;
  await Deno.writeTextFile(module, "export const none = { job: {}, handler: () => 1 };");
  const work = (...words: string[]) => test.run("work", ...words);
  const unknown = await work(module);
  assertEquals(unknown.code, 65);
  assertStringIncludes(unknown.err, 'There is no method "none" that is a job');
  assertEquals(
    await work(module, "--method", "add"),
    failed(64, `${module} has no method "add" with job: {}`),
  );
  assertEquals((await work(module, "--queue", "letters")).code, 64);
  assertEquals(
    await work(module, "--queue", "letters=add"),
    failed(64, `${module} has no method "add" for the queue letters`),
  );
  await Deno.writeTextFile(`${other.path}/plain.ts`, "export const none = () => 1;");
  assertStringIncludes((await work(`${other.path}/plain.ts`)).err, "has no job");
});
