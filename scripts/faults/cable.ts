/**
 * A machine of its own for a server, by a network namespace, and the cable to it.
 *
 * @module
 */

import type { Program } from "../bench/process.ts";

/** The cable between this machine and another one, which can be pulled. */
export class Cable implements AsyncDisposable {
  /** The other machine's address. */
  readonly host: string;
  readonly #namespace: string;

  private constructor(namespace: string, host: string) {
    this.#namespace = namespace;
    this.host = host;
  }

  /**
   * Makes the machine, and lays the cable.
   *
   * @returns The cable; whoever has it ends both. `undefined` where this user may not, as in most
   * containers.
   */
  static async lay(): Promise<Cable | undefined> {
    const [id = 0, net = 0] = crypto.getRandomValues(new Uint8Array(2));
    const name = `dari-f${id}`, near = `dari-n${id}`;
    if (!await ip("netns", "add", name)) return undefined;
    const cable = new Cable(name, `10.213.${net}.2`);
    const steps = [
      ["link", "add", near, "type", "veth", "peer", "name", "eth0", "netns", name],
      ["addr", "add", `10.213.${net}.1/30`, "dev", near],
      ["link", "set", near, "up"],
      ["-n", name, "addr", "add", `${cable.host}/30`, "dev", "eth0"],
      ["-n", name, "link", "set", "lo", "up"],
      ["-n", name, "link", "set", "eth0", "up"],
      ["netns", "exec", name, "true"],
    ];
    for (const step of steps) {
      if (await ip(...step)) continue;
      await cable[Symbol.asyncDispose]();
      return undefined;
    }
    return cable;
  }

  /** The same program on the other machine. */
  there({ command, args, ...rest }: Program): Program {
    return { command: "ip", args: ["netns", "exec", this.#namespace, command, ...args], ...rest };
  }

  /** Pulls it at the far end: what is sent is lost, and nobody is told. */
  async pull(): Promise<void> {
    await ip("-n", this.#namespace, "link", "set", "eth0", "down");
  }

  /** Plugs it in again. */
  async plug(): Promise<void> {
    await ip("-n", this.#namespace, "link", "set", "eth0", "up");
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await ip("netns", "del", this.#namespace);
  }
}

async function ip(...args: string[]): Promise<boolean> {
  try {
    const command = new Deno.Command("ip", { args, stdout: "null", stderr: "null" });
    return (await command.output()).success;
  } catch {
    return false; // there is no such program
  }
}
