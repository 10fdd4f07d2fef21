/**
 * Sends replies by HTTP/2.
 *
 * @module
 */

import { limits } from "../../base/limits.ts";
import type { HttpHandler, HttpReply, ReplyHeaders } from "../engine/http_message.ts";
import { CODE } from "./frames/frame.ts";
import { CONNECTION_HEADERS } from "./connection_headers.ts";
import { encodeHeader } from "./hpack/encoder.ts";
import { httpDate } from "./http_date.ts";
import type { Http2Stream } from "./stream.ts";

const { freeReplyBytes: FREE_BYTES } = limits;
const encoder = new TextEncoder();

/**
 * Sends a reply.
 *
 * @param stream What it answers.
 * @param answer The reply.
 * @param owe Counts a body that waits for its reader.
 */
export function sendReply(
  stream: Http2Stream,
  answer: HttpReply | Response,
  owe: HttpHandler["owe"],
): void {
  const { status, body } = answer;
  const isHead = stream.head.method === "HEAD";
  if (stream.isOver) return void (body instanceof ReadableStream && body.cancel());
  const head = answer instanceof Response
    ? [statusBlock(status), encodeHeaders([...answer.headers]), dateBlock()]
    : [statusBlock(status), blockOf(answer.headers), dateBlock()];
  if (body instanceof ReadableStream) {
    stream.respond(head, isHead);
    if (isHead) return void body.cancel();
    return void sendStream(body, stream);
  }
  // A status without a body says no length of it (RFC 9110 section 8.6).
  if (body === null && (status === 204 || status === 304 || isHead)) {
    return stream.respond(head, true);
  }
  const bytes = typeof body === "string" ? encoder.encode(body) : body ?? new Uint8Array(0);
  head.push(encodeHeader("content-length", String(bytes.length)));
  const isWhole = isHead || bytes.length === 0;
  stream.respond(head, isWhole);
  if (isWhole) return;
  const paid = bytes.length > FREE_BYTES ? owe(bytes.length) : undefined;
  const sent = stream.send(bytes, true);
  if (paid === undefined) return;
  if (sent === true) paid();
  else sent.finally(paid);
}

async function sendStream(
  body: ReadableStream<Uint8Array<ArrayBuffer>>,
  stream: Http2Stream,
): Promise<void> {
  const reader = body.getReader();
  stream.onGone(() => void reader.cancel().catch(() => {}));
  try {
    for (let next = await reader.read(); !next.done; next = await reader.read()) {
      if (next.value.length > 0 && !await stream.send(next.value, false)) return;
    }
    await stream.send(new Uint8Array(0), true);
  } catch {
    stream.reset(CODE.internalError); // the client sees that the body is cut
  }
}

/** The blocks of headers that many replies share, by those. */
const blocks = new WeakMap<ReplyHeaders, readonly number[]>();
/** The block of the date, and the date. */
let date: { readonly text: string; readonly block: readonly number[] } | undefined;

function blockOf(headers: ReplyHeaders): readonly number[] {
  let block = blocks.get(headers);
  if (block !== undefined) return block;
  block = encodeHeaders(Object.entries(headers));
  blocks.set(headers, block);
  return block;
}

function dateBlock(): readonly number[] {
  const text = httpDate();
  if (date?.text !== text) date = { text, block: encodeHeader("date", text) };
  return date.block;
}

function statusBlock(status: number): readonly number[] {
  return encodeHeader(":status", String(status));
}

function encodeHeaders(headers: readonly (readonly [string, string])[]): number[] {
  return headers.flatMap(([name, value]) => {
    const lower = name.toLowerCase();
    return CONNECTION_HEADERS.has(lower) ? [] : encodeHeader(lower, value);
  });
}
