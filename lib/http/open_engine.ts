/**
 * Chooses between the engines. Each is loaded when it is used.
 *
 * @module
 */

import type { Engine, EngineName, EngineOptions } from "./engine/engine.ts";

/**
 * Opens an engine.
 *
 * @param name Which.
 * @param options Where, with which certificate, and who answers.
 * @returns The engine, which listens.
 * @throws {DariError} `configuration` when the certificate cannot be used.
 * @throws {TransportError} `unavailable` when the port is in use.
 */
export async function openEngine(name: EngineName, options: EngineOptions): Promise<Engine> {
  if (name === "fast") {
    const { FastEngine } = await import("./engine/fast_engine.ts");
    return new FastEngine(options);
  }
  const { openStrictEngine } = await import("./strict/strict_engine.ts"); // it loads node:https
  return await openStrictEngine(options);
}
