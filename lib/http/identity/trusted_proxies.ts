/**
 * Who the client is where a proxy stands in front: its headers are believed from named proxies alone.
 *
 * @module
 */

import { DariError } from "../../base/errors.ts";
import { bracketed } from "../engine/https_peer.ts";
import type {
  HttpAnswer,
  HttpRequest,
  MakeAnswer,
  WebSocketAnswer,
} from "../engine/http_message.ts";
import type { Peer } from "../../transport/connection.ts";

/** The proxies whose `X-Forwarded-*` headers are believed. */
export class TrustedProxies {
  readonly #blocks: readonly Block[];

  /**
   * @param proxies Addresses and networks: `10.0.0.5`, `10.0.0.0/8`, `fd00::/8`.
   * @throws {DariError} `usage` for a text that is neither.
   */
  constructor(proxies: readonly string[]) {
    this.#blocks = proxies.map(blockOf);
  }

  /**
   * Gives a request as its client made it.
   *
   * @param request The request as it came.
   * @returns The same where it came from no proxy that is trusted.
   */
  seenThrough(request: HttpRequest): HttpRequest {
    if (this.#blocks.length === 0 || !this.#isTrusted(hostIn(request.peer.address))) return request;
    const forwarded = request.header("x-forwarded-for");
    const host = request.header("x-forwarded-host");
    if (forwarded === null && host === null) return request;
    return new ForwardedRequest(request, this.#clientIn(forwarded), host ?? request.host);
  }

  /** The last address that no trusted proxy has; those before it are what that client claims. */
  #clientIn(forwarded: string | null): string | undefined {
    const addresses = forwarded?.split(",").map((address) => hostIn(address.trim())) ?? [];
    return addresses.findLast((address) => !this.#isTrusted(address)) ?? addresses[0];
  }

  #isTrusted(address: string): boolean {
    const bits = bitsOf(address);
    return bits !== undefined &&
      this.#blocks.some(({ prefix, width }) => bits.length === width && bits.startsWith(prefix));
  }
}

/** A request seen through a proxy. */
class ForwardedRequest implements HttpRequest {
  readonly host: string;
  readonly peer: Peer;
  readonly #request: HttpRequest;

  constructor(request: HttpRequest, client: string | undefined, host: string) {
    this.#request = request;
    this.host = host;
    // The proxy's own certificate says nothing of the client.
    this.peer = {
      transport: "https",
      address: client === undefined ? request.peer.address : `${bracketed(client)}:0`,
    };
  }

  get method(): string {
    return this.#request.method;
  }

  get target(): string {
    return this.#request.target;
  }

  get length(): number | undefined {
    return this.#request.length;
  }

  header(name: string): string | null {
    return this.#request.header(name);
  }

  bytes(maxBytes: number): Promise<Uint8Array<ArrayBuffer>> {
    return this.#request.bytes(maxBytes);
  }

  answerBody(maxBytes: number, make: MakeAnswer): Promise<HttpAnswer> {
    return this.#request.answerBody(maxBytes, make);
  }

  onGone(listener: () => void): void {
    this.#request.onGone(listener);
  }

  toRequest(): Request {
    return this.#request.toRequest();
  }

  webSocket(peer: Peer): Promise<WebSocketAnswer> {
    return this.#request.webSocket(peer);
  }
}

/** A network, as the first bits of its addresses. */
interface Block {
  readonly prefix: string;
  /** The bits of a whole address. */
  readonly width: number;
}

function blockOf(text: string): Block {
  const [address = "", length] = text.split("/");
  const bits = bitsOf(address);
  const count = length === undefined
    ? bits?.length
    : /^\d{1,3}$/.test(length)
    ? Number(length)
    : NaN;
  if (bits === undefined || !(count! <= bits.length)) {
    throw new DariError(
      "usage",
      `${JSON.stringify(text)} is neither an address nor a network; write for instance 10.0.0.0/8`,
    );
  }
  return { prefix: bits.slice(0, count), width: bits.length };
}

/** The host of an address, without brackets and port. */
function hostIn(address: string): string {
  const host = /^\[([^\]]+)\]/.exec(address)?.[1] ??
    (/^[^:]*(?=:\d*$)/.exec(address)?.[0] ?? address);
  return /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(host)?.[1] ?? host;
}

/** The bits of an IP address as text; `undefined` for what is none. */
function bitsOf(address: string): string | undefined {
  if (/^\d{1,3}(\.\d{1,3}){3}$/.test(address)) {
    const parts = address.split(".").map(Number);
    if (parts.some((part) => part > 255)) return undefined;
    return parts.map((part) => part.toString(2).padStart(8, "0")).join("");
  }
  if (!address.includes(":") || !URL.canParse(`https://[${address}]`)) return undefined;
  const [head = "", tail] = new URL(`https://[${address}]`).hostname.slice(1, -1).split("::");
  const before = head === "" ? [] : head.split(":");
  const after = tail === undefined || tail === "" ? [] : tail.split(":");
  const zeros = Array<string>(8 - before.length - after.length).fill("0");
  return [...before, ...zeros, ...after]
    .map((group) => parseInt(group, 16).toString(2).padStart(16, "0")).join("");
}
