/**
 * Requests and replies as the gateway sees them. They are thinner than `Request` and `Response`: those
 * cost node:https a third of a small call.
 *
 * @module
 */

import type { Connection, Peer } from "../../transport/connection.ts";

/** Headers of a reply, by their names in lower case. */
export type ReplyHeaders = Readonly<Record<string, string>>;

/** A request whose line and headers have come. */
export interface HttpRequest {
  /** The method, in upper case. */
  readonly method: string;
  /** Path and query as they were sent; it begins with `/`. */
  readonly target: string;
  /** Host and port that the client asked for, as the request says. */
  readonly host: string;
  /** The other end, with its certificate where it showed one. */
  readonly peer: Peer;
  /**
   * Reads a header.
   *
   * @param name Its name in lower case.
   * @returns Its value; `null` where the request has none.
   */
  header(name: string): string | null;
  /**
   * The length of the body in bytes, as the request says; `undefined` where it does not.
   *
   * @throws {HttpFault} 400 for one that is no number.
   */
  readonly length: number | undefined;
  /**
   * Reads the body. It can be read once.
   *
   * @param maxBytes The most bytes that are taken.
   * @returns The bytes.
   * @throws {HttpFault} 413 for more; also as a rejection.
   */
  bytes(maxBytes: number): Promise<Uint8Array<ArrayBuffer>>;
  /**
   * Reads the body and answers with what is made of it. The engine may give the answer its own form in
   * the same step: one more step of a promise costs a small call a twentieth.
   *
   * @param maxBytes The most bytes that are taken.
   * @param make Makes the answer.
   * @returns The answer, for {@linkcode HttpHandler.handle} to return.
   * @throws {HttpFault} 413 for more; also as a rejection, as what `make` throws.
   */
  answerBody(maxBytes: number, make: MakeAnswer): Promise<HttpAnswer>;
  /**
   * Asks to hear when the client goes before it has the whole reply.
   *
   * @param listener Called at most once.
   */
  onGone(listener: () => void): void;
  /** The request in the form of the web platform, with its body unread. */
  toRequest(): Request;
  /**
   * Makes a WebSocket of the connection.
   *
   * @param peer The other end.
   * @returns What the request is answered with, and the connection.
   * @throws {HttpFault} 400, 426 for a request that asks for none; also as a rejection.
   */
  webSocket(peer: Peer): Promise<WebSocketAnswer>;
}

/** A reply. */
export interface HttpReply {
  readonly status: number;
  readonly headers: ReplyHeaders;
  readonly body: string | Uint8Array<ArrayBuffer> | ReadableStream<Uint8Array<ArrayBuffer>> | null;
}

/** What a request is answered with; `undefined` where its connection is no longer one of HTTP. */
export type HttpAnswer = HttpReply | Response | undefined;

/** Makes an answer of a body. */
export type MakeAnswer = (bytes: Uint8Array<ArrayBuffer>) => HttpAnswer | Promise<HttpAnswer>;

/** A request that became a WebSocket. */
export interface WebSocketAnswer {
  /** What the engine needs to do it. */
  readonly answer: HttpAnswer;
  /** The connection; the caller owns it. */
  readonly connection: Connection;
}

/** Answers requests. */
export interface HttpHandler {
  /**
   * Answers a request.
   *
   * @param request The request.
   * @returns The reply.
   * @throws What {@linkcode failed} makes a reply of; also as a rejection.
   */
  handle(request: HttpRequest): HttpAnswer | Promise<HttpAnswer>;
  /**
   * Makes the reply to a request that failed. It never throws.
   *
   * @param error What `handle` threw.
   */
  failed(error: unknown): HttpReply;
  /**
   * Counts a long body that waits for its reader.
   *
   * @param bytes Its length.
   * @returns Ends it: to be called once the body has left or nobody reads it.
   */
  owe(bytes: number): () => void;
}
