/**
 * `dari explain`: says who may call what, and why.
 *
 * @module
 */

import { errorTable } from "../../base/errors.ts";
import type { Command } from "../app/command.ts";
import { dataHelp, report, withIdentity, wordsOf } from "../app/identity.ts";

/** `dari explain`: says who may call what, and why. */
export const command: Command = {
  summary: "Say which rule allows or denies a call",
  help: `  dari explain alice process_data
  dari explain alice reports.delete --scope "reports.*"
  dari explain certificate:worker-1 add

Says whether an account, a certificate that no account is mapped to, or the socket's owner (local)
may call a method, and which rule of the policy says so. The policy is
policy.json in the data directory; a server takes it up when it changes, and keeps the one before if
the new one is wrong. Without one every account may call everything but administrative methods, which
need the role admin or a rule that names them.
Exit code 0 where the call is allowed, 77 where it is denied.

  --admin        as for a method that its server declares administrative
  --scope SCOPE  as with an API key of this scope, may be repeated
${dataHelp}`,
  flags: { string: ["data", "scope"], collect: ["scope"], boolean: ["admin"] },
  async run(args, io) {
    const [name, method] = wordsOf(args, "PRINCIPAL", "METHOD");
    const scopes = args.options("scope");
    const decision = await withIdentity(
      args,
      io,
      (identity) =>
        identity.explain(
          name,
          method,
          scopes.length === 0 ? undefined : scopes,
          args.flag("admin"),
        ),
    );
    const verdict = decision.allowed ? "allowed" : "denied";
    report(args, io, decision, [`${verdict}: ${decision.reason}`]);
    return decision.allowed ? 0 : errorTable.permission_denied.exit;
  },
};
