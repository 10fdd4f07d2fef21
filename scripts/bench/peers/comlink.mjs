// Comlink over a web worker of Deno's. Arguments: calls in flight.
import * as Comlink from "comlink";
import process from "node:process";
import { carryCalls } from "./calls.mjs";

const worker = new Worker(new URL("./comlink_add.mjs", import.meta.url), { type: "module" });
const remote = Comlink.wrap(worker);
await carryCalls((a, b) => remote.add(a, b), Number(process.argv[2]));
