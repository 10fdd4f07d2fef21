/**
 * `POST /rpc/METHOD`: the body is the params and the reply's body the result, so that curl needs no
 * envelope. `GET /rpc/METHOD` reads a stream, for the `EventSource` of browsers.
 *
 * @module
 */

import { limits } from "../../base/limits.ts";
import { nestsDeeperThan } from "../../protocol/depth.ts";
import type { Line } from "../../protocol/line.ts";
import type { RequestMessage } from "../../protocol/message.ts";
import { HttpFault } from "../engine/http_fault.ts";
import type { HttpAnswer, HttpReply, HttpRequest } from "../engine/http_message.ts";
import { problemText } from "../engine/problem.ts";
import { failureHead, failureReply } from "../reply/failure.ts";
import { requestBudget } from "../reply/owed_bytes.ts";
import { bodyValues } from "./body_values.ts";
import { answerBody, bodyType, isSomebody, metaOf, textOf } from "./call_request.ts";
import { beginCalls, type CallParts } from "./calls.ts";
import { type Cursor, eventIdOf, paramsBehind } from "./event_cursor.ts";
import { type EventForm, eventOf, EventStream } from "./event_stream.ts";
import { Exchange } from "./exchange.ts";
import { errorIn, itemIn, NO_ID, resultIn } from "./reply_text.ts";

const OCTETS = "application/octet-stream";
const EVENTS = "text/event-stream";

/** The path below which every method has its own. */
export const METHOD_PATH = "/rpc/";

/**
 * Serves `POST /rpc/METHOD`.
 *
 * @param request The request.
 * @param path Its path.
 * @param parts What calls need.
 * @returns The reply.
 * @throws {HttpFault} For a request that is no call; also as a rejection.
 */
export function serveMethod(
  request: HttpRequest,
  path: string,
  parts: CallParts,
): Promise<HttpAnswer> {
  const method = methodIn(path);
  const isTyped = request.header("content-type") !== null;
  const type = isTyped ? bodyType(request, [OCTETS]) : undefined;
  const token = parts.credentialOf(request);
  return answerBody(request, () => isSomebody(parts.serving.gate, token), (bytes) => {
    // A method without params needs no body, and a request without a body no type.
    if (bytes.length > 0 && !isTyped) bodyType(request, [OCTETS]);
    const params = type === OCTETS ? [bytes] : paramsIn(textOf(bytes));
    return call(request, method, params, { token, bytesIn: bytes.length }, parts);
  });
}

/**
 * Serves `GET /rpc/METHOD`, whose params are JSON in the query: `?params={"n":3}`. Only methods that
 * are declared as streams are called so: a link must change nothing.
 *
 * @param request The request.
 * @param path Its path.
 * @param parts What calls need.
 * @returns The reply.
 * @throws {HttpFault} 405 for a method that is no stream, 406 for a client that takes no events.
 */
export function serveStream(
  request: HttpRequest,
  path: string,
  parts: CallParts,
): Promise<HttpReply> {
  const method = methodIn(path);
  const isStream = parts.serving.methods.get(method)?.describe().isStream === true;
  if (!isStream) throw new HttpFault(405, `Call "${method}" by POST`, { allow: "POST" });
  if (!wantsEvents(request)) {
    throw new HttpFault(406, `"${method}" streams; ask for it with Accept: ${EVENTS}`);
  }
  const query = request.target.slice(path.length + 1);
  const params = paramsIn(new URLSearchParams(query).get("params") ?? "");
  return call(
    request,
    method,
    params,
    { token: parts.credentialOf(request), bytesIn: query.length },
    parts,
  );
}

/**
 * Calls a method and gives its result, for instance `rpc.discover`.
 *
 * @param request The request.
 * @param method The method.
 * @param parts What calls need.
 * @param params The params, where it takes some.
 */
export function serveResult(
  request: HttpRequest,
  method: string,
  parts: CallParts,
  params?: unknown,
): Promise<HttpReply> {
  const token = parts.credentialOf(request);
  return call(request, method, params, { token, bytesIn: 0 }, parts);
}

async function call(
  request: HttpRequest,
  method: string,
  params: unknown,
  { token, bytesIn }: { readonly token: string | undefined; readonly bytesIn: number },
  parts: CallParts,
): Promise<HttpReply> {
  const isStream = wantsEvents(request);
  // A stream goes on for as long as its reader wants; an EventSource cannot name a deadline.
  const meta = metaOf(request, isStream ? limits.maxCallTimeoutMs : undefined);
  const cursor = isStream ? parts.serving.methods.get(method)?.describe().cursor : undefined;
  const message: RequestMessage = {
    kind: "request",
    id: NO_ID,
    method,
    params: cursor === undefined ? params : paramsBehind(request, params, cursor),
    auth: token,
    meta,
    types: undefined,
  };
  if (isStream) return await stream(request, message, bytesIn, parts, cursor);
  const exchange = new Exchange(request, parts.serving, { values: bodyValues });
  exchange.hasCredential = token !== undefined;
  await beginCalls(exchange, request, message, bytesIn, parts);
  return replyOf(await exchange.reply(), parts);
}

async function stream(
  request: HttpRequest,
  message: RequestMessage,
  bytesIn: number,
  parts: CallParts,
  cursor: Cursor | undefined,
): Promise<HttpReply> {
  const { serving, headers } = parts;
  const events = new EventStream(formOf(parts, cursor), headers.events, {
    onGone: () => exchange.gone(),
    budget: requestBudget(serving.shared),
  });
  const exchange: Exchange = new Exchange(request, serving, { items: events });
  exchange.hasCredential = message.auth !== undefined;
  await beginCalls(exchange, request, message, bytesIn, parts);
  request.onGone(() => exchange.gone());
  return await events.answer;
}

/** How the messages of a call without an envelope become events. */
function formOf({ headers }: CallParts, cursor: Cursor | undefined): EventForm {
  return {
    item(line) {
      const item = itemIn(line);
      if (item === undefined) return "";
      return eventOf(item, undefined, cursor && eventIdOf(item, cursor));
    },
    last(reply) {
      const error = errorIn(reply, NO_ID);
      if (error === undefined) return eventOf(resultIn(reply), "result");
      const { status } = failureHead(error);
      return eventOf(problemText(status, error.message, { error }), "problem");
    },
    failure(reply) {
      const error = errorIn(reply, NO_ID);
      return error && failureReply(error, headers.problem);
    },
  };
}

function replyOf(line: Line, { headers }: CallParts): HttpReply {
  if (typeof line !== "string") {
    return {
      status: 200,
      headers: headers.bytes,
      body: line.blobs[0] as Uint8Array<ArrayBuffer>,
    };
  }
  const error = errorIn(line, NO_ID);
  if (error !== undefined) return failureReply(error, headers.problem);
  return { status: 200, headers: headers.json, body: resultIn(line) };
}

function methodIn(path: string): string {
  try {
    return decodeURIComponent(path.slice(METHOD_PATH.length));
  } catch {
    throw new HttpFault(400, "The path has a % that begins no character");
  }
}

function paramsIn(text: string): unknown {
  if (text === "") return undefined;
  let params: unknown;
  try {
    params = JSON.parse(text);
  } catch {
    throw new HttpFault(400, "The params are not JSON text");
  }
  if (typeof params !== "object" || params === null) {
    throw new HttpFault(400, "The params must be a JSON object or array");
  }
  if (nestsDeeperThan(text, params, limits.maxDepth - 1)) {
    throw new HttpFault(400, `The params nest deeper than ${limits.maxDepth - 1} levels`);
  }
  return params;
}

function wantsEvents(request: HttpRequest): boolean {
  return request.header("accept")?.includes(EVENTS) === true;
}
