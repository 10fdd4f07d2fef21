/**
 * What a client gives to its program beside `connect`: errors, methods to be called back, types.
 *
 * @module
 */

export {
  DariError,
  type DariErrorOptions,
  type ErrorCode,
  RpcError,
  TransportError,
} from "../../base/errors.ts";
export type { CallOptions, StreamOptions } from "../../rpc/call/call_options.ts";
export { ReceivedFile } from "../../rpc/file/received_file.ts";
export { type FileInfo, fileInfo, type FileSource } from "../../protocol/values/stream_source.ts";
export type {
  ArrivedFile,
  ArrivedStream,
  BytesOptions,
  FileProgress,
  SaveOptions,
} from "../../protocol/arrived.ts";
export type { CallStream } from "../../rpc/stream/item_stream.ts";
export type { Client } from "../../rpc/client/client.ts";
export type { ConnectedClient } from "../messages/connected_client.ts";
export type { Queue, TakenMessage } from "../../messages/queue/queue.ts";
export type { ArrivedMessage, SharedMessage, Topic } from "../../messages/topic/topic.ts";
export type { CallArguments, NameOf } from "../../rpc/client/call_arguments.ts";
export type {
  CallingOptions,
  ClientCallOptions,
  ClientInterceptor,
  ClientInterceptorCall,
  ClientOptions,
  ClientStats,
} from "../../rpc/client/client_options.ts";
export type { Next } from "../../rpc/interceptor/interceptor.ts";
export type { CircuitOptions, CircuitStatus } from "../../rpc/retry/circuit.ts";
export type { RetryOptions, RetryThrottlingOptions } from "../../rpc/retry/retry_options.ts";
export type { LinkOptions, OpenConnection, SignOut } from "../../rpc/link/link_options.ts";
export type { ReconnectOptions } from "../../rpc/link/backoff.ts";
export type {
  ClientStatus,
  ConnectionState,
  ServerStatus,
  StatusEvent,
} from "../../rpc/link/client_status.ts";
export type { LifeSignOptions } from "../../rpc/connection/life_signs.ts";
export type { Context } from "../../rpc/method/context.ts";
export {
  type CursorOf,
  type ItemOf,
  type Method,
  method,
  type MethodDefinition,
  type Methods,
  type ParamsOf,
  type PlainMethod,
  type ResultOf,
  type StreamCursor,
} from "../../rpc/method/method.ts";
export type { JobSettings } from "../../rpc/method/job.ts";
export type { Connection, Peer } from "../../transport/connection.ts";
export { memoryPair } from "../../transport/memory.ts";
export type { ConnectOptions } from "../connect_by.ts";
export type { ConnectTarget, Dialer, Resolution, Resolver } from "../servers/servers.ts";
export type {
  BalanceOptions,
  ConnectionsOptions,
  HealthCheckOptions,
  OutlierOptions,
} from "../../rpc/balance/balance_options.ts";
export type { SharedMemoryOptions, TrustOptions } from "../trust.ts";
