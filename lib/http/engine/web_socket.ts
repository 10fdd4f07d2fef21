/**
 * What both engines ask of a request for a WebSocket.
 *
 * @see {@link https://www.rfc-editor.org/rfc/rfc6455#section-4.2 | RFC 6455}, section 4.2
 * @module
 */

import { SUBPROTOCOL } from "../../transport/websocket/handshake.ts";
import { HttpFault } from "./http_fault.ts";
import type { HttpRequest } from "./http_message.ts";

/**
 * Checks a request for a WebSocket.
 *
 * @param request The request.
 * @returns Whether each line is to be a message of its own: the client named no subprotocol.
 * @throws {HttpFault} 426 for a request that asks for none, or for another version; 400 for one without
 * a key, or with subprotocols that are not spoken here.
 */
export function checkWebSocket(request: Pick<HttpRequest, "header">): { isByLine: boolean } {
  const form = checkWebSocketForm(request);
  const key = request.header("sec-websocket-key") ?? "";
  if (/^[A-Za-z0-9+/]{22}==$/.test(key)) return form;
  throw new HttpFault(400, "Sec-WebSocket-Key must be 16 bytes in base64");
}

/**
 * Checks what a request for a WebSocket says in every version of HTTP.
 *
 * @param request The request.
 * @returns Whether each line is to be a message of its own.
 * @throws {HttpFault} As {@linkcode checkWebSocket}; HTTP/2 has no key (RFC 8441 section 5).
 */
export function checkWebSocketForm(request: Pick<HttpRequest, "header">): { isByLine: boolean } {
  if (request.header("upgrade")?.toLowerCase() !== "websocket") {
    const message = "This path is a WebSocket's; connect to it with wss://";
    throw new HttpFault(426, message, { upgrade: "websocket", connection: "Upgrade" });
  }
  const version = request.header("sec-websocket-version");
  if (version !== "13") {
    throw new HttpFault(426, `Sec-WebSocket-Version is "${version ?? ""}"; 13 is spoken here`, {
      "sec-websocket-version": "13",
      upgrade: "websocket",
    });
  }
  const offered = request.header("sec-websocket-protocol");
  if (offered === null) return { isByLine: true };
  if (offered.split(",").some((name) => name.trim() === SUBPROTOCOL)) return { isByLine: false };
  throw new HttpFault(400, `Of the subprotocols only ${SUBPROTOCOL} is spoken here`);
}
