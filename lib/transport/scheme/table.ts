/**
 * Every scheme of an address, one row each: how it is written, what it needs, and which of its
 * caller's sockets a program listens and connects with. A new scheme is one row here and its name in
 * `address.ts`. The sockets themselves are the runtime's, and so are not named here.
 *
 * @module
 */

import { DariError } from "../../base/errors.ts";
import type { Address, HostAddress, NatsAddress, UnixAddress } from "../address.ts";
import type { Connection, Listener } from "../connection.ts";
import { type Form, hostForm, natsForm, pathForm, webForm } from "./form.ts";

/** What a row is given to listen with. */
export interface ListenContext {
  /** Listens on TCP. */
  readonly tcp: (at: HostAddress) => Promise<Listener> | Listener;
  /** Listens on a Unix socket. */
  readonly unix: (path: string) => Promise<Listener>;
  /** Listens with TLS, with certificates that the caller owns. */
  readonly tls: (at: HostAddress) => Promise<Listener>;
  /** Offers a service through NATS; absent where that is not possible. */
  readonly nats?: ((at: NatsAddress) => Promise<Listener>) | undefined;
  /**
   * Allow unprotected schemes beyond loopback.
   *
   * @default {false}
   */
  readonly insecure?: boolean | undefined;
}

/** What a row is given to connect with. */
export interface DialContext {
  /** Connects by TCP. */
  readonly tcp: (at: HostAddress, signal: AbortSignal | undefined) => Promise<Connection>;
  /** Connects to a Unix socket. */
  readonly unix: (path: string, signal: AbortSignal | undefined) => Promise<Connection>;
  /** Connects with TLS, with certificates that the caller owns, to servers that it trusts. */
  readonly tls: (at: HostAddress, signal: AbortSignal | undefined) => Promise<Connection>;
  /** Connects by WebSocket over TLS, to servers that it trusts. */
  readonly wss: (at: HostAddress, signal: AbortSignal | undefined) => Promise<Connection>;
  /** Connects to a server of a service through NATS; absent where that is not possible. */
  readonly nats?:
    | ((at: NatsAddress, signal: AbortSignal | undefined) => Promise<Connection>)
    | undefined;
  /**
   * Allow unprotected schemes beyond loopback.
   *
   * @default {false}
   */
  readonly insecure?: boolean | undefined;
  /** Ends the attempt. */
  readonly signal?: AbortSignal | undefined;
}

/** One row of the table. */
export interface Scheme<A extends Address = Address> {
  /** How its addresses are written. */
  readonly form: Form<A>;
  /**
   * What it asks for beside an address: a `certificate` of the server for the host's name, or a
   * `loopback` host, because nothing protects the bytes on their way.
   */
  readonly needs?: "certificate" | "loopback";
  /** Listens; absent where that is not possible. */
  listen?(at: A, context: ListenContext): Promise<Listener> | Listener;
  /** Connects; absent where that is not possible. */
  dial?(at: A, context: DialContext): Promise<Connection>;
}

const tls: Scheme<HostAddress> = {
  form: hostForm,
  needs: "certificate",
  listen: (at, { tls }) => tls(at),
  dial: (at, { tls, signal }) => tls(at, signal),
};

const unix: Scheme<UnixAddress> = {
  form: pathForm,
  listen: ({ path }, { unix }) => unix(path),
  dial: ({ path }, { unix, signal }) => unix(path, signal),
};

const tcp: Scheme<HostAddress> = {
  form: hostForm,
  needs: "loopback",
  listen: (at, { tcp }) => tcp(at),
  dial: (at, { tcp, signal }) => tcp(at, signal),
};

const wss: Scheme<HostAddress> = {
  form: webForm,
  dial: (at, { wss, signal }) => wss(at, signal),
};

const nats: Scheme<NatsAddress> = {
  form: natsForm,
  needs: "certificate",
  listen: async (at, { nats }) => await (nats ?? withoutNats)(at),
  dial: async (at, { nats, signal }) => await (nats ?? withoutNats)(at, signal),
};

function withoutNats(): never {
  throw new DariError("usage", "Cannot use nats:// here: it takes Deno, and trust by ca");
}

/** The rows by name, in the order in which errors list them. */
export const schemes: Readonly<Record<Address["kind"], Scheme>> = {
  tls,
  unix,
  tcp,
  wss,
  // A gateway listens by it on its own; its WebSocket is what a client connects to.
  https: { ...wss, form: hostForm },
  nats,
};

/** The scheme of an address that names none. */
export const DEFAULT_SCHEME = "tls";

/**
 * Lists the schemes that can do something, as a sentence has it.
 *
 * @param does Whether a scheme can.
 * @returns For instance `tls://, unix: or tcp://`.
 */
export function listSchemes(does: (scheme: Scheme) => boolean): string {
  const names = Object.entries(schemes)
    .filter(([, scheme]) => does(scheme))
    .map(([name, { form }]) => `${name}${form.separator}`);
  return names.join(", ").replace(/, (?=[^,]*$)/, " or ");
}
