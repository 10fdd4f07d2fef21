import { assertEquals, assertRejects } from "@std/assert";
import { DariError } from "../../../lib/base/errors.ts";
import { limits } from "../../../lib/base/limits.ts";
import { JetStreamApi } from "../../../lib/cluster/log/jetstream_api.ts";
import { logStream, logSubject } from "../../../lib/cluster/subjects.ts";
import { TestClock } from "../../support/clock.ts";
import {
  hasNats,
  natsClient,
  natsTest,
  startNats,
  startNatsCluster,
} from "../../support/nats_server.ts";
import { openOn, openOnCluster, type SharedStore } from "../../support/shared_store.ts";
import { storeContract } from "../../support/store_contract.ts";
import { tlsAuthority } from "../../support/tls_certificates.ts";

/** How long a busy machine may take. */
const PATIENCE_MS = 60_000;

// One NATS server for all sentences, each with a service of its own.
Deno.test({ name: "NATS store", ignore: !hasNats }, async (t) => {
  await using nats = await startNats({ jetStream: true });
  for (const [at, [sentence, use]] of Object.entries(storeContract).entries()) {
    await t.step(sentence, async () => {
      const clock = new TestClock();
      await using shared = await openOn(nats, { clock, service: `contract-${at}` });
      await use(shared.store, clock);
    });
  }
  await t.step(
    "a server that starts later reads everything, from a snapshot and after it",
    async () => {
      await using one = await openOn(nats);
      for (let n = 0; n < 20; n++) await one.store.put(`k/${n}`, "다".repeat(10_000 * n));
      await compacted(one);
      await one.store.delete("k/3");
      await using other = await openOn(nats);
      assertEquals(await other.store.list(""), await one.store.list(""));
      assertEquals(other.replicas, 1);
    },
  );
  await t.step("messages of strangers change nothing", async () => {
    await using one = await openOn(nats);
    const before = await one.store.list("");
    one.bus.publish(`${logSubject("dari", "store")}.live.log`, new Uint8Array(200));
    one.bus.publish(`${logSubject("dari", "store")}.live.mark`, new Uint8Array(3));
    await one.store.put("later", "1");
    assertEquals((await one.store.list("")).length, before.length + 1);
    assertEquals(one.store.figures.passed.forged, 2);
  });
  await t.step("a stream that loses messages by itself is refused", async () => {
    await using one = await openOn(nats);
    using api = new JetStreamApi(one.bus);
    await api.ask("STREAM.CREATE.dari_short_store", {
      name: logStream("short", "store"),
      subjects: [`${logSubject("short", "store")}.>`],
      max_msgs: 10,
    });
    const error = await assertRejects(
      () => openOn(nats, { service: "short" }),
      DariError,
      "max_msgs",
    );
    assertEquals(error.code, "configuration");
  });
});

async function compacted({ store, bus }: SharedStore): Promise<void> {
  const marked = Promise.withResolvers<void>();
  using _mark = bus.subscribe(`${logSubject("dari", "store")}.live.mark`, () => marked.resolve());
  await bus.flush();
  store.compact();
  await marked.promise;
}

natsTest("a NATS server without JetStream is refused", async () => {
  await using nats = await startNats();
  const error = await assertRejects(() => openOn(nats, { timeoutMs: 300 }), DariError, "JetStream");
  assertEquals(error.code, "unavailable");
});

// About 20 s: NATS takes 4 to 9 to elect a leader, here at its start, when all are killed, and when the
// leader is.
natsTest(
  "of three NATS servers all may be killed and started again, or one killed for good, and nothing written is lost; without two of them everything is refused",
  async () => {
    const authority = await tlsAuthority("CN=nats");
    await using cluster = await startNatsCluster(authority, { jetStream: true });
    const shown = { authority, pair: await natsClient(authority) };
    await using one = await openOnCluster(cluster.nodes, shown);
    assertEquals(one.replicas, 3);
    const written: string[] = [];
    using api = new JetStreamApi(one.bus);
    const info = () => api.ask(`STREAM.INFO.${logStream("dari", "store")}`);
    const write = async (key: string) => {
      await one.store.put(key, "1");
      written.push(key);
    };
    await write("first");
    for (let snapshot = 0; snapshot < 2; snapshot++) await compacted(one);
    await until(async () => ((await info()).state?.first_seq ?? 0) > 1); // messages were removed
    // NATS does what it did before the last few messages once more when it starts.
    for (const key of ["second", "third"]) await write(key);
    await Promise.all(cluster.nodes.map((node) => node.restart()));
    const place = await patiently(async () => {
      await one.store.put("fourth", "1");
      return (await info()).cluster;
    });
    written.push("fourth");
    await using again = await patiently(() => openOnCluster(cluster.nodes, shown));
    const found = await patiently(() => again.store.list(""));
    assertEquals(found.map(({ key }) => key), written.toSorted());

    const leader = ["a", "b", "c"].indexOf(place?.leader ?? "");
    const writeMany = async (name: string) => {
      for (let n = 0; n < 20; n++) {
        // A machine that is busy may take longer for an election than a write is waited for.
        await patiently(() => one.store.put(`${name}/${n}`, "1"));
        written.push(`${name}/${n}`);
      }
    };
    const writing = Promise.all([writeMany("a"), writeMany("b"), writeMany("c")]);
    await cluster.nodes[leader]!.kill();
    await writing;
    const left = cluster.nodes.filter((_, at) => at !== leader);
    const options = { maxStalenessMs: limits.storeFollowAgainMs };
    await using late = await patiently(() => openOnCluster(left, shown, options));
    const listed = await patiently(() => late.store.list(""));
    assertEquals(listed.map(({ key }) => key), written.toSorted());

    await left[0]!.kill();
    await refused(() => late.store.get("a/1"));
    assertEquals(
      (await assertRejects(() => late.store.put("d", "1"), DariError)).code,
      "unavailable",
    );
  },
);

/** Waits until something is so. */
async function until(holds: () => Promise<boolean>): Promise<void> {
  const endsAtMs = performance.now() + PATIENCE_MS;
  while (!await holds()) {
    if (performance.now() > endsAtMs) throw new Error("it never was so");
    await new Promise((resolve) => setTimeout(resolve, limits.storeTickMs));
  }
}

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

/** Asks until it is refused; of two of three NATS servers nobody brings back what they knew. */
async function refused(ask: () => Promise<unknown>): Promise<void> {
  const endsAtMs = performance.now() + PATIENCE_MS;
  let failure: unknown;
  while (failure === undefined && performance.now() < endsAtMs) {
    await ask().catch((error) => failure = error);
    await new Promise((resolve) => setTimeout(resolve, limits.storeTickMs));
  }
  assertEquals((failure as DariError | undefined)?.code, "unavailable");
}
