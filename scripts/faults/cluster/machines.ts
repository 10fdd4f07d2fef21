/**
 * Three machines of network namespaces: a network that joins them, which can be cut, and a way to each
 * of them from here, which cannot.
 *
 * @module
 */

import type { Program } from "../../bench/process.ts";
import { tool } from "./tool.ts";

/** One of them. */
export interface Machine {
  /** Its number, from 0. */
  readonly index: number;
  /** Its address, for the other machines and for this one. */
  readonly host: string;
  /** Runs a program there. */
  there(program: Program): Program;
}

/** The machines, and the network between them. */
export class Machines implements AsyncDisposable {
  /** The machines. */
  readonly all: readonly Machine[];
  /** What all addresses begin with, `10.N`; those of `10.N.128.0/17` are this machine's. */
  readonly net: string;
  readonly #id: string;

  private constructor(id: string, net: number, count: number) {
    this.#id = id;
    this.net = `10.${net}`;
    this.all = Array.from({ length: count }, (_, index): Machine => ({
      index,
      host: `10.${net}.0.${index + 1}`,
      there: ({ command, args, ...rest }) => ({
        ...{ command: "ip", args: ["netns", "exec", this.#name(index), command, ...args] },
        ...rest,
      }),
    }));
  }

  /**
   * Makes them.
   *
   * @param count How many.
   * @returns The machines; `undefined` where this user may not make networks.
   */
  static async make(count: number): Promise<Machines | undefined> {
    const [id = 0, net = 0] = crypto.getRandomValues(new Uint8Array(2));
    const machines = new Machines(`dfc${id}`, net, count);
    if (await machines.#lay()) return machines;
    await machines[Symbol.asyncDispose]();
    return undefined;
  }

  async #lay(): Promise<boolean> {
    const bridge = this.#bridge;
    const steps = [
      ["netns", "add", bridge],
      ["-n", bridge, "link", "add", "name", "br0", "type", "bridge"],
      ["-n", bridge, "link", "set", "br0", "up"],
      ...this.all.flatMap(({ index }) => this.#stepsOf(index)),
      // Every address of the range is this machine's.
      ["route", "add", "local", `${this.net}.128.0/17`, "dev", "lo"],
    ];
    for (const step of steps) {
      if (!await ip(...step)) {
        console.log(step.join(" "));
        return false;
      }
    }
    return await tool("ip", ["netns", "exec", bridge, "true"]) !== undefined;
  }

  #stepsOf(index: number): string[][] {
    const name = this.#name(index), bridge = this.#bridge, near = this.#near(index);
    const { host } = this.all[index]!;
    // The way from here, which is never cut.
    const [here, there] = [1, 2].map((last) => `${this.net}.${index + 1}.${last}`);
    return [
      ["netns", "add", name],
      ["-n", name, "link", "set", "lo", "up"],
      [
        "-n",
        bridge,
        "link",
        "add",
        `m${index}`,
        "type",
        "veth",
        "peer",
        "name",
        "eth0",
        "netns",
        name,
      ],
      ["-n", name, "addr", "add", `${host}/24`, "dev", "eth0"],
      ["-n", name, "link", "set", "eth0", "up"],
      ["-n", bridge, "link", "set", `m${index}`, "master", "br0", "up"],
      ["link", "add", near, "type", "veth", "peer", "name", "eth1", "netns", name],
      ["addr", "add", `${here}/24`, "dev", near],
      ["link", "set", near, "up"],
      ["-n", name, "addr", "add", `${there}/24`, "dev", "eth1"],
      ["-n", name, "link", "set", "eth1", "up"],
      ["-n", name, "route", "add", `${this.net}.128.0/17`, "via", here!],
      ["route", "add", host, "via", there!],
    ];
  }

  /**
   * Cuts a machine off from the others: what is sent is lost, and nobody is told.
   *
   * @param index Which.
   */
  async cut(index: number): Promise<void> {
    await ip("-n", this.#bridge, "link", "set", `m${index}`, "nomaster");
  }

  /**
   * Joins it again.
   *
   * @param index Which.
   */
  async join(index: number): Promise<void> {
    await ip("-n", this.#bridge, "link", "set", `m${index}`, "master", "br0");
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await ip("route", "del", "local", `${this.net}.128.0/17`, "dev", "lo");
    for (const { index } of this.all) await ip("netns", "del", this.#name(index));
    await ip("netns", "del", this.#bridge);
  }

  get #bridge(): string {
    return `${this.#id}-switch`;
  }

  #name(index: number): string {
    return `${this.#id}-${index}`;
  }

  #near(index: number): string {
    return `${this.#id}n${index}`;
  }
}

async function ip(...args: string[]): Promise<boolean> {
  return await tool("ip", args) !== undefined;
}
