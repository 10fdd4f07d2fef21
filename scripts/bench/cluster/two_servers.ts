/**
 * What a second server of a service adds, where a call takes 5 ms: of a core, or of time alone with one
 * call at a time in each server.
 *
 * Each server has a core of its own. The client and the NATS server run beside them, on both cores.
 *
 * @module
 */

import { connect } from "../../../mod.ts";
import { LineProcess } from "../process.ts";
import { median } from "../statistics.ts";
import { turnsIn } from "../turns.ts";

/** What two servers give beside one. */
export interface ScaleFigure {
  /** What a call takes. */
  readonly work: "core" | "wait";
  /** Calls a second of one server. */
  readonly one: number;
  /** Calls a second of two. */
  readonly two: number;
  /** The second by the first, in the same round. */
  readonly ratio: number;
}

const CALL_MS = 5;
const IN_FLIGHT = 16;
const CORES = [0, 1] as const;
const SERVER = new URL("server.ts", import.meta.url).pathname;

/**
 * Measures; one server and two take turns.
 *
 * @param directory The directory of the service's certificate.
 * @param at Host and port of the NATS server.
 * @param options How often, and for how long in seconds.
 */
export async function measureTwoServers(
  directory: string,
  at: string,
  { rounds, seconds }: { readonly rounds: number; readonly seconds: number },
): Promise<ScaleFigure[]> {
  const turns = turnsIn(CALL_MS);
  const rates = { core: [] as number[][], wait: [] as number[][] };
  for (let round = 0; round < rounds; round++) {
    for (const work of ["core", "wait"] as const) {
      const params = work === "core" ? { turns } : { ms: CALL_MS };
      const ofRound: number[] = [];
      for (const count of [1, 2]) {
        await using servers = new AsyncDisposableStack();
        for (const core of CORES.slice(0, count)) {
          const server = servers.use(new LineProcess(pinned(core, at, directory)));
          await server.readAddress();
        }
        ofRound.push(await rateOf(work, params, { at, directory, seconds }));
      }
      rates[work].push(ofRound);
    }
  }
  return (["core", "wait"] as const).map((work) => ({
    work,
    one: median(rates[work].map(([one = NaN]) => one)),
    two: median(rates[work].map(([, two = NaN]) => two)),
    ratio: median(rates[work].map(([one = NaN, two = NaN]) => two / one)),
  }));
}

async function rateOf(
  method: "core" | "wait",
  params: Readonly<Record<string, number>>,
  { at, directory, seconds }: {
    readonly at: string;
    readonly directory: string;
    readonly seconds: number;
  },
): Promise<number> {
  const ca = await Deno.readTextFile(`${directory}/service.crt`);
  await using client = await connect(`nats://${at}/bench`, { ca });
  let calls = 0;
  const callUntil = async (endMs: number) => {
    while (performance.now() < endMs) {
      await client.call(method, params);
      calls++;
    }
  };
  const run = async (ms: number) => {
    const endMs = performance.now() + ms;
    await Promise.all(Array.from({ length: IN_FLIGHT }, () => callUntil(endMs)));
  };
  await run(500);
  calls = 0;
  const start = performance.now();
  await run(1_000 * seconds);
  return 1_000 * calls / (performance.now() - start);
}

function pinned(core: number, at: string, directory: string) {
  const deno = [Deno.execPath(), "run", "--allow-all", "--no-check", SERVER];
  return { command: "taskset", args: ["-c", `${core}`, ...deno, "dari", at, directory] };
}
