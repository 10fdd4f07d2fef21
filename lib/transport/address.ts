/**
 * Where a program listens or connects to, as text and as parts.
 *
 * @module
 */

import { DariError } from "../base/errors.ts";

/** An address with a host and a port. */
export interface HostAddress {
  /** The way that bytes take. */
  readonly kind: "tls" | "tcp" | "https" | "nats";
  /** A name, an IPv4 address, or an IPv6 address without brackets. */
  readonly host: string;
  /** 0 to 65535; 0 lets the system choose when listening. */
  readonly port: number;
}

/** The path of a Unix socket. */
export interface UnixAddress {
  /** The way that bytes take. */
  readonly kind: "unix";
  /** The socket's path. */
  readonly path: string;
}

/** The parts of an address. */
export type Address = HostAddress | UnixAddress;

const DEFAULT_SCHEME = "tls";
const SCHEME = /^(tls|tcp|https|nats):\/\//;
const NAME = /^[a-z0-9_]([a-z0-9_.-]*[a-z0-9_.])?$/i;
const IPV4 = /^\d+\.\d+\.\d+\.\d+$/;
// The kernel keeps the path of a Unix socket in 108 bytes, the last of them NUL.
const MAX_SOCKET_PATH_BYTES = 107;
const MAX_PORT = 65_535;

/**
 * Reads an address.
 *
 * @param text `tls://host:port` (the scheme may be left out), `unix:/path`, `tcp://host:port`,
 * `https://host:port` or `nats://host:port`; an IPv6 host stands in brackets.
 * @returns Its parts.
 * @throws {DariError} `usage` where it is no address.
 *
 * @example
 * ```ts
 * import { parseAddress } from "@dari/dari";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(parseAddress("tls://[::1]:9090"), { kind: "tls", host: "::1", port: 9090 });
 * ```
 */
export function parseAddress(text: string): Address {
  if (text.startsWith("unix:")) return unixAddress(text);
  const scheme = SCHEME.exec(text);
  if (!scheme && text.includes("://")) {
    throw notAnAddress(text, "its scheme is none of tls, tcp, https, nats and unix");
  }
  const rest = scheme ? text.slice(scheme[0].length) : text;
  const colon = rest.lastIndexOf(":");
  const portText = rest.slice(colon + 1);
  if (colon < 0 || !/^\d{1,5}$/.test(portText) || Number(portText) > MAX_PORT) {
    throw notAnAddress(text, "a port of 0 to 65535 must follow the host");
  }
  return {
    kind: (scheme?.[1] ?? DEFAULT_SCHEME) as HostAddress["kind"],
    host: hostOf(rest.slice(0, colon), text),
    port: Number(portText),
  };
}

/**
 * Writes an address.
 *
 * @param address Its parts.
 * @returns Text that {@linkcode parseAddress} reads back.
 */
export function formatAddress(address: Address): string {
  if (address.kind === "unix") return `unix:${address.path}`;
  return `${address.kind}://${hostAndPort(address.host, address.port)}`;
}

/**
 * Writes host and port.
 *
 * @param host A name or an IP address.
 * @param port The port.
 * @returns For instance `[::1]:9090`.
 */
export function hostAndPort(host: string, port: number): string {
  return host.includes(":") ? `[${host}]:${port}` : `${host}:${port}`;
}

/**
 * Whether a host is this machine and no other.
 *
 * @param host A name or an IP address.
 * @returns True for `localhost`, `127.0.0.0/8` and `::1`.
 */
export function isLoopback(host: string): boolean {
  return host === "localhost" || host === "::1" || (IPV4.test(host) && host.startsWith("127."));
}

function unixAddress(text: string): UnixAddress {
  const path = text.slice("unix:".length).replace(/^\/\/(?=\/)/, "");
  if (path === "") throw notAnAddress(text, "a path must follow unix:");
  if (path.includes("\0")) throw notAnAddress(text, "the path holds a NUL");
  const bytes = new TextEncoder().encode(path).length;
  if (bytes > MAX_SOCKET_PATH_BYTES) {
    throw notAnAddress(
      text,
      `the path of a Unix socket has at most ${MAX_SOCKET_PATH_BYTES} bytes, this one ${bytes}`,
    );
  }
  return { kind: "unix", path };
}

function hostOf(text: string, whole: string): string {
  if (text.startsWith("[") && text.endsWith("]")) {
    const host = text.slice(1, -1);
    if (URL.canParse(`http://[${host}]`)) return host;
    throw notAnAddress(whole, "what stands in brackets is no IPv6 address");
  }
  if (IPV4.test(text)) {
    if (text.split(".").every((part) => Number(part) <= 255)) return text;
    throw notAnAddress(whole, "its host is no IPv4 address");
  }
  if (text.includes(":")) throw notAnAddress(whole, "an IPv6 host must stand in brackets");
  if (!NAME.test(text)) throw notAnAddress(whole, "its host is no name");
  return text;
}

function notAnAddress(text: string, why: string): DariError {
  return new DariError(
    "usage",
    `${JSON.stringify(text)} is not an address: ${why}; write for instance tls://localhost:9090`,
  );
}
