/**
 * Every bound and every default of dari, with its unit in its name. An option overrides one for one
 * server or client. `scripts/check_limits.ts` refuses such a number anywhere else.
 *
 * @module
 */

import { auditLimits } from "./limits/audit.ts";
import { authLimits } from "./limits/auth.ts";
import { certLimits } from "./limits/cert.ts";
import { clientLimits } from "./limits/client.ts";
import { httpLimits } from "./limits/http.ts";
import { ipcLimits } from "./limits/ipc.ts";
import { mcpLimits } from "./limits/mcp.ts";
import { messageLimits } from "./limits/messages.ts";
import { opsLimits } from "./limits/ops.ts";
import { programLimits } from "./limits/programs.ts";
import { rpcLimits } from "./limits/rpc.ts";
import { storeLimits } from "./limits/store.ts";
import { threadLimits } from "./limits/threads.ts";
import { transportLimits } from "./limits/transport.ts";

// Spread and not written as one literal: V8 keeps a literal of more than 128 members as a hash
// table, and the calls' path reads from here.
/** The table of bounds and defaults. */
export const limits = {
  ...rpcLimits,
  ...clientLimits,
  ...transportLimits,
  ...storeLimits,
  ...authLimits,
  ...certLimits,
  ...ipcLimits,
  ...httpLimits,
  ...opsLimits,
  ...threadLimits,
  ...programLimits,
  ...mcpLimits,
  ...auditLimits,
  ...messageLimits,
} as const;
