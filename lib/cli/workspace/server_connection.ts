/**
 * The connection of every command that talks to a server: its options, and how it is made of them.
 *
 * @module
 */

import { DariError } from "../../base/errors.ts";
import { limits } from "../../base/limits.ts";
import { connect, type ConnectOptions } from "../../endpoint/connect.ts";
import { createDial } from "../../endpoint/dial.ts";
import type { Client } from "../../rpc/client/client.ts";
import type { Connection } from "../../transport/connection.ts";
import type { Io } from "../app/command.ts";
import { formatDuration } from "../app/duration.ts";
import { flag, option, type Options, type ValuesOf } from "../app/option.ts";
import { readSecretLine } from "../app/secret_input.ts";
import { address, duration, file } from "../app/value_type.ts";
import { readAuthorities, readCertificateFiles } from "./certificate_files.ts";
import { dataDirectoryOf, dataOptions, socketOf } from "./data_directory.ts";
import { savedToken } from "./saved_sessions.ts";

/** The options. */
export const connectionOptions = {
  to: option(address, "the server (default: the socket in the data directory)"),
  ...dataOptions,
  ca: option(
    file(),
    "authorities to trust beside the public ones; with --ca-only or --cert, instead of them",
  ),
  "ca-only": flag("trust the authorities of --ca and no public one"),
  cert: option(file(), "the client certificate with its chain, for mutual TLS"),
  key: option(file(), "the private key of --cert (mode 0600)"),
  "api-key-file": option(file(), "call with the API key in this file (mode 0600)"),
  timeout: option(duration, "how long to wait, for instance 500ms, 5s or 2m", {
    default: formatDuration(limits.callTimeoutMs),
  }),
  insecure: flag("do not check the server's certificate; allow tcp:// beyond this machine"),
} satisfies Options;

/** What the user typed for {@linkcode connectionOptions}. */
export type ConnectionChoice = ValuesOf<typeof connectionOptions>;

/**
 * Connects as the user asked, signed in where `dari login` or a key file says so. A client
 * certificate that was named is the credential, whatever session was saved.
 *
 * @param choice What the user typed.
 * @param io The environment.
 * @param read Sees each text of lines that the server sends, and gives what is read instead.
 * @returns The client.
 * @throws {DariError} `usage`, `io` or `configuration` for options that cannot be used.
 * @throws {TransportError} `unavailable` when the server cannot be reached.
 */
export async function connectAsAsked(
  choice: ConnectionChoice,
  io: Io,
  read: (lines: string) => string = (lines) => lines,
): Promise<Client> {
  const keyFile = choice["api-key-file"];
  const options = await optionsOf(choice, io);
  const to = serverOf(choice, io);
  const dial = createDial(options);
  const server = {
    connect: async (signal: AbortSignal) => readThrough(await dial(to, signal), read),
  };
  if (keyFile !== undefined) {
    const apiKey = (await readSecretLine(keyFile, "API key")).trim();
    return await connect(server, { ...options, apiKey });
  }
  const token = choice.cert === undefined
    ? await savedToken(dataDirectoryOf(choice, io), to)
    : undefined;
  return await connect(server, { ...options, token });
}

/**
 * Connects as the user asked, without a credential other than a client certificate.
 *
 * @param choice What the user typed.
 * @param io The environment.
 * @returns The client.
 * @throws {DariError} `usage` or `io` for options that cannot be used.
 * @throws {TransportError} `unavailable` when the server cannot be reached.
 */
export async function connectAnonymously(choice: ConnectionChoice, io: Io): Promise<Client> {
  return await connect(serverOf(choice, io), await optionsOf(choice, io));
}

function serverOf(choice: ConnectionChoice, io: Io): string {
  return choice.to ?? `unix:${socketOf(dataDirectoryOf(choice, io))}`;
}

async function optionsOf(choice: ConnectionChoice, io: Io): Promise<ConnectOptions> {
  const { ca, cert, key, timeout, insecure, "ca-only": caOnly } = choice;
  if (caOnly && ca === undefined) {
    throw new DariError("usage", "--ca-only needs --ca FILE: the authorities to trust");
  }
  return {
    ...await readCertificateFiles(cert, key),
    warn: io.warn,
    ca: ca === undefined ? undefined : await readAuthorities(ca),
    caOnly,
    timeoutMs: timeout,
    connectTimeoutMs: Math.min(timeout, limits.connectTimeoutMs),
    insecure,
  };
}

function readThrough(connection: Connection, read: (lines: string) => string): Connection {
  return {
    peer: connection.peer,
    get maxLineBytes() {
      return connection.maxLineBytes;
    },
    set maxLineBytes(bytes) {
      connection.maxLineBytes = bytes;
    },
    get takesBlobs() {
      return connection.takesBlobs;
    },
    set takesBlobs(takes) {
      connection.takesBlobs = takes;
    },
    async receive() {
      const piece = await connection.receive();
      return typeof piece === "string" ? read(piece) : piece;
    },
    send: (...pieces) => connection.send(...pieces),
    close: () => connection.close(),
    abort: () => connection.abort(),
  };
}
