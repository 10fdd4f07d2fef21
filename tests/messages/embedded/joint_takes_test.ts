import { assertEquals, assertRejects } from "@std/assert";
import { DariError } from "../../../lib/base/errors.ts";
import { limits } from "../../../lib/base/limits.ts";
import { JointTakes } from "../../../lib/messages/embedded/joint_takes.ts";
import type { MessageWriter } from "../../../lib/messages/operation/writer.ts";

type Written = readonly [name: string, by: string, args: unknown];

/** Gives as many rows as there are, by their numbers alone, and keeps what was asked for. */
function openTakes({ ready = Infinity }: { ready?: number } = {}) {
  const written: Written[] = [];
  let last = 0;
  const write = (name: string, by: string, args: { max: number }) => {
    written.push([name, by, args]);
    const count = Math.min(args.max, ready - last);
    return Promise.resolve(Array.from({ length: count }, () => ++last));
  };
  const takes = new JointTakes({ write } as unknown as MessageWriter);
  const take = (queue: string, max: number, holder = "bob", leaseMs?: number) =>
    takes.take(queue, { max, leaseMs, holder }) as Promise<unknown> as Promise<number[]>;
  return { take, written };
}

const asked = (queue: string, max: number, holder = "bob", leaseMs?: number): Written => [
  "queue.take",
  holder,
  { queue, max, leaseMs },
];

Deno.test("takes of one turn are one operation, and those who asked first get theirs first", async () => {
  const { take, written } = openTakes({ ready: 4 });
  const taken = await Promise.all([take("a", 1), take("a", 2), take("a", 3), take("a", 1)]);
  assertEquals(taken, [[1], [2, 3], [4], []]);
  assertEquals(written, [asked("a", 7)]);
  assertEquals(await take("a", 1), []);
  assertEquals(written.length, 2);
});

Deno.test("takes of others, of other queues and for other times are operations of their own", async () => {
  const { take, written } = openTakes();
  const taken = await Promise.all([
    ...[take("a", 1), take("b", 1), take("a", 1, "eve")],
    ...[take("a", 1, "bob", 5_000), take("a", 1)],
  ]);
  assertEquals(taken, [[1], [3], [4], [5], [2]]);
  assertEquals(written, [
    ...[asked("a", 2), asked("b", 1), asked("a", 1, "eve")],
    asked("a", 1, "bob", 5_000),
  ]);
});

Deno.test("one operation takes maxMessageBatch messages at most", async () => {
  const { take, written } = openTakes();
  const { maxMessageBatch: most } = limits;
  await Promise.all([take("a", most - 1), take("a", 1), take("a", 1)]);
  assertEquals(written, [asked("a", most), asked("a", 1)]);
});

Deno.test("where an operation fails, all its takes fail", async () => {
  const write = () => Promise.reject(new DariError("unavailable", "The log is away"));
  const takes = new JointTakes({ write } as unknown as MessageWriter);
  const taking = { max: 1, leaseMs: undefined, holder: "bob" };
  const both = [takes.take("a", taking), takes.take("a", taking)];
  for (const each of both) await assertRejects(() => each, DariError, "The log is away");
});
