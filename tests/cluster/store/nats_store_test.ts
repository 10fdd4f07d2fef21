import { assert, assertEquals, assertRejects } from "@std/assert";
import { DariError } from "../../../lib/base/errors.ts";
import { limits } from "../../../lib/base/limits.ts";
import { JetStreamApi } from "../../../lib/cluster/log/jetstream_api.ts";
import { storeStream, storeSubject } from "../../../lib/cluster/subjects.ts";
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
    one.bus.publish(`${storeSubject("dari")}.live.log`, new Uint8Array(200));
    one.bus.publish(`${storeSubject("dari")}.live.mark`, new Uint8Array(3));
    await one.store.put("later", "1");
    assertEquals((await one.store.list("")).length, before.length + 1);
    assertEquals(one.store.figures.passed.forged, 2);
  });
  await t.step("a stream that loses messages by itself is refused", async () => {
    await using one = await openOn(nats);
    using api = new JetStreamApi(one.bus);
    await api.ask("STREAM.CREATE.dari_short_store", {
      name: storeStream("short"),
      subjects: [`${storeSubject("short")}.>`],
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
  using _mark = bus.subscribe(`${storeSubject("dari")}.live.mark`, () => marked.resolve());
  await bus.flush();
  store.compact();
  await marked.promise;
}

natsTest("a NATS server without JetStream is refused", async () => {
  await using nats = await startNats();
  const error = await assertRejects(() => openOn(nats, { timeoutMs: 300 }), DariError, "JetStream");
  assertEquals(error.code, "unavailable");
});

// About 12 s: NATS takes 4 to 6 to elect a leader, here at its start and when the leader is killed.
natsTest(
  "of three NATS servers one may be killed: nothing written is lost; of two of them, nothing is promised",
  async () => {
    const authority = await tlsAuthority("CN=nats");
    await using cluster = await startNatsCluster(authority, { jetStream: true });
    const pair = await natsClient(authority);
    const shown = { authority, pair };
    await using one = await openOnCluster(cluster.nodes, shown);
    await using other = await openOnCluster(cluster.nodes.toReversed(), shown, {
      maxStalenessMs: limits.storeFollowAgainMs,
    });
    assertEquals(one.replicas, 3);
    using api = new JetStreamApi(one.bus);
    const { cluster: place } = await api.ask(`STREAM.INFO.${storeStream("dari")}`);
    const leader = ["a", "b", "c"].indexOf(place?.leader ?? "");
    const written: string[] = [];
    const writeMany = async (name: string) => {
      for (let n = 0; n < 20; n++) {
        await one.store.put(`${name}/${n}`, "1", { ifVersion: 0 });
        written.push(`${name}/${n}`);
      }
    };
    const writing = Promise.all([writeMany("a"), writeMany("b"), writeMany("c")]);
    await cluster.nodes[leader]!.kill();
    await writing;
    assertEquals(written.length, 60);
    await using late = await openOnCluster(
      cluster.nodes.filter((_, at) => at !== leader),
      shown,
    );
    assertEquals((await late.store.list("")).map(({ key }) => key), written.toSorted());

    const cut = Promise.withResolvers<void>();
    using _watch = other.store.watch("", ({ kind }) => kind === "reset" && cut.resolve());
    await cluster.nodes[(leader + 1) % 3]!.kill();
    await cut.promise;
    for (const refused of [() => other.store.get("a/1"), () => other.store.put("d", "1")]) {
      assertEquals((await assertRejects(refused, DariError)).code, "unavailable");
    }
    assert(other.store.figures.stalenessMs > limits.storeFollowAgainMs);
  },
);
