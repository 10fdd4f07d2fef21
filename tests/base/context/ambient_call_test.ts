import { assertEquals, assertThrows } from "@std/assert";
import { AsyncLocalStorage } from "node:async_hooks";
import process from "node:process";
import * as withSlot from "../../../lib/base/context/ambient_call.ts";
import { type AmbientCall, mayMakeCalls } from "../../../lib/base/context/ambient_call.ts";

function callOf(inherits = true): AmbientCall {
  return { inherits, signal: new AbortController().signal, carried: {}, leftMs: () => 1 };
}

/** The module as it is where the runtime hides the slot, and perhaps Node's modules as well. */
async function without(...hidden: string[]): Promise<typeof withSlot> {
  const { internal } = Deno as unknown as { internal: symbol };
  const { getBuiltinModule } = process;
  Object.assign(Deno, { internal: Symbol("hidden") });
  if (hidden.includes("process")) Object.assign(process, { getBuiltinModule: undefined });
  try {
    return await import(`../../../lib/base/context/ambient_call.ts?${hidden.join()}`);
  } finally {
    Object.assign(Deno, { internal });
    Object.assign(process, { getBuiltinModule });
  }
}

const browser = await without("slot", "process");
const forms = { "with the slot": withSlot, "with AsyncLocalStorage": await without("slot") };

Deno.test("in a runtime that has neither, calls run and inherit nothing", () => {
  const { runWithin, runOutside, ambientCall } = browser;
  assertEquals(runWithin(callOf(), (params, _call) => [params, ambientCall()], 7), [7, undefined]);
  assertEquals(runOutside(() => "run"), "run");
});

for (const [form, { runWithin, runOutside, ambientCall }] of Object.entries(forms)) {
  Deno.test(`runWithin() holds across awaits, and ambientCall() is undefined elsewhere ${form}`, async () => {
    const call = callOf();
    const seen = await runWithin(call, async () => {
      const before = ambientCall();
      await Promise.resolve();
      return [before, ambientCall()];
    }, undefined);
    assertEquals(seen, [call, call]);
    assertEquals(ambientCall(), undefined);
  });

  Deno.test(`runWithin() gives the handler its params, and lets errors through ${form}`, () => {
    const call = callOf();
    assertEquals(runWithin(call, (params, given) => [params, given === call], 7), [7, true]);
    const fails = () => {
      throw new RangeError("thrown");
    };
    assertThrows(() => runWithin(call, fails, undefined), RangeError, "thrown");
    assertEquals(ambientCall(), undefined);
  });

  Deno.test(`runWithin() goes back to the call that it was called from ${form}`, () => {
    const [outer, inner] = [callOf(), callOf()];
    const seen = runWithin(outer, () => {
      const within = runWithin(inner, () => ambientCall(), undefined);
      return [within === inner, ambientCall() === outer];
    }, undefined);
    assertEquals(seen, [true, true]);
  });

  Deno.test(`ambientCall() gives no call that has been answered ${form}`, () => {
    assertEquals(runWithin(callOf(false), () => ambientCall(), undefined), undefined);
  });

  Deno.test(`runOutside() leaves the call, also across awaits ${form}`, async () => {
    const call = callOf();
    const seen = await runWithin(call, async () => {
      const outside = await runOutside(async () => {
        await Promise.resolve();
        return ambientCall();
      });
      return [outside, ambientCall() === call];
    }, undefined);
    assertEquals(seen, [undefined, true]);
  });

  Deno.test(`the program's own AsyncLocalStorage goes on ${form}`, async () => {
    const own = new AsyncLocalStorage<string>();
    const call = callOf();
    const seen = await own.run("own", () =>
      runWithin(call, async () => {
        const inside = own.getStore();
        const both = await own.run("inner", async () => {
          await Promise.resolve();
          return [own.getStore(), ambientCall() === call];
        });
        await Promise.resolve();
        return [inside, both, own.getStore(), ambientCall() === call];
      }, undefined));
    assertEquals(seen, ["own", ["inner", true], "own", true]);
    assertEquals(own.getStore(), undefined);
  });
}

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
    () => new o.start(),
    () => tag`x`,
    (a = start()) => a,
    ({ a = start() }: { a?: unknown }) => a,
    () => import("../../../lib/base/version.ts"),
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
