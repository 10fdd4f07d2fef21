/**
 * The end of `dari serve`: running calls finish, and the terminal shows what is left.
 *
 * @module
 */

import { limits } from "../../base/limits.ts";
import type { ServiceNotifier } from "../../ops/service_notifier.ts";
import type { Server } from "../../rpc/server/server.ts";
import type { Io } from "../app/command.ts";

/** What is told while a server stops. */
export interface StopOptions {
  /** How long running calls may go on, in milliseconds. */
  readonly drainMs: number;
  /** Shows one line in the place of the one before it; absent where there is no terminal. */
  readonly status: Io["status"];
  /** The service manager that has started the server. */
  readonly manager: Pick<ServiceNotifier, "stopping" | "status" | "flush">;
}

/**
 * Stops a server, and tells every second how many calls it waits for.
 *
 * @param server The server.
 * @param options How long it may take, and who is told.
 */
export async function stopServer(
  server: Pick<Server, "close" | "running">,
  { drainMs, status, manager }: StopOptions,
): Promise<void> {
  manager.stopping(drainMs + limits.stopGraceMs);
  let leftMs = drainMs;
  let isShown = false;
  const show = () => {
    const { running } = server;
    if (running === 0) return;
    const calls = running === 1 ? "1 call" : `${running} calls`;
    manager.status(`stopping: waiting for ${calls}`);
    const seconds = Math.max(0, Math.round(leftMs / 1_000));
    status?.(`waiting for ${calls}, ${seconds} s at most; Ctrl-C ends them now`);
    isShown = true;
  };
  show();
  const timer = setInterval(() => {
    leftMs -= limits.drainStatusMs;
    show();
  }, limits.drainStatusMs);
  try {
    await server.close(drainMs);
  } finally {
    clearInterval(timer);
    if (isShown) status?.("");
    await manager.flush();
  }
}

/**
 * Serves until it is time to stop.
 *
 * @param signal Ends when the user asks for that.
 * @param lost Rejects when the server cannot go on.
 * @returns Once the user has asked.
 * @throws What `lost` rejects with.
 */
export async function untilStopped(signal: AbortSignal, lost: Promise<never>): Promise<void> {
  if (signal.aborted) return;
  const asked = Promise.withResolvers<void>();
  signal.addEventListener("abort", () => asked.resolve(), { once: true });
  await Promise.race([asked.promise, lost]);
}
