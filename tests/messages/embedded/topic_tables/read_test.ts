import { assertEquals } from "@std/assert";
import { limits } from "../../../../lib/base/limits.ts";
import { readAfter, readLast } from "../../../../lib/messages/embedded/topic_tables/read.ts";
import { openTestTopics } from "../../../support/topics.ts";
import { inEachForm } from "../../../support/queues.ts";

const all = (_name: string) => true;

inEachForm(
  "a step reads topicReadCount messages, and topicReadBytes of them, but always one",
  async (form) => {
    await using kept = await openTestTopics({ form });
    const { topicReadCount, topicReadBytes } = limits;
    const many = Array.from({ length: topicReadCount + 1 }, (_, value) => ({ value }));
    await kept.topics.topic("small").publishMany(many);
    const half = "a".repeat(topicReadBytes / 2 - 2);
    await kept.topics.topic("large").publishMany([half, half, half].map((value) => ({ value })));
    await kept.topics.topic("huge").publish("a".repeat(2 * topicReadBytes));
    const read = (topic: string, after: number) =>
      kept.store.query((sql) => readAfter(sql, topic, after, all));
    const small = await read("small", 0);
    assertEquals([small.rows.length, small.upTo], [topicReadCount, topicReadCount]);
    assertEquals((await read("small", small.upTo)).rows.length, 1);
    const large = await read("large", 0);
    assertEquals([large.rows.length, large.upTo], [2, 2]);
    assertEquals((await read("huge", 0)).rows.length, 1);
    assertEquals(await read("none", 0), { rows: [], upTo: 0, first: 1, last: 0 });
  },
);

inEachForm("a step looks at topicScanCount names, also where none fits", async (form) => {
  await using kept = await openTestTopics({ form });
  const batch = Array.from({ length: limits.maxMessageBatch }, (_, value) => ({ value }));
  for (let count = 0; count <= limits.topicScanCount; count += batch.length) {
    await kept.topics.topic("orders.sent").publishMany(batch);
  }
  const { rows, upTo } = await kept.store.query((sql) => readAfter(sql, "orders", 0, () => false));
  assertEquals([rows, upTo], [[], limits.topicScanCount]);
});

inEachForm("last messages are read up to a place, by the order of their names", async (form) => {
  await using kept = await openTestTopics({ form });
  for (const name of ["rooms.b", "rooms.a", "rooms.c"]) await kept.topics.topic(name).publish(name);
  const range = { prefix: "rooms.", after: undefined, upTo: 2 };
  const { rows, name } = await kept.store.query((sql) => readLast(sql, "rooms", range, all));
  assertEquals([rows.map((row) => row.name), name], [["rooms.a", "rooms.b"], undefined]);
  assertEquals(await kept.store.query((sql) => readLast(sql, "none", range, all)), {
    rows: [],
    name: undefined,
  });
});

inEachForm(
  "last messages are looked for among names that begin as the pattern does",
  async (form) => {
    await using kept = await openTestTopics({ form });
    const names = ["rooms", "rooms.a", "rooms.b", "rooms.b.c", "rooms.b-c", "rooms.bc", "rooms.c"];
    for (const name of names) await kept.topics.topic(name).publish(name);
    const read = (prefix: string, fits = all) =>
      kept.store.query((sql) =>
        readLast(sql, "rooms", { prefix, after: undefined, upTo: 9 }, fits)
      );
    const namesOf = ({ rows }: { rows: readonly { name: string }[] }) =>
      rows.map(({ name }) => name);
    assertEquals(namesOf(await read("rooms.b")), ["rooms.b", "rooms.b-c", "rooms.b.c", "rooms.bc"]);
    assertEquals(namesOf(await read("rooms.b", (name) => name === "rooms.b")), ["rooms.b"]);
    assertEquals(namesOf(await read("rooms")), [...names].sort());
  },
);
