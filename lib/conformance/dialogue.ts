/**
 * One connection under test: what the steps of a case send over it, and what they want to come.
 *
 * @module
 */

import { deadline } from "../base/abort.ts";
import { errorTable } from "../base/errors.ts";
import { limits } from "../base/limits.ts";
import type { Step } from "./case.ts";
import { BLOB_HEADER, fillBlobs } from "./blobs.ts";
import { Misfit, NotOffered } from "./misfit.ts";
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

const { maxConformanceShownLength: MAX_SHOWN } = limits;
const LF = 0x0a;
const encoder = new TextEncoder();

/** Which end of the wire is under test. */
export type Side = "server" | "client";

/** One connection under test, and what went over it. */
export class Dialogue {
  /** What was sent, in order; long texts are cut. */
  readonly sent: string[] = [];
  /** What came, in order. */
  readonly came: string[] = [];
  readonly #connection: PeerConnection;
  readonly #timeoutMs: number;
  #buffer = new Uint8Array(0);
  readonly #side: Side;
  /** What the case has kept of what came, by name; and a text of its own. */
  readonly #saved = new Map<string, unknown>([["run", crypto.randomUUID()]]);
  /** Raw bytes that came in front of the next message. */
  #blobs: Uint8Array[] = [];
  /** Whether the tester has said that it takes raw bytes. */
  #takesBytes = false;
  #hasEnded = false;
  #pings = 0;

  /**
   * @param connection The connection; closed by `close`.
   * @param timeoutMs How long the peer may take for each line, in milliseconds.
   * @param side What the peer is. What a client may say of its own accord is answered and passed over.
   */
  constructor(connection: PeerConnection, timeoutMs: number, side: Side = "server") {
    this.#connection = connection;
    this.#timeoutMs = timeoutMs;
    this.#side = side;
  }

  /**
   * Takes one step.
   *
   * @param step The step.
   * @throws {Misfit} The peer did not do what the step wants.
   * @throws {NotOffered} A client said that it does not do what it was asked for.
   */
  async play(step: Step): Promise<void> {
    if ("send" in step) return await this.send(`${this.#filled(step.send)}\n`);
    if ("sendText" in step) return await this.send(this.#filled(step.sendText));
    if ("sendBytes" in step) return await this.#write(Uint8Array.fromBase64(step.sendBytes));
    if ("sendRepeated" in step) {
      return await this.send(
        step.sendRepeated.map(({ text, times }) => text.repeat(times)).join(""),
      );
    }
    if ("endSending" in step) return await this.#connection.endSending();
    if ("want" in step) return void await this.#want(step.want, step.as);
    if ("wantReport" in step) return await this.#wantReport(step.wantReport, step.types);
    if ("wantHello" in step) return await this.#wantHello(step.wantHello);
    if ("wantAll" in step) return await this.#wantAll(step.wantAll);
    if ("wantNothing" in step) return await this.#wantNothing();
    await this.#wantEnd(step.afterLines === true);
  }

  /** Sends text as it stands. */
  async send(text: string): Promise<void> {
    this.sent.push(cut(text));
    this.#takesBytes ||= text.includes('"rpc.hello"') && text.includes('"bytes"');
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

  /** Drops the connection. */
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
      if (end < 0) {
        if (!await this.#readMore()) return null;
        continue;
      }
      const line = new TextDecoder().decode(this.#buffer.subarray(0, end));
      this.#buffer = this.#buffer.slice(end + 1);
      if (line.trim() !== "") this.came.push(cut(line));
      const [, length] = BLOB_HEADER.exec(line) ?? [];
      if (!this.#takesBytes || length === undefined) return line;
      await this.#takeBlob(Number(length));
    }
  }

  async #takeBlob(length: number): Promise<void> {
    while (this.#buffer.length < length) {
      if (!await this.#readMore()) throw new Misfit(`${length} bytes behind their length`);
    }
    this.#blobs.push(this.#buffer.slice(0, length));
    this.#buffer = this.#buffer.slice(length);
  }

  /** @returns False once the peer has ended its sending half. */
  async #readMore(): Promise<boolean> {
    const bytes = this.#hasEnded ? null : await this.#read();
    if (bytes === null) this.#hasEnded = true;
    else this.#buffer = joined(this.#buffer, bytes);
    return bytes !== null;
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

  async #want(pattern: unknown, name?: string): Promise<unknown> {
    const message = await this.#nextMessage([pattern]);
    const misfit = misfitOf(message, pattern, "message", this.#saved);
    if (misfit !== undefined) throw new Misfit(misfit);
    if (name !== undefined) this.#saved.set(name, (message as Message).id);
    return message;
  }

  /** The next message; what a client says of its own accord is passed over where nobody waits for it. */
  async #nextMessage(patterns: readonly unknown[]): Promise<unknown> {
    while (true) {
      const message = parsed(await this.nextLine());
      fillBlobs(message, this.#blobs.splice(0));
      const { id, method, error } = (message ?? {}) as Message;
      const isWanted = patterns.some((pattern) => (pattern as Message).method === method);
      if (typeof method === "string" && OF_ITS_OWN[this.#side].has(method) && !isWanted) {
        if (id !== undefined) await this.send(`${answerTo(method, id)}\n`);
      } else if (this.#side === "server" || method !== undefined || error === undefined) {
        return message;
      } else if (id !== null) return message;
    }
  }

  /** A client that says no hello, or does not know what the case is about, is passed over. */
  async #wantHello(features: readonly string[] | null): Promise<void> {
    const { id, method, params } = await this.#nextMessage([{ method: HELLO }]) as Message;
    const known = (params as { features?: unknown } | undefined)?.features;
    if (method !== HELLO) throw new NotOffered("rpc.hello");
    const missing = features?.find((feature) => !Array.isArray(known) || !known.includes(feature));
    if (missing !== undefined) throw new NotOffered(`feature ${missing}`);
    this.#saved.set("hello", id);
    if (features === null) return;
    const result = { versions: ["dari/1"], features, agent: "conformance/1" };
    await this.send(`${JSON.stringify({ jsonrpc: "2.0", id, result })}\n`);
    this.#takesBytes = features.includes("bytes");
  }

  async #wantReport(pattern: unknown, wantedTypes: unknown = { $in: [{ $absent: true }, {}] }) {
    const { id, params, types } = await this.#want({ method: "report" }) as Message;
    if ((params as { unsupported?: unknown })?.unsupported === true) {
      throw new NotOffered("a client that follows the instruction");
    }
    const misfit = misfitOf(params, pattern, "report") ?? misfitOf(types, wantedTypes, "types");
    if (misfit !== undefined) throw new Misfit(misfit);
    await this.send(`${JSON.stringify({ jsonrpc: "2.0", id, result: null })}\n`);
  }

  #filled(text: string): string {
    return text.replace(/\$\{(\w+)\}/g, (_, name) => {
      if (!this.#saved.has(name)) throw new TypeError(`Nothing is kept as "${name}"`);
      return JSON.stringify(this.#saved.get(name));
    });
  }

  async #wantAll(patterns: readonly unknown[]): Promise<void> {
    const lines: unknown[] = [];
    while (lines.length < patterns.length) lines.push(await this.#nextMessage(patterns));
    const misfit = misfitOf(lines, { $unordered: patterns }, "messages");
    if (misfit !== undefined) throw new Misfit(misfit);
  }

  async #wantNothing(): Promise<void> {
    const id = `ping ${++this.#pings}`;
    await this.send(`${JSON.stringify({ jsonrpc: "2.0", id, method: "rpc.ping" })}\n`);
    const misfit = misfitOf(await this.#nextMessage([]), { id, result: "pong" });
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

/** The part of a message that is read here. */
interface Message {
  readonly id?: unknown;
  readonly method?: unknown;
  readonly params?: unknown;
  readonly types?: unknown;
  readonly error?: unknown;
}

const HELLO = "rpc.hello";

/** What a peer may send whatever it was asked for: how fast a reader reads is its own affair. */
const OF_ITS_OWN: Readonly<Record<Side, ReadonlySet<string>>> = {
  server: new Set(["rpc.credit", "rpc.stop"]),
  client: new Set([HELLO, "rpc.ping", "rpc.credit", "rpc.stop", "rpc.cancel"]),
};

function answerTo(method: string, id: unknown): string {
  if (method === "rpc.ping") return JSON.stringify({ jsonrpc: "2.0", id, result: "pong" });
  const { wire: code } = errorTable.method_not_found;
  const error = { code, message: `There is no method ${JSON.stringify(method)}` };
  return JSON.stringify({ jsonrpc: "2.0", id, error });
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

/**
 * Makes a text short enough to be shown.
 *
 * @param text The text.
 * @returns The text, or its beginning and its length.
 */
export function cut(text: string): string {
  return text.length > MAX_SHOWN ? `${text.slice(0, MAX_SHOWN)}… (${text.length})` : text;
}
