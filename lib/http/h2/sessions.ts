/**
 * All connections of HTTP/2 of one engine.
 *
 * @module
 */

import { limits } from "../../base/limits.ts";
import { sharedAfter } from "../../base/shared_after.ts";
import type { PeerCertificate } from "../../transport/connection.ts";
import type { CheckedCertificate } from "../engine/checked_certificate.ts";
import { HttpFault } from "../engine/http_fault.ts";
import type { HttpAnswer, HttpHandler } from "../engine/http_message.ts";
import { httpsPeer } from "../engine/https_peer.ts";
import type { StalledClients } from "../engine/stalled_clients.ts";
import { CODE } from "./frames/frame.ts";
import { formFault, Http2Request } from "./http2_request.ts";
import { sendReply } from "./reply.ts";
import { Http2Session } from "./session.ts";
import type { SessionSocket, SessionTimes } from "./session_parts.ts";
import type { Http2Stream } from "./stream.ts";

/** A socket whose handshake agreed on HTTP/2. */
export interface Http2Socket extends SessionSocket {
  on(event: "data", listener: (chunk: Uint8Array) => void): unknown;
  on(event: "drain" | "close" | "end", listener: () => void): unknown;
}

/** What the connections are served with. */
export interface SessionsParts {
  readonly times: SessionTimes;
  readonly handler: HttpHandler;
  readonly stalled: StalledClients;
  /** Hears why a connection was cut: its address, and why. */
  readonly onRefused: (address: string, reason: string) => void;
  /** Calls back once after a time. @default {sharedAfter} */
  readonly schedule?: typeof sharedAfter | undefined;
  /** The time, of a clock that only goes on. @default {performance.now()} */
  readonly monotonic?: (() => number) | undefined;
}

/** Serves connections, and looks from time to time at how long each keeps the server waiting. */
export class Http2Sessions {
  readonly #parts: SessionsParts;
  /** Each from its handshake to its end. */
  readonly #sessions = new Set<Http2Session>();
  readonly #everyMs: number;
  /** Ends the timer, which runs while there are connections. */
  #forgetTimer: (() => void) | undefined;
  #isStopped = false;

  /** @param parts What the connections are served with. */
  constructor(parts: SessionsParts) {
    this.#parts = parts;
    const { headersTimeoutMs, requestTimeoutMs, keepAliveMs } = parts.times;
    this.#everyMs = Math.min(
      ...[limits.httpTimeoutCheckMs, headersTimeoutMs, requestTimeoutMs, keepAliveMs],
    );
  }

  /**
   * Serves a connection.
   *
   * @param socket The socket; it is closed here.
   * @param address The other end.
   * @param checked What becomes of its certificate.
   */
  serve(
    socket: Http2Socket,
    address: string,
    checked: CheckedCertificate | Promise<CheckedCertificate>,
  ): void {
    const answerFor = this.#answerFor(address, checked);
    const { times, stalled, onRefused } = this.#parts;
    const session = new Http2Session({
      ...{ socket, times, stalled },
      answer: answerFor,
      onFault: (reason) => onRefused(address, reason),
    });
    this.#sessions.add(session);
    socket.on("data", (chunk) => session.push(chunk));
    socket.on("drain", () => session.drained());
    socket.on("end", () => socket.destroy()); // HTTP/2 ends no side alone
    socket.on("close", () => {
      session.closed();
      this.#delete(session);
    });
    this.#schedule();
    if (this.#isStopped) session.stop();
  }

  /** Takes no more requests, and ends the connections that have none. */
  stop(): void {
    this.#isStopped = true;
    for (const session of this.#sessions) session.stop();
  }

  #delete(session: Http2Session): void {
    this.#sessions.delete(session);
    if (this.#sessions.size > 0) return;
    this.#forgetTimer?.();
    this.#forgetTimer = undefined;
  }

  #schedule(): void {
    const { schedule = sharedAfter } = this.#parts;
    this.#forgetTimer ??= schedule(this.#everyMs, () => this.#look());
  }

  #look(): void {
    const { monotonic = () => performance.now() } = this.#parts;
    this.#forgetTimer = undefined;
    const nowMs = monotonic();
    for (const session of this.#sessions) session.look(nowMs);
    if (this.#sessions.size > 0) this.#schedule();
  }

  /** What answers the requests of a connection. */
  #answerFor(address: string, checked: CheckedCertificate | Promise<CheckedCertificate>) {
    let certificate: PeerCertificate | undefined;
    let peer = httpsPeer(address);
    const answer = (
      stream: Http2Stream,
      isTooLarge: boolean,
      { fault, ...ready }: CheckedCertificate,
    ) => {
      if (ready.certificate !== certificate) {
        certificate = ready.certificate;
        peer = httpsPeer(address, certificate);
      }
      return this.#answer(new Http2Request(stream, peer), stream, isTooLarge, fault);
    };
    return (stream: Http2Stream, isTooLarge: boolean) =>
      checked instanceof Promise
        ? checked.then((ready) => answer(stream, isTooLarge, ready))
        : answer(stream, isTooLarge, checked);
  }

  #answer(
    request: Http2Request,
    stream: Http2Stream,
    isTooLarge: boolean,
    refusal: string | undefined,
  ): Promise<void> | void {
    const { handler } = this.#parts;
    const owe = (bytes: number) => handler.owe(bytes);
    const send = (answer: HttpAnswer) => {
      if (answer === undefined) return; // it is a WebSocket now
      const isTunnel = stream.head.protocol !== undefined && answer.status < 300;
      try {
        sendReply(stream, isTunnel ? handler.failed(noWebSocket()) : answer, owe);
      } catch {
        stream.reset(CODE.internalError); // a header of the program's own handler cannot be sent
      }
    };
    const failed = (error: unknown) => send(handler.failed(error));
    const fault = isTooLarge
      ? tooLarge()
      : refusal === undefined
      ? formFault(stream.head)
      : new HttpFault(403, refusal);
    if (fault !== undefined) return failed(fault);
    try {
      const answer = handler.handle(request);
      if (answer instanceof Promise) return answer.then(send, failed);
      send(answer);
    } catch (error) {
      failed(error);
    }
  }
}

function tooLarge(): HttpFault {
  const [bytes, count] = [limits.maxHttpHeaderBytes, limits.maxHttpHeaders];
  return new HttpFault(431, `At most ${count} headers of ${bytes} bytes together are taken`);
}

/** A reply without an error would say that the WebSocket is open (RFC 8441 section 5). */
function noWebSocket(): HttpFault {
  return new HttpFault(400, "There is no WebSocket at this path");
}
