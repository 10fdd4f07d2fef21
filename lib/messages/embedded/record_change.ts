/**
 * Writes what a caller does to a queue, a topic or a job into the audit of the server.
 *
 * @module
 */

import type { QueueAudit } from "./embedded_options.ts";

/**
 * Records what is about to be done, where the server keeps an audit.
 *
 * @param parts The audit, and who does it.
 * @param kind What happens: `queue.purged` and the like.
 * @param about To which queue, topic or job.
 * @param data What else is known of it.
 * @throws What the audit throws: then it must not be done.
 */
export async function recordChange(
  { audit, caller }: { readonly audit: QueueAudit | undefined; readonly caller: string },
  kind: string,
  about: string,
  data?: Readonly<Record<string, string | number | boolean>>,
): Promise<void> {
  await audit?.record({ kind, by: caller, about, ...(data && { data }) });
}
