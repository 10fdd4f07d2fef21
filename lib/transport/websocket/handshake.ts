/**
 * How an HTTP connection becomes a WebSocket.
 *
 * @see {@link https://www.rfc-editor.org/rfc/rfc6455#section-4 | RFC 6455}, section 4
 * @module
 */

import { encodeBase64 } from "@std/encoding/base64";
import { TransportError } from "../../base/errors.ts";
import { limits } from "../../base/limits.ts";
import { hostAndPort } from "../address.ts";
import type { ByteStream } from "../stream_connection.ts";

/** The path of the WebSocket on a gateway. */
export const WEB_SOCKET_PATH = "/ws";

/** The subprotocol whose messages may be cut anywhere: their payload is the stream of the wire. */
export const SUBPROTOCOL = "dari.1";

const SUFFIX = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"; // RFC 6455 section 1.3
const HEAD_END = "\r\n\r\n";

/**
 * Answers a client's key.
 *
 * @param key `Sec-WebSocket-Key`.
 * @returns `Sec-WebSocket-Accept`.
 */
export async function acceptOf(key: string): Promise<string> {
  const bytes = new TextEncoder().encode(key + SUFFIX);
  return encodeBase64(await crypto.subtle.digest("SHA-1", bytes));
}

/** A server that is asked for a WebSocket. */
export interface WebSocketTarget {
  readonly host: string;
  readonly port: number;
}

/**
 * Asks for a WebSocket.
 *
 * @param stream A stream over TLS.
 * @param target The server.
 * @returns What the server sent behind its answer.
 * @throws {TransportError} `unavailable` when the answer is another one.
 */
export async function askForWebSocket(
  stream: ByteStream,
  target: WebSocketTarget,
): Promise<Uint8Array> {
  const key = encodeBase64(crypto.getRandomValues(new Uint8Array(16)));
  const request = [
    `GET ${WEB_SOCKET_PATH} HTTP/1.1`,
    `Host: ${hostAndPort(target.host, target.port)}`,
    "Connection: Upgrade",
    "Upgrade: websocket",
    "Sec-WebSocket-Version: 13",
    `Sec-WebSocket-Key: ${key}`,
    `Sec-WebSocket-Protocol: ${SUBPROTOCOL}`,
  ].join("\r\n") + HEAD_END;
  const bytes = new TextEncoder().encode(request);
  for (let at = 0; at < bytes.length;) at += await stream.write(bytes.subarray(at));
  const { head, rest } = await readHead(stream, target);
  const [status = "", ...headers] = head.split("\r\n");
  if (!/^HTTP\/1\.1 101\b/.test(status)) {
    throw refused(target, `it answered ${status.slice("HTTP/1.1 ".length)}${detailIn(rest)}`);
  }
  if (headerIn(headers, "sec-websocket-accept") !== await acceptOf(key)) {
    throw refused(target, "its Sec-WebSocket-Accept does not answer the key");
  }
  if (headerIn(headers, "sec-websocket-protocol") !== SUBPROTOCOL) {
    throw refused(target, `it does not speak the subprotocol ${SUBPROTOCOL}`);
  }
  return rest;
}

async function readHead(
  stream: ByteStream,
  target: WebSocketTarget,
): Promise<{ head: string; rest: Uint8Array }> {
  const memory = new Uint8Array(limits.maxWebSocketAnswerBytes);
  for (let length = 0; length < memory.length;) {
    const count = await stream.read(memory.subarray(length));
    if (count === null) throw refused(target, "it ended the connection");
    length += count;
    const text = new TextDecoder("latin1").decode(memory.subarray(0, length));
    const end = text.indexOf(HEAD_END);
    if (end < 0) continue;
    return { head: text.slice(0, end), rest: memory.slice(end + HEAD_END.length, length) };
  }
  throw refused(target, `its answer has more than ${memory.length} bytes`);
}

function headerIn(headers: readonly string[], name: string): string | undefined {
  const found = headers.find((header) => header.toLowerCase().startsWith(`${name}:`));
  return found?.slice(name.length + 1).trim();
}

/** What problem details say (RFC 9457), as far as they have come. */
function detailIn(body: Uint8Array): string {
  const detail = /"detail":"([^"]*)"/.exec(new TextDecoder().decode(body))?.[1];
  return detail === undefined ? "" : `: ${detail}`;
}

function refused({ host, port }: WebSocketTarget, reason: string): TransportError {
  return new TransportError(
    "unavailable",
    `Cannot connect to wss://${hostAndPort(host, port)}${WEB_SOCKET_PATH}: ${reason}`,
  );
}
