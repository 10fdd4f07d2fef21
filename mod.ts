/**
 * dari (다리, "bridge") lets programs talk to each other safely, between threads, processes and
 * machines.
 *
 * @module
 */

export {
  DariError,
  type DariErrorOptions,
  type ErrorCode,
  RpcError,
  TransportError,
} from "./lib/base/errors.ts";
export * from "./lib/endpoint/mod.ts";
export * from "./lib/rpc/mod.ts";
export {
  type HistogramDefinition,
  MetricsRegistry,
  type Observed,
} from "./lib/ops/metrics/registry.ts";
export type {
  Counter,
  Gauge,
  Histogram,
  Labelled,
  MetricDefinition,
  MetricFamily,
  MetricSeries,
  MetricsSource,
  MetricType,
} from "./lib/ops/metrics/family.ts";
export { clientMetrics, type CountingClient } from "./lib/ops/metrics/part_metrics.ts";
export { openTracer, type TracerOptions } from "./lib/ops/trace/open_tracer.ts";
export { tracedPool } from "./lib/ops/trace/traced_pool.ts";
export { prometheusText } from "./lib/ops/metrics/prometheus.ts";
export type {
  Address,
  HostAddress,
  HostAndPort,
  NatsAddress,
  UnixAddress,
} from "./lib/transport/address.ts";
export { formatAddress, parseAddress } from "./lib/transport/scheme/parse.ts";
export type {
  ChannelBinding,
  Connection,
  Listener,
  MemoryOffer,
  MemorySharing,
  Peer,
  PeerCertificate,
  TransportName,
} from "./lib/transport/connection.ts";
export type { CertificateAndKey } from "./lib/transport/tls/key_pair.ts";
export type { Clock } from "./lib/base/clock.ts";
export type {
  Gate,
  SignInContext,
  SignInMethod,
  SignInReply,
  WitnessedCall,
} from "./lib/auth/sign_in/gate.ts";
export type { CredentialKind, Principal } from "./lib/auth/policy/principal.ts";
export type { Id, Meta } from "./lib/protocol/message.ts";
export { unixConnection } from "./lib/transport/unix.ts";
export { listenMemory, type MemoryListener, memoryPair } from "./lib/transport/memory.ts";
export {
  type ConnectedChild,
  connectParent,
  PARENT_SOCKET,
  spawnConnected,
  type SpawnOptions,
} from "./lib/transport/spawn.ts";
