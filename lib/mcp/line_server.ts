/**
 * The transport of standard input and output: a message a line, as on dari's own wire.
 *
 * @module
 */

import { settlesWithin } from "../base/abort.ts";
import { limits } from "../base/limits.ts";
import { decodeLine } from "../protocol/decode.ts";
import type { Message, NotificationMessage, RequestMessage } from "../protocol/message.ts";
import type { Connection } from "../transport/connection.ts";
import type { McpServer } from "./mcp_server.ts";
import { faultLine, McpFault, resultLine } from "./revision.ts";
import type { ToolSource } from "./tool_source.ts";

/**
 * Serves one client until it ends its side.
 *
 * @param connection Standard input and output; the caller closes it.
 * @param server Answers.
 * @param source The methods that the client may call.
 * @param signal Ends all at once.
 * @returns Once the client has ended and what ran then has been answered, or had its time.
 * @throws {TransportError} `resource_exhausted` on a line over several times the limit.
 */
export async function serveLines(
  connection: Connection,
  server: McpServer,
  source: ToolSource,
  signal: AbortSignal,
): Promise<void> {
  const client = new LineClient(connection, server, source);
  connection.maxLineBytes = limits.maxLineBytes;
  const stop = () => connection.abort();
  signal.addEventListener("abort", stop, { once: true });
  try {
    for (;;) {
      const lines = await connection.receive();
      if (lines === null) break;
      if (typeof lines !== "string") continue; // blobs were not agreed on
      for (const line of lines.split("\n")) if (line.trim() !== "") client.take(line);
    }
    if (!signal.aborted) await settlesWithin(client.idle(), limits.mcpDrainMs);
  } finally {
    signal.removeEventListener("abort", stop);
    client.end();
  }
}

/** The client at the other end. */
class LineClient {
  readonly #connection: Connection;
  readonly #server: McpServer;
  readonly #source: ToolSource;
  /** What runs, by the JSON text of its id. */
  readonly #running = new Map<string, AbortController>();
  readonly #answering = new Set<Promise<void>>();
  /** Lines that wait until the connection takes more. */
  #waiting = "";
  /** Set while a send is under way. */
  #sending: Promise<void> | undefined;

  constructor(connection: Connection, server: McpServer, source: ToolSource) {
    this.#connection = connection;
    this.#server = server;
    this.#source = source;
  }

  /** Takes a line; nothing that is in it ends the connection. */
  take(line: string): void {
    const message = decodeLine(line, limits);
    if (message.kind === "request") {
      const answering = this.#answer(message).finally(() => this.#answering.delete(answering));
      this.#answering.add(answering);
    } else if (message.kind === "notification") this.#hear(message);
    else this.#refuse(message);
  }

  /** Resolves once everything that was asked is answered. */
  async idle(): Promise<void> {
    await Promise.all(this.#answering);
    await this.#sending;
  }

  /** Ends what runs. */
  end(): void {
    for (const running of this.#running.values()) running.abort();
  }

  async #answer(message: RequestMessage): Promise<void> {
    const { id } = message;
    const key = JSON.stringify(id);
    const running = new AbortController();
    try {
      this.#checkRoom(id, key);
      this.#running.set(key, running);
      const result = await this.#server.answer({
        message,
        source: this.#source,
        signal: running.signal,
        notify: (line) => this.#sending ?? this.#send(line), // a slow reader is told less often
      });
      if (!running.signal.aborted) this.#send(resultLine(id, result));
    } catch (error) {
      // The answer to what was cancelled is not waited for.
      if (!running.signal.aborted) this.#send(faultLine(id, error));
    } finally {
      if (this.#running.get(key) === running) this.#running.delete(key);
    }
  }

  #checkRoom(id: unknown, key: string): void {
    if (id === null) throw new McpFault("request", "The id of a request must not be null");
    if (this.#running.has(key)) {
      throw new McpFault("request", `A request with the id ${key} is under way`);
    }
    const most = limits.maxMcpRequests;
    if (this.#running.size < most) return;
    throw new McpFault("internal", `${most} requests are under way; wait for one of them`);
  }

  #hear({ method, params }: NotificationMessage): void {
    if (method !== "notifications/cancelled") return;
    const { requestId } = (params ?? {}) as { requestId?: unknown };
    this.#running.get(JSON.stringify(requestId))?.abort();
  }

  #refuse(message: Message): void {
    if (message.kind === "batch") {
      const text = "Batches are no part of the protocol; send a message a line";
      this.#send(faultLine(null, new McpFault("request", text)));
    } else if (message.kind === "invalid") {
      const kind = message.code === "parse_error" ? "parse" : "request";
      this.#send(faultLine(message.id, new McpFault(kind, message.reason)));
    }
    // Results and errors answer requests, and this side makes none.
  }

  #send(line: string): void {
    this.#waiting += `${line}\n`;
    this.#sending ??= this.#flush();
  }

  async #flush(): Promise<void> {
    try {
      while (this.#waiting !== "") {
        const lines = this.#waiting;
        this.#waiting = "";
        await this.#connection.send(lines);
      }
    } catch {
      this.#waiting = ""; // Nobody reads any more; the end of the input follows.
      this.end();
    } finally {
      this.#sending = undefined;
    }
  }
}
