/**
 * What travels with calls and replies beside params and results: its shape and its bounds.
 *
 * @see {@link https://www.w3.org/TR/trace-context/ | W3C Trace Context}
 * @see {@link https://www.w3.org/TR/baggage/ | W3C Baggage}, whose bounds those of `baggage` are
 * @module
 */

import { limits } from "../../base/limits.ts";
import { byteLength } from "../../base/text/byte_length.ts";

/** The `meta` member: what travels with a call beside its params. */
export interface Meta {
  /** The time that the call has left, in milliseconds. @default {the server's default deadline} */
  timeoutMs?: number;
  /** The `traceparent` of W3C Trace Context. */
  traceparent?: string;
  /** The same for every try of one call, so that a server can recognise a repeated one. */
  idempotencyKey?: string;
  /** The `tracestate` of W3C Trace Context. */
  tracestate?: string;
  /** A small map of the caller's own. */
  baggage?: Readonly<Record<string, string>>;
  /** On whose behalf the call is made: the names from the first caller to the one before this peer. */
  chain?: readonly string[];
  /** How many items of a stream may be sent before the caller grants more. */
  credit?: number;
  /** The bytes of such items; the item that goes beyond them is the last. */
  creditBytes?: number;
}

/** The `meta` member of a reply. */
export interface ReplyMeta {
  /** A small map of the method's own. */
  readonly baggage?: Readonly<Record<string, string>>;
  /** That callers should move to another method; a sentence says to which. */
  readonly deprecated?: string | true;
}

// deno-lint-ignore no-control-regex -- control characters are what it looks for
const CONTROL = /[\x00-\x1f\x7f-\x9f]/;

/**
 * Says what is wrong with the `meta` member of a request.
 *
 * @param meta The member's value.
 * @returns What is wrong, for its sender; `undefined` where nothing is.
 */
export function metaFault(meta: unknown): string | undefined {
  if (typeof meta !== "object" || meta === null || Array.isArray(meta)) return PLAIN_FAULT;
  const {
    timeoutMs,
    credit,
    creditBytes,
    traceparent,
    idempotencyKey,
    tracestate,
    baggage,
    chain,
  } = meta as Record<string, unknown>;
  const isPlain = isPositive(timeoutMs) && isPositive(credit) && isPositive(creditBytes) &&
    isText(traceparent) && isText(idempotencyKey);
  if (!isPlain) return PLAIN_FAULT;
  return (idempotencyKey === undefined ? undefined : keyFault(idempotencyKey as string)) ??
    (tracestate === undefined ? undefined : traceStateFault(tracestate)) ??
    (baggage === undefined ? undefined : baggageFault(baggage)) ??
    (chain === undefined ? undefined : chainFault(chain));
}

const PLAIN_FAULT = "meta must be an object; timeoutMs, credit and creditBytes are positive " +
  "numbers, traceparent and idempotencyKey are text";

/**
 * Says what is wrong with baggage.
 *
 * @param baggage Any value.
 * @returns What is wrong; `undefined` for an object of texts within the bounds.
 */
export function baggageFault(baggage: unknown): string | undefined {
  if (typeof baggage !== "object" || baggage === null || Array.isArray(baggage)) {
    return "meta.baggage must be an object of texts";
  }
  const entries = Object.entries(baggage);
  if (entries.length > limits.maxBaggageEntries) {
    return `meta.baggage has ${entries.length} entries, at most ${limits.maxBaggageEntries} are taken`;
  }
  let bytes = 0;
  for (const [name, value] of entries) {
    if (typeof value !== "string") return "meta.baggage must be an object of texts";
    if (name === "" || CONTROL.test(name) || CONTROL.test(value)) {
      return "meta.baggage has an empty name, or a control character";
    }
    bytes += byteLength(name) + byteLength(value);
  }
  return bytes <= limits.maxBaggageBytes
    ? undefined
    : `meta.baggage has ${bytes} bytes, at most ${limits.maxBaggageBytes} are taken`;
}

/**
 * Reads the `meta` member of a reply. A reply is not refused for it: what is malformed is left out.
 *
 * @param meta The member's value.
 * @returns What it says; `undefined` where it says nothing.
 */
export function replyMetaOf(meta: unknown): ReplyMeta | undefined {
  if (typeof meta !== "object" || meta === null) return undefined;
  const { baggage, deprecated } = meta as Record<string, unknown>;
  const hasBaggage = baggage !== undefined && baggageFault(baggage) === undefined;
  const isDeprecated = deprecated === true || typeof deprecated === "string";
  if (!hasBaggage && !isDeprecated) return undefined;
  return {
    ...(hasBaggage ? { baggage: baggage as Record<string, string> } : {}),
    ...(isDeprecated ? { deprecated } : {}),
  };
}

/**
 * Adds the `meta` member to a reply.
 *
 * @param reply The text of the reply: one object.
 * @param meta What travels with it.
 * @returns The text with it.
 */
export function withReplyMeta(reply: string, meta: ReplyMeta): string {
  return `${reply.slice(0, -1)},"meta":${JSON.stringify(meta)}}`;
}

function keyFault({ length }: string): string | undefined {
  return length <= limits.maxIdempotencyKeyLength
    ? undefined
    : `meta.idempotencyKey has ${length} characters, at most ${limits.maxIdempotencyKeyLength} are taken`;
}

function traceStateFault(tracestate: unknown): string | undefined {
  if (typeof tracestate !== "string" || CONTROL.test(tracestate)) {
    return "meta.tracestate must be text without control characters";
  }
  return tracestate.length <= limits.maxTraceStateLength
    ? undefined
    : `meta.tracestate has ${tracestate.length} characters, at most ${limits.maxTraceStateLength} are taken`;
}

function chainFault(chain: unknown): string | undefined {
  if (!Array.isArray(chain) || chain.length === 0 || !chain.every(isName)) {
    return "meta.chain must be a list of names";
  }
  return chain.length <= limits.maxCallChainLength
    ? undefined
    : `meta.chain has ${chain.length} names, at most ${limits.maxCallChainLength} are taken`;
}

function isName(name: unknown): boolean {
  return typeof name === "string" && name !== "" && !CONTROL.test(name) &&
    byteLength(name) <= limits.maxNameBytes;
}

function isPositive(value: unknown): boolean {
  return value === undefined || (typeof value === "number" && value > 0);
}

function isText(value: unknown): boolean {
  return value === undefined || typeof value === "string";
}
