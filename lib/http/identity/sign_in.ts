/**
 * `POST /login` and `POST /logout`: a session whose token only the browser holds, in a cookie that no
 * script can read.
 *
 * @module
 */

import { limits } from "../../base/limits.ts";
import type { RequestMessage } from "../../protocol/message.ts";
import { HttpFault } from "../engine/http_fault.ts";
import type { HttpReply, HttpRequest } from "../engine/http_message.ts";
import { bodyType, isSomebody, textOf } from "../call/call_request.ts";
import type { CallParts } from "../call/calls.ts";
import { Exchange } from "../call/exchange.ts";
import { errorIn, NO_ID, resultIn } from "../call/reply_text.ts";
import { failureReply } from "../reply/failure.ts";
import { cookieIn, sessionCookie } from "./credential.ts";

/**
 * Serves `POST /login`: `{ username, password }`, and what else `rpc.login` takes.
 *
 * @param request The request.
 * @param parts What calls need.
 * @returns What `rpc.login` answers without the token, which is in the cookie.
 * @throws {HttpFault} 400, 413, 415 for a body that is no JSON object; also as a rejection.
 */
export async function signIn(request: HttpRequest, parts: CallParts): Promise<HttpReply> {
  bodyType(request);
  const bytes = await request.bytes(limits.maxLineBytesBeforeSignIn);
  const reply = await ask(request, parts, "rpc.login", paramsIn(textOf(bytes)));
  return await sessionReply(request, reply, parts);
}

/**
 * Makes the reply to a sign-in: the token goes into the cookie. The session that the browser had ends.
 *
 * @param request The request.
 * @param reply The reply of the sign-in request.
 * @param parts What calls need.
 */
export async function sessionReply(
  request: HttpRequest,
  reply: string,
  parts: CallParts,
): Promise<HttpReply> {
  const { headers, serving } = parts;
  const error = errorIn(reply, NO_ID);
  if (error !== undefined) return failureReply(error, headers.problem);
  const { token, expiresAt, ...told } = JSON.parse(resultIn(reply)) as {
    token: string;
    expiresAt: string | number;
  };
  await endSession(request, parts);
  const lifeMs = new Date(expiresAt).getTime() - serving.clock.now();
  return {
    status: 200,
    headers: {
      ...headers.json,
      "set-cookie": sessionCookie(token, Math.max(0, Math.floor(lifeMs / 1_000))),
    },
    body: JSON.stringify({ expiresAt, ...told }),
  };
}

/**
 * Serves `POST /logout`: ends the session of the cookie and takes the cookie back.
 *
 * @param request The request.
 * @param parts What calls need.
 */
export async function signOut(request: HttpRequest, parts: CallParts): Promise<HttpReply> {
  await endSession(request, parts);
  return {
    status: 204,
    headers: { ...parts.headers.none, "set-cookie": sessionCookie("", 0) },
    body: null,
  };
}

/** Nobody holds the token of a session any more whose cookie is replaced or taken back. */
async function endSession(request: HttpRequest, parts: CallParts): Promise<void> {
  const token = cookieIn(request);
  if (token === undefined || !await isSomebody(parts.serving.gate, token)) return;
  await ask(request, parts, "rpc.logout", undefined, { token });
}

/**
 * Makes a sign-in request as a client of the wire does.
 *
 * @param request The request.
 * @param parts What calls need.
 * @param method The method.
 * @param params Its parameters.
 * @param by The caller by the token of a session, and the page that the request came from.
 * @returns The reply's text.
 */
export async function ask(
  request: HttpRequest,
  { serving }: CallParts,
  method: string,
  params: unknown,
  { token, site }: { readonly token?: string; readonly site?: Exchange["site"] } = {},
): Promise<string> {
  const exchange = new Exchange(request, serving);
  exchange.site = site;
  if (token !== undefined) {
    exchange.principal = await serving.gate.authenticate(token, method, undefined);
  }
  const message: RequestMessage = {
    kind: "request",
    id: NO_ID,
    method,
    params,
    auth: undefined,
    meta: undefined,
    types: undefined,
  };
  exchange.route(message, 0);
  return await exchange.reply() as string;
}

function paramsIn(text: string): object {
  try {
    const params: unknown = JSON.parse(text);
    if (typeof params === "object" && params !== null) return params;
  } catch {
    // said below
  }
  throw new HttpFault(400, 'The body must be JSON: {"username": …, "password": …}');
}
