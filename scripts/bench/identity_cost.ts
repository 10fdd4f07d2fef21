/**
 * What identity costs a call: a server with a signed-in session and a policy beside the same server
 * that looks at nobody's rights, 64 calls in flight over TCP.
 *
 * @module
 */

import { denoProgram } from "./contestants/mod.ts";
import { LineProcess, runRound, type Sample } from "./process.ts";
import { median } from "./statistics.ts";

const scenario = { name: "64 in flight", connections: 1, inFlight: 64, work: "add" } as const;

/** What the two servers did. */
export interface IdentityCost {
  /** Calls a second, with identity and without. */
  readonly rate: { readonly identified: number; readonly open: number };
  /** The server's processor time for each call, in microseconds. */
  readonly serverCpuUs: { readonly identified: number; readonly open: number };
  /** The median, over the rounds, of the rate with identity by the one without. */
  readonly ratio: number;
}

/**
 * Measures, the two in turn, each first every other time.
 *
 * @param directory Where the TLS files are.
 * @param rounds Rounds of each.
 * @param seconds The length of a round.
 */
export async function measureIdentityCost(
  directory: string,
  rounds: number,
  seconds: number,
): Promise<IdentityCost> {
  await using identified = await start(directory, "identified");
  await using open = await start(directory, "open");
  const samples: { identified: Sample; open: Sample }[] = [];
  for (let round = 0; round < rounds; round++) {
    if (round % 2 === 0) {
      samples.push({ identified: await identified.run(seconds), open: await open.run(seconds) });
    } else {
      const first = await open.run(seconds);
      samples.push({ open: first, identified: await identified.run(seconds) });
    }
  }
  const both = (key: "rate" | "serverCpuUs") => ({
    identified: median(samples.map((sample) => sample.identified[key])),
    open: median(samples.map((sample) => sample.open[key])),
  });
  return {
    rate: both("rate"),
    serverCpuUs: both("serverCpuUs"),
    ratio: median(samples.map((sample) => sample.identified.rate / sample.open.rate)),
  };
}

async function start(directory: string, kind: "identified" | "open") {
  await using stack = new AsyncDisposableStack();
  const server = stack.use(
    new LineProcess(denoProgram("dari/server.ts", "tcp", "", directory, kind)),
  );
  const address = await server.readAddress();
  const client = stack.use(
    new LineProcess(denoProgram("dari/client.ts", address, directory, "tcp")),
  );
  const kept = stack.move();
  return {
    run: (seconds: number) => runRound(server, client, scenario, seconds),
    [Symbol.asyncDispose]: () => kept.disposeAsync(),
  };
}
