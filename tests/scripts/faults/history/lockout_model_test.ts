import { assertEquals } from "@std/assert";
import { judgeHistory } from "../../../../scripts/faults/history/linearizable.ts";
import {
  attempt,
  lockoutModel,
  type SignInOutput,
} from "../../../../scripts/faults/history/lockout_model.ts";

interface Times {
  readonly invokedAtMs: number;
  readonly returnedAtMs: number;
}

interface SignIn extends Times {
  readonly isRight: boolean;
  readonly output?: SignInOutput | undefined;
}

interface Look extends Times {
  readonly look: "locked" | "open";
}

function judge(...history: (SignIn | Look)[]): string {
  const operations = history.flatMap((each, number) => {
    if ("isRight" in each) return attempt({ ...each, input: each }, number);
    return [{ ...each, input: { step: "look", isRight: false } as const, output: each.look }];
  });
  return judgeHistory(lockoutModel, operations).kind;
}

type Try = "wrong" | "right" | "right, refused" | "locked" | "open";

/** One behind the other, from a moment on. */
function inTurn(from: number, ...tries: Try[]): (SignIn | Look)[] {
  return tries.map((each, at) => {
    const times = { invokedAtMs: from + 10 * at, returnedAtMs: from + 10 * at + 5 };
    if (each === "locked" || each === "open") return { look: each, ...times };
    const output = each === "right" ? "signed in" : "refused";
    return { isRight: each !== "wrong", output, ...times };
  });
}
const wrong = (count: number) => Array<Try>(count).fill("wrong");
const right = (output: SignInOutput, invokedAtMs: number, returnedAtMs: number): SignIn => ({
  ...{ isRight: true, output, invokedAtMs, returnedAtMs },
});

Deno.test("lockoutModel locks with the fifth wrong password, and a right one begins anew", () => {
  for (
    const tries of [
      [...wrong(5), "right, refused", "wrong", "locked"],
      [...wrong(4), "open", "right", ...wrong(4), "right", ...wrong(5), "right, refused"],
      [...wrong(40), "right, refused"],
    ] satisfies Try[][]
  ) assertEquals(judge(...inTurn(0, ...tries)), "linearizable");
});

Deno.test("lockoutModel does not explain a lost count, an early lock, or a way around the lock", () => {
  for (
    const tries of [
      [...wrong(5), "right"],
      [...wrong(4), "right, refused"],
      [...wrong(5), "open"],
      [...wrong(4), "locked"],
      [...wrong(4), "right", "wrong", "right, refused"],
      [...wrong(5), "right, refused", "right"],
    ] satisfies Try[][]
  ) assertEquals(judge(...inTurn(0, ...tries)), "violation");
});

Deno.test("lockoutModel: sign-ins at the same time share no count", () => {
  const same = { isRight: false, output: "refused", invokedAtMs: 0, returnedAtMs: 9 } as const;
  const after = (count: number, output: SignInOutput) =>
    judge(...Array<SignIn>(count).fill(same), right(output, 10, 20));
  assertEquals([after(4, "signed in"), after(4, "refused")], ["linearizable", "violation"]);
  assertEquals([after(5, "signed in"), after(5, "refused")], ["violation", "linearizable"]);
});

Deno.test("lockoutModel: a sign-in counts until it was checked", () => {
  const four = inTurn(0, ...wrong(4));
  // A right one that counts as the fifth for a while: another one is locked out meanwhile.
  const first = right("signed in", 100, 130);
  assertEquals(judge(...four, first, right("refused", 110, 120)), "linearizable");
  assertEquals(judge(...four, first, right("refused", 140, 150)), "violation");
});

Deno.test("lockoutModel: a sign-in without an answer counts, or does not, or takes itself back", () => {
  const unknown = (isRight: boolean): SignIn => ({ isRight, invokedAtMs: 0, returnedAtMs: 1 });
  const after = (isRight: boolean, ...tries: Try[]) =>
    judge(unknown(isRight), ...inTurn(10, ...tries));
  assertEquals(after(false, ...wrong(4), "right, refused"), "linearizable");
  assertEquals(after(false, ...wrong(4), "right"), "linearizable");
  assertEquals(after(false, ...wrong(4), "right, refused", "right"), "linearizable");
  // The fifth guess behind it was refused for the lock that it takes back.
  assertEquals(after(false, ...wrong(5), "right"), "linearizable");
  assertEquals(after(false, ...wrong(3), "right, refused"), "violation");
  // One whose password was right may have begun the count anew.
  const before = inTurn(-100, ...wrong(4));
  const more = inTurn(10, ...wrong(4), "right");
  assertEquals(judge(...before, unknown(true), ...more), "linearizable");
  assertEquals(judge(...before, ...more), "violation");
});
