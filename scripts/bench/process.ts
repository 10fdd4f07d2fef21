/**
 * The processes of a contestant, what they are told and what they cost.
 *
 * @module
 */

import type { LoadResult, Scenario } from "./load.ts";

/** A program and its arguments. */
export interface Program {
  /** The executable. */
  readonly command: string;
  /** Its arguments. */
  readonly args: readonly string[];
  /** Where it runs. */
  readonly cwd?: string;
}

/** What a process has used so far (Linux: /proc). */
export interface Usage {
  /** Time on a processor, user and system. */
  readonly cpuSeconds: number;
  /** Memory held now. */
  readonly rssBytes: number;
  /** The most memory it ever held. */
  readonly peakRssBytes: number;
}

const TICKS_PER_SECOND = 100; // USER_HZ, which Linux fixes for /proc
const START_TIMEOUT_MS = 20_000;

/** A running process that speaks a line at a time. */
export class LineProcess implements AsyncDisposable {
  readonly #child: Deno.ChildProcess;
  readonly #lines: ReadableStreamDefaultReader<string>;
  readonly #input: WritableStreamDefaultWriter<Uint8Array>;
  #rest = "";
  /** What a server has started besides: it counts as the server, and ends with it. */
  #furtherPids: readonly number[] = [];

  /** @param program What to run. */
  constructor({ command, args, cwd }: Program) {
    this.#child = new Deno.Command(command, {
      args: [...args],
      ...(cwd === undefined ? {} : { cwd }),
      stdin: "piped",
      stdout: "piped",
      stderr: "inherit",
      env: { NO_COLOR: "1" },
    }).spawn();
    this.#lines = this.#child.stdout.pipeThrough(new TextDecoderStream()).getReader();
    this.#input = this.#child.stdin.getWriter();
  }

  /** Its process id. */
  get pid(): number {
    return this.#child.pid;
  }

  /** How it ended, once it has. */
  get status(): Promise<Deno.CommandStatus> {
    return this.#child.status;
  }

  /**
   * Reads a line.
   *
   * @param timeoutMs How long to wait for it.
   * @throws {Error} Where the process ended or the time is over.
   */
  async readLine(timeoutMs: number): Promise<string> {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(() => reject(new Error(`no answer in ${timeoutMs} ms`)), timeoutMs);
    });
    try {
      while (!this.#rest.includes("\n")) {
        const { value, done } = await Promise.race([this.#lines.read(), late]);
        if (done) throw new Error("the process ended");
        this.#rest += value;
      }
    } finally {
      clearTimeout(timer);
    }
    const end = this.#rest.indexOf("\n");
    const line = this.#rest.slice(0, end);
    this.#rest = this.#rest.slice(end + 1);
    return line;
  }

  /** Waits for the line in which a server says where it listens. */
  async readAddress(): Promise<string> {
    const { address, pids = [] } = JSON.parse(await this.readLine(START_TIMEOUT_MS));
    this.#furtherPids = pids;
    return address;
  }

  /** Sends a JSON value as a line. */
  async send(value: unknown): Promise<void> {
    await this.#input.write(new TextEncoder().encode(`${JSON.stringify(value)}\n`));
  }

  /** What it has used so far, with what it started. */
  usage(): Promise<Usage> {
    return usageOfAll([this.pid, ...this.#furtherPids]);
  }

  /** Ends it, and what it started. */
  async [Symbol.asyncDispose](): Promise<void> {
    try {
      this.#child.kill("SIGKILL");
    } catch {
      // It has ended already.
    }
    endAll(this.#furtherPids);
    await this.#input.abort().catch(() => {});
    await this.#lines.cancel().catch(() => {});
    await this.#child.status;
  }
}

/** Ends processes at once. */
export function endAll(pids: readonly number[]): void {
  for (const pid of pids) {
    try {
      Deno.kill(pid, "SIGKILL");
    } catch {
      // It has ended already.
    }
  }
}

/** Reads what processes have used together. */
export async function usageOfAll(pids: readonly number[]): Promise<Usage> {
  const all = await Promise.all(pids.map(usageOf));
  const sum = (key: keyof Usage) => all.reduce((total, usage) => total + usage[key], 0);
  return {
    cpuSeconds: sum("cpuSeconds"),
    rssBytes: sum("rssBytes"),
    peakRssBytes: sum("peakRssBytes"),
  };
}

/** Reads what a process has used. */
export async function usageOf(pid: number): Promise<Usage> {
  // By `cat`, because Deno opens /proc only to those who may do everything.
  const { stdout } = await new Deno.Command("cat", {
    args: [`/proc/${pid}/stat`, `/proc/${pid}/status`],
  }).output();
  const text = new TextDecoder().decode(stdout);
  // The name in parentheses may hold spaces; utime and stime are fields 14 and 15.
  const fields = text.slice(text.indexOf(") ") + 2).split(" ", 13);
  const memory = (key: string) =>
    Number(new RegExp(`^${key}:\\s+(\\d+) kB$`, "m").exec(text)?.[1] ?? 0) * 1_024;
  return {
    cpuSeconds: (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND,
    rssBytes: memory("VmRSS"),
    peakRssBytes: memory("VmHWM"),
  };
}

/** One round's figures. */
export interface Sample {
  /** Calls a second. */
  readonly rate: number;
  /** Processor time for each call at the server, in microseconds. */
  readonly serverCpuUs: number;
  /** Processor time for each call at the client, in microseconds. */
  readonly clientCpuUs: number;
  /** How long the middle call took, in microseconds; NaN where the client times none. */
  readonly p50Us: number;
  /** What 99 of 100 calls did not exceed, as above. */
  readonly p99Us: number;
  /** Memory of the server at the end. */
  readonly serverRssBytes: number;
  /** Memory of the client at the end. */
  readonly clientRssBytes: number;
}

/**
 * Runs one round.
 *
 * @param server The contestant's server.
 * @param client The contestant's client, which runs `carryLoads`.
 * @param scenario What to do.
 * @param seconds For how long, after warming up.
 */
export async function runRound(
  server: LineProcess,
  client: LineProcess,
  scenario: Scenario,
  seconds: number,
): Promise<Sample> {
  const patienceMs = (seconds + 30) * 1_000;
  await client.send({ scenario, seconds });
  await client.readLine(patienceMs); // "warm"
  const before = { server: await server.usage(), client: await client.usage() };
  const result: LoadResult = JSON.parse(await client.readLine(patienceMs));
  const after = { server: await server.usage(), client: await client.usage() };
  const cpuUs = (side: "server" | "client") =>
    (after[side].cpuSeconds - before[side].cpuSeconds) * 1e6 / Math.max(result.calls, 1);
  return {
    rate: result.calls / result.seconds,
    serverCpuUs: cpuUs("server"),
    clientCpuUs: cpuUs("client"),
    p50Us: (result.p50Ms ?? NaN) * 1_000,
    p99Us: (result.p99Ms ?? NaN) * 1_000,
    serverRssBytes: after.server.rssBytes,
    clientRssBytes: after.client.rssBytes,
  };
}
