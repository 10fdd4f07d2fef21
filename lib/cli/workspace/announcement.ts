/**
 * What `dari serve` prints once it is ready: where it listens, how it is trusted, and what to try.
 *
 * @module
 */

import { reachedBy, type ThisMachine } from "../../endpoint/machine/this_machine.ts";
import { limits } from "../../base/limits.ts";
import { hostAndPort, isLoopback } from "../../transport/address.ts";
import { formatAddress, parseAddress } from "../../transport/scheme/parse.ts";
import type { ServerCertificate } from "./server_certificate.ts";

/** A server that is ready. */
export interface ReadyServer {
  /** Where it listens. */
  readonly addresses: readonly string[];
  /** Those of them that ask for client certificates. */
  readonly mutual: readonly string[];
  /** Its certificate, where it listens with TLS. */
  readonly certificate?: ServerCertificate | undefined;
  /** The data directory. */
  readonly data: string;
  /** The file of the authorities to trust, where the data directory has them. */
  readonly caFile?: string | undefined;
  /** The names that the user gave. */
  readonly names: readonly string[];
  /** Whether it serves the sample methods. */
  readonly isSample: boolean;
  /** Where its metrics are read by plain HTTP. */
  readonly metrics?: string | undefined;
}

/**
 * The addresses by which other machines reach a server's TLS listeners, the best first: those that the
 * user named, then its addresses, which need no name service, then its host names.
 *
 * @param server The server.
 * @param machine This machine.
 * @returns Addresses that its certificate holds for.
 */
export function outerAddresses(
  { addresses, certificate, names }: Pick<ReadyServer, "addresses" | "certificate" | "names">,
  machine: ThisMachine,
): string[] {
  const held = new Set(certificate?.names ?? []);
  return addresses.flatMap((text) => {
    const address = parseAddress(text);
    if (address.kind !== "tls" || isLoopback(address.host)) return [];
    const found = reachedBy(address.host, machine);
    const isAny = address.host === "0.0.0.0" || address.host === "::";
    const hosts = isAny
      ? [...names, ...machine.addresses.filter((each) => found.includes(each)), ...machine.names]
      : [address.host, ...names];
    return [...new Set(hosts)].filter((host) => held.has(host.toLowerCase()))
      .map((host) => formatAddress({ ...address, host }));
  });
}

/**
 * The address by which clients reach a server with TLS: from other machines where that is possible,
 * without a client certificate where there is a choice.
 *
 * @param server The server.
 * @param machine This machine.
 * @returns `undefined` where it does not listen with TLS.
 */
export function reachableAddress(server: ReadyServer, machine: ThisMachine): string | undefined {
  const own = server.addresses.filter((address) => address.startsWith("tls:")).map(locally);
  return preferred(server, outerAddresses(server, machine)) ?? preferred(server, own);
}

/**
 * Says that a server is ready, and what to do next.
 *
 * @param server The server.
 * @param machine This machine.
 * @param say Writes command lines as they are typed on this machine.
 * @returns The lines.
 */
export function announcement(
  server: ReadyServer,
  machine: ThisMachine,
  say: (text: string) => string = (text) => text,
): string[] {
  const { addresses, certificate, isSample, metrics } = server;
  const outer = outerAddresses(server, machine);
  const further = [
    ...(isSample ? ["From another terminal:", say(callBySocket(server))] : []),
    ...(isSample ? callByTls(server).map(say) : []),
    ...(isSample ? callByNats(server).map(say) : []),
    ...askByCurl(server),
    ...trustFromElsewhere(server, outer),
  ];
  return [
    ...addresses.map((address) => `listening on ${address}`),
    ...(metrics === undefined ? [] : [`metrics at ${metrics}`]),
    "ready",
    ...(certificate === undefined ? [] : [
      "",
      `certificate for ${certificate.names.join(", ")}`,
      ...(certificate.fingerprint === undefined ? [] : [`fingerprint ${certificate.fingerprint}`]),
    ]),
    ...(further.length === 0 ? [] : ["", ...further]),
  ];
}

/** How to reach the socket from this machine. */
function callBySocket({ data }: ReadyServer): string {
  return `  dari call add a=10 b=20${data === limits.dataDirectory ? "" : ` --data ${data}`}`;
}

/** How to reach a TLS listener of this machine from this machine. */
function callByTls(server: ReadyServer): string[] {
  const address = preferred(server, server.addresses.filter((each) => each.startsWith("tls:")));
  if (address === undefined) return [];
  const to = locally(address);
  const ca = server.caFile === undefined ? "" : ` --ca ${server.caFile}`;
  return [`  dari call add a=10 b=20 --to ${to}${ca}${credentialOf(server, address)}`];
}

/** How to reach the service of NATS that this server offers. */
function callByNats({ addresses, caFile, mutual }: ReadyServer): string[] {
  const address = addresses.find((each) => each.startsWith("nats:"));
  if (address === undefined) return [];
  const ca = caFile === undefined ? "" : ` --ca ${caFile}`;
  const credential = mutual.includes(address) ? " --cert FILE --key FILE" : "";
  return [`  dari call add a=10 b=20 --to ${address}${ca}${credential}`];
}

/** How to ask the HTTPS gateway of this machine from this machine. */
function askByCurl({ addresses, caFile }: ReadyServer): string[] {
  const address = addresses.find((each) => each.startsWith("https:"));
  if (address === undefined) return [];
  const ca = caFile === undefined ? "" : ` --cacert ${caFile}`;
  return [`  curl${ca} ${locally(address)}/openrpc.json`];
}

/** An address as this machine reaches it. */
function locally(address: string): string {
  const parsed = parseAddress(address);
  const isAny = "host" in parsed && (parsed.host === "0.0.0.0" || parsed.host === "::");
  return isAny ? formatAddress({ ...parsed, host: "localhost" }) : address;
}

/** What can be pasted on another machine. */
function trustFromElsewhere(server: ReadyServer, outer: readonly string[]): string[] {
  const address = preferred(server, outer);
  const fingerprint = server.certificate?.fingerprint;
  if (address === undefined || fingerprint === undefined) return [];
  const parsed = parseAddress(address);
  const where = "host" in parsed ? hostAndPort(parsed.host, parsed.port) : address;
  const call = server.isSample ? "call add a=10 b=20" : "discover";
  return [
    "From another machine:",
    `  dari trust ${where} --fingerprint ${fingerprint}`,
    `  dari ${call} --to ${where}${credentialOf(server, address)}`,
  ];
}

/** A listener without client certificates is easier to try. */
function preferred(server: ReadyServer, addresses: readonly string[]): string | undefined {
  return addresses.find((each) => credentialOf(server, each) === "") ?? addresses[0];
}

function credentialOf({ mutual }: ReadyServer, address: string): string {
  const port = portOf(address);
  return mutual.some((each) => portOf(each) === port) ? " --cert FILE --key FILE" : "";
}

function portOf(address: string): number | undefined {
  const parsed = parseAddress(address);
  return "port" in parsed ? parsed.port : undefined;
}
