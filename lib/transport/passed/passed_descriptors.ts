/**
 * Which sockets systemd hands over to this process.
 *
 * @see {@link https://www.freedesktop.org/software/systemd/man/latest/sd_listen_fds.html | sd_listen_fds(3)}
 * @module
 */

import { DariError } from "../../base/errors.ts";
import { limits } from "../../base/limits.ts";

/** A socket that systemd hands over. */
export interface PassedDescriptor {
  /** The number of its descriptor. */
  readonly fd: number;
  /** Its name: FileDescriptorName= of its unit. */
  readonly name: string;
}

/** The environment of this process. */
export interface PassedEnvironment {
  /** Reads a variable. */
  readonly get: (name: string) => string | undefined;
  /** The id of this process. */
  readonly pid: number;
}

/** The variables in which systemd says what it hands over. */
export const PASSED_VARIABLES = ["LISTEN_FDS", "LISTEN_PID", "LISTEN_FDNAMES"] as const;

/** SD_LISTEN_FDS_START */
const FIRST_DESCRIPTOR = 3;
/** The name of every socket where systemd tells none. */
const UNNAMED = "unknown";
const NUMBER = /^[1-9]\d{0,8}$/;

/**
 * Reads which sockets systemd hands over.
 *
 * @param environment The variables.
 * @returns The sockets in their order.
 * @throws {DariError} `configuration` when there are none, when they are another process's, or when a
 * variable is malformed.
 */
export function readPassedDescriptors({ get, pid }: PassedEnvironment): PassedDescriptor[] {
  const [count = "", owner = "", names] = PASSED_VARIABLES.map(get);
  if (count === "" || count === "0") {
    throw refused(
      "systemd has handed over no socket (LISTEN_FDS is not set): start the service by its .socket " +
        "unit, or leave ?systemd= out and dari opens the socket itself",
    );
  }
  if (owner !== String(pid)) {
    throw refused(
      `the sockets are for process ${JSON.stringify(owner)} (LISTEN_PID), and this is process ` +
        `${pid}: ExecStart= must start dari itself, without deno task, npx or a shell between`,
    );
  }
  if (!NUMBER.test(count) || Number(count) > limits.maxPassedSockets) {
    throw refused(
      `LISTEN_FDS is ${JSON.stringify(count)} and must be a number from 1 to ` +
        limits.maxPassedSockets,
    );
  }
  const named = names === undefined ? [] : names.split(":");
  if (names !== undefined && named.length !== Number(count)) {
    throw refused(
      `LISTEN_FDNAMES has ${named.length} names (${JSON.stringify(names)}), and LISTEN_FDS says ` +
        `that there are ${count} sockets`,
    );
  }
  return Array.from({ length: Number(count) }, (_, at) => (
    { fd: FIRST_DESCRIPTOR + at, name: named[at] ?? UNNAMED }
  ));
}

function refused(reason: string): DariError {
  return new DariError("configuration", `Cannot listen on a socket of systemd: ${reason}`);
}
