import { setImmediate } from "node:timers";
import type { Timeline } from "../../scripts/sim/time/timeline.ts";

/** The runtime's own time, for simulated parts that are tried beside real ones. */
export const realTimeline: Timeline = {
  now: () => performance.now(),
  after(ms, _what, run) {
    if (ms > 0) {
      const timer = setTimeout(run, ms);
      return () => clearTimeout(timer);
    }
    let isCancelled = false;
    setImmediate(() => isCancelled || run()); // a timer of 0 takes a millisecond
    return () => void (isCancelled = true);
  },
  note: () => {},
};
