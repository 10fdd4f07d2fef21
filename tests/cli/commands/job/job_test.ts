import { assertEquals, assertMatch } from "@std/assert";
import { linesOfJob } from "../../../../lib/cli/commands/job/job_options.ts";
import { dari, failed } from "../../../support/dari_command.ts";
import { startServer } from "../../../support/dari_server.ts";
import { tempDirectory } from "../../../support/temp.ts";

const MODULE = `export const send = {
  job: { retries: 0 },
  handler({ to }) {
    if (to === "nobody") throw new Error("no");
    return { sent: to };
  },
};`;

Deno.test("dari job lists, shows, cancels and retries the jobs of a module", async () => {
  await using directory = await tempDirectory();
  const module = `${directory.path}/methods.ts`;
  await Deno.writeTextFile(module, MODULE);
  await using server = await startServer(module);
  const data = ["--data", server.data];
  const job = (...words: string[]) => dari(["job", ...words, ...data]);
  const enqueue = async (params: unknown) => {
    const words = ["call", "rpc.job.enqueue", "--params", JSON.stringify(params), "--json"];
    return JSON.parse((await dari([...words, ...data])).out).job;
  };
  const wait = async (number: number) =>
    await dari(["call", "rpc.job.wait", `job=${number}`, "waitMs=20000", ...data]);
  const [good, bad, later] = [
    await enqueue({ method: "send", params: { to: "alice" } }),
    await enqueue({ method: "send", params: { to: "nobody" } }),
    await enqueue({ method: "send", params: { to: "bob" }, delayMs: 3_600_000 }),
  ];
  await wait(good);
  await wait(bad);
  assertMatch((await job("show", String(good))).out, /^result {4}\{"sent":"alice"\}$/m);
  assertMatch((await job("show", String(bad))).out, /^error {5}internal: Internal error$/m);
  const { out } = await job("list");
  assertMatch(out, new RegExp(`^${bad} +send +failed +1 .* local +Internal error$`, "m"));
  const cancelled = await job("cancel", String(later), "--json");
  assertEquals(JSON.parse(cancelled.out).status, "cancelled");
  assertEquals(
    await job("cancel", String(good)),
    failed(78, `Job ${good} is done already`),
  );
  assertEquals(JSON.parse((await job("retry", String(bad), "--json")).out).job, bad);
  assertEquals((await job("show", "99")).code, 65);
  assertEquals((await job("show", "x")).code, 64);
});

Deno.test("a job is shown with all that is known of it", () => {
  const state = { job: 7, method: "send", putBy: "alice", putAtMs: 0, tries: 2 };
  const more = { status: "failed", progress: { sent: 3 }, endedAtMs: 1_000 } as const;
  const error = { code: "unavailable", message: "the mail server is away" };
  assertEquals(linesOfJob({ ...state, ...more, error }), [
    "job       7",
    "method    send",
    "status    failed",
    "put       1970-01-01 00:00:00Z by alice",
    "tries     2",
    'progress  {"sent":3}',
    "error     unavailable: the mail server is away",
    "ended     1970-01-01 00:00:01Z",
  ]);
});
