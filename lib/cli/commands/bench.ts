import { limits } from "../../base/limits.ts";
import { connect } from "../../endpoint/connect.ts";
import { serve } from "../../endpoint/serve.ts";
import type { Client } from "../../rpc/client/client.ts";
import { type Command, defineCommand } from "../app/command.ts";
import { formatDuration } from "../app/duration.ts";
import { option } from "../app/option.ts";
import { duration } from "../app/value_type.ts";

interface Figure {
  readonly transport: string;
  readonly inFlight: number;
  readonly callsPerSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
}

/** `dari bench` */
export const command: Command = defineCommand({
  examples: ["dari bench", "dari bench --time 5s --json"],
  options: {
    time: option(duration, "how long to measure each figure", {
      default: formatDuration(limits.benchTimeMs),
    }),
  },
  notes: ["Client and server run in one process and call a small method."],
  async run({ options: { time: timeMs, json } }, io) {
    const directory = await Deno.makeTempDir({ prefix: "dari-bench-" });
    const figures: Figure[] = [];
    try {
      const data = `${directory}/data`;
      await using server = await serve({
        listen: ["tls://127.0.0.1:0", "tcp://127.0.0.1:0", `unix:${directory}/bench.sock`],
        data,
        methods: { add: ({ a, b }: { a: number; b: number }) => a + b },
        public: ["add"],
      });
      const ca = await Deno.readTextFile(`${data}/ca.crt`);
      for (const address of server.addresses) {
        for (const inFlight of [1, 64]) {
          await using client = await connect(address, { ca });
          await measure(client, address, inFlight, timeMs / 5); // warm-up
          figures.push(await measure(client, address, inFlight, timeMs));
          const figure = figures.at(-1);
          if (!json && figure !== undefined) io.print(lineOf(figure));
        }
      }
    } finally {
      await Deno.remove(directory, { recursive: true });
    }
    if (json) io.print(JSON.stringify(figures));
    return 0;
  },
});

async function measure(
  client: Client,
  address: string,
  inFlight: number,
  timeMs: number,
): Promise<Figure> {
  const durations: number[] = [];
  const endsAt = performance.now() + timeMs;
  const lane = async () => {
    for (let now = performance.now(); now < endsAt;) {
      await client.call("add", { a: 10, b: 20 });
      const after = performance.now();
      durations.push(after - now);
      now = after;
    }
  };
  await Promise.all(Array.from({ length: inFlight }, lane));
  durations.sort((a, b) => a - b);
  const quantile = (q: number) => durations[Math.floor(q * (durations.length - 1))] ?? NaN;
  return {
    transport: address.slice(0, address.indexOf(":")),
    inFlight,
    callsPerSecond: Math.round(durations.length / timeMs * 1_000),
    p50Ms: quantile(.5),
    p99Ms: quantile(.99),
  };
}

function lineOf({ transport, inFlight, callsPerSecond, p50Ms, p99Ms }: Figure): string {
  const calls = String(callsPerSecond).padStart(8);
  return `${transport.padEnd(4)}  ${String(inFlight).padStart(2)} in flight ${calls} calls/s` +
    `   p50 ${p50Ms.toFixed(3)} ms   p99 ${p99Ms.toFixed(3)} ms`;
}
