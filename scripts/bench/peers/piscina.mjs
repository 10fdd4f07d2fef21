// Piscina with one worker. Arguments: calls in flight.
import { Piscina } from "piscina";
import { carryCalls } from "./calls.mjs";

const filename = new URL("./piscina_add.mjs", import.meta.url).href;
const pool = new Piscina({ filename, minThreads: 1, maxThreads: 1 });
await carryCalls((a, b) => pool.run([a, b]), Number(process.argv[2]));
