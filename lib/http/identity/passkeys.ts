/**
 * Passkeys at the gateway's pages: `POST /login/passkey` signs in, `POST /login/passkey/add` adds one to the
 * account that is signed in. Each has an `/options` before it, whose answer the page hands to
 * `navigator.credentials`.
 *
 * @module
 */

import type { PasskeyGate } from "../../auth/factor/passkey_requests.ts";
import type { Site } from "../../auth/factor/passkey_record.ts";
import type { Principal } from "../../auth/policy/principal.ts";
import { DariError } from "../../base/errors.ts";
import { limits } from "../../base/limits.ts";
import { encodeError } from "../../protocol/encode.ts";
import { bodyType, textOf } from "../call/call_request.ts";
import type { CallParts } from "../call/calls.ts";
import { errorIn, NO_ID } from "../call/reply_text.ts";
import { HttpFault } from "../engine/http_fault.ts";
import type { HttpReply, HttpRequest } from "../engine/http_message.ts";
import { failureReply } from "../reply/failure.ts";
import { cookieIn, PASSKEY_COOKIE, setCookie } from "./credential.ts";
import { ask, sessionReply } from "./sign_in.ts";

/** IPv4 as URL writes it; IPv6 has brackets. */
const IP_ADDRESS = /^(?:\d+\.){3}\d+$|^\[/;

/**
 * Serves `POST /login/passkey/options`: what the page hands to `navigator.credentials.get`. It says
 * nothing of any account.
 *
 * @param request The request.
 * @param parts What calls need.
 * @returns The options, and a cookie that binds the answer to this browser.
 * @throws {HttpFault} 400 where the host is an IP address, 404 where there are no passkeys.
 */
export async function passkeySignInOptions(
  request: HttpRequest,
  parts: CallParts,
): Promise<HttpReply> {
  const passkeys = passkeysOf(parts);
  const ticket = crypto.randomUUID();
  const options = await passkeys.signInOptions({ ...siteOf(request), binding: ticket });
  const cookie = setCookie(PASSKEY_COOKIE, ticket, limits.ceremonyTimeoutMs / 1_000);
  return json(options, parts, { "set-cookie": cookie });
}

/**
 * Serves `POST /login/passkey`: `{ response }`, what the page got from `navigator.credentials.get`.
 *
 * @param request The request.
 * @param parts What calls need.
 * @returns As `POST /login`.
 * @throws {HttpFault} 400, 413, 415 for a body that is no JSON object; also as a rejection.
 */
export async function passkeySignIn(request: HttpRequest, parts: CallParts): Promise<HttpReply> {
  passkeysOf(parts);
  const { response, agent } = await bodyIn(request);
  const site = { ...siteOf(request), binding: cookieIn(request, PASSKEY_COOKIE) ?? "" };
  const params = { response, ...(agent === undefined ? {} : { agent }) };
  const reply = await ask(request, parts, "rpc.passkey", params, { site });
  return await sessionReply(request, reply, parts);
}

/**
 * Serves `POST /login/passkey/add/options`: what the page hands to `navigator.credentials.create`.
 *
 * @param request The request of somebody who is signed in.
 * @param parts What calls need.
 * @throws {HttpFault} 400 where the host is an IP address, 404 where there are no passkeys.
 */
export async function passkeyOptions(request: HttpRequest, parts: CallParts): Promise<HttpReply> {
  const passkeys = passkeysOf(parts);
  const site = siteOf(request);
  return await answered(parts, async () => {
    const principal = await principalOf(request, parts);
    return json(await passkeys.registrationOptions(principal, site, site.rpId), parts);
  });
}

/**
 * Serves `POST /login/passkey/add`: `{ response, name? }`, what the page got from `navigator.credentials.create`.
 *
 * @param request The request of somebody who is signed in.
 * @param parts What calls need.
 * @returns The passkey as `rpc.factors.list` lists it.
 * @throws {HttpFault} 400, 413, 415 for a body that is no JSON object; also as a rejection.
 */
export async function addPasskey(request: HttpRequest, parts: CallParts): Promise<HttpReply> {
  const passkeys = passkeysOf(parts);
  const { response, name } = await bodyIn(request);
  const site = siteOf(request);
  return await answered(parts, async () => {
    const principal = await principalOf(request, parts);
    const answer = { response, ...(name === undefined ? {} : { name: textIn(name) }) };
    const { factor, change } = await passkeys.register(principal, site, answer);
    parts.serving.observer.factorChanged?.({ ...change, principal, peer: request.peer });
    return json(factor, parts);
  });
}

/** A browser makes passkeys for names alone, and for pages without a fault in their certificate. */
function siteOf({ host }: HttpRequest): Omit<Site, "binding"> {
  const { origin, hostname } = URL.parse(`https://${host}`) ?? { origin: "", hostname: "" };
  if (hostname !== "" && !IP_ADDRESS.test(hostname)) return { origin, rpId: hostname };
  throw new HttpFault(
    400,
    `Passkeys belong to a name, and ${JSON.stringify(host)} is none: open the page by its name`,
  );
}

function passkeysOf({ serving: { gate } }: CallParts): PasskeyGate {
  if (gate.passkeys !== undefined) return gate.passkeys;
  throw new HttpFault(404, "This server has no passkeys");
}

async function principalOf(request: HttpRequest, parts: CallParts): Promise<Principal> {
  const { gate } = parts.serving;
  const token = parts.credentialOf(request);
  if (token === undefined) throw new DariError("unauthenticated", "Sign in to add a passkey");
  const principal = await gate.authenticate(token, "rpc.factors.add", undefined, request.peer);
  gate.authorize(principal, "rpc.factors.add");
  return principal;
}

async function bodyIn(request: HttpRequest): Promise<Readonly<Record<string, unknown>>> {
  bodyType(request);
  try {
    const body: unknown = JSON.parse(textOf(await request.bytes(limits.maxLineBytesBeforeSignIn)));
    if (typeof body === "object" && body !== null) return body as Record<string, unknown>;
  } catch (error) {
    if (error instanceof HttpFault) throw error;
  }
  throw new HttpFault(400, 'The body must be JSON: {"response": …}');
}

function textIn(name: unknown): string {
  if (typeof name === "string") return name;
  throw new DariError("invalid_params", '"name" must be a text');
}

/** A failure is told as that of a call. */
async function answered(parts: CallParts, work: () => Promise<HttpReply>): Promise<HttpReply> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof HttpFault) throw error;
    const told = errorIn(encodeError(NO_ID, error), NO_ID);
    if (told === undefined) throw error;
    return failureReply(told, parts.headers.problem);
  }
}

function json(body: unknown, { headers }: CallParts, more: HttpReply["headers"] = {}): HttpReply {
  return { status: 200, headers: { ...headers.json, ...more }, body: JSON.stringify(body) };
}
