import { assertEquals } from "@std/assert";
import {
  type AmbientCall,
  ambientCall,
  mayMakeCalls,
  runOutside,
  runWithin,
} from "../../lib/base/ambient_call.ts";

function callOf(inherits = true): AmbientCall {
  return { inherits, signal: new AbortController().signal, carried: {}, leftMs: () => 1 };
}

Deno.test("runWithin() holds across awaits, and ambientCall() is undefined elsewhere", async () => {
  const call = callOf();
  const seen = await runWithin(call, async () => {
    const before = ambientCall();
    await Promise.resolve();
    return [before, ambientCall()];
  }, undefined);
  assertEquals(seen, [call, call]);
  assertEquals(ambientCall(), undefined);
});

Deno.test("runWithin() gives the handler its params and the call, and lets errors through", () => {
  const call = callOf();
  assertEquals(runWithin(call, (params, given) => [params, given === call], 7), [7, true]);
  try {
    runWithin(call, () => {
      throw "thrown";
    }, undefined);
  } catch (error) {
    assertEquals(error, "thrown");
  }
  assertEquals(ambientCall(), undefined);
});

Deno.test("ambientCall() gives no call that has been answered", () => {
  assertEquals(runWithin(callOf(false), () => ambientCall(), undefined), undefined);
});

Deno.test("runOutside() leaves the call, also across awaits", async () => {
  const call = callOf();
  const seen = await runWithin(call, async () => {
    const outside = await runOutside(async () => {
      await Promise.resolve();
      return ambientCall();
    });
    return [outside, ambientCall()];
  }, undefined);
  assertEquals(seen, [undefined, call]);
});

Deno.test("mayMakeCalls() spares the handlers that call nothing", () => {
  const spared = [
    ({ a, b }: { a: number; b: number }) => a + b,
    ({ value }: { value: number }) => value,
    () => ({ status: "up" }),
    () => [1, (2 + 3) * 4],
    function (a: { b: number }) {
      return a.b;
    },
    function named(a: { b: number }) {
      return (a.b);
    },
    { add: (a: number[]) => a[0] }.add,
    {
      add({ a }: { a: number }) {
        return { a };
      },
    }.add,
  ];
  // `return (x)` looks like a call, so it is not spared; nothing else of these does.
  const doubtful = spared.map((handler) => mayMakeCalls(handler as () => unknown));
  assertEquals(doubtful.filter((isDoubtful) => isDoubtful).length <= 1, true, `${doubtful}`);
});

Deno.test("mayMakeCalls() spares no handler that may start work", () => {
  const start = () => Promise.resolve();
  const tag = (_: TemplateStringsArray) => start();
  // deno-lint-ignore no-explicit-any
  const o: any = { start, list: [start] };
  const working = [
    () => start(),
    async () => {},
    async () => await 1,
    async function () {},
    async function* () {},
    function* () {},
    { async run() {} }.run,
    { *run() {} }.run,
    {
      ["x y"]() {
        return start();
      },
    }["x y"],
    () => o.start(),
    () => o?.start?.(),
    () => o.list[0](),
    () => start(),
    () => (() => start)()(),
    // deno-fmt-ignore
    () => start /* hidden */ (),
    // deno-fmt-ignore
    () => start
      (),
    // deno-lint-ignore new-parens
    () => new o.start(),
    () => tag`x`,
    (a = start()) => a,
    ({ a = start() }: { a?: unknown }) => a,
    () => import("../../lib/base/version.ts"),
    start.bind(null),
    Math.max,
    class {
      static run() {
        return start();
      }
    }.run,
  ];
  for (const handler of working) {
    assertEquals(mayMakeCalls(handler as () => unknown), true, String(handler));
  }
});
