import { delay } from "../../../base/abort.ts";
import { limits } from "../../../base/limits.ts";
import { METRICS_METHOD, type MetricsReport } from "../../../ops/metrics/metrics_method.ts";
import type { Client } from "../../../rpc/client/client.ts";
import { type Command, defineCommand } from "../../app/command.ts";
import { formatDuration } from "../../app/duration.ts";
import { flag, option } from "../../app/option.ts";
import type { Screen } from "../../app/screen.ts";
import { duration, wholeNumber } from "../../app/value_type.ts";
import { pageOf } from "../../top/page.ts";
import { type Rates, ratesOf } from "../../../ops/metrics/rates.ts";
import { connectAsAsked, connectionOptions } from "../../workspace/server_connection.ts";

/** `dari top` */
export const command: Command = defineCommand({
  examples: [
    ["dari top", "the server of the data directory; q ends it"],
    "dari top --to tls://box.example.com:9090 --interval 5s",
    ["dari top --json", "what happened in one second, for programs"],
  ],
  options: {
    ...connectionOptions,
    interval: option(duration, "the time between two looks", {
      default: formatDuration(limits.topIntervalMs),
    }),
    count: option(wholeNumber(1), "end after so many looks"),
    json: flag("look once, and print one JSON value"),
  },
  notes: [
    "Each look shows what has happened since the one before: calls, errors and percentiles by method, " +
    "connections, what waits, workers, how late the event loop is (99 of 100 timers), memory.",
    "Where the output is no terminal, pages follow one another.",
    "The owner of the server's Unix socket may look, and accounts with the role admin or a right to " +
    "rpc.metrics.",
  ],
  async run({ options }, io) {
    const { signal } = io; // from now on Ctrl-C ends it in order
    const interval = Math.max(limits.minTopIntervalMs, options.interval);
    await using client = await connectAsAsked(options, io);
    const server = client.status.servers[0]?.address ?? "";
    const leaving = new AbortController();
    const until = AbortSignal.any([signal, leaving.signal]);
    const looks = lookEvery(client, interval, options.json ? 1 : options.count, until);
    if (options.json) {
      for await (const rates of looks) io.print(JSON.stringify(rates));
      return 0;
    }
    const screen = io.screen?.();
    if (screen === undefined) {
      for await (const rates of looks) for (const line of pageOf(rates, server)) io.print(line);
    } else await showOn(screen, looks, server, leaving);
    return 0;
  },
});

/** Looks at the server until nobody wants to see it any more. */
async function* lookEvery(
  client: Client,
  intervalMs: number,
  count = Infinity,
  signal: AbortSignal,
): AsyncGenerator<Rates> {
  const read = async () => await client.call(METRICS_METHOD) as MetricsReport;
  let before = await read();
  for (let look = 0; look < count && !signal.aborted; look++) {
    const isStopped = await delay(intervalMs, { signal }).then(() => false, () => true);
    if (isStopped) return;
    const after = await read();
    yield ratesOf(before, after);
    before = after;
  }
}

/** Shows the looks until q, Escape or Ctrl-C is typed. */
async function showOn(
  screen: Screen,
  looks: AsyncGenerator<Rates>,
  server: string,
  leaving: AbortController,
): Promise<void> {
  using shown = screen;
  shown.show(["looking …"]);
  void leftBy(shown).then(() => leaving.abort());
  for await (const rates of looks) {
    const { rows } = shown.size();
    shown.show(pageOf(rates, server, Math.max(1, rows - FRAME_ROWS)));
  }
}

/** The rows around the methods: those above, the head of the table, what is left out. */
const FRAME_ROWS = 8;
/** In raw mode Ctrl-C is a key as any other. */
const LEAVING: ReadonlySet<string> = new Set(["q", "Q", "\x1b", "\x03", "\x04"]);

async function leftBy(screen: Screen): Promise<void> {
  for (;;) {
    const key = await screen.key();
    if (key === null || LEAVING.has(key)) return;
  }
}
