/**
 * The accounts of every run, made once: deriving passwords takes longer than a run does.
 *
 * @module
 */

import { openIdentity } from "../../../lib/auth/sign_in/identity.ts";
import type { ConnectOptions } from "../../../lib/endpoint/connect_by.ts";
import { Disk } from "../machine/disk.ts";
import { replaceGlobals } from "../time/globals.ts";
import { Random } from "../time/random.ts";
import { Program } from "../time/timeline.ts";
import { Trace } from "../time/trace.ts";
import { VirtualTime } from "../time/virtual_time.ts";

/** How an account signs in. */
export interface Account {
  readonly name: string;
  readonly kind: "key" | "session" | "password";
  readonly signIn: Pick<ConnectOptions, "apiKey" | "token" | "login">;
  /** The id of its API key, where it has one. */
  readonly key: string | undefined;
}

/** A disk with accounts. */
export interface Accounts {
  readonly disk: Disk;
  readonly admin: Account;
  /** What servers sign in as with each other. */
  readonly service: Account;
  /** One after another for the same client: when one is revoked, it goes on with the next. */
  readonly users: readonly (readonly Account[])[];
}

const CLIENTS = 5;
const GENERATIONS = 3;
/** The fewest that SCRAM allows (RFC 7677, section 4). */
const ITERATIONS = 4_096;

let made: Promise<Accounts> | undefined;

/** The accounts, which no run changes: each copies the disk. */
export function sharedAccounts(): Promise<Accounts> {
  return made ??= make();
}

async function make(): Promise<Accounts> {
  const time = new VirtualTime(new Trace(false));
  using _globals = await replaceGlobals(time, new Random(0, "accounts"));
  const disk = new Disk(time, new Random(0, "disk"), () => time.wall());
  const program = new Program("accounts");
  const store = disk.open(program);
  let accounts: Accounts | undefined;
  let failure: unknown;
  time.after(0, "makes accounts", () => {
    fill(disk, store).then((filled) => accounts = filled, (error) => failure = error);
  }, program);
  await time.run(() => accounts !== undefined || failure !== undefined);
  if (accounts === undefined) throw failure;
  return accounts;
}

async function fill(disk: Disk, store: ReturnType<Disk["open"]>): Promise<Accounts> {
  using identity = await openIdentity(store, { passwords: { iterations: ITERATIONS } });
  const withKey = async (name: string, roles: string[]): Promise<Account> => {
    await identity.accounts.add({ name, roles });
    const { text, key } = await identity.keys.create({ account: name, name: "simulation" });
    return { name, kind: "key", signIn: { apiKey: text }, key: key.id };
  };
  const withSession = async (name: string): Promise<Account> => {
    await identity.accounts.add({ name });
    const record = await identity.accounts.record(name);
    const { token } = await identity.sessions.create(record, { address: "10.0.0.1:1" });
    return { name, kind: "session", signIn: { token }, key: undefined };
  };
  const withPassword = async (name: string): Promise<Account> => {
    const password = `${name} has a long password`;
    await identity.accounts.add({ name, password });
    return {
      name,
      kind: "password",
      signIn: { login: { username: name, password } },
      key: undefined,
    };
  };
  const users: Account[][] = [];
  for (let client = 0; client < CLIENTS; client++) {
    const line: Account[] = [];
    for (let generation = 0; generation < GENERATIONS; generation++) {
      const name = `user-${client}-${generation}`;
      const kind = (client + generation) % 3;
      if (kind === 0) line.push(await withKey(name, ["user"]));
      else line.push(await (kind === 1 ? withSession(name) : withPassword(name)));
    }
    users.push(line);
  }
  const admin = await withKey("admin", ["admin"]);
  const service = await withKey("service", ["user"]);
  await store.close();
  return { disk, admin, service, users };
}
