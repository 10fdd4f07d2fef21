/**
 * The reference of errors, made from the table of lib/base/errors.ts.
 *
 * @module
 */

import { errorTable } from "../../lib/base/errors.ts";

/** What each code means to whoever gets it. */
const meanings: Readonly<Record<string, string>> = {
  parse_error: "The line is not JSON.",
  invalid_request: "The line is JSON, and no request; or the method is called in the wrong way.",
  method_not_found: "There is no such method.",
  invalid_params: "The params do not fit the method's schema, or cannot be sent.",
  internal: "The handler failed by a mistake of its own; the server's log has it.",
  unauthenticated:
    "A sign-in is needed, or the credential was not accepted, has ended or was revoked.",
  permission_denied: "The caller is known and may not do this; `dari explain` names the rule.",
  deadline_exceeded: "There was no answer in time.",
  cancelled: "The caller gave the call up.",
  resource_exhausted: "A limit was reached: the message has both numbers.",
  unavailable: "Nobody answered, or the connection ended before the answer came.",
  already_exists: "The name is taken.",
  not_found: "There is no such thing.",
  failed_precondition: "It cannot be done in this state; the message says what has to come first.",
  declared_error: "An error that the method declares; its name and details say which.",
  second_factor_required: "The sign-in needs a second proof.",
  usage: "The command line or an option is wrong.",
  data: "A file or an answer does not have the form that it should.",
  io: "A file cannot be read or written.",
  configuration: "A file, an option or a permission stands in the way; the message says which.",
};

const HEAD = `# Errors

Programs compare \`error.code\`; scripts compare exit codes, or \`error.code\` of \`--json\`. Messages are
for people and may change. How to throw and catch them: [Errors](../guide/errors.md) in the guide.

- **number**: \`error.code\` on the [wire](../wire.md#errors)
- **exit**: the exit code of \`dari\` (sysexits.h); 0 is success
- **crosses**: whether the message may leave the process; if not, the peer reads "Internal error"
- **again**: whether the same call may succeed later (\`error.retryable\`)`;

const FOOT = `On the command line every error is one line on standard error, \`dari: MESSAGE\`. With
\`--json\` it is one JSON value on standard output:

\`\`\`json
{ "error": { "code": "method_not_found", "message": "There is no method \\"ad\\"" } }
\`\`\`

Errors of certificates have a \`reason\` as well, a word that stays the same over releases.`;

/**
 * Writes the page.
 *
 * @returns Markdown.
 * @throws {TypeError} For a code whose meaning is not known here.
 */
export function errorsPage(): string {
  const rows = Object.entries(errorTable).map(
    ([code, { wire, exit, public: crosses, retryable }]) => {
      const meaning = meanings[code];
      if (meaning === undefined) {
        throw new TypeError(
          `The code "${code}" has no meaning in scripts/docs/errors_page.ts; add it`,
        );
      }
      const cells = [`\`${code}\``, wire, exit, yes(crosses), yes(retryable), meaning];
      return `| ${cells.join(" | ")} |`;
    },
  );
  const table = [
    "| code | number | exit | crosses | again | meaning |",
    "| --- | --- | --- | --- | --- | --- |",
    ...rows,
  ];
  return [HEAD, table.join("\n"), FOOT].join("\n\n");
}

function yes(is: boolean): string {
  return is ? "yes" : "no";
}
