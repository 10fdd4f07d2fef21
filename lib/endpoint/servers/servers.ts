/**
 * Which servers a client connects to: those of addresses, of a name, or of a resolver.
 *
 * @module
 */

import type { Credentials } from "../../auth/sign_in/sign_in_client.ts";
import { TransportError } from "../../base/errors.ts";
import { reasonOf } from "../../base/file/reason.ts";
import { limits } from "../../base/limits.ts";
import type { BalanceOptions } from "../../rpc/balance/balance_options.ts";
import type { Target, Targets, TargetSource } from "../../rpc/balance/target.ts";
import type { LinkOptions } from "../../rpc/link/link_options.ts";
import {
  type Address,
  type HostAddress,
  isLoopback,
  type NatsAddress,
} from "../../transport/address.ts";
import type { Connection } from "../../transport/connection.ts";
import { formatAddress, parseAddress } from "../../transport/scheme/parse.ts";
import type { DialAddress } from "./dial_address.ts";
import { lookUp, type NameService } from "./name_service.ts";

/** Opens connections in a way of its own, for instance to a listener in this process. */
export interface Dialer {
  /** How the server is called where its status is told. */
  readonly address?: string | undefined;
  /**
   * Opens a connection.
   *
   * @param signal Ends the attempt.
   */
  connect(signal: AbortSignal): Promise<Connection>;
}

/** The servers that a resolver names. */
export interface Resolution {
  /** Their addresses. What is no address is left out, and so is what stands there twice. */
  readonly addresses: readonly string[];
  /**
   * How long that holds, in milliseconds; 5 s at least and 5 min at most are taken of it.
   *
   * @default {30_000}
   */
  readonly ttlMs?: number | undefined;
}

/** Knows which servers there are: a program's own registry, for instance. */
export interface Resolver {
  /**
   * Names the servers that there are now. It is asked again when its answer has grown old and when a
   * server breaks; while it fails, the servers that it named before are kept.
   *
   * @param signal Aborts when nobody waits for the answer any more.
   */
  resolve(signal: AbortSignal): Promise<Resolution> | Resolution;
}

/**
 * What `connect` connects to: an address, a listener in this process, an open connection, several
 * addresses, or what names them.
 */
export type ConnectTarget = string | Dialer | Connection | Resolver | readonly (string | Dialer)[];

/** A server with a credential that holds there alone, and is sent to no other. */
export class ServerWithCredentials implements Dialer {
  readonly address: string;
  readonly connect: Dialer["connect"];
  /** The credential; `undefined` for none. */
  readonly credentials: Credentials | undefined;

  /**
   * @param address How the server is called.
   * @param connect Opens a connection.
   * @param credentials The credential; `undefined` for none.
   */
  constructor(
    address: string,
    connect: Dialer["connect"],
    credentials: Credentials | undefined,
  ) {
    this.address = address;
    this.connect = connect;
    this.credentials = credentials;
  }
}

/** What servers are connected to with. */
export interface ServerNetwork {
  /** Gives what connects to addresses, by the sockets of the runtime. */
  readonly createDial: () => DialAddress;
  /** Gives what connects through NATS; absent where that is not possible. */
  readonly loadNats?: LoadNats | undefined;
  /** Looks names up; absent where the runtime cannot. */
  readonly names?: NameService | undefined;
}

/** Connects to the servers of services through NATS, and finds them. */
export interface NatsNetwork {
  /** Connects to a server. */
  connect(at: NatsAddress, signal: AbortSignal): Promise<Connection>;
  /** Asks which servers a service has. */
  discover(at: NatsAddress, signal: AbortSignal): Promise<readonly NatsAddress[]>;
}

/** Loads what connects through NATS; gives the same each time. */
export type LoadNats = () => Promise<NatsNetwork>;

/** One server, or a set that may change. */
export type Servers =
  | { readonly kind: "one"; readonly target: Target }
  | { readonly kind: "several"; readonly source: TargetSource };

/** How connections are signed in by a credential. */
type SignInBy = (credentials: Credentials | undefined) => LinkOptions["signIn"];

/**
 * Finds out which servers a client connects to.
 *
 * @param target What the user named.
 * @param network What servers are connected to with.
 * @param options Whether there are several connections to one address.
 * @param signInBy How connections are signed in.
 * @returns One server, or several.
 * @throws {DariError} `usage` for a malformed address.
 * @throws {TypeError} For an empty list.
 */
export function serversOf(
  target: ConnectTarget,
  network: ServerNetwork,
  options: BalanceOptions,
  signInBy: SignInBy,
): Servers {
  if (typeof target !== "string" && "resolve" in target) {
    const dial = network.createDial();
    return { kind: "several", source: resolverSource(target, dial) };
  }
  if (isList(target)) {
    if (target.length === 0) {
      throw new TypeError("connect() needs an address, and the list is empty");
    }
    return several(listedTargets(target, network.createDial(), signInBy));
  }
  if (typeof target === "string") {
    const address = parseAddress(target);
    if (address.kind === "nats" && address.instance === undefined && network.loadNats) {
      return { kind: "several", source: natsSource(address, network.loadNats) };
    }
    const dial = network.createDial();
    if (network.names !== undefined && hasName(address)) {
      return { kind: "several", source: nameSource(address, dial, network.names) };
    }
    return oneOrPool(targetAt(address, target, dial), options);
  }
  if ("connect" in target) return oneOrPool(dialerTarget(target, signInBy), options);
  return { kind: "one", target: openTarget(target) };
}

function isList(
  target: Dialer | Connection | readonly (string | Dialer)[] | string,
): target is readonly (string | Dialer)[] {
  return Array.isArray(target);
}

/** Only several connections, and questions for its health, need more than a link. */
function oneOrPool(target: Target, { connections, health }: BalanceOptions): Servers {
  const isWatched = health !== undefined && health !== false;
  return connections === undefined && !isWatched ? { kind: "one", target } : several([target]);
}

function several(targets: readonly Target[]): Servers {
  const answer = Promise.resolve({ targets, ttlMs: Infinity });
  return { kind: "several", source: { isFixed: true, resolve: () => answer } };
}

function listedTargets(
  list: readonly (string | Dialer)[],
  dial: DialAddress,
  signInBy: SignInBy,
): Target[] {
  const counts = new Map<string, number>();
  return [...new Set(list)].map((each) => {
    if (typeof each === "string") return addressTarget(each, dial);
    // Listeners of this process are all called the same, and are different servers.
    const target = dialerTarget(each, signInBy);
    const count = (counts.get(target.address) ?? 0) + 1;
    counts.set(target.address, count);
    return count === 1 ? target : { ...target, address: `${target.address} (${count})` };
  });
}

function dialerTarget(server: Dialer, signInBy: SignInBy): Target {
  const target = {
    address: server.address ?? "server",
    dial: (signal: AbortSignal) => server.connect(signal),
  };
  if (!(server instanceof ServerWithCredentials)) return target;
  return { ...target, signIn: signInBy(server.credentials) };
}

function addressTarget(text: string, dial: DialAddress): Target {
  return targetAt(parseAddress(text), text, dial);
}

function targetAt(address: Address, text: string, dial: DialAddress): Target {
  return { address: formatAddress(address), dial: (signal) => dial(text, signal) };
}

function openTarget(connection: Connection): Target {
  let isUsed = false;
  const dial = () => {
    if (isUsed) return Promise.reject(usedUp());
    isUsed = true;
    return Promise.resolve(connection);
  };
  return { address: connection.peer.address, dial };
}

function usedUp(): TransportError {
  const message = "The connection takes no more calls, and this client cannot make another";
  return new TransportError("unavailable", message, { retryable: false });
}

function resolverSource(resolver: Resolver, dial: DialAddress): TargetSource {
  return {
    isFixed: false,
    async resolve(signal) {
      const { addresses, ttlMs = limits.resolveIntervalMs } = await resolver.resolve(signal) ?? {};
      if (!Array.isArray(addresses)) {
        throw new TypeError("The resolver must give { addresses: [\u2026] }, a list of texts");
      }
      return { targets: usableTargets(addresses, dial), ttlMs };
    },
  };
}

/** @throws {TransportError} `unavailable` where there are addresses and none can be used. */
function usableTargets(addresses: readonly unknown[], dial: DialAddress): Target[] {
  const targets: Target[] = [];
  let refusal: unknown;
  for (const address of new Set(addresses)) {
    if (targets.length >= limits.maxServers) break;
    try {
      targets.push(addressTarget(String(address), dial));
    } catch (error) {
      refusal ??= error;
    }
  }
  if (targets.length > 0 || refusal === undefined) return targets;
  const reason = reasonOf(refusal);
  const message = `The resolver names no address that can be used: ${reason}`;
  throw new TransportError("unavailable", message, { cause: refusal });
}

const IP = /^[\d.]+$|:/;

/** Whether an address has a name that may stand for several servers. */
function hasName(address: Address): address is HostAddress {
  return "host" in address && !isLoopback(address.host) && !IP.test(address.host);
}

/** Each server of the service is one of several: a call goes to the one that is best for it. */
function natsSource(service: NatsAddress, load: LoadNats): TargetSource {
  return {
    isFixed: false,
    async resolve(signal) {
      const nats = await load();
      const targets = (await nats.discover(service, signal)).map((at) => ({
        address: formatAddress(at),
        dial: (signal: AbortSignal) => nats.connect(at, signal),
      }));
      return { targets, ttlMs: limits.natsDiscoverTtlMs };
    },
  };
}

function nameSource(address: HostAddress, dial: DialAddress, names: NameService): TargetSource {
  const text = formatAddress(address);
  let isKnown = false;
  return {
    isFixed: false,
    async resolve(signal): Promise<Targets> {
      const { ips, ttlMs } = await lookUp(address, names, signal).catch((error) => {
        if (isKnown) throw error; // the servers that were found before are kept
        return { ips: [], ttlMs: limits.resolveIntervalMs };
      });
      // The system may know a name in ways of its own; else its error says what is wrong.
      if (ips.length === 0) return { targets: [addressTarget(text, dial)], ttlMs };
      isKnown = true;
      const targets = ips.map((ip) => ({
        address: formatAddress({ ...address, host: ip }),
        dial: (signal: AbortSignal) => dial(text, signal, ip),
      }));
      return { targets, ttlMs };
    },
  };
}
