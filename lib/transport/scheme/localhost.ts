/**
 * Listening on `localhost`, which is two addresses: programs that connect to the name may use either.
 *
 * @module
 */

import { limits } from "../../base/limits.ts";
import { TransportError } from "../../base/errors.ts";
import { type HostAddress, hostAndPort } from "../address.ts";
import type { Connection, Listener } from "../connection.ts";
import { parseAddress } from "./parse.ts";

const ADDRESSES = ["127.0.0.1", "::1"];

/** What became of listening on one more address of the name. */
type Attempt<T> = Listener<T> | "taken" | "impossible";

/**
 * Listens on `localhost` by IPv4 and IPv6. Where this machine has only one of the two, or the program
 * may use only the name, that one is enough.
 *
 * @param at The name and the port; with port 0 both addresses get the same one.
 * @param listen Listens on one address.
 * @returns One listener for both.
 * @throws {TransportError} `unavailable` when another program has the port on one of the two: clients
 * would reach that program, or this one, as their system prefers.
 */
export async function listenLocalhost<T = Connection>(
  at: HostAddress,
  listen: (at: HostAddress) => Promise<Listener<T>> | Listener<T>,
): Promise<Listener<T>> {
  for (let attempt = 1;; attempt++) {
    // By its name, which is what a narrow --allow-net permits.
    const named = await listen(at);
    const { port } = parseAddress(named.address) as HostAddress;
    const others = await listenOnOthers({ ...at, port }, listen).catch((error) => {
      named.close();
      throw error;
    });
    // One of the two is taken by `named` itself.
    if (others.filter((one) => one === "taken").length < ADDRESSES.length) {
      return joinListeners([named, ...others.filter((one) => typeof one === "object")]);
    }
    named.close();
    if (at.port !== 0 || attempt >= limits.maxLocalhostAttempts) throw taken({ ...at, port });
  }
}

async function listenOnOthers<T>(
  at: HostAddress,
  listen: (at: HostAddress) => Promise<Listener<T>> | Listener<T>,
): Promise<Attempt<T>[]> {
  const attempts: Attempt<T>[] = [];
  for (const host of ADDRESSES) {
    attempts.push(
      isPermitted(host, at.port) ? await attemptOn({ ...at, host }, listen) : "impossible",
    );
  }
  return attempts;
}

async function attemptOn<T>(
  at: HostAddress,
  listen: (at: HostAddress) => Promise<Listener<T>> | Listener<T>,
): Promise<Attempt<T>> {
  try {
    return await listen(at);
  } catch (error) {
    if (!(error instanceof TransportError)) throw error;
    return isTaken(error.cause) ? "taken" : "impossible";
  }
}

/** Asked first: where a terminal is there, Deno would ask the user. */
function isPermitted(host: string, port: number): boolean {
  const permission = { name: "net", host: hostAndPort(host, port) } as const;
  return Deno.permissions.querySync(permission).state === "granted";
}

function isTaken(cause: unknown): boolean {
  return cause instanceof Deno.errors.AddrInUse ||
    (cause as { code?: string } | undefined)?.code === "EADDRINUSE"; // what node's sockets throw
}

function taken({ host, port }: HostAddress): TransportError {
  return new TransportError(
    "unavailable",
    `Cannot listen on ${hostAndPort(host, port)}: another program has the port on one of the two ` +
      `addresses of the name, 127.0.0.1 and ::1; stop it, or choose another port or one address`,
  );
}

/**
 * Makes one listener of several. Its address is the first one's.
 *
 * @param listeners The listeners; it closes them.
 */
export function joinListeners<T = Connection>(
  listeners: readonly [Listener<T>, ...Listener<T>[]],
): Listener<T> {
  if (listeners.length === 1) return listeners[0];
  const close = () => listeners.forEach((listener) => listener.close());
  return {
    address: listeners[0].address,
    close,
    async *[Symbol.asyncIterator](): AsyncGenerator<T> {
      const waiting: { connection: T; taken: () => void }[] = [];
      let failure: { error: unknown } | undefined;
      let open = listeners.length;
      let wake = () => {};
      const accept = async (listener: Listener<T>) => {
        // The next one is accepted once this one is taken, as if each were read by itself.
        for await (const connection of listener) {
          const { promise, resolve } = Promise.withResolvers<void>();
          waiting.push({ connection, taken: resolve });
          wake();
          await promise;
        }
      };
      for (const listener of listeners) {
        accept(listener).catch((error) => failure ??= { error }).finally(() => {
          open--;
          wake();
        });
      }
      while (open > 0 || waiting.length > 0) {
        for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
          next.taken();
          yield next.connection;
        }
        if (failure !== undefined) throw failure.error;
        if (open > 0) await new Promise<void>((resolve) => wake = resolve);
      }
    },
  };
}
