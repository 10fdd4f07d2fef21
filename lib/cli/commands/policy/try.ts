import { compilePolicy, parsePolicy } from "../../../auth/mod.ts";
import { errorTable } from "../../../base/errors.ts";
import { readPublicFile } from "../../../base/file/files.ts";
import { type ChangedCalls, tryPolicy } from "../../../ops/tap/try_policy.ts";
import { type Command, defineCommand } from "../../app/command.ts";
import { operand, requiredOption } from "../../app/option.ts";
import { report } from "../../app/report.ts";
import { file } from "../../app/value_type.ts";
import { readRecording } from "../ops/recording_file.ts";

/** `dari policy try` */
export const command: Command = defineCommand({
  examples: [
    ["dari policy try new.json --record calls.jsonl", "after dari tap --record calls.jsonl"],
  ],
  operands: { policy: operand(file(), "the policy, as policy.json") },
  options: { record: requiredOption(file(), "the calls, as dari tap --record wrote them") },
  notes: [
    "Lists recorded calls that were allowed and would be refused, and those that were refused and " +
    "would be allowed, each with the rule that decides. The least roles at the end name just the " +
    "methods that were used: what nobody called while it was recorded is not among them.",
    "Roles and scopes are those that callers had when they called. Nothing is changed. The exit code " +
    "is 77 where a call would be refused, else 0.",
  ],
  async run({ operands, options }, io) {
    const policy = compilePolicy(
      parsePolicy(await readPublicFile(operands.policy), operands.policy),
    );
    const { calls, missed } = await readRecording(options.record);
    const trial = tryPolicy(policy, calls);
    const { refused, allowed, leastRoles } = trial;
    report(options, io, { ...trial, missed }, [
      ...refused.map((each) => `would be refused: ${describe(each)}`),
      ...allowed.map((each) => `would be allowed: ${describe(each)}`),
      `${trial.calls} recorded calls: ${sum(refused)} would be refused, ${
        sum(allowed)
      } newly allowed`,
      ...(missed > 0 ? [`The recorder missed ${missed} more`] : []),
      ...(Object.keys(leastRoles).length > 0
        ? ["The least roles that cover what was used:", ...linesOf({ roles: leastRoles })]
        : []),
    ]);
    return refused.length === 0 ? 0 : errorTable.permission_denied.exit;
  },
});

function describe({ principal, method, calls, reason }: ChangedCalls): string {
  const who = principal ?? "somebody who did not sign in";
  return `${who} ${method} (${calls === 1 ? "1 call" : `${calls} calls`}): ${reason}`;
}

function sum(changed: readonly ChangedCalls[]): number {
  return changed.reduce((total, { calls }) => total + calls, 0);
}

function linesOf(value: unknown): string[] {
  return JSON.stringify(value, undefined, 2).split("\n");
}
