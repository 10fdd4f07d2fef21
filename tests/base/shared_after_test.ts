import { assert, assertEquals } from "@std/assert";
import { delay } from "../../lib/base/abort.ts";
import { limits } from "../../lib/base/limits.ts";
import { sharedAfter } from "../../lib/base/shared_after.ts";
import { FakeTimers } from "../support/fake_timers.ts";

/** Resolves with the names of the waits in the order in which they ended. */
function endsOf(waits: Readonly<Record<string, number>>): Promise<string[]> {
  const { promise, resolve } = Promise.withResolvers<string[]>();
  const ended: string[] = [];
  const keepAlive = setInterval(() => {}, 1_000); // the waits do not
  for (const [name, ms] of Object.entries(waits)) {
    sharedAfter(ms, () => {
      if (ended.push(name) < Object.keys(waits).length) return;
      clearInterval(keepAlive);
      resolve(ended);
    });
  }
  return promise;
}

Deno.test("sharedAfter() calls back in order, also for waits of several lengths", async () => {
  assertEquals(await endsOf({ late: 30, first: 10, second: 10 }), ["first", "second", "late"]);
});

Deno.test("sharedAfter() does not call back before the time is over", async () => {
  const start = performance.now();
  await endsOf({ one: 20 });
  assert(performance.now() - start >= 20, `${performance.now() - start} ms`);
});

Deno.test("sharedAfter() never calls back for a wait that was cancelled, or for Infinity", async () => {
  const called: string[] = [];
  const forget = sharedAfter(5, () => called.push("cancelled"));
  sharedAfter(Infinity, () => called.push("infinite"))();
  forget();
  await endsOf({ behind: 5 });
  assertEquals(called, []);
});

Deno.test("sharedAfter() takes up a length again whose timer has ended", async () => {
  await endsOf({ once: 3 });
  await endsOf({ again: 3 });
});

Deno.test("sharedAfter() gives each wait its whole time when the one before it was cancelled", async () => {
  const forget = sharedAfter(25, () => {});
  await delay(10);
  forget();
  const start = performance.now();
  await endsOf({ later: 25 });
  assert(performance.now() - start >= 25, `${performance.now() - start} ms`);
});

Deno.test("sharedAfter() lets a callback begin the next wait of its length", async () => {
  const keepAlive = setInterval(() => {}, 1_000);
  let rounds = 0;
  await new Promise<void>((resolve) => {
    const again = (): void => void (++rounds === 3 ? resolve() : sharedAfter(4, again));
    sharedAfter(4, again);
  });
  clearInterval(keepAlive);
  assertEquals(rounds, 3);
});

Deno.test("sharedAfter() goes on with the other waits when a callback throws", async () => {
  const reported = Promise.withResolvers<unknown>();
  const onError = (event: ErrorEvent): void => {
    event.preventDefault();
    reported.resolve(event.error);
  };
  globalThis.addEventListener("error", onError);
  try {
    const failure = new Error("a callback threw");
    sharedAfter(6, () => {
      throw failure;
    });
    await endsOf({ behind: 6 });
    assertEquals(await reported.promise, failure);
  } finally {
    globalThis.removeEventListener("error", onError);
  }
});

Deno.test("sharedAfter() keeps the program running for a persistent wait, until that is cancelled or over", async () => {
  const module = new URL("../../lib/base/shared_after.ts", import.meta.url).href;
  const run = async (rest: string) => {
    const code = `const { sharedAfter } = await import(${JSON.stringify(module)});
      const tell = (word) => () => console.log(word);
      sharedAfter(20, tell("idle"));
      ${rest}`;
    const { stdout } = await new Deno.Command(Deno.execPath(), {
      args: [
        "run",
        "--quiet",
        "--no-prompt",
        "--allow-read",
        `data:text/javascript,${encodeURIComponent(code)}`,
      ],
    }).output();
    return new TextDecoder().decode(stdout).split("\n").filter((word) => word !== "");
  };
  assertEquals(await run(""), []);
  assertEquals(await run(`sharedAfter(20, tell("kept"), { persistent: true });`), ["idle", "kept"]);
  assertEquals(await run(`sharedAfter(20, tell("kept"), { persistent: true })();`), []);
});

Deno.test("sharedAfter() gives a wait a timer of its own where there are too many lengths", async () => {
  const lengths = Array.from({ length: limits.maxSharedTimers + 2 }, (_, index) => 20 + index);
  const names = lengths.map((ms) => [`after ${ms}`, ms] as const);
  assertEquals(await endsOf(Object.fromEntries(names)), names.map(([name]) => name));
});

Deno.test("sharedAfter() does not wait for the timers of a test that has ended", async () => {
  {
    using timers = new FakeTimers();
    sharedAfter(15, () => {});
    assertEquals(timers.count, 1);
  }
  assertEquals(await endsOf({ real: 15 }), ["real"]);
});
