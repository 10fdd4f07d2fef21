/**
 * What `dari serve` takes up while it runs: its policy, its certificates and its log file.
 *
 * @module
 */

import type { OpenLog } from "../../ops/open_log.ts";
import type { ServiceNotifier } from "../../ops/service_notifier.ts";
import type { Server } from "../../rpc/server/server.ts";
import type { PolicyWatch } from "../workspace/policy_file.ts";

/** What is taken up, and who is told. */
export interface ReloadParts {
  /** The server, with its certificates. */
  readonly server: Pick<Server, "reload">;
  /** The policy. */
  readonly policy: Pick<PolicyWatch, "look">;
  /** The log, whose file another program may have moved away. */
  readonly log: Pick<OpenLog, "reopen">;
  /** The service manager that has started the server. */
  readonly manager: Pick<ServiceNotifier, "reloading" | "ready">;
  /** What the server does, for the service manager. */
  readonly status: string;
}

/**
 * Gives a function that takes files up again. Each part says what became of it, and keeps what it has
 * where its file is wrong.
 *
 * @param parts What is taken up.
 * @returns The function, which never rejects. Called while it is at work, it begins again afterwards:
 * a file may have been read before it was changed.
 */
export function createReload(
  { server, policy, log, manager, status }: ReloadParts,
): () => Promise<void> {
  const reload = async () => {
    manager.reloading();
    await Promise.allSettled([log.reopen(), policy.look(true), server.reload()]);
    manager.ready(status);
  };
  let last: Promise<void> = Promise.resolve();
  let isWaiting = false;
  return () => {
    if (isWaiting) return last;
    isWaiting = true;
    return last = last.then(() => {
      isWaiting = false;
      return reload();
    });
  };
}
