import { startProgram } from "./program.ts";

const script = new URL("socket_activation.py", import.meta.url).pathname;
/** What a server must be permitted to read of its sockets. */
export const SOCKET_FLAG = "--allow-env=LISTEN_FDS,LISTEN_PID,LISTEN_FDNAMES";

/**
 * Starts a command of dari to which sockets are handed over as systemd does it (Python can be another
 * process without a new process id).
 *
 * @param sockets What the launcher is told.
 * @param words The command of dari.
 * @param flags Flags for Deno.
 */
export function startActivated(
  sockets: readonly string[],
  words: readonly string[],
  flags: readonly string[] = [SOCKET_FLAG],
) {
  return startProgram(words, { wrapper: ["python3", script, ...sockets, "--"], flags });
}
