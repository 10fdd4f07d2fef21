import { assertEquals, assertRejects } from "@std/assert";
import { DariError } from "../../../lib/base/errors.ts";
import { UnrecoverableError } from "../../../lib/messages/mod.ts";
import { fillDisk } from "../../support/full_disk.ts";
import { runAmongMounts } from "../../support/own_mounts.ts";
import { inEachForm, openTestQueues } from "../../support/queues.ts";
import { tempDirectory } from "../../support/temp.ts";

inEachForm("messages are taken in their order, those of a higher priority first", async (form) => {
  await using kept = await openTestQueues({ form });
  const queue = kept.queues.queue<string>("emails");
  await queue.put("first");
  await queue.putMany([{ value: "second" }, { value: "urgent", priority: 9 }]);
  const taken = await queue.takeMany({ max: 10 });
  assertEquals(taken.map(({ value }) => value), ["urgent", "first", "second"]);
  assertEquals([taken[0]?.priority, taken[0]?.tries, taken[0]?.putBy], [9, 1, "server"]);
  for (const each of taken) await each.ack();
  assertEquals(await queue.take(), null);
  const { waiting, leased, bytes } = await queue.show();
  assertEquals([waiting, leased, bytes], [0, 0, 0]);
});

inEachForm(
  "a put wakes a waiting caller at once, and another process's within a poll",
  async (form) => {
    await using kept = await openTestQueues({ form, pollMs: 2 ** 30 });
    const queue = kept.queues.queue<string>("emails");
    const waiting = queue.take({ waitMs: 60_000 });
    await queue.put("here"); // there is no poll that could find it
    assertEquals((await waiting)?.value, "here");

    await using near = await openTestQueues({ form, pollMs: 1, beside: kept });
    const polling = near.queues.queue<string>("emails").take({ waitMs: 60_000 });
    await queue.put("elsewhere");
    assertEquals((await polling)?.value, "elsewhere");
  },
);

inEachForm("each waiting caller gets a message of its own", async (form) => {
  await using kept = await openTestQueues({ form, pollMs: 2 ** 30 });
  const queue = kept.queues.queue<number>("numbers");
  const waiting = Array.from({ length: 20 }, () => queue.take({ waitMs: 60_000 }));
  await Promise.all(Array.from({ length: 20 }, (_, value) => queue.put(value)));
  const values = (await Promise.all(waiting)).map((message) => message?.value ?? -1);
  assertEquals(values.sort((a, b) => a - b), Array.from({ length: 20 }, (_, value) => value));
});

inEachForm(
  "a full disk refuses puts, and what is in stays and can be answered later",
  async (form) => {
    await using kept = await openTestQueues({ form });
    const queue = kept.queues.queue<number>("numbers");
    await queue.put(1);
    const message = await queue.take();
    {
      using _full = fillDisk();
      const puts = await Promise.allSettled([queue.put(2), queue.put(3)]);
      assertEquals(puts.map(({ status }) => status), ["rejected", "rejected"]);
      const error = await assertRejects(() => message!.ack(), DariError);
      assertEquals(error.code, "io");
    }
    await message!.ack();
    await queue.put(4);
    assertEquals([(await queue.take())?.value, await queue.take()], [4, null]);
  },
);

inEachForm(
  "whoever stops waiting gets nothing, and the message is there for others",
  async (form) => {
    await using kept = await openTestQueues({ form });
    const queue = kept.queues.queue<string>("emails");
    const gone = new AbortController();
    const waiting = queue.take({ waitMs: 60_000, signal: gone.signal });
    gone.abort(new Error("gone"));
    await assertRejects(() => waiting, Error, "gone");
    assertEquals(kept.queues.waitingTakers, 0);
    // One that goes while its message is on the way.
    await queue.put("hello");
    const going = new AbortController();
    const taking = queue.take({ signal: going.signal });
    queueMicrotask(() => queueMicrotask(() => going.abort(new Error("too late"))));
    await assertRejects(() => taking, Error, "too late");
    const message = await queue.take();
    assertEquals([message?.value, message?.tries], ["hello", 1]);
  },
);

inEachForm("closing the queues ends all waits with a named error", async (form) => {
  const kept = await openTestQueues({ form });
  const waiting = kept.queues.queue("emails").take({ waitMs: 60_000 });
  const refused = assertRejects(() => waiting, DariError, "The queues are closed");
  await kept[Symbol.asyncDispose]();
  assertEquals((await refused).code, "unavailable");
});

inEachForm("what happened is told once it is on disk", async (form) => {
  const told: string[] = [];
  const onEvent = (queue: string, event: string, count: number) =>
    void told.push(`${queue} ${event} ${count}`);
  await using kept = await openTestQueues({ form, onEvent });
  const queue = kept.queues.queue<number>("numbers");
  await queue.putMany([{ value: 1, id: "a" }, { value: 1, id: "a" }, { value: 2 }]);
  for (const message of await queue.takeMany({ max: 2 })) await message.nack({ dead: true });
  assertEquals(told, [
    "numbers put 2",
    "numbers duplicate 1",
    "numbers taken 2",
    "numbers nacked 1",
    "numbers died 1",
    "numbers nacked 1",
    "numbers died 1",
  ]);
});

inEachForm(
  "work() answers for its handlers, extends leases, and hears what failed",
  async (form) => {
    await using kept = await openTestQueues({ form });
    const queue = kept.queues.queue<string>("emails");
    await queue.configure({ backoffMs: 0 });
    await queue.putMany([{ value: "good" }, { value: "bad" }, { value: "hopeless" }, {
      value: "mine",
    }]);
    const stop = new AbortController();
    const failed: string[] = [];
    const seen: string[] = [];
    await queue.work(async (message) => {
      seen.push(`${message.value} ${message.tries}`);
      if (message.value === "hopeless") throw new UnrecoverableError("no such host");
      if (message.value === "bad" && message.tries === 1) throw new Error("not yet");
      if (message.value !== "mine") return;
      await message.complete(() => {});
      stop.abort();
    }, {
      signal: stop.signal,
      onError: (error) => void failed.push((error as Error).message),
    });
    assertEquals(seen.sort(), ["bad 1", "bad 2", "good 1", "hopeless 1", "mine 1"].sort());
    assertEquals(failed.sort(), ["no such host", "not yet"]);
    const { waiting, leased, dead } = await queue.show();
    assertEquals([waiting, leased, dead], [0, 0, 1]);
    assertEquals((await queue.dead())[0]?.reason, "UnrecoverableError: no such host");
  },
);

Deno.test({
  name:
    "a disk that is really full refuses puts; what was acknowledged is there, and more with room",
  ignore: Deno.build.os !== "linux",
  async fn() {
    await using directory = await tempDirectory();
    // A file system of 16 MiB, of which six are taken up by a file that can go.
    const mount = 'mount -t tmpfs -o size=16m tmpfs "$1" && head -c 6m /dev/zero > "$1/ballast"';
    const { path } = directory;
    const ran = await runAmongMounts<
      Record<"put" | "code" | "waiting" | "taken" | "isInOrder", never>
    >(
      mount,
      path,
      {
        args: ["tests/support/small_disk.ts", path, `${path}/ballast`],
        permissions: ["--allow-read", "--allow-write", "--allow-env"],
      },
    );
    if (ran === undefined) return;
    const { put, code, waiting, taken, isInOrder } = ran.found;
    assertEquals(
      [code, waiting, taken, isInOrder],
      ["resource_exhausted", put, put + 1, true],
      ran.said,
    );
  },
});
