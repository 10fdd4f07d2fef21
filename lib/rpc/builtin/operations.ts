/**
 * Methods of dari itself by which administrators see and change what a server does.
 *
 * @module
 */

import type { Method, Methods, PlainMethod } from "../method/method.ts";
import { RegisteredMethod, RESERVED_PREFIX } from "../method/registry.ts";

/**
 * Takes in the methods for operations. All of them are administrative: a policy's `*` does not cover
 * them, and they need the role `admin` or a right that names them.
 *
 * @param methods The methods by name.
 * @returns The methods.
 * @throws {TypeError} For a name that does not begin with `rpc.`, and for a public method.
 *
 * @example
 * ```ts
 * import { operationsMethods } from "./operations.ts";
 * import { assertEquals } from "@std/assert";
 *
 * const [metrics] = operationsMethods({ "rpc.metrics": () => ({ calls: 0 }) });
 * assertEquals([metrics?.name, metrics?.isAdmin], ["rpc.metrics", true]);
 * ```
 */
export function operationsMethods(methods: Methods): RegisteredMethod[] {
  return Object.entries(methods).map(([name, declared]) => {
    if (!name.startsWith(RESERVED_PREFIX)) {
      throw new TypeError(`"${name}" is no method of dari itself: pass it as one of methods`);
    }
    return new RegisteredMethod(name, administrative(declared), false);
  });
}

function administrative(declared: Method | PlainMethod): Method {
  return typeof declared === "function"
    ? { handler: declared, admin: true }
    : { ...declared, admin: true };
}
