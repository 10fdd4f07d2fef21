/**
 * What of `dari serve` goes with sockets of systemd.
 *
 * @module
 */

import { DariError } from "../../base/errors.ts";
import { parseListenPlace } from "../../transport/scheme/listen_place.ts";
import type { Io } from "../app/command.ts";

/** What was typed. */
export interface TypedServing {
  readonly listen: readonly string[];
  readonly threads: number;
  readonly exec: string | undefined;
}

/**
 * Refuses what does not go with sockets of systemd, and says where sockets are handed over and none is
 * wanted.
 *
 * @param typed What was typed.
 * @param io The environment.
 * @param warn Hears of sockets that nothing listens on.
 * @throws {DariError} `usage` for `--threads` and `--exec` beside `?systemd=`.
 */
export function checkPassedSockets(
  { listen, threads, exec }: TypedServing,
  { env }: Pick<Io, "env">,
  warn: (line: string) => void,
): void {
  const count = env("LISTEN_FDS");
  if (listen.every((text) => parseListenPlace(text).socketName === undefined)) {
    if (count === undefined || count === "0") return;
    return warn(
      `systemd hands over ${count} sockets, and no --listen takes one: ` +
        "write for instance --listen tls://0.0.0.0:9090?systemd=NAME",
    );
  }
  if (threads > 1) {
    throw new DariError(
      "usage",
      "A socket of systemd is served by one thread: leave --threads out, or leave ?systemd= out and " +
        "dari opens the port for each thread",
    );
  }
  if (exec === undefined) return;
  throw new DariError(
    "usage",
    "--exec does not go with ?systemd=: the program would inherit the sockets of systemd and could " +
      "accept their connections itself; leave ?systemd= out and dari opens the socket",
  );
}
