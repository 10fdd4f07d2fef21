/**
 * Calls between programs: declare methods, serve them over connections, call them with deadlines,
 * cancellation and streams.
 *
 * @module
 */

export type { CallOptions, StreamOptions } from "./caller.ts";
export {
  type CallArguments,
  Client,
  type ClientCallOptions,
  type ClientOptions,
  type NameOf,
  type OpenSession,
} from "./client.ts";
export type { Context } from "./context.ts";
export type { Observer } from "./dispatch.ts";
export { Health, type HealthStatus } from "./health.ts";
export {
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
} from "./method.ts";
export { createOpenGate } from "./open_gate.ts";
export type { Schema, SchemaIssue, SchemaParts, SchemaVerdict } from "./schema.ts";
export { Server, type ServerOptions } from "./server.ts";
