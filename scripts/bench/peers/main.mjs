// Runs a peer as a server (`server`) or as a client (`client ADDRESS`).
import { carryLoads } from "./load.mjs";

/** The methods that every peer serves. */
export const methods = {
  add: ({ a, b }) => a + b,
  echo: ({ value }) => value,
};

/**
 * @param {() => Promise<string>} listen Starts the server and gives its address.
 * @param {(address: string) => Promise<import("../load.ts").LoadClient>} open Connects a client.
 */
export async function main(listen, open) {
  const [role, address] = process.argv.slice(2);
  if (role === "server") console.log(JSON.stringify({ address: await listen() }));
  else await carryLoads(() => open(address));
}

/** Resolves once an emitter has emitted. */
export function once(emitter, event) {
  return new Promise((resolve, reject) => {
    emitter.once(event, resolve);
    emitter.once("error", reject);
  });
}
