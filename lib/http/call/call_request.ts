/**
 * What a request says beside the params of its call: what its body is, and what travels with it.
 *
 * @module
 */

import type { Gate } from "../../auth/sign_in/gate.ts";
import { limits } from "../../base/limits.ts";
import type { Meta } from "../../protocol/message.ts";
import { metaFault } from "../../protocol/meta/meta.ts";
import { HttpFault } from "../engine/http_fault.ts";
import type { HttpAnswer, HttpRequest, MakeAnswer } from "../engine/http_message.ts";

/** The runtime decodes several times as fast where it need not stop at bytes that are no UTF-8. */
const utf8 = new TextDecoder();
const strictUtf8 = new TextDecoder("utf-8", { fatal: true });
/** What stands for bytes that are no UTF-8. No JSON text begins with it. */
const REPLACEMENT = "\uFFFD";
/** `application/json`, also with the parameter that many clients add. */
const JSON_TYPE = /^application\/(?:json|[\w.-]+\+json)(?:\s*;\s*charset="?utf-8"?)?\s*$/i;

/**
 * Reads the type of a body.
 *
 * @param request The request.
 * @param others Types that are taken beside JSON.
 * @returns `json`, or one of them.
 * @throws {HttpFault} 415 for any other, and for a body that is compressed. A web page of another
 * origin can send only types that are refused here without asking first.
 */
export function bodyType<Other extends string = never>(
  request: HttpRequest,
  others: readonly Other[] = [],
): "json" | Other {
  refuseCoding(request);
  const type = request.header("content-type");
  if (type === "application/json" || (type !== null && JSON_TYPE.test(type))) return "json";
  const other = others.find((other) => other === type?.split(";")[0]?.trim().toLowerCase());
  if (other !== undefined) return other;
  const known = ["application/json", ...others].join(" or ");
  const found = type === null ? "no Content-Type" : `Content-Type ${JSON.stringify(type)}`;
  throw new HttpFault(415, `The request has ${found}; send ${known}`, { accept: known });
}

/** Read as it came, a compressed body would be no JSON, or a file of other bytes. */
function refuseCoding(request: HttpRequest): void {
  const coding = request.header("content-encoding");
  if (coding === null || coding.toLowerCase() === "identity") return;
  const message = `The request has Content-Encoding ${JSON.stringify(coding)}; send the body plain`;
  throw new HttpFault(415, message, { "accept-encoding": "identity" }); // RFC 9110 section 15.5.16
}

/**
 * Reads a body that may be long once its sender is known, as on every other transport.
 *
 * @param request The request.
 * @param isKnown Whether its sender is; asked only for a long body.
 * @returns The bytes.
 * @throws {HttpFault} 413 for a body that is too long.
 */
export function readBody(
  request: HttpRequest,
  isKnown: () => Promise<boolean>,
): Promise<Uint8Array<ArrayBuffer>> {
  return withBound(request, isKnown, (maxBytes) => request.bytes(maxBytes));
}

/**
 * Reads a body as {@linkcode readBody} does, and answers with what is made of it.
 *
 * @param request The request.
 * @param isKnown Whether its sender is; asked only for a long body.
 * @param make Makes the answer.
 * @returns The answer.
 * @throws {HttpFault} 413 for a body that is too long.
 */
export function answerBody(
  request: HttpRequest,
  isKnown: () => Promise<boolean>,
  make: MakeAnswer,
): Promise<HttpAnswer> {
  return withBound(request, isKnown, (maxBytes) => request.answerBody(maxBytes, make));
}

function withBound<T>(
  { length }: HttpRequest,
  isKnown: () => Promise<boolean>,
  read: (maxBytes: number) => Promise<T>,
): Promise<T> {
  const { maxLineBytesBeforeSignIn, maxLineBytes } = limits;
  if (length !== undefined && length <= maxLineBytesBeforeSignIn) {
    return read(maxLineBytesBeforeSignIn);
  }
  return isKnown().then((known) => read(known ? maxLineBytes : maxLineBytesBeforeSignIn));
}

/**
 * Says whether a credential is somebody's.
 *
 * @param gate Knows the credentials.
 * @param token The credential; `undefined` where there is none.
 */
export async function isSomebody(
  gate: Pick<Gate, "authenticate">,
  token: string | undefined,
): Promise<boolean> {
  if (token === undefined) return false;
  try {
    return await gate.authenticate(token, "", undefined) !== null;
  } catch {
    return false; // the call fails for the same reason, in its own words
  }
}

/**
 * Reads the text of a body.
 *
 * @param bytes The body.
 * @returns The text; U+FFFD alone, which no JSON text is, where it is not UTF-8.
 */
export function textOf(bytes: Uint8Array): string {
  const text = utf8.decode(bytes);
  if (!text.includes(REPLACEMENT)) return text;
  try {
    return strictUtf8.decode(bytes); // a text may hold that character itself
  } catch {
    return REPLACEMENT;
  }
}

/**
 * Reads what travels with a call in headers: deadline, trace and idempotency key.
 *
 * @param request The request.
 * @param timeoutMs The deadline where the request names none, in milliseconds.
 * @returns What travels with the call.
 * @throws {HttpFault} 400 for a header that is malformed.
 */
export function metaOf(request: HttpRequest, timeoutMs?: number): Meta | undefined {
  const timeout = request.header("timeout-ms");
  const traceparent = request.header("traceparent");
  const key = request.header("idempotency-key");
  if (timeout === null && traceparent === null && key === null && timeoutMs === undefined) {
    return undefined;
  }
  const tracestate = request.header("tracestate");
  const meta: Meta = {};
  if (timeout !== null) meta.timeoutMs = Number(timeout);
  else if (timeoutMs !== undefined) meta.timeoutMs = timeoutMs;
  if (traceparent !== null) meta.traceparent = traceparent;
  if (tracestate !== null) meta.tracestate = tracestate;
  // The draft of the IETF makes it a string in quotes; most clients leave them out.
  if (key !== null) meta.idempotencyKey = key.replace(/^"(.*)"$/, "$1");
  if (timeout !== null && !(Number(timeout) > 0)) {
    throw new HttpFault(400, `Timeout-Ms is "${timeout}"; it must be a number above 0`);
  }
  const fault = metaFault(meta);
  if (fault !== undefined) throw new HttpFault(400, fault.replace("meta.", "The header for "));
  return meta;
}
