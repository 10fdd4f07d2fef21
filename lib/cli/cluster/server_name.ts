/**
 * What people call a server of a cluster.
 *
 * @module
 */

import { readOwnFile } from "../../base/file/files.ts";
import { identityOf, parseCertificates } from "../../cert/mod.ts";
import { type ThisMachine, thisMachine } from "../../endpoint/machine/this_machine.ts";
import { joinedPair } from "./joined_directory.ts";

/**
 * The name by which a machine was invited, else its host name.
 *
 * @param directory The data directory.
 * @param machine This machine.
 * @returns `undefined` where neither is known.
 */
export async function serverNameOf(
  directory: string,
  machine: ThisMachine = thisMachine(),
): Promise<string | undefined> {
  const pair = await joinedPair(directory);
  if (pair === undefined) return machine.names[0];
  return identityOf(parseCertificates(await readOwnFile(pair.cert))[0]);
}
