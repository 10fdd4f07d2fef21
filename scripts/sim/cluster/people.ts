/**
 * What people and programs do at a server that has accounts, credentials and keys of calls.
 *
 * @module
 */

import { AccountLockedError } from "../../../lib/auth/account/errors.ts";
import { AuthenticationError } from "../../../lib/auth/proof/errors.ts";
import { DariError } from "../../../lib/base/errors.ts";
import { PASSWORD } from "./accounts.ts";
import { type Deed, type Doing, oneOf } from "./doing.ts";
import type { SimulatedCredential } from "./judge.ts";

/** How many names are wanted, accounts are guessed at, and keys of calls there are. */
const COUNTS = { names: 8, guessed: 2, keys: 12 } as const;
/** How long a call with a key may take, and takes at the most, in milliseconds. */
const CALL_MS = { deadline: 5_000, most: 800 } as const;

/** Makes an account, of a name that others want as well. */
export const claimName: Deed = async ({ step, site: { judge }, identity, what }) => {
  const name = `claim-${oneOf(COUNTS.names, step)}`;
  try {
    await identity.accounts.add({ name });
    judge.claimed(name, step.id);
  } catch (error) {
    judge.failed(what, error, ["already_exists"]);
  }
};

/** Makes a session. */
export const signIn: Deed = async ({ step, site, identity, what }) => {
  const { accounts, judge, time } = site;
  const account = accounts[oneOf(accounts.length, step)]!;
  try {
    const record = await identity.accounts.record(account.name);
    const { token, session } = await identity.sessions.create(record, { address: "10.0.0.1:1" });
    judge.credentials.push({
      ...{ kind: "session", id: session.id, token, account, madeAt: time.now() },
      ...{ tries: 0, revokedAt: Infinity },
    });
  } catch (error) {
    judge.failed(what, error);
  }
};

/** Shows a credential, and makes a call by it. */
export const present: Deed = async (doing) => {
  const { site: { judge, time }, identity, signedIn, log, what } = doing;
  const credential = credentialOf(doing);
  const beganAt = time.now();
  try {
    const principal = await identity.gate.authenticate(credential.token, "echo", []);
    identity.gate.authorize(principal, "echo");
    judge.knew(what, log.freshAt);
    judge.served(credential, what);
    signedIn.set(credential.id, principal);
  } catch (error) {
    if (isUnauthenticated(error)) judge.refused(credential, what, beganAt);
    else judge.failed(what, error);
  }
};

/** Makes a call as somebody who is signed in already. */
export const goOn: Deed = ({ step, site: { judge }, identity, signedIn, log, what }) => {
  const known = judge.credentials.filter(({ id }) => signedIn.has(id));
  const credential = known[oneOf(known.length, step)];
  if (credential === undefined) return Promise.resolve();
  try {
    identity.gate.authorize(signedIn.get(credential.id)!, "echo");
    judge.knew(what, log.freshAt);
    judge.served(credential, what);
  } catch (error) {
    signedIn.delete(credential.id);
    if (!isUnauthenticated(error)) judge.failed(what, error);
  }
  return Promise.resolve();
};

/** Revokes a credential. */
export const revoke: Deed = async (doing) => {
  const { site: { judge, time }, identity, what } = doing;
  const credential = credentialOf(doing);
  const beganAt = time.now();
  credential.tries++;
  try {
    if (credential.kind === "session") await identity.sessions.revoke(credential.id);
    else await identity.keys.revoke(credential.id);
    credential.revokedAt = Math.min(credential.revokedAt, time.now());
  } catch (error) {
    const isGone = error instanceof DariError && error.code === "not_found";
    if (!isGone) judge.failed(what, error);
    else if (credential.tries === 1) judge.refused({ ...credential, tries: 0 }, what, beganAt);
  }
};

/** Disables an account. Half of them are never disabled. */
export const disable: Deed = async ({ step, site, identity, what }) => {
  const { accounts, judge, time } = site;
  const account = accounts[oneOf(Math.floor(accounts.length / 2), step)]!;
  account.isDoubtful = true;
  try {
    await identity.accounts.disable(account.name);
    account.endedAt = Math.min(account.endedAt, time.now());
  } catch (error) {
    judge.failed(what, error);
  }
};

/** Tries a wrong password. */
export const guess: Deed = async ({ step, site: { judge }, identity, what }) => {
  const account = `guessed-${oneOf(COUNTS.guessed, step)}`;
  try {
    await identity.verify(account, "not the password of it");
    judge.broke("guesses are counted together", `${what}: a wrong password was right`);
  } catch (error) {
    if (error instanceof AccountLockedError) return;
    if (error instanceof AuthenticationError) judge.guessed(account);
    else judge.failed(what, error);
  }
};

/** Signs in by the right password; where it was guessed at too often, that is refused. */
export const knowPassword: Deed = async ({ step, site: { judge }, identity, what }) => {
  const guessed = `guessed-${oneOf(COUNTS.guessed, step)}`;
  const isLocked = judge.isLocked(guessed);
  try {
    await identity.verify(isLocked ? guessed : "known", PASSWORD);
    if (isLocked) judge.broke("guesses are counted together", `${what}: a locked account got in`);
  } catch (error) {
    // Right ones at other servers, of which nobody knows what became, count as well.
    if (!(error instanceof AccountLockedError)) judge.failed(what, error);
  }
};

/** Makes a call with a key, which others make as well. */
export const callByKey: Deed = async ({ step, site, answers, program, name, what, log }) => {
  const { judge, time } = site;
  const key = `call-${oneOf(COUNTS.keys, step)}`;
  const beganAt = time.now();
  const endsAt = beganAt + CALL_MS.deadline;
  const task = {
    ...{ name: `answers/sim/${key}`, digest: key, method: "charge", isIdempotent: false },
    isGivenUp: () => false,
    leftMs: () => endsAt - time.now(),
  };
  const text = JSON.stringify(`${key} by ${step.id}`);
  try {
    const ended = await answers.run(task, async () => {
      judge.ran(key, what);
      await new Promise<void>((resolve) => {
        time.after(step.amount * CALL_MS.most, `${name} charges`, resolve, program);
      });
      return { keep: { state: "result", text } as const, settle: () => text };
    });
    if (log.isMisled) return;
    judge.answered(key, "settle" in ended ? String(ended.settle()) : textOf(ended));
  } catch (error) {
    judge.unanswered(key, what, error, beganAt);
  }
};

function credentialOf({ step, site: { judge: { credentials } } }: Doing): SimulatedCredential {
  return credentials[oneOf(credentials.length, step)]!;
}

function textOf(answer: object): string {
  return "text" in answer ? String(answer.text) : JSON.stringify(answer);
}

function isUnauthenticated(error: unknown): boolean {
  return error instanceof DariError && error.code === "unauthenticated";
}
