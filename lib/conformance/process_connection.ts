/**
 * A peer under test that is a program: it speaks the wire on its standard streams. Each case gets a
 * process of its own.
 *
 * @module
 */

import { TransportError } from "../base/errors.ts";
import { reasonOf } from "../base/file/files.ts";
import type { PeerConnection } from "./dialogue.ts";

/**
 * Starts a program.
 *
 * @param command The program.
 * @param args Its arguments.
 * @returns The connection to it; closing it ends the program.
 * @throws {TransportError} `unavailable` where it cannot be started.
 */
export function processConnection(
  command: string,
  args: readonly string[],
): Promise<PeerConnection> {
  let child: Deno.ChildProcess;
  try {
    child = new Deno.Command(command, {
      args: [...args],
      stdin: "piped",
      stdout: "piped",
      stderr: "null",
    }).spawn();
  } catch (cause) {
    const message = `Cannot start "${command}": ${reasonOf(cause)}`;
    return Promise.reject(new TransportError("unavailable", message, { cause }));
  }
  const input = child.stdin.getWriter();
  const output = child.stdout.getReader();
  return Promise.resolve({
    write: (bytes) => input.write(bytes),
    async read() {
      const { value, done } = await output.read();
      return done ? null : value;
    },
    endSending: () => input.close(),
    close() {
      input.abort().catch(() => {}); // it has ended already
      output.cancel().catch(() => {});
      try {
        child.kill("SIGKILL");
      } catch {
        // It has ended already.
      }
    },
  });
}
