/**
 * An account's record, as one client at a time would find it.
 *
 * @module
 */

import type { Model } from "./operation.ts";

/** What an account is. */
export type AccountState = "absent" | "active" | "disabled";

/** What is asked for. */
export type AccountInput = "create" | "disable" | "enable" | "remove" | "read";

/** What is answered: that it was done, that it could not be, or the account. */
export type AccountOutput = "done" | "exists" | AccountState;

/** The state behind each change; `undefined` where it is refused. */
const CHANGES: Readonly<
  Record<Exclude<AccountInput, "read">, Partial<Record<AccountState, AccountState>>>
> = {
  create: { absent: "active" },
  disable: { active: "disabled", disabled: "disabled" },
  enable: { active: "active", disabled: "active" },
  remove: { active: "absent", disabled: "absent" },
};

/** The model. */
export const accountModel: Model<AccountState, AccountInput, AccountOutput> = {
  initial: "absent",
  step(state, input, output) {
    if (input === "read") return output === undefined || output === state ? [state] : [];
    const after = CHANGES[input][state];
    const refusal = input === "create" ? "exists" : "absent";
    if (output === undefined) return [after ?? state];
    if (output === "done") return after === undefined ? [] : [after];
    return output === refusal && after === undefined ? [state] : [];
  },
  changesNothing: (input, output) => input === "read" || output !== "done",
  text: (state) => state,
};
