/**
 * How other machines reach this one: its host name and the addresses of its network interfaces.
 *
 * @module
 */

import { limits } from "../../base/limits.ts";
import { isLoopback } from "../../transport/address.ts";

/** A network interface, as far as it matters here. */
export interface Interface {
  /** For instance `eth0`. */
  readonly name: string;
  /** The family of its address. */
  readonly family: "IPv4" | "IPv6";
  /** Its address, without a prefix length and a zone. */
  readonly address: string;
}

/** What the system says of this machine; what the program may not ask is absent. */
export interface System {
  /** Its host name. */
  readonly hostname?: string | undefined;
  /** Its network interfaces. */
  readonly interfaces?: readonly Interface[] | undefined;
}

/** How other machines reach this one. */
export interface ThisMachine {
  /** Its host names, the full one first. */
  readonly names: readonly string[];
  /** Its addresses, those of networks with other machines first. */
  readonly addresses: readonly string[];
}

/** RFC 1123 section 2.1. */
const HOST_NAME = /^(?=.{1,253}$)(?:(?!-)[a-z0-9-]{1,63}(?<!-)(?:\.|$))+(?<!\.)$/;
/** Addresses that mean something on one link alone (RFC 3927, RFC 4291 section 2.5.6). */
const LINK_LOCAL = /^(?:169\.254\.|fe[89ab])/i;
/** Interfaces of containers and virtual machines on this machine. */
const VIRTUAL = /^(?:docker|br-|veth|virbr|vmnet|podman|cni|lxc|lxd)/;

/**
 * Says how other machines reach this one.
 *
 * @param system What the system says; asked, as far as that is permitted, where it is left out.
 */
export function thisMachine(system: System = askSystem()): ThisMachine {
  return { names: hostNames(system.hostname), addresses: outerAddresses(system.interfaces ?? []) };
}

function askSystem(): System {
  return {
    hostname: mayAsk("hostname") ? Deno.hostname() : undefined,
    interfaces: mayAsk("networkInterfaces") ? Deno.networkInterfaces() : undefined,
  };
}

/** Asked first: where a terminal is there, Deno would ask the user. */
function mayAsk(kind: "hostname" | "networkInterfaces"): boolean {
  return Deno.permissions.querySync({ name: "sys", kind }).state === "granted";
}

/** A name without a dot is found on its own network by multicast DNS (RFC 6762) as well. */
function hostNames(hostname = ""): string[] {
  const name = hostname.toLowerCase();
  if (!HOST_NAME.test(name) || /^[\d.]+$/.test(name) || isLoopback(name)) return [];
  const dot = name.indexOf(".");
  return dot < 0 ? [name, `${name}.local`] : [name, name.slice(0, dot)];
}

function outerAddresses(interfaces: readonly Interface[]): string[] {
  const outer = interfaces.filter(({ address }) =>
    !isLoopback(address) && !LINK_LOCAL.test(address)
  );
  const rank = ({ name, family }: Interface) =>
    (VIRTUAL.test(name) ? 2 : 0) + (family === "IPv6" ? 1 : 0);
  const ordered = outer.toSorted((one, other) => rank(one) - rank(other));
  return [...new Set(ordered.map(({ address }) => address))].slice(0, limits.maxFoundAddresses);
}

/**
 * The names and addresses by which other machines reach a host that a server listens on.
 *
 * @param host `0.0.0.0` stands for all IPv4 addresses of this machine, `::` for all addresses.
 * @param machine This machine.
 * @returns Nothing for any other host: that is a name itself.
 */
export function reachedBy(host: string, machine: ThisMachine): string[] {
  if (host === "::") return [...machine.names, ...machine.addresses];
  if (host !== "0.0.0.0") return [];
  return [...machine.names, ...machine.addresses.filter((address) => !address.includes(":"))];
}
