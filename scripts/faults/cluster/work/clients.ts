/**
 * The clients of a load: one of each server by its Unix socket, one of all over the network, and
 * connections from many addresses.
 *
 * @module
 */

import { type SignedIn, signIn } from "../../../../lib/auth/sign_in/sign_in_client.ts";
import { connect, type ConnectedClient } from "../../../../mod.ts";
import type { Random } from "../../../sim/time/random.ts";
import { type Cluster, PLAIN_PORT } from "../cluster.ts";
import type * as methods from "../methods.ts";
import { RawConnection } from "./raw_connection.ts";

/** The server's methods: its own, and those of dari that are used. */
export type Served = typeof methods & {
  "rpc.accounts.disable": (params: { account: string }) => unknown;
  "rpc.accounts.enable": (params: { account: string }) => unknown;
};

/** The deadline of a call that writes: longer than the store takes to give up. */
const WRITE_TIMEOUT_MS = 20_000;
/** So many sign-ins share an address, of which a server lets 50 fail. */
const TRIES_PER_ADDRESS = 25;

/** The clients. */
export class Clients implements AsyncDisposable {
  /** One of each server, on its machine, who may do everything. */
  readonly local: readonly ConnectedClient<Served>[];
  /** One of all of them by NATS, which chooses by itself. */
  readonly network: ConnectedClient<Served>;
  readonly #cluster: Cluster;
  readonly #random: Random;
  #tries = 0;

  private constructor(
    cluster: Cluster,
    random: Random,
    local: readonly ConnectedClient<Served>[],
    network: ConnectedClient<Served>,
  ) {
    this.#cluster = cluster;
    this.#random = random;
    this.local = local;
    this.network = network;
  }

  /**
   * Connects.
   *
   * @param cluster Where to.
   * @param random Chooses servers.
   */
  static async open(cluster: Cluster, random: Random): Promise<Clients> {
    const { nodes, apiKey } = cluster;
    const options = { timeoutMs: WRITE_TIMEOUT_MS, waitForReady: false };
    const local = await Promise.all(
      nodes.map(({ data }) => connect<Served>(`unix:${data}/dari.sock`, options)),
    );
    const network = await connect<Served>(cluster.address, {
      ...{ ca: await cluster.authority, ...await cluster.clientPair(), apiKey },
      timeoutMs: WRITE_TIMEOUT_MS,
    });
    return new Clients(cluster, random, local, network);
  }

  /** A server that is chosen by chance. */
  any(): number {
    return this.#random.whole(0, this.local.length - 1);
  }

  /**
   * Signs in by password, over a connection of its own from an address that a few sign-ins share.
   *
   * @param server Where.
   * @param login Who.
   */
  async signIn(server: number, login: { username: string; password: string }): Promise<SignedIn> {
    const { machines, nodes } = this.#cluster;
    const address = Math.floor(this.#tries++ / TRIES_PER_ADDRESS) + 1;
    using connection = new RawConnection({
      host: nodes[server]!.machine.host,
      port: PLAIN_PORT,
      localAddress: `${machines.net}.${128 + ((address >> 8) & 127)}.${address & 255}`,
    });
    return await signIn(connection.call, { login });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([...this.local, this.network].map((client) => client.close()));
  }
}
