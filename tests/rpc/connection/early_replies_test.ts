import { assert, assertEquals } from "@std/assert";
import { limits } from "../../../lib/base/limits.ts";
import { EarlyReplies } from "../../../lib/rpc/connection/early_replies.ts";

/** How long a window of calls takes by each way, in milliseconds. */
interface Speeds {
  readonly together: number;
  readonly early: number;
}

/** A connection with many calls in flight, on a clock of the test. */
function createConnection() {
  const early = new EarlyReplies();
  let now = 0;
  return {
    /** Carries so many windows of calls, and gives the share of them whose replies left early. */
    carry(windows: number, speeds: Speeds): number {
      let earlyWindows = 0;
      for (let window = 0; window < windows; window++) {
        early.arrived(limits.earlyReplyWindowLength, { monotonic: () => now });
        const isEarly = early.pays;
        earlyWindows += Number(isEarly);
        now += isEarly ? speeds.early : speeds.together;
      }
      return earlyWindows / windows;
    },
    early,
  };
}

const FREE_CORES: Speeds = { together: 3, early: 2 };
const ONE_CORE: Speeds = { together: 3, early: 4 };

Deno.test("replies leave early where that is faster, and seldom otherwise", () => {
  const free = createConnection(), one = createConnection();
  free.carry(10, FREE_CORES);
  assert(free.carry(1_000, FREE_CORES) > 0.95);
  one.carry(10, ONE_CORE);
  assert(one.carry(1_000, ONE_CORE) < 0.05);
});

Deno.test("replies leave together where leaving early gains less than earlyReplyGain", () => {
  const { earlyReplyGain } = limits;
  assert(createConnection().carry(1_000, { together: earlyReplyGain - 0.01, early: 1 }) < 0.05);
  assert(createConnection().carry(1_000, { together: earlyReplyGain + 0.01, early: 1 }) > 0.95);
});

Deno.test("the way is changed again when the other has become faster", () => {
  const { carry } = createConnection();
  carry(1_000, FREE_CORES);
  carry(2 * limits.maxEarlyReplyWindows, ONE_CORE);
  assert(carry(1_000, ONE_CORE) < 0.05);
  carry(2 * limits.maxEarlyReplyWindows, FREE_CORES);
  assert(carry(1_000, FREE_CORES) > 0.95);
});

Deno.test("nothing is tried where there are never many calls", () => {
  const { early } = createConnection();
  for (let now = 0; now < 1_000; now++) {
    early.arrived(limits.earlyReplyWindowLength, { monotonic: () => now });
  }
  assertEquals(early.pays, false);
});

Deno.test("windows that take no time are no faster than others", () => {
  const { carry } = createConnection();
  assert(carry(1_000, { together: 0, early: 0 }) < 0.05);
});
