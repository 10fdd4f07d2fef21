import { assertEquals, assertRejects } from "@std/assert";
import { type AuditMessage, AuditStream } from "../../../lib/cluster/audit/audit_stream.ts";
import { NotAppended } from "../../../lib/cluster/log/log.ts";
import { limits } from "../../../lib/base/limits.ts";
import { logStream, logSubject } from "../../../lib/cluster/subjects.ts";
import { hasNats, startNats } from "../../support/nats_server.ts";
import { openOn, sharedKey } from "../../support/shared_store.ts";

const textsOf = async (messages: AsyncIterable<AuditMessage>) =>
  (await Array.fromAsync(messages)).map(({ text }) => text);

// One NATS server for all sentences, each with a service of its own.
Deno.test({ name: "the stream of audits", ignore: !hasNats }, async (t) => {
  await using nats = await startNats({ jetStream: true });
  await using shared = await openOn(nats);
  const { bus } = shared;
  const open = async (service: string, key = sharedKey) => {
    const stream = new AuditStream({ bus, service, key });
    await stream.ensure();
    return stream;
  };

  await t.step(
    "has what was appended, each audit in its order, and all of them together",
    async () => {
      using stream = await open("ordered");
      const first = await stream.append("a", "a1", 0);
      await stream.append("b", "b1", 0);
      const second = await stream.append("a", "a2", first);
      assertEquals(await textsOf(stream.read()), ["a1", "b1", "a2"]);
      assertEquals(await textsOf(stream.read({ log: "a" })), ["a1", "a2"]);
      assertEquals(await textsOf(stream.read({ after: first })), ["b1", "a2"]);
      assertEquals(await textsOf(stream.read({ sinceMs: Date.now() - limits.auditClockSkewMs })), [
        ...["a1", "b1", "a2"],
      ]);
      assertEquals(
        await textsOf(stream.read({ sinceMs: Date.now() + limits.auditClockSkewMs })),
        [],
      );
      assertEquals(await stream.last("a"), { sequence: second, text: "a2" });
      assertEquals(await stream.last("none"), undefined);
      assertEquals(await stream.size(), second);
    },
  );

  await t.step(
    "takes a message behind the one before it alone, so none is there twice",
    async () => {
      using stream = await open("once");
      const first = await stream.append("a", "1", 0);
      await assertRejects(() => stream.append("a", "1", 0), NotAppended, "sequence");
      await stream.append("a", "2", first);
      assertEquals(await textsOf(stream.read()), ["1", "2"]);
    },
  );

  await t.step("gives its first messages up, of one audit alone", async () => {
    using stream = await open("cut");
    const first = await stream.append("a", "a1", 0);
    await stream.append("b", "b1", 0);
    const second = await stream.append("a", "a2", first);
    await stream.remove("a", second);
    assertEquals(await textsOf(stream.read()), ["b1", "a2"]);
    assertEquals((await stream.last("a"))?.sequence, second);
  });

  await t.step("is followed from a message on, in its order", async () => {
    using stream = await open("followed");
    let last = await stream.append("a", "1", 0);
    const texts: (string | undefined)[] = [];
    const all = Promise.withResolvers<void>();
    using _following = stream.follow(last, ({ text }) => {
      texts.push(text);
      if (texts.length === 20) all.resolve();
    });
    for (let n = 2; n <= 21; n++) last = await stream.append("a", `${n}`, last);
    await all.promise;
    assertEquals(texts, Array.from({ length: 20 }, (_, at) => `${at + 2}`));
  });

  await t.step("more messages than wait for a reader come one after another", async () => {
    using stream = await open("many");
    let last = 0;
    for (let n = 0; n < 200; n++) last = await stream.append("a", `${n}`.repeat(200), last);
    assertEquals((await textsOf(stream.read())).length, 200);
  });

  await t.step("says what no server with the key wrote, whatever stream it is from", async () => {
    using stream = await open("forged");
    using other = await open("forged", new Uint8Array(sharedKey.length).fill(2));
    const first = await other.append("a", "forged", 0);
    assertEquals(await stream.last("a"), { sequence: first, text: undefined });
    const written = Promise.withResolvers<Uint8Array>();
    using _heard = bus.subscribe("dari.dari.store.live.log", ({ data }) => written.resolve(data));
    await bus.flush();
    await shared.store.put("a", "1"); // sealed by the same key, for the store
    bus.publish(`${logSubject("forged", "audit")}.a`, await written.promise);
    await bus.flush();
    assertEquals(await textsOf(stream.read()), [undefined, undefined]);
  });

  await t.step("a text of at most maxAuditPieceBytes goes at once", async () => {
    using stream = await open("large");
    assertEquals(stream.maxBytes, limits.maxAuditPieceBytes);
    await stream.append("a", "x".repeat(limits.maxAuditPieceBytes), 0);
    assertEquals((await textsOf(stream.read()))[0]?.length, limits.maxAuditPieceBytes);
  });

  await t.step("a stream that is not there has no size", async () => {
    using stream = new AuditStream({ bus, service: "none", key: sharedKey });
    assertEquals([await stream.size(), stream.name], [undefined, logStream("none", "audit")]);
  });
});
