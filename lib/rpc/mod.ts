/**
 * Calls between programs: declare methods, serve them over connections, call them with deadlines,
 * cancellation and streams.
 *
 * @module
 */

export { Client, type ClientCallOptions, type ClientOptions } from "./client.ts";
export type { Context } from "./context.ts";
export type { Observer } from "./dispatch.ts";
export { Health, type HealthStatus } from "./health.ts";
export {
  type ItemOf,
  type Method,
  method,
  type MethodDefinition,
  type Methods,
  type ParamsOf,
  type PlainMethod,
  type ResultOf,
} from "./method.ts";
export { createOpenGate } from "./open_gate.ts";
export { Server, type ServerOptions } from "./server.ts";
export { Session } from "./session.ts";
