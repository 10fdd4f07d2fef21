/**
 * An open loop: calls begin at random moments at a given rate, whatever becomes of those before.
 * Their time counts from the moment at which they were due, so a client that falls behind hides
 * nothing (no coordinated omission).
 *
 * Argument: the address of the server. Loads come as JSON lines on standard input.
 *
 * @module
 */

/** What one run does. */
export interface OpenLoad {
  /** The method, which takes `a` and `b`. */
  readonly method: string;
  /** Calls each second. */
  readonly rate: number;
  /** Connections that the calls are spread over. */
  readonly connections: number;
  /** How long calls are made, in seconds; those of the first are not counted. */
  readonly seconds: number;
}

/** What one run gave. */
export interface OpenLoadResult {
  /** Calls that were answered with a result, each second. */
  readonly goodput: number;
  /** Calls that were refused, each second. */
  readonly refused: number;
  /** The time of the calls that were answered with a result: the middle one, in milliseconds; null for none. */
  readonly p50Ms: number | null;
  /** 99 of 100 took at most this long. */
  readonly p99Ms: number | null;
  /** Calls that had no answer when the run ended. */
  readonly unanswered: number;
}

const WARM_UP_MS = 1_000;
const PATIENCE_MS = 500;
const TICK_MS = 1;
const READ_BYTES = 262_144;

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** The calls of one run, by their ids. */
class Calls {
  readonly dueAt: number[] = [];
  readonly times: number[] = [];
  answered = 0;
  good = 0;
  refused = 0;
  countsFrom = Infinity;
  countsTo = Infinity;

  take(line: string): void {
    const id = Number(/"id":(\d+)/.exec(line)?.[1]);
    const dueAt = this.dueAt[id];
    if (dueAt === undefined) throw new Error(`The server sent ${line}`);
    this.answered++;
    const now = performance.now();
    if (dueAt < this.countsFrom || now > this.countsTo) return;
    if (line.includes('"error":')) {
      this.refused++;
      return;
    }
    this.good++;
    this.times.push(now - dueAt);
  }
}

async function read(connection: Deno.TcpConn, calls: Calls): Promise<void> {
  const buffer = new Uint8Array(READ_BYTES);
  let rest = "";
  try {
    for (let count = 0; count !== null; count = await connection.read(buffer) as number) {
      const lines = (rest + decoder.decode(buffer.subarray(0, count))).split("\n");
      rest = lines.pop() ?? "";
      for (const line of lines) calls.take(line);
    }
  } catch (error) {
    if (!(error instanceof Deno.errors.BadResource || error instanceof Deno.errors.Interrupted)) {
      throw error;
    }
  }
}

/** Writes what is due; what comes while a write is under way leaves after it. */
class Writer {
  readonly #connection: Deno.TcpConn;
  #text = "";
  #isWriting = false;

  constructor(connection: Deno.TcpConn) {
    this.#connection = connection;
  }

  add(line: string): void {
    this.#text += line;
  }

  async flush(): Promise<void> {
    if (this.#isWriting) return;
    this.#isWriting = true;
    try {
      while (this.#text !== "") {
        const bytes = encoder.encode(this.#text);
        this.#text = "";
        for (let sent = 0; sent < bytes.length;) {
          sent += await this.#connection.write(bytes.subarray(sent));
        }
      }
    } catch {
      // The run has ended.
    } finally {
      this.#isWriting = false;
    }
  }
}

async function run({ method, rate, connections, seconds }: OpenLoad, address: URL) {
  const calls = new Calls();
  const opened: Deno.TcpConn[] = [];
  for (let n = 0; n < connections; n++) {
    const connection = await Deno.connect({
      hostname: address.hostname,
      port: Number(address.port),
    });
    connection.setNoDelay(true);
    opened.push(connection);
  }
  const reading = opened.map((connection) => read(connection, calls));
  const writers = opened.map((connection) => new Writer(connection));
  const start = performance.now();
  calls.countsFrom = start + WARM_UP_MS;
  calls.countsTo = start + seconds * 1_000;
  let due = start;
  while (performance.now() < calls.countsTo) {
    for (const now = performance.now(); due <= now;) {
      const id = calls.dueAt.push(due) - 1;
      writers[id % connections]!.add(
        `{"jsonrpc":"2.0","id":${id},"method":"${method}","params":{"a":${id},"b":1}}\n`,
      );
      due += -Math.log(1 - Math.random()) * 1_000 / rate; // Poisson
    }
    for (const writer of writers) void writer.flush();
    await new Promise((resolve) => setTimeout(resolve, TICK_MS));
  }
  await new Promise((resolve) => setTimeout(resolve, PATIENCE_MS));
  for (const connection of opened) connection.close();
  await Promise.all(reading);
  return resultOf(calls);
}

function resultOf(calls: Calls): OpenLoadResult {
  const { times, countsFrom, countsTo } = calls;
  times.sort((a, b) => a - b);
  const at = (share: number) => times[Math.min(times.length - 1, Math.floor(times.length * share))];
  const countedSeconds = (countsTo - countsFrom) / 1_000;
  return {
    goodput: calls.good / countedSeconds,
    refused: calls.refused / countedSeconds,
    p50Ms: at(0.5) ?? null,
    p99Ms: at(0.99) ?? null,
    unanswered: calls.dueAt.length - calls.answered,
  };
}

if (import.meta.main) {
  const address = new URL((Deno.args[0] ?? "").replace("tcp:", "http:"));
  let rest = "";
  for await (const text of Deno.stdin.readable.pipeThrough(new TextDecoderStream())) {
    const lines = (rest + text).split("\n");
    rest = lines.pop() ?? "";
    for (const line of lines) console.log(JSON.stringify(await run(JSON.parse(line), address)));
  }
}
