/**
 * Runs conformance cases against a peer.
 *
 * @module
 */

import { deadline } from "../base/abort.ts";
import { errorTable } from "../base/errors.ts";
import { limits } from "../base/limits.ts";
import type { ConformanceCase, Level, Step } from "./case.ts";
import { misfitOf } from "./pattern.ts";

/** A connection to the peer under test, of bytes: what is wrong on purpose has to get through. */
export interface PeerConnection {
  /** Sends bytes. Rejects where the peer has ended the connection. */
  write(bytes: Uint8Array): Promise<void>;
  /** Reads some bytes, or `null` once the peer has ended its sending half. */
  read(): Promise<Uint8Array | null>;
  /** Ends the sending half. */
  endSending(): Promise<void>;
  /** Drops the connection. */
  close(): void;
}

/** What a run needs. */
export interface RunOptions {
  /** Opens a connection to the peer. */
  readonly open: () => Promise<PeerConnection>;
  /** The levels to run; all without it. */
  readonly levels?: readonly Level[] | undefined;
  /** How long the peer may take for each line, in milliseconds. */
  readonly timeoutMs: number;
  /** Told of each case as it ends. */
  readonly report?: ((result: CaseResult) => void) | undefined;
}

/** How one case ended. */
export interface CaseResult {
  /** The case. */
  readonly id: string;
  /** Its level. */
  readonly level: Level;
  /** The section of docs/wire.md. */
  readonly section: string;
  /** What a conforming peer does. */
  readonly title: string;
  /** How it ended. */
  readonly outcome: "passed" | "failed" | "skipped";
  /** What was sent, in order; long texts are cut. */
  readonly sent: readonly string[];
  /** What came, in order. */
  readonly came: readonly string[];
  /** What was wanted and did not come, or what is missing where it was skipped. */
  readonly wanted?: string;
}

/** A step did not go as the case wants it. */
class Misfit extends Error {}

/**
 * Runs cases, one after the other, each on a connection of its own.
 *
 * @param cases The cases.
 * @param options The peer, and how long it may take.
 * @returns How each ended, in order.
 * @throws What `open` throws for the first connection: then there is no peer to test.
 */
export async function runCases(
  cases: readonly ConformanceCase[],
  options: RunOptions,
): Promise<CaseResult[]> {
  const offered = await offeredBy(options);
  const results: CaseResult[] = [];
  for (const one of cases) {
    if (options.levels !== undefined && !options.levels.includes(one.level)) continue;
    const missing = (one.needs ?? []).find((need) => !offered.has(need));
    const result = missing === undefined
      ? await runCase(one, options)
      : { ...headOf(one), outcome: "skipped" as const, sent: [], came: [], wanted: missing };
    results.push(result);
    options.report?.(result);
  }
  return results;
}

function headOf({ id, level, section, title }: ConformanceCase) {
  return { id, level, section, title };
}

async function runCase(one: ConformanceCase, options: RunOptions): Promise<CaseResult> {
  const dialogue = new Dialogue(await options.open(), options.timeoutMs);
  let wanted: string | undefined;
  try {
    for (const step of one.steps) await dialogue.play(step);
  } catch (error) {
    wanted = error instanceof Error ? error.message : String(error);
  } finally {
    dialogue.close();
  }
  const { sent, came } = dialogue;
  const outcome = wanted === undefined ? "passed" : "failed";
  return { ...headOf(one), outcome, sent, came, ...(wanted === undefined ? {} : { wanted }) };
}

/** What the peer offers: its methods by `rpc.discover`, and its features by `rpc.hello`. */
async function offeredBy({ open, timeoutMs }: RunOptions): Promise<Set<string>> {
  const dialogue = new Dialogue(await open(), timeoutMs);
  const offered = new Set<string>();
  const ask = async (method: string, params: unknown) => {
    await dialogue.send(
      `${JSON.stringify({ jsonrpc: "2.0", id: method, method, params })}\n`,
    );
    return JSON.parse(await dialogue.nextLine()) as Reply;
  };
  try {
    const document = (await ask("rpc.discover", {})).result as
      | { methods?: { name?: unknown }[] }
      | undefined;
    for (const { name } of document?.methods ?? []) offered.add(`method ${name}`);
    const { error } = await ask("rpc.logout", {});
    if (error?.code !== errorTable.method_not_found.wire) offered.add("sign-in");
    const hello = (await ask("rpc.hello", { versions: ["dari/1"], features: FEATURES })).result as
      | { features?: unknown[] }
      | undefined;
    if (hello !== undefined) offered.add("rpc.hello");
    for (const feature of hello?.features ?? []) offered.add(`feature ${feature}`);
  } catch {
    // It answers neither in time nor as it should: the cases of the core will say so.
  } finally {
    dialogue.close();
  }
  return offered;
}

/** The part of an answer that is read here. */
interface Reply {
  readonly result?: unknown;
  readonly error?: { readonly code?: unknown };
}

const FEATURES = ["values", "bytes", "streams", "drain"];
const { maxConformanceShownLength: MAX_SHOWN } = limits;
const LF = 0x0a;
const encoder = new TextEncoder();

/** One connection under test, and what went over it. */
class Dialogue {
  readonly sent: string[] = [];
  readonly came: string[] = [];
  readonly #connection: PeerConnection;
  readonly #timeoutMs: number;
  #buffer = new Uint8Array(0);
  #hasEnded = false;
  #pings = 0;

  constructor(connection: PeerConnection, timeoutMs: number) {
    this.#connection = connection;
    this.#timeoutMs = timeoutMs;
  }

  async play(step: Step): Promise<void> {
    if ("send" in step) return await this.send(`${step.send}\n`);
    if ("sendText" in step) return await this.send(step.sendText);
    if ("sendBytes" in step) return await this.#write(Uint8Array.fromBase64(step.sendBytes));
    if ("sendRepeated" in step) {
      return await this.send(
        step.sendRepeated.map(({ text, times }) => text.repeat(times)).join(""),
      );
    }
    if ("endSending" in step) return await this.#connection.endSending();
    if ("want" in step) return this.#check(await this.nextLine(), step.want);
    if ("wantAll" in step) return await this.#wantAll(step.wantAll);
    if ("wantNothing" in step) return await this.#wantNothing();
    await this.#wantEnd(step.afterLines === true);
  }

  async send(text: string): Promise<void> {
    this.sent.push(cut(text));
    await this.#write(encoder.encode(text), true);
  }

  /** The next line of the peer without its LF; blank ones are passed over. */
  async nextLine(): Promise<string> {
    while (true) {
      const line = await this.#lineOrEnd();
      if (line === null) throw new Misfit("a line, and the peer ended the connection");
      if (line.trim() !== "") return line;
    }
  }

  close(): void {
    this.#connection.close();
  }

  async #write(bytes: Uint8Array, isTold = false): Promise<void> {
    if (!isTold) this.sent.push(`${bytes.length} bytes: ${cut(bytes.slice(0, MAX_SHOWN).toHex())}`);
    try {
      await deadline(this.#connection.write(bytes), this.#timeoutMs);
    } catch (cause) {
      // A peer may end the connection while a bad line is still being sent: the next step tells.
      if (cause instanceof DOMException) throw new Misfit("to be read from", { cause });
    }
  }

  async #lineOrEnd(): Promise<string | null> {
    while (true) {
      const end = this.#buffer.indexOf(LF);
      if (end >= 0) {
        const line = new TextDecoder().decode(this.#buffer.subarray(0, end));
        this.#buffer = this.#buffer.slice(end + 1);
        if (line.trim() !== "") this.came.push(cut(line));
        return line;
      }
      if (this.#hasEnded) return null;
      const bytes = await this.#read();
      if (bytes === null) this.#hasEnded = true;
      else this.#buffer = joined(this.#buffer, bytes);
    }
  }

  async #read(): Promise<Uint8Array | null> {
    try {
      return await deadline(this.#connection.read(), this.#timeoutMs);
    } catch (cause) {
      if (cause instanceof DOMException) {
        throw new Misfit(`an answer within ${this.#timeoutMs} ms`, { cause });
      }
      return null; // it was reset
    }
  }

  #check(line: string, pattern: unknown): void {
    const misfit = misfitOf(parsed(line), pattern);
    if (misfit !== undefined) throw new Misfit(misfit);
  }

  async #wantAll(patterns: readonly unknown[]): Promise<void> {
    const lines: unknown[] = [];
    while (lines.length < patterns.length) lines.push(parsed(await this.nextLine()));
    const misfit = misfitOf(lines, { $unordered: patterns }, "messages");
    if (misfit !== undefined) throw new Misfit(misfit);
  }

  async #wantNothing(): Promise<void> {
    const id = `ping ${++this.#pings}`;
    await this.send(`${JSON.stringify({ jsonrpc: "2.0", id, method: "rpc.ping" })}\n`);
    const misfit = misfitOf(parsed(await this.nextLine()), { id, result: "pong" });
    if (misfit !== undefined) throw new Misfit(`nothing but the answer to rpc.ping: ${misfit}`);
  }

  async #wantEnd(afterLines: boolean): Promise<void> {
    while (true) {
      const line = await this.#lineOrEnd();
      if (line === null) return;
      if (!afterLines && line.trim() !== "") throw new Misfit("the end of the connection");
    }
  }
}

function parsed(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    throw new Misfit("a line of JSON");
  }
}

function joined(a: Uint8Array, b: Uint8Array): Uint8Array<ArrayBuffer> {
  const both = new Uint8Array(a.length + b.length);
  both.set(a);
  both.set(b, a.length);
  return both;
}

function cut(text: string): string {
  return text.length > MAX_SHOWN ? `${text.slice(0, MAX_SHOWN)}… (${text.length})` : text;
}
