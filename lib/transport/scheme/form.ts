/**
 * The two forms that the part of an address behind its scheme may have: a host with a port, or a path.
 *
 * @module
 */

import { DariError } from "../../base/errors.ts";
import { byteLength } from "../../base/text/byte_length.ts";
import { limits } from "../../base/limits.ts";
import {
  type Address,
  type HostAddress,
  type HostAndPort,
  hostAndPort,
  type NatsAddress,
  type UnixAddress,
} from "../address.ts";

/** How the addresses of a scheme are written. */
export interface Form<A extends Address = Address> {
  /** What stands between the scheme's name and the rest, for instance `://`. */
  readonly separator: string;
  /**
   * Reads what follows the separator.
   *
   * @param kind The scheme.
   * @param rest The text behind the separator.
   * @param whole The whole address, for errors.
   * @throws {DariError} `usage` when it is malformed.
   */
  parse(kind: A["kind"], rest: string, whole: string): A;
  /** Writes what follows the separator. */
  format(address: A): string;
}

// RFC 1035 section 2.3.4; underscores stand in names of containers.
const HOST_NAME = /^(?=.{1,253}\.?$)([a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?(\.|$))+$/i;
const IPV4 = /^\d+\.\d+\.\d+\.\d+$/;
const PORT = /^\d{1,5}$/;
const MAX_PORT = 65_535;
const HTTPS_PORT = 443; // RFC 9110 section 4.2.2
const SERVICE = /^[a-z0-9]([a-z0-9-]*[a-z0-9])?$/;
const INSTANCE = /^[A-Za-z0-9_-]{1,64}$/;
/** What stands before the host of a URL: a user and a password. */
const USER = /(?<=^(?:[a-z]+:\/\/)?)[^/]*@/;
// The kernel keeps the path of a Unix socket in 108 bytes, the last of them NUL.
const MAX_SOCKET_PATH_BYTES = 107;

/** `NAME://host:port`; an IPv6 host stands in brackets. */
export const hostForm: Form<HostAddress> = {
  separator: "://",
  parse(kind, rest, whole) {
    if (rest.includes("@")) {
      throw malformedAddress(whole, "no user and no password may stand in it");
    }
    const colon = rest.lastIndexOf(":");
    const port = rest.slice(colon + 1);
    if (colon < 0 || !PORT.test(port) || Number(port) > MAX_PORT) {
      throw malformedAddress(whole, `a port of 0 to ${MAX_PORT} must follow the host`);
    }
    return { kind, host: parseHost(rest.slice(0, colon), whole), port: Number(port) };
  },
  format: ({ host, port }) => hostAndPort(host, port),
};

/** `NAME://host:port` as the web has it: without a port 443 is meant, and `/` or `/ws` may follow. */
export const webForm: Form<HostAddress> = {
  ...hostForm,
  parse(kind, rest, whole) {
    const authority = rest.replace(/\/(?:ws)?$/, "");
    const hasPort = authority === "" || /:\d*$/.test(authority.replace(/^\[[^\]]*\]/, ""));
    return hostForm.parse(kind, hasPort ? authority : `${authority}:${HTTPS_PORT}`, whole);
  },
};

/**
 * `NAME://host:port` of a NATS server, or several with commas between them. `/SERVICE` may follow, and
 * behind it `/ID` of one of its servers.
 */
export const natsForm: Form<NatsAddress> = {
  separator: "://",
  parse(kind, rest, whole) {
    const [hosts = "", service = limits.serviceName, instance, ...more] = rest.split("/");
    const servers = hosts.split(",").map((host) => parseServer(host, whole));
    if (servers.length > limits.maxNatsServers) {
      const most = limits.maxNatsServers;
      throw malformedAddress(
        whole,
        `it names ${servers.length} NATS servers, at most ${most} may be`,
      );
    }
    if (!SERVICE.test(service) || service.length > limits.maxServiceNameLength) {
      throw malformedAddress(whole, "a service's name has letters a-z, digits and hyphens alone");
    }
    if (more.length > 0 || (instance !== undefined && !INSTANCE.test(instance))) {
      throw malformedAddress(whole, "only /SERVICE or /SERVICE/ID may follow the NATS servers");
    }
    return { kind, servers, service, ...(instance === undefined ? {} : { instance }) };
  },
  format({ servers, service, instance }) {
    const hosts = servers.map(({ host, port }) => hostAndPort(host, port)).join(",");
    if (instance !== undefined) return `${hosts}/${service}/${instance}`;
    return service === limits.serviceName ? hosts : `${hosts}/${service}`;
  },
};

/** `NAME:/path`; `NAME:///path` is the same. */
export const pathForm: Form<UnixAddress> = {
  separator: ":",
  parse(kind, rest, whole) {
    const path = rest.replace(/^\/\/(?=\/)/, "");
    if (path === "") throw malformedAddress(whole, `a path must follow ${kind}:`);
    if (path.includes("\0")) throw malformedAddress(whole, "its path contains a NUL");
    const bytes = byteLength(path);
    if (bytes > MAX_SOCKET_PATH_BYTES) {
      throw malformedAddress(
        whole,
        `the path of a Unix socket has at most ${MAX_SOCKET_PATH_BYTES} bytes, this one ${bytes}`,
      );
    }
    return { kind, path };
  },
  format: ({ path }) => path,
};

/**
 * Says that a text is not an address.
 *
 * @param text The text.
 * @param reason What is wrong with it.
 * @returns A `DariError` with the code `usage`.
 */
export function malformedAddress(text: string, reason: string): DariError {
  const example = text.startsWith("nats:")
    ? "nats://localhost:4222/orders"
    : "tls://localhost:9090";
  const shown = JSON.stringify(text.replace(USER, "…@")); // it may be a password
  return new DariError(
    "usage",
    `${shown} is not an address: ${reason}; write for instance ${example}`,
  );
}

function parseServer(text: string, whole: string): HostAndPort {
  const hasPort = /:\d*$/.test(text.replace(/^\[[^\]]*\]/, ""));
  const { host, port } = hostForm.parse(
    "tls",
    hasPort ? text : `${text}:${limits.natsPort}`,
    whole,
  );
  return { host, port };
}

function parseHost(text: string, whole: string): string {
  if (text.startsWith("[") && text.endsWith("]")) {
    const host = text.slice(1, -1);
    if (URL.canParse(`http://[${host}]`)) return host;
    throw malformedAddress(whole, "the text in brackets is not an IPv6 address");
  }
  if (IPV4.test(text)) {
    if (text.split(".").every((part) => Number(part) <= 255)) return text;
    throw malformedAddress(whole, "its host is not an IPv4 address");
  }
  if (text.includes(":")) throw malformedAddress(whole, "an IPv6 host must stand in brackets");
  if (!HOST_NAME.test(text)) throw malformedAddress(whole, "its host is not a name");
  return text;
}
