/**
 * The users who may connect to a Unix socket that was handed over.
 *
 * @module
 */

import { DariError } from "../../base/errors.ts";

/**
 * Refuses a socket that more than one user may connect to: who connects by a Unix socket is its owner
 * and needs no sign-in. The service manager's own default is open to everybody.
 *
 * @param path Where it is.
 * @throws {DariError} `configuration` when it is open to others, or not there.
 */
export async function requirePrivateSocket(path: string): Promise<void> {
  const found = await Deno.lstat(path).catch(() => undefined);
  if (found?.isSocket !== true) {
    throw new DariError(
      "configuration",
      `Cannot listen on unix:${path}: there is no socket at this path; make ListenStream= of the ` +
        ".socket unit and --listen the same",
    );
  }
  const mode = found.mode ?? 0;
  if ((mode & 0o077) === 0) return;
  throw new DariError(
    "configuration",
    `Cannot listen on unix:${path}: its mode is 0${
      (mode & 0o777).toString(8)
    }, and everybody who may ` +
      "connect may call every method; write SocketMode=0600 into the .socket unit, and SocketUser= " +
      "for who may call",
  );
}
