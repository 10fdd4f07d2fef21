import { openIdentity } from "../../lib/auth/mod.ts";
import { systemClock } from "../../lib/base/clock.ts";
import { loadAuthority, lockAuthority } from "../../lib/cert/mod.ts";
import { type MadeBackup, makeBackup } from "../../lib/ops/backup/backup.ts";
import { restoreBackup, type Restored, type RestoreOptions } from "../../lib/ops/backup/restore.ts";
import { holdDirectory } from "../../lib/cli/workspace/directory_in_use.ts";
import { openSqliteStore } from "../../lib/store/mod.ts";
import { type FixtureSecrets, makeDataFixture } from "./data_fixture.ts";
import { tempDirectory } from "./temp.ts";

/** The passphrase of all backups of the tests. */
export const PASSPHRASE = "correct horse battery staple";

/** Which of the fixture's credentials sign in. */
export interface WhatSignsIn {
  readonly password: boolean;
  readonly session: boolean;
  readonly apiKey: boolean;
  readonly revokedApiKey: boolean;
  readonly invitation: boolean;
}

/** What a restore of the tests may say otherwise. */
export type Restoring = Partial<Pick<RestoreOptions, "withoutRecord" | "onStep" | "passphrase">> & {
  readonly file?: string;
  readonly to?: string;
};

/** A data directory with something of everything, and a place for its backups. */
export async function dataWithBackups() {
  const root = await tempDirectory();
  const data = `${root.path}/data`;
  const backups = `${root.path}/backups`;
  await Deno.mkdir(backups);
  const secrets = await makeDataFixture(data);
  return {
    root: root.path,
    data,
    backups,
    secrets,
    backup: (name = "one.age", onStep?: (step: string) => void): Promise<MadeBackup> =>
      makeBackup({ ...backupOptions(data, `${backups}/${name}`), ...(onStep && { onStep }) }),
    restore: ({ file = `${backups}/one.age`, to = data, ...rest }: Restoring = {}) =>
      restore(file, to, rest),
    /** Changes the identity as a command would. */
    withIdentity: (work: Work) => withIdentity(data, work),
    signsIn: (directory = data) => signsIn(directory, secrets),
    [Symbol.asyncDispose]: () => root[Symbol.asyncDispose](),
  };
}

/** How the tests make backups: a guess costs next to nothing. */
export function backupOptions(directory: string, file: string) {
  return {
    directory,
    file,
    passphrase: PASSPHRASE,
    workFactor: 1,
    lockAuthority: () => lockAuthority(directory),
    actor: "os:test",
    clock: systemClock,
  };
}

/** Restores a backup as the command does. */
export function restore(file: string, directory: string, rest: Restoring = {}): Promise<Restored> {
  return restoreBackup({
    passphrase: PASSPHRASE,
    file,
    directory,
    hold: holdDirectory,
    isAuthorityWhole: (at) => loadAuthority(at).then(() => true, () => false),
    isPolicy: (text) => text.startsWith("{"),
    actor: "os:test",
    clock: systemClock,
    ...rest,
  });
}

type Work = (identity: Awaited<ReturnType<typeof openIdentity>>) => Promise<unknown>;

async function withIdentity(directory: string, work: Work): Promise<void> {
  await using store = await openSqliteStore(`${directory}/dari.db`);
  using identity = await openIdentity(store, { passwords: { iterations: 1_000 } });
  await work(identity);
}

/** Tries everything that signs in. The invitation is tried last, since that uses it up. */
export async function signsIn(
  directory: string,
  secrets: FixtureSecrets,
): Promise<WhatSignsIn> {
  await using store = await openSqliteStore(`${directory}/dari.db`);
  using identity = await openIdentity(store, {
    passwords: { iterations: 1_000 },
    sessions: { idleMs: 1e12, maxMs: 1e12 },
  });
  const works = (trying: Promise<unknown>) => trying.then(() => true, () => false);
  const token = (text: string) =>
    works(Promise.try(() => identity.gate.authenticate(text, "add", null)));
  return {
    password: await works(identity.verify("alice", secrets.password, "192.0.2.9:1")),
    session: await token(secrets.session),
    apiKey: await token(secrets.apiKey),
    revokedApiKey: await token(secrets.revokedApiKey),
    invitation: await works(identity.invitations.accept(secrets.invitation, undefined)),
  };
}
