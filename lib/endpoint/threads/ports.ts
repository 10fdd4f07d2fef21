/**
 * Which sockets the threads of a server open, each for itself.
 *
 * @module
 */

import { type HostAddress, hostAndPort } from "../../transport/address.ts";
import type { Connection, Listener } from "../../transport/connection.ts";
import { listen } from "../../transport/scheme/listen.ts";
import type { ListenPlace } from "../../transport/scheme/listen_place.ts";
import { formatAddress } from "../../transport/scheme/parse.ts";
import { bind } from "../../transport/tcp.ts";

/** Where the threads listen for one place. */
export interface SharedPorts {
  /** The address for clients, with the real port. */
  readonly address: string;
  /** What each thread listens on: `localhost` is two addresses. */
  readonly places: readonly ListenPlace[];
}

/** A place with a host and a port. */
export type PortPlace = ListenPlace & { readonly address: HostAddress };

/**
 * Finds out which addresses and which ports places stand for, by listening there for a moment. So a
 * port that another program has is noticed, which the threads with their shared ports would not.
 *
 * @param places The places.
 * @param insecure Whether unprotected schemes may be used beyond loopback.
 * @returns What the threads listen on, for each place. The ports are free again.
 * @throws {DariError} `configuration` for an unprotected scheme beyond loopback.
 * @throws {TransportError} `unavailable` when a port is in use.
 */
export async function findPorts(
  places: readonly PortPlace[],
  insecure: boolean | undefined,
): Promise<SharedPorts[]> {
  const ports: SharedPorts[] = [];
  const held: Listener[] = [];
  try {
    for (const place of places) {
      const found: ListenPlace[] = [];
      const hold = (at: HostAddress) => holdPort(at, place, (each) => found.push(each));
      const listener = await listen(place.address, {
        tls: (at) => Promise.resolve(at).then(hold),
        tcp: hold,
        unix: () => Promise.reject(new Error("a place with a port is no Unix socket")),
        insecure,
      });
      held.push(listener);
      ports.push({ address: listener.address, places: found });
    }
  } finally {
    for (const listener of held) listener.close();
  }
  return ports;
}

function holdPort(
  { host, port }: HostAddress,
  { address: { kind }, clientCaFile }: PortPlace,
  found: (place: ListenPlace) => void,
): Listener {
  const listener = bind({ host, port }, () => Deno.listen({ hostname: host, port }));
  const { addr } = listener;
  // `localhost` would stand for two addresses again. Of another name there may be a permission for
  // the name alone.
  const one = host === "localhost" ? addr.hostname : host;
  found({ address: { kind, host: one, port: addr.port }, clientCaFile });
  return {
    address: `${kind}://${hostAndPort(host, addr.port)}`,
    close: () => listener.close(),
    async *[Symbol.asyncIterator](): AsyncGenerator<Connection> {},
  };
}

/** Writes a place as `--listen` has it. */
export function formatPlace({ address, clientCaFile }: ListenPlace): string {
  const text = formatAddress(address);
  return clientCaFile === undefined
    ? text
    : `${text}?client-ca=${encodeURIComponent(clientCaFile)}`;
}
