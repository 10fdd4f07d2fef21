/**
 * The servers of the cluster of a server that runs, for its console.
 *
 * @module
 */

import type { NatsBus } from "../../cluster/bus/nats_bus.ts";
import { type SeenServer, surveyService } from "../../cluster/service/survey.ts";
import { limits } from "../../base/limits.ts";
import { type NatsAccess, openNats } from "../../endpoint/cluster/nats_access.ts";
import type { SeenServers } from "../../ops/methods/servers_method.ts";
import type { NatsAddress } from "../../transport/address.ts";
import { formatAddress } from "../../transport/scheme/parse.ts";

/** The servers that have answered. */
export interface SurveyedServers extends SeenServers {
  readonly servers: readonly SeenServer[];
}

/** Asks the servers of a service how they are, over a connection that is opened for the first question. */
export class ClusterSurvey implements AsyncDisposable {
  readonly #at: NatsAddress;
  readonly #access: NatsAccess;
  #bus: Promise<NatsBus> | undefined;
  /** The question under way, which all who ask meanwhile share. */
  #asking: Promise<SurveyedServers> | undefined;

  /**
   * @param at The service.
   * @param access How this program shows NATS servers who it is.
   */
  constructor(at: NatsAddress, access: NatsAccess) {
    this.#at = at;
    this.#access = access;
  }

  /**
   * Asks.
   *
   * @param waitMs How long servers have to answer, in milliseconds.
   * @returns Those that have answered.
   * @throws {TransportError} `unavailable` when the NATS servers are not reached.
   */
  look(waitMs: number = limits.natsDiscoverMs): Promise<SurveyedServers> {
    return this.#asking ??= this.#ask(waitMs).finally(() => this.#asking = undefined);
  }

  /** Ends the connection. */
  async [Symbol.asyncDispose](): Promise<void> {
    await (await this.#bus?.catch(() => undefined))?.close();
  }

  async #ask(waitMs: number): Promise<SurveyedServers> {
    const atMs = Date.now();
    const bus = await this.#connect();
    const servers = await surveyService(bus, this.#at.service, waitMs);
    return { service: formatAddress(this.#at), atMs, servers };
  }

  /** One that failed is tried again with the next question. */
  #connect(): Promise<NatsBus> {
    return this.#bus ??= openNats(this.#at, `dari servers ${this.#at.service}`, this.#access)
      .catch((error) => {
        this.#bus = undefined;
        throw error;
      });
  }
}
