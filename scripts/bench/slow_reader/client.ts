/**
 * The client whose connection becomes slow: it keeps 32 calls with 100 kB under way, and a stream in
 * each direction. At the word `finish` it begins no more calls, and says how many were answered, and
 * what failed.
 *
 * Arguments: address, directory of the TLS files.
 *
 * @module
 */

import { createInterface } from "node:readline";
import process from "node:process";
import { connect } from "../../../mod.ts";
import { readTlsFiles } from "../raw/socket.ts";

const LANES = 32;
const TEXT = "0123456789".repeat(10_000);
const BYTES = new Uint8Array(TEXT.length).fill(7);
/** Longer than the connection is slow. */
const PATIENCE_MS = 60_000;

const [address = "", directory = ""] = Deno.args;
const client = await connect(address, { ca: readTlsFiles(directory).cert, timeoutMs: PATIENCE_MS });
const failures: string[] = [];
let answered = 0;
let isFinishing = false;

async function echoes(value: string | Uint8Array): Promise<void> {
  while (!isFinishing) {
    const echo = await client.call("echo", { value }) as typeof value;
    if (echo.length !== value.length) throw new Error(`${echo.length} of ${value.length} came`);
    answered++;
  }
}

async function reads(): Promise<void> {
  let expected = 0;
  for await (const { n } of client.stream("items") as AsyncIterable<{ n: number }>) {
    if (n !== expected++) throw new Error(`item ${n} came instead of ${expected - 1}`);
    if (isFinishing) break;
  }
  answered++;
}

async function writes(): Promise<void> {
  let sent = 0;
  async function* items() {
    for (; !isFinishing; sent++) yield await Promise.resolve(TEXT.slice(0, 1_000));
  }
  const count = await client.call("count", { items: items() });
  if (count !== sent) throw new Error(`${count} of ${sent} items came`);
  answered++;
}

async function noting(work: Promise<void>): Promise<void> {
  await work.catch((error) => failures.push(String(error)));
}

const lanes = Array.from({ length: LANES }, (_, lane) => echoes(lane % 2 === 0 ? TEXT : BYTES));
const all = [...lanes, reads(), writes()].map(noting);
console.log("running");
for await (const _ of createInterface({ input: process.stdin })) {
  isFinishing = true;
  await Promise.all(all);
  console.log(JSON.stringify({ answered, failures }));
}
