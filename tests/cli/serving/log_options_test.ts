import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { delay } from "../../../lib/base/abort.ts";
import { limits } from "../../../lib/base/limits.ts";
import { logSettingsOf } from "../../../lib/cli/serving/log_options.ts";
import { connect } from "../../../lib/endpoint/connect.ts";
import { dari } from "../../support/dari_command.ts";
import { listen, startServer } from "../../support/dari_server.ts";
import { startProgram } from "../../support/program.ts";
import { tempDirectory } from "../../support/temp.ts";

const defaults = {
  log: undefined,
  "log-level": "info",
  "log-file": undefined,
  "log-file-size": limits.logFileBytes,
  "log-files": limits.logFilesKept,
  json: false,
} as const;

Deno.test("a log is text on a terminal, and JSON elsewhere", () => {
  const terminal = { status: () => {} };
  const format = (options: object, io: { status?: () => void }) =>
    logSettingsOf({ ...defaults, ...options }, io).format;
  assertEquals(format({}, terminal), "text");
  assertEquals(format({}, {}), "json");
  assertEquals(format({ json: true }, terminal), "json");
  assertEquals(format({ "log-file": "dari.log" }, terminal), "json");
  assertEquals(format({ log: "text" }, {}), "text");
  assertEquals(format({ log: "json" }, terminal), "json");
});

Deno.test("dari serve --log-file has all lines of all threads in one file, each whole", async () => {
  await using directory = await tempDirectory();
  const file = `${directory.path}/dari.log`;
  await using server = await startServer(
    ...["--log", "json", "--log-level", "debug", "--log-file", file, "--threads", "2"],
  );
  const ca = await Deno.readTextFile(`${server.data}/ca.crt`);
  for (const address of [server.tls, server.tls, `unix:${server.data}/dari.sock`]) {
    await using client = await connect(address, { ca });
    await Promise.all(Array.from({ length: 500 }, (_, a) => client.call("add", { a, b: 1 })));
  }
  assertEquals((await server.stop()).err, "");
  const lines = (await Deno.readTextFile(file)).trimEnd().split("\n").map((line) =>
    JSON.parse(line)
  );
  assertEquals(lines.filter(({ method }) => method === "add").length, 1_500);
  assert(lines.some(({ message }) => message === "the server has stopped"));
  assertEquals((await Deno.stat(file)).mode! & 0o777, 0o600);
});

Deno.test("dari serve does not start where --log-file is no log, and says why", async () => {
  await using directory = await tempDirectory();
  const file = `${directory.path}/notes.txt`;
  await Deno.writeTextFile(file, "my notes\n");
  const serve = (...words: string[]) =>
    dari(["serve", "--data", `${directory.path}/data`, ...listen, ...words]);
  const { code, err } = await serve("--log-file", file);
  assertEquals([code, await Deno.readTextFile(file)], [78, "my notes\n"]);
  assertStringIncludes(err, "holds something else than a log of dari; name another file");
  const small = await serve("--log-file", file, "--log-file-size", "63KiB");
  assertEquals(small.code, 64);
  assertStringIncludes(small.err, "--log-file-size takes a size from 64KiB");
  assertEquals(limits.minLogFileBytes, 64 * 1_024);
  const most = limits.maxLogFilesKept;
  const many = await serve("--log-file", file, "--log-files", `${most + 1}`);
  assertEquals(many.code, 64);
  assertStringIncludes(many.err, `--log-files is at most ${most}, not ${most + 1}`);
  assertEquals((await serve("--log-file", file, "--log-files", `${most}`)).code, 78);
});

Deno.test("SIGHUP begins a new log file where logrotate has moved the old one", async () => {
  await using directory = await tempDirectory();
  const file = `${directory.path}/dari.log`;
  const words = ["--data", `${directory.path}/data`, "--log-file", file, ...listen];
  await using server = startProgram(["serve", ...words]);
  const read = () => Deno.readTextFile(file).catch(() => "");
  while (!(await read()).includes("the server has started")) await delay(5);
  await Deno.rename(file, `${file}-20260101`);
  Deno.kill(server.pid, "SIGHUP");
  while (await Deno.stat(file).catch(() => undefined) === undefined) await delay(5);
  Deno.kill(server.pid, "SIGTERM");
  assertEquals((await server.ended).code, 0);
  const rest = await read();
  assertMatch(rest, /"the server has stopped"/);
  assert(!rest.includes("the server has started"));
});
