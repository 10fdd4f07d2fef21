/**
 * The options of every command that talks to a server.
 *
 * @module
 */

import { connect, type ConnectOptions } from "../../endpoint/connect.ts";
import type { Client } from "../../rpc/client/client.ts";
import { readPublicFile, readSecretFile } from "../../base/files.ts";
import { limits } from "../../base/limits.ts";
import { parseDuration } from "./duration.ts";
import type { Arguments, Io } from "./command.ts";
import { dataDirectoryOf, socketOf } from "./data_directory.ts";
import { readKeyPair } from "./key_pair.ts";
import { savedToken } from "./saved_sessions.ts";

/** The names of the options. */
export const connectionFlags = [
  "to",
  "data",
  "ca",
  "cert",
  "key",
  "timeout",
  "api-key-file",
] as const;

/** Their part of a command's help. */
export const connectionHelp =
  `  --to ADDRESS       the server (default: the socket in the data directory)
  --data DIR         the data directory (default $DARI_DATA or ./.dari)
  --ca FILE          the authority that signed the server's certificate, and no other
  --cert FILE        a certificate to show, with its chain (mutual TLS)
  --key FILE         its key
  --api-key-file FILE  call with the API key in this file (mode 0600)
  --timeout TIME     how long to wait: 500ms, 5s, 2m (default 30s)
  --insecure         do not check the server's certificate; allow tcp:// beyond this machine`;

/**
 * Connects as the user asked, signed in where `dari login` or a key file says so.
 *
 * @param args What the user typed.
 * @param io The environment.
 * @returns The client.
 * @throws {DariError} `usage`, `io` or `configuration` for options that cannot be used.
 * @throws {TransportError} `unavailable` when the server cannot be reached.
 */
export async function connectAsAsked(args: Arguments, io: Io): Promise<Client> {
  const keyFile = args.option("api-key-file");
  const options = await optionsOf(args, io);
  if (keyFile !== undefined) {
    const apiKey = (await readSecretFile(keyFile)).trim();
    return await connect(addressOf(args, io), { ...options, apiKey });
  }
  const token = await savedToken(dataDirectoryOf(args, io), addressOf(args, io));
  return await connect(addressOf(args, io), { ...options, token });
}

/**
 * Connects as the user asked, without a credential.
 *
 * @param args What the user typed.
 * @param io The environment.
 * @returns The client.
 * @throws {DariError} `usage` or `io` for options that cannot be used.
 * @throws {TransportError} `unavailable` when the server cannot be reached.
 */
export async function connectAnonymously(args: Arguments, io: Io): Promise<Client> {
  return await connect(addressOf(args, io), await optionsOf(args, io));
}

function addressOf(args: Arguments, io: Io): string {
  return args.option("to") ?? `unix:${socketOf(dataDirectoryOf(args, io))}`;
}

async function optionsOf(args: Arguments, io: Io): Promise<ConnectOptions> {
  const caFile = args.option("ca");
  const certFile = args.option("cert");
  const keyFile = args.option("key");
  const timeout = args.option("timeout");
  const timeoutMs = timeout === undefined ? undefined : parseDuration(timeout, "timeout");
  const shown = certFile === undefined && keyFile === undefined
    ? {}
    : await readKeyPair(certFile, keyFile);
  return {
    ...shown,
    warn: io.warn,
    ca: caFile === undefined ? undefined : await readPublicFile(caFile),
    timeoutMs,
    connectTimeoutMs: Math.min(timeoutMs ?? Infinity, limits.connectTimeoutMs),
    insecure: args.flag("insecure"),
  };
}
