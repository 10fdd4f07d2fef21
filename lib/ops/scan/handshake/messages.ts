/**
 * What both versions' handshakes ask of the server's messages.
 *
 * @module
 */

import { extension } from "../hello/client_hello.ts";
import { ByteReader, type Bytes } from "../wire/bytes.ts";
import { ScanFault } from "../wire/fault.ts";
import type { Message } from "../wire/tls_peer.ts";

/** The protocol of the application in a server's extensions. */
export function protocolOf(extensions: ReadonlyMap<number, Bytes>): string | undefined {
  const protocols = extensions.get(extension.protocols);
  return protocols &&
    new TextDecoder().decode(new ByteReader(protocols).inside(2).vector(1));
}

/** Says that a message must be of a type. */
export function expect(
  message: Extract<Message, { kind: "handshake" }>,
  type: number,
): Extract<Message, { kind: "handshake" }> {
  if (message.type !== type) throw unexpected(message.type);
  return message;
}

/** A message that does not belong where it came. */
export function unexpected(type: number): ScanFault {
  return new ScanFault("malformed", `it sends the handshake message ${type} where it has no place`);
}
