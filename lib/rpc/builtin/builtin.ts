/**
 * The methods that every server has.
 *
 * @module
 */

import type { Gate } from "../../auth/sign_in/gate.ts";
import type { Context } from "../method/context.ts";
import { Discovery } from "./discovery.ts";
import type { Health } from "./health.ts";
import { RegisteredMethod } from "../method/registry.ts";

/** What the built-in methods tell about. */
export interface BuiltinOptions {
  /** The methods that the server was given. */
  readonly methods: ReadonlyMap<string, RegisteredMethod>;
  /** Decides who may call what: `rpc.discover` lists only the methods that the caller may call. */
  readonly gate: Pick<Gate, "authorize">;
  /** The status that `rpc.health` answers. */
  readonly health: Health;
  /** The server's title and version. */
  readonly info: { readonly title: string; readonly version: string };
  /** Whether the answers of calls with an idempotency key are kept. */
  readonly keepsAnswers?: boolean | undefined;
  /** The clock by which what a caller was told grows old, in milliseconds. */
  readonly monotonic?: (() => number) | undefined;
}

/**
 * Makes `rpc.ping` and `rpc.health`, which both ends of a connection have.
 *
 * @param health The status that `rpc.health` answers.
 * @returns The methods, all public.
 */
export function lifeMethods(health: Health): RegisteredMethod[] {
  return registered({
    "rpc.ping": () => "pong",
    "rpc.health": (params) => ({
      status: health.status((params as { service?: unknown } | undefined)?.service),
    }),
  });
}

/**
 * Makes `rpc.ping`, `rpc.health` and `rpc.discover`.
 *
 * @param options What they tell about.
 * @returns The methods, all public.
 */
export function builtinMethods(options: BuiltinOptions): RegisteredMethod[] {
  const { methods, gate, health, info, monotonic = () => performance.now() } = options;
  const discovery = new Discovery(methods.values(), gate, info, options.keepsAnswers);
  const discover = registered({
    "rpc.discover": (_params, { principal }) => discovery.document(principal, monotonic()),
  });
  return [...lifeMethods(health), ...discover];
}

function registered(
  handlers: Readonly<Record<string, (params: unknown, context: Context) => unknown>>,
): RegisteredMethod[] {
  return Object.entries(handlers).map(([name, handler]) =>
    new RegisteredMethod(name, handler, true)
  );
}
