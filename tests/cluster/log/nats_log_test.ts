import { assertEquals, assertRejects } from "@std/assert";
import { DariError } from "../../../lib/base/errors.ts";
import { openNatsLog } from "../../../lib/cluster/log/nats_log.ts";
import { logStream, logSubject } from "../../../lib/cluster/subjects.ts";
import { MemoryHub } from "../../support/memory_bus.ts";
import { MemoryJetStream } from "../../support/memory_jetstream.ts";

function world() {
  const hub = new MemoryHub();
  const stream = logStream("orders", "messages");
  const jetStream = new MemoryJetStream(hub, stream, logSubject("orders", "messages"));
  const bus = hub.connect();
  let listening = 0;
  const subscribe = bus.subscribe.bind(bus);
  bus.subscribe = (...given) => {
    const subscription = subscribe(...given);
    listening++;
    return {
      [Symbol.dispose]() {
        listening--;
        subscription[Symbol.dispose]();
      },
    };
  };
  return {
    jetStream,
    options: { bus, service: "orders", timeoutMs: 0 },
    listening: () => listening,
  };
}

Deno.test("openNatsLog() makes the stream, opens the log in it, and listens until it is disposed", async () => {
  const { jetStream, options, listening } = world();
  {
    using opened = await openNatsLog(options, "messages");
    assertEquals(jetStream.config?.name, "dari_orders_messages");
    assertEquals(opened.replicas, jetStream.config?.num_replicas);
    await opened.log.append("live", new TextEncoder().encode("one"));
    assertEquals((await opened.log.ends()).last, 1);
    assertEquals(listening(), 1);
  }
  assertEquals(listening(), 0);
});

Deno.test("openNatsLog() leaves nothing open where the stream is another one", async () => {
  const { jetStream, options, listening } = world();
  jetStream.config = { subjects: ["others.>"] };
  const { code } = await assertRejects(
    () => openNatsLog(options, "messages"),
    DariError,
    "subjects",
  );
  assertEquals([code, listening()], ["configuration", 0]);
});
