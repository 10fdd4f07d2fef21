import { sayRule } from "../../auth/policy/call_limits.ts";
import { errorTable } from "../../base/errors.ts";
import { type Command, defineCommand } from "../app/command.ts";
import { flag, operand, repeatedOption } from "../app/option.ts";
import { report } from "../app/report.ts";
import { methodName, text } from "../app/value_type.ts";
import { dataOptions } from "../workspace/data_directory.ts";
import { withIdentity } from "../workspace/identity_store.ts";

/** `dari explain` */
export const command: Command = defineCommand({
  examples: [
    "dari explain alice process_data",
    'dari explain alice reports.delete --scope "reports.*"',
    "dari explain certificate:worker-1 add",
  ],
  operands: {
    principal: operand(
      text("PRINCIPAL"),
      "an account, certificate:NAME for a client certificate without an account, or local for " +
        "the owner of the server's Unix socket",
    ),
    method: operand(methodName, "the method that the principal would call"),
  },
  options: {
    admin: flag("decide as for a method that its server declares administrative"),
    scope: repeatedOption(text("SCOPE"), "decide as for an API key with this scope"),
    ...dataOptions,
  },
  notes: [
    "The policy is policy.json in the data directory. A server takes it up when it changes, and " +
    "keeps the one before if the new one is wrong. Without that file the roles admin, user and " +
    "certificate may call everything but administrative methods, which need the role admin or a " +
    "rule that names them; an account without a role may call nothing.",
    "The exit code is 0 where the call is allowed and 77 where it is denied.",
  ],
  async run({ operands: { principal, method }, options }, io) {
    const scopes = options.scope.length === 0 ? undefined : options.scope;
    const decision = await withIdentity(
      options,
      io,
      (identity) => identity.explain(principal, method, scopes, options.admin),
    );
    const verdict = decision.allowed ? "allowed" : "denied";
    const limited = decision.allowed ? decision.limits ?? [] : [];
    report(options, io, decision, [`${verdict}: ${decision.reason}`, ...limited.map(sayRule)]);
    return decision.allowed ? 0 : errorTable.permission_denied.exit;
  },
});
