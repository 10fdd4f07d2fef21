/**
 * Which exports of a module are methods: the same rule for the server and for its workers.
 *
 * @module
 */

/**
 * Finds the methods of a module: in its export `methods`, else in its default export where that is an
 * object, else among all its exports. A method is a function, or an object with a function `handler`.
 *
 * @param module The module's exports.
 * @returns The methods by name.
 */
export function methodsIn(module: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const source = isTable(module.methods)
    ? module.methods
    : isTable(module.default)
    ? module.default
    : module;
  return Object.fromEntries(
    Object.entries(source).filter(([, value]) => handlerOf(value) !== undefined),
  );
}

/**
 * Returns the function that runs a method.
 *
 * @param method A function, or an object with a function `handler`.
 * @returns The function, or `undefined` where the value is not a method.
 */
export function handlerOf(method: unknown): ((...args: unknown[]) => unknown) | undefined {
  if (typeof method === "function") return method as (...args: unknown[]) => unknown;
  if (typeof method !== "object" || method === null || !("handler" in method)) return undefined;
  const { handler } = method;
  return typeof handler === "function" ? (...args) => handler.apply(method, args) : undefined;
}

function isTable(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && handlerOf(value) === undefined;
}
