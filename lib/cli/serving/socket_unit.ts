/**
 * The unit by which systemd opens the sockets of a service, and the words by which the service takes
 * them.
 *
 * @module
 */

import { DariError } from "../../base/errors.ts";
import { limits } from "../../base/limits.ts";
import { hostAndPort } from "../../transport/address.ts";
import { parseListenPlace } from "../../transport/scheme/listen_place.ts";
import { listenPlaces } from "./serve_options.ts";

/** A service whose sockets systemd opens. */
export interface ActivatedService {
  /** The words of its command line. */
  readonly words: readonly string[];
  /** The text of its .socket unit. */
  readonly socketUnit: string;
}

/** Where in a command line a place stands. */
interface TypedPlace {
  /** The place as it was typed. */
  readonly text: string;
  /** The position of its word. */
  readonly at: number;
  /** What stands before it in the same word. */
  readonly before: string;
}

const IP = /^(\d+(\.\d+){3}|.*:.*)$/;

/**
 * Turns the places of `--listen` into sockets of systemd.
 *
 * @param name The name of the service, which its socket unit and its sockets have too.
 * @param words The options of `dari serve`.
 * @returns The words with `?systemd=NAME` behind each place, and the unit.
 * @throws {DariError} `usage` for a place that systemd cannot listen on.
 */
export function activatedService(name: string, words: readonly string[]): ActivatedService {
  const typed = typedPlaces(words);
  const https = words.some((word) => /^--(?:https|cluster)(=|$)/.test(word)) ? "" : undefined;
  const texts = listenPlaces({ listen: typed.map(({ text }) => text), https, cluster: undefined });
  if (texts.length === 0) {
    throw refused("there is no --listen beside --https or --cluster, which dari opens itself");
  }
  const streams = texts.flatMap(streamsOf);
  if (streams.filter((stream) => stream.startsWith("/")).length > 1) {
    throw refused("there is more than one unix:PATH, and they would have the same name");
  }
  const given = [...words];
  for (const { text, at, before } of typed) given[at] = `${before}${withName(text, name)}`;
  const added = typed.length > 0 ? [] : texts.flatMap((text) => ["--listen", withName(text, name)]);
  return { words: [...added, ...given], socketUnit: socketUnitOf(name, streams) };
}

function typedPlaces(words: readonly string[]): TypedPlace[] {
  return words.flatMap((word, at) => {
    if (word.startsWith("--listen=")) return [{ text: word.slice(9), at, before: "--listen=" }];
    const text = words[at + 1];
    return word === "--listen" && text !== undefined ? [{ text, at: at + 1, before: "" }] : [];
  });
}

function withName(text: string, name: string): string {
  return `${text}${parseListenPlace(text).clientCaFile === undefined ? "?" : "&"}systemd=${name}`;
}

/** What ListenStream= says of a place. */
function streamsOf(text: string): string[] {
  const { address, socketName } = parseListenPlace(text);
  if (socketName !== undefined) throw refused(`${text}: leave ?systemd= out, it is added`);
  if (address.kind === "unix") {
    if (address.path.startsWith("/")) return [address.path];
    throw refused(`${text}: the path of a socket unit begins with /`);
  }
  if (address.kind === "nats") throw refused(`${text}: a service through NATS has no socket`);
  const { host, port } = address;
  if (port === 0) throw refused(`${text}: systemd needs a port`);
  const hosts = host === "localhost" ? ["127.0.0.1", "::1"] : [host];
  if (hosts.every((each) => IP.test(each))) return hosts.map((each) => hostAndPort(each, port));
  throw refused(
    `${text}: systemd listens on IP addresses; write tls://0.0.0.0:${port} --name ${host}`,
  );
}

function refused(reason: string): DariError {
  return new DariError("usage", `systemd cannot open the sockets of this service: ${reason}`);
}

function socketUnitOf(name: string, streams: readonly string[]): string {
  return `# /etc/systemd/system/${name}.socket
# systemctl daemon-reload && systemctl enable --now ${name}.socket ${name}.service
[Unit]
Description=${name}: its sockets, which stay open while the service restarts

[Socket]
${streams.map((stream) => `ListenStream=${stream.replaceAll("%", "%%")}`).join("\n")}
# The name in ?systemd=${name} of the service.
FileDescriptorName=${name}
Backlog=${limits.listenBacklog}
# Who may connect to a Unix socket may call every method: one user, SocketUser=.
SocketMode=0600

[Install]
WantedBy=sockets.target`;
}
