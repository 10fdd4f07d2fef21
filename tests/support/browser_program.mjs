// Two clients of the form for browsers, back to back: each may call what the other one offers.

import { connect, memoryPair, method, RpcError, TransportError } from "dari/client";

const [near, far] = memoryPair();
const methods = {
  add: method({ public: true, handler: ({ a, b }) => a + b }),
  async *count({ to }) {
    for (let n = 1; n <= to; n++) yield n;
  },
};
const [caller, callee] = await Promise.all([connect(near), connect(far, { methods })]);
console.log("call", await caller.call("add", { a: 10, b: 20 }));
const items = [];
for await (const item of caller.stream("count", { to: 3 })) items.push(item);
console.log("stream", items.join(" "));
const missing = await caller.call("missing").catch((error) => error);
console.log("error", missing instanceof RpcError, missing.code);
const refused = await connect("tls://localhost:1").catch((error) => error);
console.log("address", refused instanceof TransportError, refused.message.split(":")[0]);
await Promise.all([caller.close(), callee.close()]);
