import { assertEquals } from "@std/assert";
import { z } from "zod";
import { method } from "../../../lib/rpc/method/method.ts";
import { startPair } from "../../support/rpc_pair.ts";

const methods = {
  add: ({ a, b }: { a: number; b: number }) => a + b,
  later: () => Promise.resolve("text"),
  parse: method({
    params: z.object({ at: z.string().transform((text) => text.length) }),
    handler: ({ at }) => at * 2,
  }),
  async *count({ to }: { to: number }) {
    for (let n = 1; n <= to; n++) yield n;
  },
  at: ({ when }: { when: string }) => new Date(when),
  nothing: () => {},
  keys: () => ({ keys: new Map([["a", 1]]), name: "eve" }),
  log: ({ since }: { since: Date; until?: Date }) => `${since}`,
  async *ticks() {
    yield { at: new Date(0) };
  },
};

// Most of this file is checked by the compiler: each @ts-expect-error fails where there is no error.
Deno.test("calls are typed from the method to its caller", async () => {
  await using pair = await startPair(methods);
  const { client } = pair;
  const sum: number = await client.call("add", { a: 1, b: 2 });
  const text: string = await client.call("later");
  const doubled: number = await client.call("parse", { at: "abc" });
  const items: number[] = await Array.fromAsync(client.stream("count", { to: 2 }));
  assertEquals([sum, text, doubled, items], [3, "text", 6, [1, 2]]);
  const date: Date = await client.call("at", { when: "2026-01-01" });
  const nothing: null = await client.call("nothing");
  const ticks: { at: Date }[] = await Array.fromAsync(client.stream("ticks"));
  const since: string = await client.call("log", { since: date });
  assertEquals([date, nothing, ticks, since], [
    new Date("2026-01-01"),
    null,
    [{ at: new Date(0) }],
    `${date}`,
  ]);

  const _wrong = [
    // @ts-expect-error: there is no such method
    () => client.call("subtract", { a: 1, b: 2 }),
    // @ts-expect-error: b is missing
    () => client.call("add", { a: 1 }),
    // @ts-expect-error: params are missing
    () => client.call("add"),
    // @ts-expect-error: what is sent is text, whatever the handler gets
    () => client.call("parse", { at: 3 }),
    async () => {
      // @ts-expect-error: the result is a number
      const _text: string = await client.call("add", { a: 1, b: 2 });
    },
    async () => {
      // @ts-expect-error: a date arrives as a date
      const _date: string = await client.call("at", { when: "2026-01-01" });
    },
    // @ts-expect-error: the handler would get text
    () => client.call("log", { since: "2026-01-01" }),
    async () => {
      const { keys, name } = await client.call("keys");
      keys satisfies Map<string, number>;
      name satisfies string;
    },
    async () => {
      // @ts-expect-error: nothing arrives as null
      const _nothing: undefined = await client.call("nothing");
    },
    async () => {
      // @ts-expect-error: a date arrives as a date, also in an item
      for await (const { at } of client.stream("ticks")) at satisfies string;
    },
    async () => {
      // @ts-expect-error: the items are numbers
      for await (const _text of client.stream("count", { to: 1 })) _text satisfies string;
    },
  ];
});
