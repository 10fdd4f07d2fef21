/**
 * What a connection of HTTP/2 is made with.
 *
 * @module
 */

import type { StalledClients } from "../engine/stalled_clients.ts";
import type { FrameSink } from "./frames/frame_writer.ts";
import type { Http2Stream } from "./stream.ts";

/** The part of a socket that a connection needs. */
export interface SessionSocket extends FrameSink {
  /** Ends the connection once what was written has left. */
  destroySoon(): void;
  /** Ends the connection. */
  destroy(): void;
}

/** How long a connection waits for what. */
export interface SessionTimes {
  /** Time for the first request to begin, and for the headers of each to come whole. */
  readonly headersTimeoutMs: number;
  /** Time for a body to come whole. */
  readonly requestTimeoutMs: number;
  /** Time after which a connection without a request is closed. */
  readonly keepAliveMs: number;
}

/** What a connection is made with. */
export interface SessionParts {
  /** The socket; the connection owns it. */
  readonly socket: SessionSocket;
  readonly times: SessionTimes;
  /** Looks after streams whose client takes nothing. */
  readonly stalled: StalledClients;
  /** Answers a request; `tooLarge` where its headers are. Gives a promise while a handler is at work. */
  readonly answer: (stream: Http2Stream, tooLarge: boolean) => Promise<void> | void;
  /** Hears why the connection was cut. */
  readonly onFault: (reason: string) => void;
}
