/**
 * The connection of every command that talks to a server: its options, and how it is made of them.
 *
 * @module
 */

import type { Credentials } from "../../auth/sign_in/sign_in_client.ts";
import { DariError } from "../../base/errors.ts";
import { limits } from "../../base/limits.ts";
import { connect, type ConnectOptions } from "../../endpoint/connect.ts";
import { createDial } from "../../endpoint/dial.ts";
import { ServerWithCredentials } from "../../endpoint/servers/servers.ts";
import type { Client } from "../../rpc/client/client.ts";
import type { Connection } from "../../transport/connection.ts";
import { parseAddress } from "../../transport/scheme/parse.ts";
import type { Io } from "../app/command.ts";
import { formatDuration } from "../app/duration.ts";
import { flag, option, type Options, repeatedOption, type ValuesOf } from "../app/option.ts";
import { withProgress } from "../app/progress.ts";
import { readSecretLine } from "../app/secret_input.ts";
import { address, duration, file } from "../app/value_type.ts";
import { readDefaultServer } from "../trust/default_server.ts";
import { readTrusted, type ServerAddress, type TrustedServer } from "../trust/trusted_servers.ts";
import { createTrustingDial, type Dial } from "../trust/trusting_dial.ts";
import { neededUserDirectory, userDirectoryOf } from "../trust/user_directory.ts";
import { readAuthorities, readCertificateFiles } from "./certificate_files.ts";
import { dataDirectoryOf, dataOptions } from "./data_directory.ts";
import { socketOf } from "./directory_in_use.ts";
import { isSameServer, savedToken } from "./saved_sessions.ts";

const DEFAULT_SERVER = "default: that of dari use, else that of the data directory";

/** The options of commands that call. */
export const connectionOptions = {
  to: repeatedOption(address, `the server (${DEFAULT_SERVER}); give several to reach one of them`),
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
  "no-shared-memory": flag("keep the bytes of a Unix connection on its socket"),
} satisfies Options;

/** The options of commands that sign in to one server. */
export const signInOptions = {
  ...connectionOptions,
  to: repeatedOption(address, `the server (${DEFAULT_SERVER})`),
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
  const targets = await targetsOf(choice, io);
  const names = targets.map(({ to }) => to).join(", ");
  const keyFile = choice["api-key-file"];
  const apiKey = keyFile && (await readSecretLine(keyFile, "API key")).trim();
  const keptCredentials = apiKey === undefined
    ? await Promise.all(targets.map((target) => keptFor(target, choice, io)))
    : [];
  const servers = targets.map((target, i) => {
    const connect = async (signal: AbortSignal) =>
      readThrough(await target.dial(target.to, signal), read);
    const credentials = apiKey === undefined ? keptCredentials[i] : { apiKey };
    return new ServerWithCredentials(target.to, connect, credentials);
  });
  const [only = servers, ...others] = servers;
  const options = targets.find(({ options }) => options.cert !== undefined)?.options ??
    targets[0]?.options;
  return await withProgress(
    io,
    `connecting to ${names}`,
    connect(others.length === 0 ? only : servers, options),
  ).catch((error) => {
    throw keptCredentials.length === 1 ? refusalOf(keptCredentials[0], names, error) : error;
  });
}

/** A server does not say what is wrong with a credential; where it was kept here, that can be said. */
function refusalOf(kept: Credentials | undefined, to: string, error: unknown): unknown {
  if (kept === undefined || !(error instanceof DariError && error.code === "unauthenticated")) {
    return error;
  }
  const message = "token" in kept
    ? `The session that dari login has kept for ${to} was revoked or has ended; sign in again with ` +
      "dari login, or forget it with dari logout"
    : `The API key that dari accept has kept for ${to} was revoked or has ended; ask for another ` +
      "invitation";
  return new DariError("unauthenticated", message, { cause: error });
}

/** A session or an API key that was kept for one server is sent to no other one. */
async function keptFor(
  { to, kept }: Target,
  choice: ConnectionChoice,
  io: Io,
): Promise<Credentials | undefined> {
  if (choice.cert !== undefined) return undefined;
  const token = await savedToken(await sessionDirectoryOf(choice, to, io), to);
  if (token !== undefined) return { token };
  return kept?.apiKey === undefined ? undefined : { apiKey: kept.apiKey };
}

/**
 * Connects to one server without a credential other than a client certificate.
 *
 * @param to The server.
 * @param choice What the user typed.
 * @param io The environment.
 * @returns The client.
 * @throws {DariError} `usage` or `io` for options that cannot be used.
 * @throws {TransportError} `unavailable` when the server cannot be reached.
 */
export async function connectAnonymously(
  to: string,
  choice: ConnectionChoice,
  io: Io,
): Promise<Client> {
  const { dial, options } = await targetOf(to, await optionsOf(choice, io), choice, io);
  return await connect({ connect: (signal) => dial(to, signal) }, options);
}

/** A server, and how it is connected to. */
interface Target {
  readonly to: string;
  readonly dial: Dial;
  readonly options: ConnectOptions;
  /** What is kept for the server, where the user trusts it and named no authority. */
  readonly kept: TrustedServer | undefined;
}

async function targetsOf(choice: ConnectionChoice, io: Io): Promise<Target[]> {
  const servers = choice.to.length > 0 ? choice.to : [await defaultOf(choice, io)];
  const typed = await optionsOf(choice, io);
  return await Promise.all(servers.map((to) => targetOf(to, typed, choice, io)));
}

async function targetOf(
  to: string,
  typed: ConnectOptions,
  choice: ConnectionChoice,
  io: Io,
): Promise<Target> {
  const directory = userDirectoryOf(io);
  const server = tlsServerOf(to);
  const kept = directory === undefined || server === undefined || choice.ca !== undefined ||
      choice.insecure
    ? undefined
    : await readTrusted(directory, server);
  if (directory === undefined || server === undefined || kept === undefined) {
    return { to, dial: createDial(typed), options: typed, kept };
  }
  const options = typed.cert === undefined ? { ...typed, ...kept.pair } : typed;
  const dial = createTrustingDial(options, { directory, server, ca: kept.ca });
  return { to, dial, options, kept };
}

function tlsServerOf(address: string): ServerAddress | undefined {
  const parsed = parseAddress(address);
  return parsed.kind === "tls" ? parsed : undefined;
}

/**
 * The server that a command signs in to: the socket of the data directory needs no sign-in.
 *
 * @param choice What the user typed.
 * @param io The environment.
 * @returns Its address.
 * @throws {DariError} `usage` where the user named several, or none now or with `dari use`.
 */
export async function signInServerOf(
  choice: Pick<ConnectionChoice, "to" | "data">,
  io: Io,
): Promise<string> {
  const [given, ...others] = choice.to;
  if (others.length > 0) {
    const message = "Give --to ADDRESS once: a session belongs to one server";
    throw new DariError("usage", message);
  }
  const server = given ?? await defaultServerOf(choice, io);
  if (server !== undefined) return server;
  throw new DariError("usage", "Missing --to ADDRESS: name the server here, or with dari use HOST");
}

/**
 * Where the session with a server is kept: that of `dari use` is the user's wherever he works, every
 * other one belongs to the data directory.
 *
 * @param choice What the user typed.
 * @param to The server's address.
 * @param io The environment.
 * @returns The directory.
 */
export async function sessionDirectoryOf(
  choice: Pick<ConnectionChoice, "data">,
  to: string,
  io: Io,
): Promise<string> {
  const used = await defaultServerOf(choice, io);
  return used !== undefined && isSameServer(used, to)
    ? neededUserDirectory(io)
    : dataDirectoryOf(choice, io);
}

async function defaultOf(choice: ConnectionChoice, io: Io): Promise<string> {
  const server = await defaultServerOf(choice, io);
  return server ?? `unix:${await socketOf(dataDirectoryOf(choice, io))}`;
}

async function defaultServerOf(
  choice: Pick<ConnectionChoice, "data">,
  io: Io,
): Promise<string | undefined> {
  const directory = userDirectoryOf(io);
  // A data directory stands for its server.
  const isLocal = choice.data !== undefined || Boolean(io.env("DARI_DATA"));
  return isLocal || directory === undefined ? undefined : await readDefaultServer(directory);
}

async function optionsOf(choice: ConnectionChoice, io: Io): Promise<ConnectOptions> {
  const { ca, cert, key, timeout, insecure, "ca-only": caOnly } = choice;
  if (caOnly && ca === undefined) {
    throw new DariError("usage", "--ca-only needs --ca FILE: the authorities to trust");
  }
  const pair = await readCertificateFiles(cert, key);
  if (pair.cert !== undefined) {
    const { expiryNotice } = await import("../../cert/server/expiry_notice.ts");
    const notice = expiryNotice(`The certificate ${cert}`, pair.cert, Date.now());
    if (notice !== undefined) io.warn(`dari: ${notice}`);
  }
  return {
    ...pair,
    warn: io.warn,
    onDeprecated: (method, advice) =>
      io.warn(`"${method}" is deprecated${advice && `: ${advice}`}`),
    ca: ca === undefined ? undefined : await readAuthorities(ca),
    caOnly,
    timeoutMs: timeout,
    connectTimeoutMs: Math.min(timeout, limits.connectTimeoutMs),
    insecure,
    sharedMemory: !choice["no-shared-memory"],
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
