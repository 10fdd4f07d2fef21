// Does with a generated client what the conformance kit says (docs/conformance.md).
//
// `conformance_client.js CLIENT PORT`: CLIENT is the generated file; each line of standard input has
// the instructions for one connection to the port. It runs in Deno and in Node.

import process from "node:process";
import { pathToFileURL } from "node:url";

const [path, port] = process.argv.slice(2);
const api = await import(pathToFileURL(path).href);

/** Begins what is told; gives the promise of the report. */
function start(client, told) {
  const { params = {}, timeoutMs, credit, take } = told;
  if (told.stream !== undefined) {
    return read(client.stream(told.stream, params, { timeoutMs, credit }), take);
  }
  return client.call(told.call, params, { timeoutMs }).then(
    (result) => ({ result }),
    (error) => ({ error: { code: error.code } }),
  );
}

async function read(stream, take) {
  const items = [];
  try {
    for await (const item of stream) {
      items.push(item);
      if (items.length === take) return { items };
    }
    return { items, result: stream.result };
  } catch (error) {
    return { items, error: { code: error.code } };
  }
}

async function report(client, told) {
  if (told.notify !== undefined) {
    await client.notify(told.notify, told.params);
    return { result: null };
  }
  if (told.together !== undefined) {
    return { all: await Promise.all(told.together.map((each) => start(client, each))) };
  }
  if ((told.call ?? told.stream) !== undefined && told.streamed === undefined) {
    return await start(client, told);
  }
  return { unsupported: true };
}

/** Lines end with LF alone: Node's readline takes U+2028 for an end too. */
async function* lines(input) {
  let rest = "";
  for await (const text of input.setEncoding("utf8")) {
    const whole = (rest + text).split("\n");
    rest = whole.pop();
    yield* whole;
  }
}

for await (const line of lines(process.stdin)) {
  const client = await api.connect(`tcp://127.0.0.1:${port}`);
  // A lost connection is not made again: the kit speaks on one.
  const lost = new api.DariError(-32006, "The kit has ended the connection");
  client.connect = () => Promise.reject(lost);
  try {
    for (const told of JSON.parse(line)) await client.call("report", await report(client, told));
  } catch (error) {
    if (!(error instanceof api.DariError)) throw error;
  }
  client.close();
}
