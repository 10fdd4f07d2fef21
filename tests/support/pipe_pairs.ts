import { pipe } from "../../lib/ipc/mod.ts";
import type { Pair } from "./transports.ts";

const CAPACITY = { capacityBytes: 1 << 16, maxMessageBytes: 64 << 20 };

/** Two ends of one pipe, in this thread. */
export function pipePair(): Pair {
  const [near, far] = pipe(CAPACITY);
  return {
    near: near.connection(),
    far: far.connection(),
    [Symbol.asyncDispose]: () => {
      near.close();
      far.close();
      return Promise.resolve();
    },
  };
}

/** Two ends in this thread, with a worker between them that hands everything on. */
export function relayedPair(): Pair {
  const [near, first] = pipe(CAPACITY);
  const [far, second] = pipe(CAPACITY);
  const relay = new Worker(new URL("pipe_relay.ts", import.meta.url), { type: "module" });
  relay.postMessage([first.transfer(), second.transfer()]);
  return {
    near: near.connection(),
    far: far.connection(),
    [Symbol.asyncDispose]: () => {
      near.close();
      far.close();
      relay.terminate();
      return Promise.resolve();
    },
  };
}
