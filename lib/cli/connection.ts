/**
 * The options of every command that talks to a server.
 *
 * @module
 */

import { connect } from "../bridge/connect.ts";
import type { Client } from "../rpc/client.ts";
import { parseDuration } from "./duration.ts";
import type { Arguments, Io } from "./command.ts";
import { dataDirectoryOf, socketOf } from "./data_directory.ts";
import { readPemFile } from "./key_pair.ts";

/** The names of the options. */
export const connectionFlags = ["to", "data", "ca", "timeout"] as const;

/** Their part of a command's help. */
export const connectionHelp =
  `  --to ADDRESS       the server (default: the socket in the data directory)
  --data DIR         the data directory (default $DARI_DATA or ./.dari)
  --ca FILE          the authority that signed the server's certificate
  --timeout TIME     how long to wait: 500ms, 5s, 2m (default 30s)
  --insecure         allow tcp:// beyond this machine`;

/**
 * Connects as the user asked.
 *
 * @param args What the user typed.
 * @param io The environment.
 * @returns The client.
 * @throws {DariError} `usage` or `io` for options that cannot be used.
 * @throws {TransportError} `unavailable` when the server cannot be reached.
 */
export async function connectAsAsked(args: Arguments, io: Io): Promise<Client> {
  const caFile = args.option("ca");
  const timeout = args.option("timeout");
  const address = args.option("to") ?? `unix:${socketOf(dataDirectoryOf(args, io))}`;
  return await connect(address, {
    ca: caFile === undefined ? undefined : await readPemFile(caFile),
    timeoutMs: timeout === undefined ? undefined : parseDuration(timeout, "timeout"),
    insecure: args.flag("insecure"),
  });
}
