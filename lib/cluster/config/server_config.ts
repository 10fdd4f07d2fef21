/**
 * The configuration of a NATS server that lets each program do only its part.
 *
 * @see https://docs.nats.io/running-a-nats-service/configuration
 * @module
 */

import { limits } from "../../base/limits.ts";
import {
  inboxOf,
  offeringSubjects,
  openSubject,
  QUEUE,
  sharingSubjects,
  statsSubject,
  usingSubjects,
} from "../subjects.ts";

/** What a program may do: offer a service, or use it. */
export interface Part {
  /** The name in the program's certificate. */
  readonly name: string;
  /** The service. */
  readonly service: string;
}

/** What the configuration says. */
export interface ServerConfig {
  /** Where programs connect, `host:port`. */
  readonly listen: string;
  /** The files of the NATS server's certificate, its key, and the authorities of programs. */
  readonly files: { readonly cert: string; readonly key: string; readonly ca: string };
  /** The folder of its streams, where servers share a store; absent where they share calls alone. */
  readonly streams?: string | undefined;
  /** Programs that offer a service. */
  readonly servers: readonly Part[];
  /** Programs that use one. */
  readonly clients: readonly Part[];
  /** Other NATS servers that are one with this one; absent for one that is alone. */
  readonly cluster?: {
    /** This NATS server's name. */
    readonly node: string;
    /** Where the others connect, `host:port`. */
    readonly listen: string;
    /** Where some of the others are, `host:port`. */
    readonly routes: readonly string[];
  } | undefined;
}

/**
 * Writes the configuration.
 *
 * @param config What it says.
 * @returns The text of the file, for `nats-server --config FILE`.
 */
export function writeServerConfig(config: ServerConfig): string {
  const { listen, files, cluster, streams } = config;
  const tls = [
    `cert_file: ${quote(files.cert)}`,
    `key_file: ${quote(files.key)}`,
    `ca_file: ${quote(files.ca)}`,
    // In seconds. The 2 s of NATS are too few where either machine has more work than it can do: then
    // one try after another fails, and each costs it more.
    `timeout: ${limits.natsHandshakeTimeoutMs / 1_000}`,
  ];
  return [
    "# Written by dari nats config. A program is who its certificate says; it may do what stands here.",
    `listen: ${quote(listen)}`,
    // By the 2 minutes and 10 s of NATS a connection that broke without a word is kept long after the
    // network is whole again, and the other NATS server, which connects anew, is refused as a duplicate.
    `ping_interval: "${limits.natsServerPingMs}ms"`,
    `ping_max: ${limits.natsServerPings}`,
    `write_deadline: "${limits.natsServerWriteMs}ms"`,
    ...(cluster === undefined ? [] : [`server_name: ${quote(cluster.node)}`]),
    ...block("tls", [...tls, "verify_and_map: true"]),
    ...(streams === undefined ? [] : block("jetstream", [`store_dir: ${quote(streams)}`])),
    ...block("authorization", ["users: [", ...usersOf(config).flatMap(indent), "]"]),
    ...(cluster === undefined ? [] : block("cluster", [
      "name: dari",
      `listen: ${quote(cluster.listen)}`,
      `routes: [${cluster.routes.map((route) => quote(`nats-route://${route}`)).join(", ")}]`,
      ...block("tls", [...tls, "verify: true"]),
    ])),
    "",
  ].join("\n");
}

/** A program's permissions, all its parts together. */
function usersOf({ servers, clients, streams }: ServerConfig): string[][] {
  const names = [...new Set([...servers, ...clients].map(({ name }) => name))];
  return names.map((name) => {
    const offers = servers.filter((part) => part.name === name);
    const uses = clients.filter((part) => part.name === name);
    const publish = [
      ...(offers.length > 0 ? ["_INBOX.>"] : []),
      ...offers.map(({ service }) => statsSubject(service)),
      ...(streams === undefined ? [] : offers.flatMap(({ service }) => sharingSubjects(service))),
      ...uses.flatMap(({ service }) => usingSubjects(service)),
    ];
    const subscribe = [
      ...offers.flatMap(({ service }) => [`${openSubject(service)} ${QUEUE}`]),
      ...offers.flatMap(({ service }) => offeringSubjects(service)),
      `${inboxOf(name)}.>`,
    ];
    return [
      "{",
      ...indent(`user: ${quote(name)}`),
      ...indent("permissions: {"),
      ...indent(indent(`publish: { allow: ${list(publish)} }`)),
      ...indent(indent(`subscribe: { allow: ${list(subscribe)} }`)),
      ...indent("}"),
      "}",
    ];
  });
}

function block(name: string, lines: readonly string[]): string[] {
  return [`${name} {`, ...indent(lines), "}"];
}

function indent(lines: string | readonly string[]): string[] {
  return [lines].flat().map((line) => `  ${line}`);
}

function list(texts: readonly string[]): string {
  return `[${[...new Set(texts)].map(quote).join(", ")}]`;
}

function quote(text: string): string {
  return JSON.stringify(text);
}
