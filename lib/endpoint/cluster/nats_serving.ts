/**
 * What a server that is offered by NATS takes beside the others.
 *
 * @module
 */

import type { InstanceState } from "../../cluster/service/discovery.ts";
import type { NatsAccess } from "./nats_access.ts";

/** The options of a server with `nats://` addresses. */
export interface NatsServing {
  /**
   * How this program shows the servers of `nats://` addresses who it is, and which of them it trusts.
   *
   * @default {no certificate, and public authorities}
   */
  readonly nats?: NatsAccess | undefined;
  /**
   * What the server of a `nats://` address says of itself beside its health, where `$SRV.STATS` of
   * NATS asks: all who may ask there read it.
   *
   * @default {the connections of this server}
   */
  readonly natsState?: (() => Partial<Omit<InstanceState, "health">>) | undefined;
}
