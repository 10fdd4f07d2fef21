import { assert, assertEquals, assertRejects, assertStrictEquals, assertThrows } from "@std/assert";
import { turn } from "../../../lib/base/turn.ts";
import { compose } from "../../../lib/rpc/interceptor/compose.ts";
import type { Next } from "../../../lib/rpc/interceptor/interceptor.ts";

interface Call {
  readonly method: string;
  readonly params: unknown;
}

type Interceptor = (call: Call, next: Next<Call>) => unknown;

const CALL: Call = { method: "add", params: 1 };

function run(interceptors: readonly Interceptor[], last: (call: Call) => unknown) {
  const chain = compose(interceptors);
  assert(chain !== undefined);
  return chain(CALL, last);
}

/** A source that counts how often it was ended. */
function source(items: readonly number[] = [1, 2, 3]) {
  const told = { ends: 0, reads: 0 };
  const iterator = {
    next: () => {
      const value = items[told.reads++];
      return Promise.resolve({ done: value === undefined, value });
    },
    return: () => Promise.resolve({ done: true, value: void told.ends++ }),
    [Symbol.asyncIterator]: () => iterator,
  };
  return { told, iterator };
}

Deno.test("compose() gives nothing where there is nothing to put together", () => {
  assertEquals([compose(undefined), compose([])], [undefined, undefined]);
  assertThrows(() => compose([null as never]), TypeError, "An interceptor must be a function");
});

Deno.test("compose() runs interceptors from the outermost to the call and back", async () => {
  const steps: string[] = [];
  const named = (name: string): Interceptor => async ({ params, ...call }, next) => {
    steps.push(`${name} ${params}`);
    const result = await next({ ...call, params: Number(params) * 10 });
    steps.push(`${name} ${result}`);
    return Number(result) + 1;
  };
  assertEquals(await run([named("a"), named("b")], ({ params }) => params), 102);
  assertEquals(steps, ["a 1", "b 10", "b 100", "a 101"]);
});

Deno.test("an interceptor that never goes on answers itself", async () => {
  let calls = 0;
  assertEquals(await run([() => "from the cache"], () => calls++), "from the cache");
  assertEquals(calls, 0);
});

Deno.test("an interceptor that throws fails the call, whatever comes from behind", async () => {
  const late = Promise.withResolvers<void>();
  const thrower: Interceptor = (_, next) => {
    next().catch(() => {});
    throw new RangeError("mine");
  };
  const call = run([thrower], () => late.promise);
  await assertRejects(() => call, RangeError, "mine");
  late.reject(new Error("nobody waits for this"));
  await turn();
});

Deno.test("next() works once; the second time the call fails, though the interceptor catches it", async () => {
  let calls = 0;
  const message = 'An interceptor called next() twice for "add"; a call is made once';
  const twice: Interceptor[] = [
    async (_, next) => [await next(), await next()],
    (_, next) => Promise.all([next(), next()]),
    async (_, next) => {
      await next();
      try {
        await next();
      } catch {
        // it may not be hidden
      }
      return "fine";
    },
  ];
  for (const interceptor of twice) {
    await assertRejects(() => run([interceptor], () => ++calls), TypeError, message);
  }
  assertEquals(calls, twice.length);
});

Deno.test("items that an interceptor hands on stay what they are", async () => {
  const { iterator } = source();
  assertStrictEquals(await run([(_, next) => next()], () => iterator), iterator);
});

Deno.test("a source ends with the items that an interceptor gives in place of it", async () => {
  const doubled: Interceptor = async (_, next) => {
    const items = await next() as AsyncIterable<number>;
    return (async function* () {
      for await (const item of items) yield item * 2;
    })();
  };
  const read = source();
  const all = await run([doubled], () => read.iterator) as AsyncIterable<number>;
  assertEquals(await Array.fromAsync(all), [2, 4, 6]);
  const left = source();
  const some = await run([doubled], () => left.iterator) as AsyncIterable<number>;
  for await (const item of some) {
    assertEquals(item, 2);
    break;
  }
  await turn();
  assert(left.told.ends > 0);
});

Deno.test("a source ends where an interceptor fails, or gives something else", async () => {
  const ways: Interceptor[] = [
    async (_, next) => {
      await next();
      throw new Error("no");
    },
    async (_, next) => {
      await next();
      return "something else";
    },
    async (_, next) => [await next(), await next()],
    async (_, next) => {
      await next();
      return (async function* () {})();
    },
    async (_, next) => {
      await next();
      // deno-lint-ignore require-yield -- it fails
      return (async function* () {
        await Promise.resolve();
        throw new Error("later");
      })();
    },
  ];
  for (const way of ways) {
    const { told, iterator } = source();
    const result = await run([way], () => iterator).catch(() => undefined);
    if (typeof result === "object") {
      await Array.fromAsync(result as AsyncIterable<unknown>).catch(() => {});
    }
    await turn();
    assertEquals([told.ends, told.reads], [1, 0]);
  }
});
