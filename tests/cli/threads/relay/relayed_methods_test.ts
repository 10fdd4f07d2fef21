import { assertEquals, assertRejects } from "@std/assert";
import { deadline, delay } from "../../../../lib/base/abort.ts";
import { DariError } from "../../../../lib/base/errors.ts";
import { connect, type ConnectOptions } from "../../../../lib/endpoint/connect.ts";
import type { MetricsReport } from "../../../../lib/ops/metrics/metrics_method.ts";
import { dari } from "../../../support/dari_command.ts";
import { startServer } from "../../../support/dari_server.ts";
import { PASSWORD } from "../../../support/identity.ts";

/** Enough connections to reach both threads, but for one time in a thousand. */
const DIALS = 11;

Deno.test("methods for operations answer for the whole server, whichever thread is asked", async () => {
  await using server = await startServer("--threads", "2");
  const on = ["--data", server.data];
  await dari(["user", "add", "root", "--role", "admin", "--password-stdin", ...on], {
    input: PASSWORD,
  });
  const ca = await Deno.readTextFile(`${server.data}/ca.crt`);
  const dial = (options: ConnectOptions = {}) => connect(server.tls, { ca, ...options });
  const login = { username: "root", password: PASSWORD };
  const clients = [];
  for (let n = 0; n < DIALS; n++) clients.push(await dial({ login }));
  for (const client of clients) await client.call("add", { a: 1, b: 2 });
  // Threads report once a second.
  const untilAll = async (client: Awaited<ReturnType<typeof dial>>) => {
    for (;;) {
      const { metrics } = await client.call("rpc.metrics") as MetricsReport;
      const calls = metrics.find(({ name }) => name === "rpc.server.call.duration");
      const add = calls?.series.find(({ labels }) => labels["rpc.method"] === "add");
      if (add?.value === DIALS) return;
      await delay(20);
    }
  };
  await deadline(Promise.all(clients.map(untilAll)), 10_000);
  for (const client of clients) {
    const status = await client.call("rpc.status") as { threads: number; addresses: string[] };
    assertEquals([status.threads, status.addresses.length], [2, 2]);
  }
  await using stranger = await dial();
  await assertRejects(() => stranger.call("rpc.metrics"), DariError, "Sign in");
  await Promise.all(clients.map((client) => client.close()));
});
