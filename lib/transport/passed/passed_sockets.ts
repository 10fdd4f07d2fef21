/**
 * The sockets that systemd hands over to this process, by name and address.
 *
 * @module
 */

import { DariError } from "../../base/errors.ts";
import { type Address, hostAndPort, isLoopback } from "../address.ts";
import { formatAddress } from "../scheme/parse.ts";
import {
  PASSED_VARIABLES,
  type PassedDescriptor,
  readPassedDescriptors,
} from "./passed_descriptors.ts";
import { PassedServer } from "./passed_server.ts";

/**
 * The sockets. Each is opened when its name is asked for, and belongs to who has taken it. Disposing
 * closes those that nobody has.
 */
export class PassedSockets implements Disposable {
  /** Those of a name that was not asked for yet. */
  readonly #descriptors: PassedDescriptor[];
  /** Opened, and not taken. */
  readonly #open: PassedServer[] = [];

  /** @param descriptors What systemd hands over. */
  constructor(descriptors: readonly PassedDescriptor[]) {
    this.#descriptors = [...descriptors];
  }

  /**
   * Reads what systemd hands over, and removes it from the environment: the processes that this one
   * starts are not meant.
   *
   * @throws {DariError} `configuration` when there is nothing, or the permission to read it is missing.
   */
  static ofProcess(): PassedSockets {
    const denied = PASSED_VARIABLES.find((variable) =>
      Deno.permissions.querySync({ name: "env", variable }).state !== "granted"
    );
    if (denied !== undefined) {
      throw new DariError(
        "configuration",
        `Cannot listen on a socket of systemd: this program may not read ${denied}; start it with ` +
          `--allow-env=${PASSED_VARIABLES.join()}`,
      );
    }
    const get = (name: string) => Deno.env.get(name);
    const descriptors = readPassedDescriptors({ get, pid: Deno.pid });
    for (const name of PASSED_VARIABLES) Deno.env.delete(name);
    return new PassedSockets(descriptors);
  }

  /** The names of those that nobody has taken. */
  get left(): string[] {
    return [...new Set([...this.#open, ...this.#descriptors].map(({ name }) => name))];
  }

  /**
   * Takes the sockets of a name that have an address; `localhost` may be two.
   *
   * @param name The name.
   * @param address Where they must listen.
   * @throws {DariError} `configuration` when there is none, when a descriptor is no listening socket,
   * or when it is not clear which Unix socket is meant.
   */
  async take(name: string, address: Address): Promise<[PassedServer, ...PassedServer[]]> {
    await this.#openAll(name);
    const named = this.#open.filter((server) => server.name === name);
    const [first, ...others] = named.filter(({ at }) => isAt(address, at));
    if (first === undefined) throw this.#missing(name, address, named);
    if (address.kind === "unix" && others.length > 0) {
      throw new DariError(
        "configuration",
        `systemd hands over ${others.length + 1} Unix sockets as ${
          JSON.stringify(name)
        }, and it is ` +
          `not clear which of them is ${address.path}: give each a .socket unit with its own ` +
          "FileDescriptorName=",
      );
    }
    for (const server of [first, ...others]) this.#open.splice(this.#open.indexOf(server), 1);
    return [first, ...others];
  }

  [Symbol.dispose](): void {
    for (const server of this.#open.splice(0)) server.close();
  }

  async #openAll(name: string): Promise<void> {
    for (const descriptor of this.#descriptors.filter((each) => each.name === name)) {
      this.#descriptors.splice(this.#descriptors.indexOf(descriptor), 1);
      this.#open.push(await PassedServer.open(descriptor));
    }
  }

  #missing(name: string, address: Address, named: readonly PassedServer[]): DariError {
    const wanted = `Cannot listen on ${formatAddress(address)}`;
    const text = JSON.stringify(name);
    if (named.length > 0) {
      const found = named.map(({ at }) => at ? hostAndPort(at.host, at.port) : "a Unix socket");
      return new DariError(
        "configuration",
        `${wanted}: what systemd hands over as ${text} is ${
          found.join(", ")
        }; make ListenStream= of ` +
          "the .socket unit and --listen the same",
      );
    }
    const others = this.left.map((each) => JSON.stringify(each)).join(", ");
    return new DariError(
      "configuration",
      `${wanted}: systemd hands over no socket named ${text}` +
        `${others === "" ? " that is not taken already" : `, only ${others}`}; ` +
        `write FileDescriptorName=${name} into the .socket unit`,
    );
  }
}

function isAt(address: Address, at: PassedServer["at"]): boolean {
  if (!("host" in address)) return at === undefined;
  if (at === undefined || (address.port !== 0 && address.port !== at.port)) return false;
  const { host } = address;
  if (host === "localhost") return isLoopback(at.host);
  const isIp = host.includes(":") || /^\d+(\.\d+){3}$/.test(host);
  return !isIp || canonical(host) === canonical(at.host); // a name may be any address of this machine
}

function canonical(ip: string): string {
  return new URL(`http://${hostAndPort(ip, 1)}`).hostname;
}
