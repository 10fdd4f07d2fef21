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
  const failures = JSON.parse((await job("list", "--status", "failed", "--json")).out);
  assertEquals(failures.map(({ job }: { job: number }) => job), [bad]);
  assertEquals(JSON.parse((await job("list", "--status", "delayed", "--json")).out).length, 1);
  const cancelled = await job("cancel", String(later), "--json");
  assertEquals(JSON.parse(cancelled.out).status, "cancelled");
  assertEquals(
    await job("cancel", String(good)),
    failed(78, `Job ${good} is done already`),
  );
  assertEquals(JSON.parse((await job("retry", String(bad), "--json")).out).job, bad);
  assertEquals((await job("show", "99")).code, 65);
  const every = ["schedule", "send", "daily", "--every", "24h", "--params", '{"to":"carol"}'];
  assertMatch((await job(...every)).out, /^schedule 1 runs send at every 1d; next at \d{4}-.*Z$/m);
  const cron = [
    "schedule",
    "send",
    "monthly",
    "--cron",
    "0 9 L * *",
    "--time-zone",
    "Asia/Seoul",
    "--params",
    "{}",
  ];
  assertEquals(JSON.parse((await job(...cron, "--json")).out).timeZone, "Asia/Seoul");
  const schedules = await job("schedules");
  assertMatch(schedules.out, /^1 +send +daily +every 1d +\d{4}-.*Z$/m);
  assertMatch(schedules.out, /^2 +send +monthly +0 9 L \* \* Asia\/Seoul +\d{4}-.*Z$/m);
  assertEquals(
    await job("schedule", "send", "x", "--cron", "0 0 30 2 *"),
    failed(65, 'The cron pattern "0 0 30 2 *" never comes: there is no such date'),
  );
  assertEquals((await job("schedule", "send", "x")).code, 64);
  assertEquals((await job("schedule", "send", "x", "--every", "1h", "--params", "{")).code, 64);
  assertEquals((await job("unschedule", "1")).out, "removed schedule 1 of send");
  assertEquals(JSON.parse((await job("schedules", "--json")).out).length, 1);
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
