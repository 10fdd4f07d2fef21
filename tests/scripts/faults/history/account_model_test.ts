import { assertEquals } from "@std/assert";
import {
  type AccountInput,
  accountModel,
  type AccountOutput,
} from "../../../../scripts/faults/history/account_model.ts";
import { judgeHistory } from "../../../../scripts/faults/history/linearizable.ts";

/** One operation behind the other. */
function judge(...history: (readonly [AccountInput, AccountOutput?])[]): string {
  return judgeHistory(
    accountModel,
    history.map(([input, output], at) => ({
      ...{ input, output, invokedAtMs: 10 * at, returnedAtMs: 10 * at + 5 },
    })),
  ).kind;
}

Deno.test("accountModel is an account: made once, disabled, enabled, removed", () => {
  assertEquals(
    judge(
      ...[["read", "absent"], ["disable", "absent"], ["create", "done"], [
        "create",
        "exists",
      ]] as const,
      ...[["read", "active"], ["disable", "done"], ["disable", "done"]] as const,
      ...[["read", "disabled"], ["create", "exists"], ["enable", "done"]] as const,
      ...[["read", "active"], ["remove", "done"], ["read", "absent"]] as const,
    ),
    "linearizable",
  );
});

Deno.test("accountModel does not explain lost, doubled or undone changes", () => {
  const refused: Parameters<typeof judge>[] = [
    [["create", "done"], ["read", "absent"]],
    [["create", "done"], ["create", "done"]],
    [["create", "exists"]],
    [["create", "done"], ["disable", "done"], ["read", "active"]],
    [["create", "done"], ["disable", "absent"]],
    [["disable", "done"]],
    [["create", "done"], ["remove", "done"], ["read", "disabled"]],
  ];
  for (const history of refused) assertEquals(judge(...history), "violation");
});

Deno.test("accountModel: a change that was not answered may hold or not", () => {
  assertEquals(judge(["create"], ["create", "exists"], ["read", "active"]), "linearizable");
  assertEquals(judge(["create"], ["create", "done"], ["read", "active"]), "linearizable");
  assertEquals(judge(["create", "done"], ["disable"], ["read", "disabled"]), "linearizable");
  assertEquals(
    judge(["create", "done"], ["disable"], ["read", "disabled"], ["read", "active"]),
    "violation",
  );
});
