import { assertEquals, assertThrows } from "@std/assert";
import type { TransportError } from "../../../lib/base/errors.ts";
import { limits } from "../../../lib/base/limits.ts";
import { LifeSigns, lifeSignTimes, type Watched } from "../../../lib/rpc/connection/life_signs.ts";

/** A connection that the test plays, and a timer that the test rings. */
function setUp(options = {}) {
  const seen: string[] = [];
  const answers: (() => void)[] = [];
  const state = {
    isIdle: false,
    heard: 0,
    hasMessage: false,
    isDeaf: false,
    isSending: false,
    progress: 0,
    onWait: undefined as (() => void) | undefined,
  };
  const watched: Watched = Object.assign(state, {
    ping: () => {
      seen.push("ping");
      return new Promise<void>((resolve) => answers.push(resolve));
    },
    doubted: () => void seen.push("doubted"),
    lost: ({ code, message }: TransportError) => void seen.push(`${code}: ${message}`),
  });
  const timers = new Set<() => void>();
  let lengthMs: number | undefined;
  const signs = new LifeSigns(watched, lifeSignTimes(options), (ms, callback) => {
    lengthMs = ms;
    timers.add(callback);
    return () => void timers.delete(callback);
  });
  /** Lets the times pass after which the connection is looked at. */
  const look = (times = 1) => {
    for (let n = 0; n < times; n++) {
      const [callback] = timers;
      if (callback === undefined) throw new Error("nobody looks");
      timers.delete(callback);
      callback();
    }
    return seen.splice(0);
  };
  return { state, seen, answers, timers, signs, look, lengthMs: () => lengthMs };
}

Deno.test("a silent peer is asked twice, then doubted, then cut", () => {
  const { signs, look, lengthMs, timers } = setUp();
  signs.begin();
  assertEquals(lengthMs(), limits.lifeSignMs);
  assertEquals(look(), ["ping"]);
  // Who was asked has only to answer.
  assertEquals(lengthMs(), limits.lifeSignMs * limits.askedLookShare);
  assertEquals(look(), ["ping"]);
  assertEquals(limits.maxUnansweredPings, 2);
  const askedMs = limits.lifeSignMs * (1 + 2 * limits.askedLookShare);
  const looks = (limits.silentPeerMs - askedMs) / limits.lifeSignMs;
  assertEquals(look(looks), Array(looks).fill("doubted"));
  assertEquals(lengthMs(), limits.lifeSignMs);
  assertEquals(look(), [
    "unavailable: The other side sent nothing for 10000 ms while calls waited for it",
  ]);
  signs.end();
  assertEquals(timers.size, 0);
});

Deno.test("a peer that says nothing at all is cut, and asked nothing before it has promised to answer", () => {
  const { signs, look, timers } = setUp();
  signs.expect();
  const looks = limits.silentPeerMs / limits.lifeSignMs;
  assertEquals(look(looks - 1), []);
  assertEquals(look().length, 1);
  signs.end();
  assertEquals(timers.size, 0);
});

Deno.test("a peer that has said something and promised nothing is watched no more until it promises", () => {
  const { state, signs, look, timers } = setUp();
  signs.expect();
  assertEquals(look(), []);
  Object.assign(state, { heard: state.heard + 1, hasMessage: true });
  assertEquals(look(), []);
  assertEquals(timers.size, 0);
  signs.begin();
  assertEquals(look(), ["ping"]);
  signs.expect();
  assertEquals(timers.size, 1);
});

Deno.test("a peer that falls silent in the middle of its first message is cut", () => {
  const { state, signs, look } = setUp();
  signs.expect();
  assertEquals(look(), []);
  state.heard++;
  const looks = limits.silentPeerMs / limits.lifeSignMs;
  assertEquals(look(looks), []);
  assertEquals(look().length, 1);
});

Deno.test("a promise ends the wait for the first message", () => {
  const { signs, look, timers } = setUp();
  signs.expect();
  signs.begin();
  assertEquals(timers.size, 1);
  assertEquals(look(), ["ping"]);
});

Deno.test("a peer that is busy for three seconds is doubted and not cut, and then trusted again", async () => {
  const { state, signs, look, answers } = setUp();
  signs.begin();
  assertEquals(look(6), ["ping", "ping", "doubted", "doubted", "doubted", "doubted"]);
  state.heard++;
  for (const answer of answers.splice(0)) answer();
  await Promise.resolve();
  assertEquals(look(), []);
  assertEquals(look(), ["ping"]);
});

Deno.test("any byte is a sign of life, though pings wait for their answers", () => {
  const { state, signs, look } = setUp();
  signs.begin();
  assertEquals(look(2), ["ping", "ping"]);
  for (let n = 0; n < 100; n++) {
    state.heard++;
    assertEquals(look(), []);
  }
  assertEquals(look(), ["doubted"]);
});

Deno.test("a peer that takes a long message is not silent, and one that takes nothing of it is", () => {
  const { state, signs, look } = setUp();
  state.isSending = true;
  signs.begin();
  for (let n = 0; n < 100; n++) {
    state.progress++;
    assertEquals(look(), []);
  }
  assertEquals(look(), ["ping"]);
  state.isSending = false;
  state.progress++; // the ping was sent, which is no sign of the other side
  assertEquals(look(), ["ping"]);
});

Deno.test("who does not read does not blame the other side", () => {
  const { state, signs, look } = setUp();
  state.isDeaf = true;
  signs.begin();
  assertEquals(look(100), []);
  state.isDeaf = false;
  assertEquals(look(), ["ping"]);
});

Deno.test("no timer runs while no call waits, and the next call begins with no silence", () => {
  const { state, signs, look, timers } = setUp();
  state.isIdle = true;
  signs.begin();
  assertEquals(timers.size, 0);
  state.isIdle = false;
  state.onWait?.();
  assertEquals([timers.size, state.onWait], [1, undefined]);
  assertEquals(look(), ["ping"]);
  state.isIdle = true;
  assertEquals(look(), []);
  assertEquals(timers.size, 0);
  state.isIdle = false;
  state.onWait?.();
  assertEquals(look(), ["ping"]);
  signs.begin(); // both sides may have asked what the other knows
  assertEquals(timers.size, 1);
});

Deno.test("signs of life can be switched off, and so can the cut", () => {
  const off = setUp({ lifeSignMs: Infinity });
  off.signs.begin();
  assertEquals([off.timers.size, off.state.onWait], [0, undefined]);
  const patient = setUp({ silentPeerMs: Infinity });
  patient.signs.begin();
  assertEquals(patient.look(1_000).at(-1), "doubted");
});

Deno.test("nothing is watched behind the end", () => {
  const { state, signs, timers } = setUp();
  state.isIdle = true;
  signs.begin();
  signs.end();
  assertEquals(state.onWait, undefined);
  signs.begin();
  assertEquals(timers.size, 0);
});

Deno.test("times that are too short or no numbers are refused", () => {
  const { minLifeSignMs } = limits;
  assertEquals(lifeSignTimes({ lifeSignMs: minLifeSignMs, silentPeerMs: minLifeSignMs }), {
    lifeSignMs: minLifeSignMs,
    silentPeerMs: minLifeSignMs,
  });
  for (const lifeSignMs of [minLifeSignMs - 1, 0, -1, NaN]) {
    assertThrows(() => lifeSignTimes({ lifeSignMs }), RangeError, "at least 10, or Infinity");
  }
  for (const silentPeerMs of [limits.lifeSignMs - 1, 0, NaN]) {
    assertThrows(() => lifeSignTimes({ silentPeerMs }), RangeError, "at least lifeSignMs");
  }
});
