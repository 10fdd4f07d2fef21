/**
 * Puts the interceptors of a server around its methods, once, when the server is made.
 *
 * @module
 */

import type { RegisteredMethod } from "../method/registry.ts";
import { compose } from "./compose.ts";
import type { ServerInterceptor } from "./interceptor.ts";

/**
 * Puts interceptors around methods. Without interceptors the methods stay as they are.
 *
 * @param methods The methods, which are changed.
 * @param interceptors The interceptors, the first one outermost.
 * @throws {TypeError} Where one is no function.
 */
export function interceptMethods(
  methods: Iterable<RegisteredMethod>,
  interceptors: readonly ServerInterceptor[] | undefined,
): void {
  const chain = compose(interceptors);
  if (chain === undefined) return;
  for (const method of methods) {
    const { name, handler } = method;
    const { isStream } = method.describe();
    const intercepted: typeof handler = (params, context) =>
      chain(
        { method: name, params, context, isStream },
        (call) => handler(call.params, call.context),
      );
    method.handler = intercepted;
    // An interceptor may make calls of its own, whatever the handler does.
    method.mayMakeCalls = true;
  }
}
