import type { HttpAnswer, HttpHandler, HttpRequest } from "../../lib/http/engine/http_message.ts";
import { StalledClients } from "../../lib/http/engine/stalled_clients.ts";
import { FLAG, FRAME, PREFACE, SETTING } from "../../lib/http/h2/frames/frame.ts";
import { HpackDecoder } from "../../lib/http/h2/hpack/decoder.ts";
import { encodeHeader } from "../../lib/http/h2/hpack/encoder.ts";
import { Http2Sessions } from "../../lib/http/h2/sessions.ts";
import type { SessionTimes } from "../../lib/http/h2/session_parts.ts";

/** A frame that the server sent. */
export interface SentFrame {
  readonly type: number;
  readonly flags: number;
  readonly id: number;
  readonly payload: Uint8Array;
}

/** Writes a frame. */
export function frame(
  type: number,
  flags: number,
  id: number,
  payload: ArrayLike<number> = [],
): Uint8Array {
  const { length } = payload;
  return new Uint8Array([
    ...[length >> 16, length >> 8, length, type, flags],
    ...number(id),
    ...Array.from(payload),
  ]);
}

/** Writes 32 bits. */
export function number(value: number): number[] {
  return [value >>> 24, value >>> 16, value >>> 8, value].map((byte) => byte & 0xff);
}

/** Writes a setting. */
export function setting(name: number, value: number): number[] {
  return [name >> 8, name & 0xff, ...number(value)];
}

/** A header block. */
export function block(headers: Record<string, string>): number[] {
  return Object.entries(headers).flatMap(([name, value]) => encodeHeader(name, value));
}

/** The head of a request. */
export function head(
  method: string,
  path: string,
  more: Record<string, string> = {},
): number[] {
  const pseudo = {
    ":method": method,
    ":scheme": "https",
    ":authority": "localhost",
    ":path": path,
  };
  return block({ ...pseudo, ...more });
}

/** HEADERS of a request. */
export function request(id: number, method = "GET", path = "/", more = {}): Uint8Array {
  const end = method === "GET" || method === "HEAD" ? FLAG.endStream : 0;
  return frame(FRAME.headers, end | FLAG.endHeaders, id, head(method, path, more));
}

/** DATA. */
export function data(id: number, bytes: ArrayLike<number>, isLast = false): Uint8Array {
  return frame(FRAME.data, isLast ? FLAG.endStream : 0, id, bytes);
}

const TIMES: SessionTimes = {
  headersTimeoutMs: 1_000,
  requestTimeoutMs: 3_000,
  keepAliveMs: 6_000,
};

/** A client of HTTP/2 without a socket: what it sends is served at once, and time is its own. */
export class Http2Peer {
  readonly sessions: Http2Sessions;
  /** Why the server cut it. */
  readonly refusals: string[] = [];
  /** What the server owes. */
  owed = 0;
  isEnded = false;
  /** What waits for a client that takes nothing. */
  writableLength = 0;
  writableNeedDrain = false;
  readonly #listeners = new Map<string, (chunk: Uint8Array) => void>();
  readonly #decoder = new HpackDecoder({
    maxTableBytes: 4_096,
    maxListBytes: Infinity,
    maxHeaders: Infinity,
  });
  #nowMs = 0;
  #look = () => {};
  #lookForStalled = () => {};
  #written: Uint8Array = new Uint8Array(0);

  constructor(
    handle: (request: HttpRequest) => HttpAnswer | Promise<HttpAnswer>,
    times: Partial<SessionTimes> = {},
  ) {
    const handler: HttpHandler = {
      handle,
      failed: (error) => {
        const { status = 500, message } = error as { status?: number; message: string };
        return { status, headers: {}, body: message };
      },
      owe: (bytes) => {
        this.owed += bytes;
        return () => void (this.owed -= bytes);
      },
    };
    const stalled = new StalledClients(1_000, (_ms, look) => {
      this.#lookForStalled = look;
      return () => {};
    });
    this.sessions = new Http2Sessions({
      times: { ...TIMES, ...times },
      ...{ handler, stalled },
      onRefused: (_address, reason) => void this.refusals.push(reason),
      schedule: (_ms, look) => {
        this.#look = look;
        return () => {};
      },
      monotonic: () => this.#nowMs,
    });
    this.sessions.serve(this, "127.0.0.1:1", {});
  }

  /** Begins as every client does. */
  begin(...settings: number[][]): this {
    this.send(new TextEncoder().encode(PREFACE), frame(FRAME.settings, 0, 0, settings.flat()));
    this.frames();
    return this;
  }

  /** Sends bytes, all of them before the server looks at any. */
  send(...parts: Uint8Array[]): void {
    if (this.isEnded) return;
    this.#listeners.get("data")!(new Uint8Array(parts.flatMap((part) => [...part])));
  }

  /** What the server has sent since this was last asked. */
  frames(): SentFrame[] {
    const bytes = this.#written;
    this.#written = new Uint8Array(0);
    const frames: SentFrame[] = [];
    for (let at = 0; at < bytes.length;) {
      const view = new DataView(bytes.buffer, bytes.byteOffset + at);
      const length = view.getUint32(0) >>> 8;
      const [type, flags] = [view.getUint8(3), view.getUint8(4)];
      const payload = bytes.subarray(at + 9, at + 9 + length);
      frames.push({ type, flags, id: view.getUint32(5), payload });
      at += 9 + length;
    }
    return frames;
  }

  /** The headers in a frame. */
  headers({ payload }: SentFrame): Record<string, string> {
    return Object.fromEntries(this.#decoder.decode(payload).headers);
  }

  /** The replies among some frames, by their streams: status, and what came of the body. */
  replies(frames: readonly SentFrame[]): Record<number, string> {
    const replies: Record<number, string> = {};
    for (const sent of frames) {
      if (sent.type === FRAME.headers) replies[sent.id] = this.headers(sent)[":status"] ?? "";
      if (sent.type === FRAME.data && sent.payload.length > 0) {
        replies[sent.id] += ` ${new TextDecoder().decode(sent.payload)}`;
      }
    }
    return replies;
  }

  /** Lets time pass, and the server look. */
  pass(ms: number): void {
    this.#nowMs += ms;
    this.#look();
  }

  /** Lets the server look for streams whose client takes nothing. */
  lookForStalled(): void {
    this.#lookForStalled();
  }

  /** Takes what waits. */
  drain(): void {
    this.writableLength = 0;
    this.writableNeedDrain = false;
    this.#listeners.get("drain")!(new Uint8Array(0));
  }

  /** Ends the connection. */
  leave(): void {
    this.destroy();
  }

  // The socket, as the server sees it.

  write(bytes: Uint8Array): void {
    const joined = new Uint8Array(this.#written.length + bytes.length);
    joined.set(this.#written);
    joined.set(bytes, this.#written.length);
    this.#written = joined;
    if (this.writableNeedDrain) this.writableLength += bytes.length;
  }

  on(event: string, listener: (chunk: Uint8Array) => void): void {
    this.#listeners.set(event, listener);
  }

  destroySoon(): void {
    this.destroy();
  }

  destroy(): void {
    if (this.isEnded) return;
    this.isEnded = true;
    this.#listeners.get("close")!(new Uint8Array(0));
  }
}

/** The code of the only GOAWAY among some frames, or of the only reset of a stream. */
export function codeOf(frames: readonly SentFrame[], type: number): number | undefined {
  const sent = frames.find((each) => each.type === type);
  if (sent === undefined) return undefined;
  const { buffer, byteOffset } = sent.payload;
  return new DataView(buffer, byteOffset).getUint32(type === FRAME.goAway ? 4 : 0);
}

/** The setting for windows of streams. */
export function windows(bytes: number): number[] {
  return setting(SETTING.initialWindowSize, bytes);
}

/** A peer whose requests are never answered, and how many handlers are at work. */
export function startBusyPeer() {
  const handlers = { begun: 0, ended: [] as (() => void)[] };
  const peer = new Http2Peer(() => {
    handlers.begun++;
    return new Promise((resolve) =>
      void handlers.ended.push(() => resolve({ status: 200, headers: {}, body: "ok" }))
    );
  });
  return { peer: peer.begin(), handlers };
}
