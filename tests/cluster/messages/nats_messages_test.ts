import { assertEquals, assertRejects } from "@std/assert";
import { DariError } from "../../../lib/base/errors.ts";
import { limits } from "../../../lib/base/limits.ts";
import { JetStreamApi } from "../../../lib/cluster/log/jetstream_api.ts";
import { EmbeddedJobs } from "../../../lib/messages/embedded/jobs/embedded_jobs.ts";
import { jobMethods } from "../../../lib/messages/job/job_settings.ts";
import type { Context } from "../../../lib/rpc/method/context.ts";
import { logStream, logSubject } from "../../../lib/cluster/subjects.ts";
import {
  hasNats,
  natsClient,
  natsTest,
  startNats,
  startNatsCluster,
} from "../../support/nats_server.ts";
import { openNatsQueues } from "../../support/nats_messages.ts";
import { tempDirectory } from "../../support/temp.ts";
import { tlsAuthority } from "../../support/tls_certificates.ts";

/** How long a busy machine may take. */
const PATIENCE_MS = 60_000;

// One NATS server for all sentences, each with a service of its own.
Deno.test({ name: "queues and topics by NATS", ignore: !hasNats }, async (t) => {
  await using nats = await startNats({ jetStream: true });

  await t.step("two servers share a queue: each message is taken once", async () => {
    await using one = await openNatsQueues(nats, { service: "shared" });
    await using other = await openNatsQueues(nats, { service: "shared" });
    assertEquals(one.replicas, 1);
    const [near, far] = [one, other].map(({ queues }) => queues.queue<number>("numbers"));
    const waiting = far!.take({ waitMs: PATIENCE_MS });
    await near!.put(0);
    const woken = await waiting;
    assertEquals(woken?.value, 0);
    await assertRejects(() => one.queues.as("somebody").ack("numbers", woken!.lease), DariError);
    await woken!.ack();
    await Promise.all(Array.from({ length: 40 }, (_, n) => [near, far][n % 2]!.put(n + 1)));
    const taken = await Promise.all(
      Array.from({ length: 40 }, (_, n) => [near, far][n % 2]!.take({ waitMs: PATIENCE_MS })),
    );
    await Promise.all(taken.map((message) => message?.ack()));
    const values = taken.map((message) => message?.value ?? -1).toSorted((a, b) => a - b);
    assertEquals(values, Array.from({ length: 40 }, (_, n) => n + 1));
    await near!.put(41); // what a server writes it reads after all that was confirmed before
    const { waiting: left, leased } = await near!.show();
    assertEquals([left, leased], [1, 0]);
  });

  await t.step(
    "a group of a topic has members at both servers, and followers hear all",
    async () => {
      await using one = await openNatsQueues(nats, { service: "topics" });
      await using other = await openNatsQueues(nats, { service: "topics" });
      const [near, far] = [one, other].map(({ topics }) => topics.topic<number>("orders"));
      await using followed = far!.subscribe({ from: "first" });
      const members = [near!, far!].map((topic) =>
        topic.subscribe({ group: "billing", from: "first" })
      );
      for (let n = 0; n < 10; n++) await near!.publish(n);
      const heard: number[] = [];
      while (heard.length < 10) heard.push((await followed.next()).value!.value);
      assertEquals(heard, [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
      const got: number[] = [];
      const done = Promise.withResolvers<void>();
      const reading = members.map(async (member) => {
        for await (const message of member) {
          await message.ack();
          got.push(message.value);
          if (got.length === 10) done.resolve();
        }
      });
      await done.promise;
      for (const member of members) await member.return();
      await Promise.all(reading);
      assertEquals(got.toSorted((a, b) => a - b), heard);
    },
  );

  await t.step("a job goes on at another server, at the step that it had come to", async () => {
    await using one = await openNatsQueues(nats, { service: "jobs" });
    await using other = await openNatsQueues(nats, { service: "jobs" });
    const done: string[] = [];
    const reached = Promise.withResolvers<void>();
    const methodsOf = (ends: boolean) =>
      jobMethods({
        work: {
          job: {},
          async handler(_: unknown, context: Context) {
            await context.step("first", () => void done.push("first"));
            reached.resolve();
            if (!ends) await new Promise(() => {});
            await context.step("second", () => void done.push("second"));
            return "done";
          },
        },
      }, undefined);
    await using next = await EmbeddedJobs.open(other.queues, methodsOf(true));
    const own = next.as("server", () => true);
    {
      await using first = await EmbeddedJobs.open(one.queues, methodsOf(false));
      first.start(() => {});
      await own.enqueue("work", {});
      await reached.promise;
    } // it stops, and gives the job back
    next.start(() => {});
    const { job } = (await own.list())[0]!;
    assertEquals((await own.wait(job, { waitMs: PATIENCE_MS })).status, "done");
    assertEquals(done, ["first", "second"]);
  });

  await t.step(
    "values beyond max_payload go in parts, and a new server begins with a snapshot",
    async () => {
      await using directory = await tempDirectory();
      const path = `${directory.path}/messages.db`;
      await using one = await openNatsQueues(nats, { service: "large" });
      const values = ["0", "1", "2"].map((digit) => digit.repeat(limits.maxQueueMessageBytes - 10));
      const queue = one.queues.queue<string>("large");
      await queue.putMany(values.map((value) => ({ value })));
      const marked = Promise.withResolvers<void>();
      const subject = `${logSubject("large", "messages")}.live.mark`;
      using _mark = one.bus.subscribe(subject, () => marked.resolve());
      await one.bus.flush();
      one.messages.compact();
      await marked.promise;
      await queue.put("after");
      const takeOne = async () => {
        await using late = await openNatsQueues(nats, { service: "large", path });
        const message = await late.queues.queue<string>("large").take();
        await message?.ack();
        return message?.value;
      };
      for (const value of [...values, "after", undefined]) assertEquals(await takeOne(), value);
    },
  );

  await t.step(
    "strangers change nothing, and a stream that loses messages is refused",
    async () => {
      await using one = await openNatsQueues(nats, { service: "strange" });
      one.bus.publish(`${logSubject("strange", "messages")}.live.log`, new Uint8Array(200));
      await one.queues.queue("a").put(1);
      assertEquals(one.messages.figures.passed.forged, 1);
      using api = new JetStreamApi(one.bus);
      await api.ask("STREAM.CREATE.dari_short_messages", {
        name: logStream("short", "messages"),
        subjects: [`${logSubject("short", "messages")}.>`],
        max_age: 1_000_000_000,
      });
      const error = await assertRejects(
        () => openNatsQueues(nats, { service: "short" }),
        DariError,
      );
      assertEquals(error.code, "configuration");
    },
  );
});

// About 12 s: NATS takes 4 to 9 to elect a leader, here at its start and when the leader is killed.
natsTest(
  "while the leader is killed nothing put is lost, and nothing acknowledged comes again",
  async () => {
    const authority = await tlsAuthority("CN=nats");
    await using cluster = await startNatsCluster(authority, { jetStream: true });
    const { nodes } = cluster;
    const place = { nodes, authority, pair: await natsClient(authority) };
    await using one = await openNatsQueues(place);
    await using other = await openNatsQueues(place);
    assertEquals(one.replicas, 3);
    using api = new JetStreamApi(one.bus);
    const { cluster: kept } = await api.ask(`STREAM.INFO.${logStream("dari", "messages")}`);
    const leader = nodes[["a", "b", "c"].indexOf(kept?.leader ?? "")]!;
    const put = new Set<number>();
    const acked = new Set<number>();
    const again: number[] = [];
    const queue = one.queues.queue<number>("numbers");
    const writers = Array.from({ length: 3 }, async (_, writer) => {
      for (let n = 0; n < 15; n++) {
        const value = 100 * writer + n;
        // The id makes a put that is repeated the same one.
        await patiently(() => queue.put(value, { id: String(value) }));
        put.add(value);
      }
    });
    const workers = [one, other].map(async ({ queues }) => {
      const taking = queues.queue<number>("numbers");
      while (acked.size < 45) {
        const message = await patiently(() => taking.take({ waitMs: 200, leaseMs: PATIENCE_MS }));
        if (message === null) continue;
        if (acked.has(message.value)) again.push(message.value);
        try {
          await patiently(() => message.ack());
        } catch (error) {
          // An ack whose outcome was not known had held.
          if ((error as DariError).code !== "failed_precondition") throw error;
        }
        acked.add(message.value);
      }
    });
    await leader.kill();
    await Promise.all([...writers, ...workers]);
    assertEquals([put.size, acked.size, again], [45, 45, []]);
    const left = nodes.filter((node) => node !== leader);
    await using late = await openNatsQueues({ ...place, nodes: left });
    const { waiting, leased, dead } = await patiently(() => late.queues.queue("numbers").show());
    assertEquals([waiting, leased, dead], [0, 0, 0]);
  },
);

/** Does work again as long as it is refused for now. */
async function patiently<T>(work: () => Promise<T>): Promise<T> {
  const endsAtMs = performance.now() + PATIENCE_MS;
  while (true) {
    try {
      return await work();
    } catch (error) {
      const isPassing = error instanceof DariError && error.code === "unavailable";
      if (!isPassing || performance.now() > endsAtMs) throw error;
    }
    await new Promise((resolve) => setTimeout(resolve, limits.storeTickMs));
  }
}
