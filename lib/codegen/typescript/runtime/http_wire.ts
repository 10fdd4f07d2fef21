/**
 * Calls over HTTP: each is a request to a gateway, and a stream is Server-Sent Events.
 *
 * @module
 */

import { isRecord } from "./errors.ts";

/** A message of the client, as it would stand on a line. */
interface Sent {
  readonly id?: number;
  readonly method: string;
  readonly params: { readonly [name: string]: unknown };
  readonly meta?: { readonly timeoutMs?: number; readonly credit?: number };
}

/** A request under way. */
interface Running {
  readonly abort: AbortController;
  /** How many more items may be handed on. */
  credit: number;
  wake: () => void;
}

export class HttpWire {
  onText: (text: string) => void = () => {};
  onEnd: (reason: string) => void = () => {};
  readonly binding = undefined;
  readonly #base: string;
  readonly #running = new Map<unknown, Running>();
  #token: string | undefined;

  constructor(address: string) {
    this.#base = address.replace(/\/+$/, "");
  }

  write(text: string): void {
    for (const line of text.split("\n")) {
      if (line !== "") void this.#send(line, JSON.parse(line));
    }
  }

  close(): void {
    for (const { abort } of this.#running.values()) abort.abort();
    this.onEnd("it was closed");
  }

  async #send(line: string, { id, method, params, meta = {} }: Sent): Promise<void> {
    if (method === "rpc.cancel") return this.#running.get(params.id)?.abort.abort();
    if (method === "rpc.credit") return this.#grant(params.id, Number(params.count));
    if (method === "rpc.scram") {
      return this.#fail(id, -32009, "failed_precondition", "Over https:// sign in by an apiKey");
    }
    if (method === "rpc.authenticate") this.#token = String(params.token);
    const running = { abort: new AbortController(), credit: meta.credit ?? 0, wake: () => {} };
    if (id !== undefined) this.#running.set(id, running);
    try {
      if (meta.credit === undefined) await this.#call(line, id, running);
      else await this.#stream(method, params, id, meta.timeoutMs, running);
    } catch (error) {
      if (running.abort.signal.aborted) return; // nobody waits any more
      this.#fail(id, -32006, "unavailable", `The connection was lost: ${(error as Error).message}`);
    } finally {
      this.#running.delete(id);
    }
  }

  async #call(line: string, id: number | undefined, { abort }: Running): Promise<void> {
    const response = await this.#post("/rpc", line, {}, abort.signal);
    const text = await response.text();
    if (id === undefined) return;
    if (response.headers.get("content-type") === "application/json") this.onText(`${text}\n`);
    else this.#failAs(id, response.status, text);
  }

  async #stream(
    method: string,
    params: unknown,
    id: number | undefined,
    timeoutMs: number | undefined,
    running: Running,
  ): Promise<void> {
    const headers = {
      accept: "text/event-stream",
      "timeout-ms": String(Math.ceil(timeoutMs ?? 1)),
    };
    const path = `/rpc/${encodeURIComponent(method)}`;
    const response = await this.#post(path, JSON.stringify(params), headers, running.abort.signal);
    if (!response.ok || response.body === null) {
      return this.#failAs(id, response.status, await response.text());
    }
    let rest = "";
    const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
    for (let piece = await reader.read(); !piece.done; piece = await reader.read()) {
      const events = (rest + piece.value).split("\n\n");
      rest = events.pop() ?? "";
      for (const event of events) if (await this.#take(event, id, running)) return;
    }
    throw new Error("the stream was cut");
  }

  /** Hands an event on; whether it was the last. */
  async #take(event: string, id: number | undefined, running: Running): Promise<boolean> {
    const lines = event.split("\n");
    const field = (name: string) =>
      lines.filter((line) => line.startsWith(`${name}: `)).map((line) =>
        line.slice(name.length + 2)
      );
    const data = field("data").join("\n");
    const [name] = field("event");
    if (name === "problem") this.#failAs(id, 500, data);
    else if (name === "result") this.onText(`{"jsonrpc":"2.0","id":${id},"result":${data}}\n`);
    else if (data !== "") {
      while (running.credit < 1) await new Promise<void>((resolve) => running.wake = resolve);
      running.credit--;
      const params = `{"id":${id},"value":${data}}`;
      this.onText(`{"jsonrpc":"2.0","method":"rpc.item","params":${params}}\n`);
    }
    return name === "problem" || name === "result";
  }

  #grant(id: unknown, count: number): void {
    const running = this.#running.get(id);
    if (running === undefined) return;
    running.credit += count;
    running.wake();
  }

  async #post(
    path: string,
    body: string,
    more: { readonly [name: string]: string },
    signal: AbortSignal,
  ): Promise<Response> {
    const headers: { [name: string]: string } = { "content-type": "application/json", ...more };
    if (this.#token !== undefined) headers.authorization = `Bearer ${this.#token}`;
    return await fetch(this.#base + path, { method: "POST", headers, body, signal });
  }

  /** Problem details (RFC 9457) have the error of JSON-RPC as a member, where a call has failed. */
  #failAs(id: number | undefined, status: number, text: string): void {
    let problem: unknown;
    try {
      problem = JSON.parse(text);
    } catch {
      problem = undefined; // somebody in between has answered
    }
    const error = isRecord(problem) ? problem.error : undefined;
    if (isRecord(error)) return this.onText(`${JSON.stringify({ jsonrpc: "2.0", id, error })}\n`);
    const message = `The gateway answered with status ${status}`;
    if (status >= 500) this.#fail(id, -32006, "unavailable", message);
    else this.#fail(id, -32600, "invalid_request", message);
  }

  #fail(id: number | undefined, code: number, name: string, message: string): void {
    const error = { code, message, data: { name } };
    this.onText(`${JSON.stringify({ jsonrpc: "2.0", id, error })}\n`);
  }
}
