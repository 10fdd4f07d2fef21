/**
 * The parts of an address. Its text is read and written by `scheme/parse.ts`.
 *
 * @module
 */

/** An address with a host and a port. */
export interface HostAddress {
  /** Its scheme. */
  readonly kind: "tls" | "tcp" | "https" | "wss";
  /** A name, an IPv4 address, or an IPv6 address without brackets. */
  readonly host: string;
  /** 0 to 65535; 0 lets the system choose when listening. */
  readonly port: number;
  /** The IP address to connect to, where the name was looked up before; no part of its text. */
  readonly ip?: string | undefined;
}

/** The path of a Unix socket. */
export interface UnixAddress {
  /** Its scheme. */
  readonly kind: "unix";
  /** The socket's path. */
  readonly path: string;
}

/** A service that is reached through NATS. */
export interface NatsAddress {
  /** Its scheme. */
  readonly kind: "nats";
  /** The NATS servers; one is enough of a cluster. */
  readonly servers: readonly HostAndPort[];
  /** The service's name. */
  readonly service: string;
  /** The id of one of the service's servers; absent where any of them is meant. */
  readonly instance?: string | undefined;
}

/** A host with a port. */
export type HostAndPort = Pick<HostAddress, "host" | "port">;

/** The parts of an address. */
export type Address = HostAddress | UnixAddress | NatsAddress;

const IPV4_LOOPBACK = /^127\.\d+\.\d+\.\d+$/;

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
  return host === "localhost" || host === "::1" || IPV4_LOOPBACK.test(host);
}
