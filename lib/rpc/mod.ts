/**
 * Calls between programs: declare methods, serve them over connections, call them with deadlines,
 * cancellation and streams.
 *
 * @module
 */

export type { CallOptions, StreamOptions } from "./call/call_options.ts";
export type { CallStream } from "./stream/item_stream.ts";
export { openFile, type OpenFileOptions } from "./file/open_file.ts";
export { ReceivedFile } from "./file/received_file.ts";
export { type FileInfo, fileInfo, type FileSource } from "../protocol/values/stream_source.ts";
export { Client } from "./client/client.ts";
export type { CallArguments, NameOf } from "./client/call_arguments.ts";
export type {
  CallingOptions,
  ClientCallOptions,
  ClientInterceptor,
  ClientInterceptorCall,
  ClientOptions,
  ClientStats,
} from "./client/client_options.ts";
export type { Next, ServerInterceptor, ServerInterceptorCall } from "./interceptor/interceptor.ts";
export type { CallSpan, CallTracer, SpanAbout, SpanKind } from "./trace/call_tracer.ts";
export type { IdempotencyOptions } from "./idempotency/kept_answers.ts";
export type { AnswerStore, KeepOptions, KeptText } from "./idempotency/answer_store.ts";
export type { RetryOptions, RetryThrottlingOptions } from "./retry/retry_options.ts";
export type { CircuitOptions, CircuitStatus } from "./retry/circuit.ts";
export type { Tried } from "./client/tried.ts";
export type { LinkOptions, OpenConnection, SignOut } from "./link/link_options.ts";
export type {
  BalanceOptions,
  ConnectionsOptions,
  HealthCheckOptions,
  OutlierOptions,
} from "./balance/balance_options.ts";
export type { ReconnectOptions } from "./link/backoff.ts";
export type {
  ClientStatus,
  ConnectionState,
  ServerStatus,
  StatusEvent,
} from "./link/client_status.ts";
export type { LifeSignOptions } from "./connection/life_signs.ts";
export type { Context } from "./method/context.ts";
export type {
  ContextPublishOptions,
  ContextReceipt,
  ContextTransaction,
  Publishing,
} from "./method/publishing.ts";
export {
  DeclaredError,
  type DeclaredErrorOptions,
  isDeclaredError,
  type NamedError,
} from "../base/declared_error.ts";
export type {
  DeclaredErrorOf,
  ErrorMakers,
  ErrorSchemas,
  NoErrors,
} from "./method/declared_errors.ts";
export { Health, type HealthStatus } from "./builtin/health.ts";
export {
  type CursorOf,
  type ItemOf,
  type Method,
  method,
  type MethodDefinition,
  type MethodPool,
  type Methods,
  type ParamsOf,
  type PlainMethod,
  type ResultOf,
  type ReturnOf,
  type StreamCursor,
  type WorkerMethodDefinition,
} from "./method/method.ts";
export type {
  CronSchedule,
  IntervalSchedule,
  JobSchedule,
  JobSettings,
  RepeatedJob,
} from "./method/job.ts";
export type { WorkerContext } from "../base/context/worker_context.ts";
export type {
  CallRecord,
  ConnectionRecord,
  FactorChangeRecord,
  Observer,
  SignInRecord,
  StoppedRecord,
  StopRecord,
  Traffic,
} from "./observer.ts";
export { requestIdOf } from "./observer.ts";
export type { ServedConnection } from "./served_connection.ts";
export type { AdmissionOptions } from "./server/admission.ts";
export type { OverloadOptions } from "./overload/overload_options.ts";
export type { ConnectionAgeOptions } from "./server/connection_age.ts";
export { createPeerGate } from "./server/peer_gate.ts";
export type {
  Arrived,
  ArrivedError,
  ArrivedFile,
  ArrivedMemory,
  ArrivedStream,
  BytesOptions,
  FileProgress,
  SaveOptions,
  Sendable,
  SendableScalar,
  Unsendable,
} from "../protocol/arrived.ts";
export type {
  JsonSchemaOptions,
  Schema,
  SchemaIssue,
  SchemaParts,
  SchemaTypes,
  SchemaVerdict,
} from "./method/schema.ts";
export { Server } from "./server/server.ts";
export type { ServerOptions } from "./server/server_options.ts";
