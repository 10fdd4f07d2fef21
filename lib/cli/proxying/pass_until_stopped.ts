/**
 * The end of a proxy.
 *
 * @module
 */

import type { Log } from "../../ops/log.ts";
import type { ServiceProxy } from "../../proxy/proxy.ts";
import type { Io } from "../app/command.ts";
import { untilStopped } from "../serving/stopping.ts";

/**
 * Passes connections on until a signal asks the program to stop, and then lets open ones end.
 *
 * @param proxy The proxy.
 * @param drainMs How long they may take, in milliseconds.
 * @param io Has the signal.
 * @param log Hears how it ended.
 * @param lost Rejects when the proxy cannot go on.
 * @throws What `lost` rejects with.
 */
export async function passUntilStopped(
  proxy: ServiceProxy,
  drainMs: number,
  { signal }: Io,
  log: Log,
  lost: Promise<never> = new Promise(() => {}),
): Promise<void> {
  await untilStopped(signal, lost);
  const { connections } = proxy;
  log.write("info", "the proxy is stopping", { connections });
  const cut = await proxy.close(drainMs);
  log.write(cut > 0 ? "warn" : "info", "the proxy has stopped", { cut });
}
