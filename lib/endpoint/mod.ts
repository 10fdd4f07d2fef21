/**
 * `serve` and `connect`: the rooms of the house put together for a program.
 *
 * @module
 */

export * from "./connect.ts";
export { serve, type ServeOptions } from "./serve.ts";
export type { WriteLog } from "../base/text/write_log.ts";
export type { QueueServer } from "./messages/queue_server.ts";
export type { MetricsOptions } from "./metrics/serve_metrics.ts";
export type { NatsAccess } from "./cluster/nats_access.ts";
export type { NatsServing } from "./cluster/nats_serving.ts";
export type { InstanceState } from "../cluster/service/discovery.ts";
export type { SharedMemoryOptions, TrustOptions } from "./trust.ts";
export type { AuthorityFile, CertificateFiles } from "../cert/server/certificate_source.ts";
export type { RevocationListFile } from "../cert/server/client_revocations.ts";
export type { FetchHandler, FetchInfo, HttpsOptions } from "../http/gateway_options.ts";
export type { EngineName } from "../http/engine/engine.ts";
