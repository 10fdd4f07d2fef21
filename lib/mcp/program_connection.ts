/**
 * A program that serves tools, as a server of dari's wire: calls become `tools/call`, and `rpc.discover`
 * tells the tools.
 *
 * @module
 */

import { DariError, errorTable, TransportError } from "../base/errors.ts";
import { limits } from "../base/limits.ts";
import { VERSION } from "../base/version.ts";
import { decodeLine } from "../protocol/decode.ts";
import { encodeError, encodeResult } from "../protocol/encode.ts";
import type { ErrorMessage, RequestMessage, ResultMessage } from "../protocol/message.ts";
import type { Connection, Peer } from "../transport/connection.ts";
import type { CheckedTools, PinFile, ToolDefinition } from "./pin_file.ts";
import { documentOf, listTools, type McpCaller, shakeHands } from "./program_tools.ts";
import { faultLine, McpFault, notificationLine, resultLine } from "./revision.ts";

/** Ids of this side's own requests; those of calls are numbers. */
const OWN = "dari-";
/** The numbers that mean the same on both sides. */
const SHARED: readonly number[] = [
  errorTable.invalid_params.wire,
  errorTable.method_not_found.wire,
];

/** What this side asks of the program itself. */
type Asked = PromiseWithResolvers<unknown>;

/** The program, once its tools have been compared with those that were accepted. */
export class McpProgramConnection implements Connection, McpCaller {
  readonly peer: Peer;
  readonly #inner: Connection;
  readonly #pins: Pick<PinFile, "check">;
  readonly #asked = new Map<string, Asked>();
  /** Settles when the tools are known. */
  readonly #ready: Promise<void>;
  #tools: readonly ToolDefinition[] = [];
  #checked: CheckedTools = { known: [], refused: new Set() };
  /** Lines for the reader that no program sent. */
  #inbox = "";
  #woken = Promise.withResolvers<void>();
  /** A read that is under way. */
  #reading: Promise<string | Uint8Array | null> | undefined;
  /** Sends one behind the other. */
  #sent: Promise<void> = Promise.resolve();

  /**
   * @param inner The program; it is owned by this connection from now on.
   * @param pins Which definitions were accepted.
   */
  constructor(inner: Connection, pins: Pick<PinFile, "check">) {
    this.#inner = inner;
    this.#pins = pins;
    this.peer = inner.peer;
    inner.maxLineBytes = limits.maxLineBytes;
    this.#ready = this.#begin();
    this.#ready.catch(() => {}); // the sender is told
  }

  get maxLineBytes(): number {
    return this.#inner.maxLineBytes;
  }

  set maxLineBytes(bytes: number) {
    this.#inner.maxLineBytes = bytes;
  }

  async receive(): Promise<string | null> {
    for (;;) {
      if (this.#inbox !== "") {
        const lines = this.#inbox;
        this.#inbox = "";
        return lines;
      }
      this.#reading ??= this.#inner.receive();
      const read = await Promise.race([this.#reading, this.#woken.promise])
        .catch((error) => {
          this.#over();
          throw error;
        });
      if (read === undefined) continue;
      this.#reading = undefined;
      if (read === null) return this.#over();
      if (typeof read === "string") { for (const line of read.split("\n")) this.#hear(line); }
    }
  }

  async send(lines: string): Promise<void> {
    try {
      await this.#ready;
    } catch (cause) {
      this.abort();
      const reason = cause instanceof Error ? cause.message : String(cause);
      const text = `"${this.peer.address}" does not serve tools: ${reason}`;
      throw new TransportError("unavailable", text, { cause });
    }
    let translated = "";
    for (const line of lines.split("\n")) {
      if (line !== "") translated += await this.#translate(line);
    }
    if (translated !== "") await this.#write(translated);
  }

  async close(): Promise<void> {
    await this.#inner.close();
  }

  abort(): void {
    this.#inner.abort();
  }

  async call(method: string, params: unknown): Promise<unknown> {
    const id = `${OWN}${crypto.randomUUID()}`;
    const asked = Promise.withResolvers<unknown>();
    asked.promise.catch(() => {}); // it is looked at below, unless the write fails
    this.#asked.set(id, asked);
    await this.#write(`${JSON.stringify({ jsonrpc: "2.0", id, method, params })}\n`);
    return await asked.promise;
  }

  async notify(method: string): Promise<void> {
    await this.#write(`${notificationLine(method, undefined)}\n`);
  }

  async #begin(): Promise<void> {
    await shakeHands(this, { name: "dari", version: VERSION });
    await this.#look();
  }

  async #look(): Promise<void> {
    this.#tools = await listTools(this);
    this.#checked = await this.#pins.check(this.#tools);
  }

  /** A line of this side, as the program reads it; empty where there is nothing to say to it. */
  async #translate(line: string): Promise<string> {
    const message = decodeLine(line, limits);
    if (message.kind === "notification" && message.method === "rpc.cancel") {
      const { id } = Object(message.params) as { id?: unknown };
      return `${notificationLine("notifications/cancelled", { requestId: id })}\n`;
    }
    if (message.kind !== "request") return "";
    const refusal = await this.#refusal(message);
    if (refusal !== undefined) return this.#answer(encodeError(message.id, refusal));
    if (message.method === "rpc.discover") {
      return this.#answer(encodeResult(message.id, documentOf(this.#checked.known)));
    }
    const params = { name: message.method, arguments: message.params ?? {} };
    const call = { jsonrpc: "2.0", id: message.id, method: "tools/call", params };
    return `${JSON.stringify(call)}\n`;
  }

  async #refusal({ method, params }: RequestMessage): Promise<DariError | undefined> {
    if (method === "rpc.discover") return undefined;
    if (method.startsWith("rpc.")) {
      return new DariError("method_not_found", `There is no method "${method}"`);
    }
    if (Array.isArray(params)) {
      return new DariError("invalid_params", `Call the tool "${method}" with params by name`);
    }
    // It may have been accepted meanwhile.
    if (this.#checked.refused.has(method)) this.#checked = await this.#pins.check(this.#tools);
    return this.#checked.refused.has(method)
      ? new DariError(
        "failed_precondition",
        `The definition of the tool "${method}" has changed since it was accepted; ` +
          `look at it with dari mcp accept`,
      )
      : undefined;
  }

  #hear(line: string): void {
    if (line === "") return;
    const message = decodeLine(line, limits);
    switch (message.kind) {
      case "result":
      case "error":
        return this.#take(message, line);
      case "request":
        return this.#reply(message);
      case "notification":
        if (message.method === "notifications/tools/list_changed") this.#look().catch(() => {});
        return; // progress is for models, which ask for themselves
      default:
        // The reply that was too long belongs to a call.
        this.#inbox += `${line}\n`;
    }
  }

  #take(message: ResultMessage | ErrorMessage, line: string): void {
    const { id } = message;
    const asked = typeof id === "string" ? this.#asked.get(id) : undefined;
    if (asked !== undefined) {
      this.#asked.delete(id as string);
      if (message.kind === "result") asked.resolve(message.result);
      else asked.reject(new McpFault("internal", message.error.message));
    } else if (message.kind === "result" || SHARED.includes(message.error.code)) {
      this.#inbox += `${line}\n`;
    } else if (typeof id === "number") {
      // Other numbers mean other things here, so that they are told as text.
      this.#inbox += `${encodeError(id, new DariError("unavailable", message.error.message))}\n`;
    }
  }

  /** The program may ask whether this side lives, and for nothing else. */
  #reply({ id, method }: RequestMessage): void {
    const refusal = new McpFault("method", `There is no method ${JSON.stringify(method)}`);
    const line = method === "ping" ? resultLine(id, {}) : faultLine(id, refusal);
    this.#write(`${line}\n`).catch(() => {}); // the program has ended, which the reader hears
  }

  #answer(line: string): "" {
    this.#inbox += `${line}\n`;
    this.#woken.resolve();
    this.#woken = Promise.withResolvers();
    return "";
  }

  async #write(lines: string): Promise<void> {
    const sent = this.#sent.then(() => this.#inner.send(lines));
    this.#sent = sent.catch(() => {});
    await sent;
  }

  #over(): null {
    for (const asked of this.#asked.values()) {
      asked.reject(new McpFault("internal", "it has ended before it answered"));
    }
    this.#asked.clear();
    return null;
  }
}
