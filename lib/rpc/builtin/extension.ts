/**
 * Methods of dari itself that a server has beside the built-in ones, and whose right depends on what
 * they are called with: a queue is in the params, and the policy names it.
 *
 * @module
 */

import type { Gate } from "../../auth/sign_in/gate.ts";
import type { Context } from "../method/context.ts";
import type { MethodRight, StreamCursor } from "../method/method.ts";
import { RegisteredMethod, RESERVED_PREFIX } from "../method/registry.ts";

/** One method of an extension. */
export interface ExtensionMethod {
  /** One line that says what it does. */
  readonly summary: string;
  /** Whether running a call twice does no more than running it once. @default {false} */
  readonly idempotent?: boolean | undefined;
  /** Whether it streams, though its handler is no generator. @default {false} */
  readonly streams?: boolean | undefined;
  /** How its stream goes on behind an item, for clients whose connection was lost. */
  readonly cursor?: StreamCursor | undefined;
  /**
   * Says what the caller needs, before anything else is done.
   *
   * @param params The params as they came from the peer.
   * @returns The name by which the policy knows it.
   * @throws {DariError} `invalid_params` where the params do not say what is meant.
   */
  right(params: unknown): MethodRight;
  /**
   * Does the work.
   *
   * @param params The params.
   * @param context The caller and its deadline.
   */
  handler(params: unknown, context: Context): unknown;
}

/** Methods that a server has more. */
export interface Extension {
  /**
   * Makes them.
   *
   * @param gate Says what callers may do, for methods that show a part of something.
   * @returns The methods by name; names begin with `rpc.`.
   */
  methods(gate: Pick<Gate, "authorize">): Readonly<Record<string, ExtensionMethod>>;
}

/**
 * Takes in the methods of extensions.
 *
 * @param extensions The extensions.
 * @param gate Decides who may call what.
 * @returns The methods.
 * @throws {TypeError} For a name that does not begin with `rpc.`.
 */
export function extensionMethods(
  extensions: readonly Extension[],
  gate: Pick<Gate, "authorize">,
): RegisteredMethod[] {
  return extensions.flatMap((extension) =>
    Object.entries(extension.methods(gate)).map(([name, method]) => {
      if (!name.startsWith(RESERVED_PREFIX)) {
        throw new TypeError(`"${name}" is no method of dari itself: pass it as one of methods`);
      }
      return new RegisteredMethod(name, method, false);
    })
  );
}
