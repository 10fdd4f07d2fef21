import { assertEquals } from "@std/assert";
import { turn } from "../../../lib/base/turn.ts";
import { holdLifeline, watchLifeline } from "../../../lib/ipc/wait/lifeline.ts";
import { startWorker } from "../../support/ipc_worker.ts";

const newName = () => `test.${crypto.randomUUID()}`;
const { signal: forEver } = new AbortController();

function held(name: string, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve) => holdLifeline(name, signal, resolve));
}

function gone(name: string): Promise<void> {
  return new Promise((resolve) => watchLifeline(name, forEver, resolve));
}

Deno.test("watchLifeline() calls back once the holder lets go, and not before", async () => {
  const name = newName();
  const holder = new AbortController();
  await held(name, holder.signal);
  let isGone = false;
  const watched = gone(name).then(() => isGone = true);
  for (let turns = 0; turns < 20; turns++) await turn();
  assertEquals(isGone, false);
  holder.abort();
  await watched;
});

Deno.test("watchLifeline() calls back once the holder's thread was terminated", async () => {
  const name = newName();
  using holder = startWorker(`
    import { holdLifeline } from "LIB/wait/lifeline.ts";
    self.onmessage = ({ data }) => holdLifeline(data, undefined, () => self.postMessage("held"));`);
  assertEquals(await holder.ask(name), "held");
  const watched = gone(name);
  holder.worker.terminate();
  await watched;
});

Deno.test("several threads can watch one lifeline", async () => {
  const name = newName();
  const holder = new AbortController();
  await held(name, holder.signal);
  const watched = Promise.all([gone(name), gone(name)]);
  holder.abort();
  await watched;
});

Deno.test("a watch that was ended does not call back", async () => {
  const name = newName();
  const holder = new AbortController();
  await held(name, holder.signal);
  const watch = new AbortController();
  let calls = 0;
  watchLifeline(name, watch.signal, () => calls++);
  watch.abort();
  watchLifeline(name, watch.signal, () => calls++);
  const other = gone(name);
  holder.abort();
  await other;
  assertEquals(calls, 0);
});

Deno.test("holdLifeline() with an aborted signal holds nothing", async () => {
  const name = newName();
  let calls = 0;
  holdLifeline(name, AbortSignal.abort(), () => calls++);
  await gone(name); // nobody holds it
  assertEquals(calls, 0);
});
