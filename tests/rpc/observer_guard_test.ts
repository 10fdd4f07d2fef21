import { assert, assertEquals } from "@std/assert";
import type { CallRecord, Observer } from "../../lib/rpc/observer.ts";
import { guardCallback, GuardedObservers, hearsCalls } from "../../lib/rpc/observer_guard.ts";

const call = { method: "add" } as CallRecord;

/** Guards observers and gathers what is reported. */
function guarded(...observers: Observer[]) {
  const reported: unknown[] = [];
  const { all } = new GuardedObservers(observers, (error) => reported.push(error));
  return { observer: all, reported };
}

/** Lets promises that are settled already be seen. */
async function someTurns() {
  for (let turn = 0; turn < 10; turn++) await Promise.resolve();
}

Deno.test("what no observer hears is no member", () => {
  assertEquals(Object.keys(new GuardedObservers([]).all), []);
  assertEquals(Object.keys(new GuardedObservers({}).all), []);
  const { all } = new GuardedObservers([{ callEnded: () => {} }, {
    signedOut: () => {},
    callEnded() {},
  }]);
  assertEquals(Object.keys(all), ["callEnded", "signedOut"]);
});

Deno.test("hearsCalls() tells whether a member takes calls", () => {
  assertEquals(hearsCalls({}), false);
  assertEquals(hearsCalls({ connectionClosed() {}, signInFailed() {}, handlerFailed() {} }), false);
  for (const member of ["callBegan", "callEnded", "callDenied"] as const) {
    assertEquals(hearsCalls({ [member]: () => {} }), true);
  }
});

Deno.test("several observers are told in their order, with the same values, as themselves", () => {
  const heard: unknown[] = [];
  class Counter implements Observer {
    constructor(readonly name: string) {}
    handlerFailed(seen: CallRecord, error: unknown): void {
      heard.push([this.name, seen, error]);
    }
  }
  const { observer } = guarded(new Counter("a"), {}, new Counter("b"));
  observer.handlerFailed?.(call, "why");
  assertEquals(heard, [["a", call, "why"], ["b", call, "why"]]);
});

Deno.test("an observer that throws harms no other, goes on being told, and is reported once", () => {
  let told = 0;
  const full = new Error("No space left on device");
  const failing: Observer = {
    callEnded() {
      told++;
      throw full;
    },
    callBegan() {
      throw new Error("and again");
    },
  };
  const heard: string[] = [];
  const { observer, reported } = guarded(failing, {
    callEnded: ({ method }) => void heard.push(method),
  });
  for (let n = 0; n < 3; n++) observer.callEnded?.(call);
  observer.callBegan?.(call);
  assertEquals([told, heard, reported], [3, ["add", "add", "add"], [full]]);
});

Deno.test("a promise that an observer returns is nobody's unhandled rejection", async () => {
  const failure = new Error("later");
  const { observer, reported } = guarded({
    callEnded: () => Promise.reject(failure),
    callBegan: () => ({
      then: (_: unknown, reject: (error: unknown) => void) => reject("thenable"),
    }),
  } as unknown as Observer);
  observer.callEnded?.(call);
  observer.callEnded?.(call);
  observer.callBegan?.(call);
  await someTurns();
  assertEquals(reported, [failure]);
});

Deno.test("an observer may be a proxy, or return one, that throws at every touch", async () => {
  const trap = () => {
    throw new Error("trapped");
  };
  const traps = { get: trap, getPrototypeOf: trap, apply: trap, has: trap, ownKeys: trap };
  const hostile: Observer[] = [
    new Proxy({}, traps),
    { callEnded: new Proxy(() => {}, traps) },
    { callEnded: () => new Proxy({}, traps) as never },
    null as never,
  ];
  for (const each of hostile) {
    const { observer, reported } = guarded(each);
    observer.callEnded?.(call);
    await someTurns();
    assertEquals(reported.length, 1);
  }
});

Deno.test("members that are no functions are not called", () => {
  const { observer, reported } = guarded({ callEnded: 1, callBegan: null } as never);
  assertEquals([Object.keys(observer), reported], [[], []]);
});

Deno.test("a report that throws harms nothing, and by default it goes to the console", () => {
  const failing = { callBegan: () => assert(false, "full disk") };
  new GuardedObservers(failing, () => {
    throw new Error("the report fails as well");
  }).all.callBegan?.(call);
  const write = console.error;
  const lines: unknown[] = [];
  console.error = (line) => lines.push(line);
  try {
    const { all } = new GuardedObservers(failing);
    all.callBegan?.(call);
    all.callBegan?.(call);
  } finally {
    console.error = write;
  }
  assertEquals(lines.length, 1);
  assert(String(lines[0]).startsWith("An observer failed. Calls go on;"));
  assert(String(lines[0]).includes("full disk"));
});

Deno.test("a guarded callback never throws, and its first failure is reported", async () => {
  const reported: unknown[] = [];
  const told: string[] = [];
  const tell = guardCallback((word: string) => {
    told.push(word);
    if (word === "reject") return Promise.reject(new Error(word));
    throw new Error(word);
  }, (error) => {
    reported.push(error);
    throw error;
  });
  for (const word of ["reject", "throw"]) tell(word);
  await Promise.resolve();
  assertEquals([told.length, reported.length], [2, 1]);
});

Deno.test("observers come and go; a member that nobody hears any more is undefined again", () => {
  const heard: string[] = [];
  const observers = new GuardedObservers({ callEnded: () => void heard.push("stays") });
  const { all } = observers;
  const call = {} as CallRecord;
  const added = observers.add({
    callBegan: (_call, params) => void heard.push(`began ${params}`),
    callEnded: () => void heard.push("comes"),
  });
  all.callBegan?.(call, 7);
  all.callEnded?.(call);
  added[Symbol.dispose]();
  added[Symbol.dispose](); // once is enough
  assertEquals(all.callBegan, undefined);
  all.callEnded?.(call);
  assertEquals(heard, ["began 7", "stays", "comes", "stays"]);
});

Deno.test("an observer that comes later harms nobody either", () => {
  const reported: unknown[] = [];
  const observers = new GuardedObservers([], (error) => reported.push(error));
  using _added = observers.add({
    callEnded: () => {
      throw new Error("boom");
    },
  });
  observers.all.callEnded?.({} as CallRecord);
  assertEquals(reported.length, 1);
});
