import { assertEquals, assertRejects } from "@std/assert";
import { DariError, TransportError } from "../../../lib/base/errors.ts";
import { findPorts, formatPlace, type PortPlace } from "../../../lib/endpoint/threads/ports.ts";
import { parseListenPlace } from "../../../lib/transport/scheme/listen_place.ts";

const place = (text: string) => parseListenPlace(text) as PortPlace;

Deno.test("findPorts gives real ports, and both addresses of localhost", async () => {
  const [local, other] = await findPorts(
    [place("tls://localhost:0?client-ca=my%3Fca.crt"), place("tcp://127.0.0.1:0")],
    false,
  );
  const port = Number(/\d+$/.exec(local?.address ?? "")?.[0]);
  assertEquals(local?.address, `tls://localhost:${port}`);
  const places = local?.places.map(formatPlace).sort();
  // A machine may have no IPv6.
  assertEquals(
    places?.filter((text) => !text.includes("::1")),
    [`tls://127.0.0.1:${port}?client-ca=my%3Fca.crt`],
  );
  assertEquals(other?.places.map(formatPlace), [other?.address]);
});

Deno.test("findPorts leaves the ports free", async () => {
  // Another program may be given a port meanwhile, but not each time.
  let failure: unknown;
  for (let attempt = 0; attempt < 10; attempt++) {
    const [found] = await findPorts([place("tcp://127.0.0.1:0")], false);
    const port = Number(/\d+$/.exec(found?.address ?? "")?.[0]);
    try {
      return Deno.listen({ hostname: "127.0.0.1", port }).close();
    } catch (error) {
      failure = error;
    }
  }
  throw failure;
});

Deno.test("findPorts refuses a port that somebody has, and tcp:// beyond this machine", async () => {
  using taken = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = taken.addr as Deno.NetAddr;
  const twice = [place(`tls://127.0.0.1:${port}`)];
  await assertRejects(() => findPorts(twice, false), TransportError, "the port is in use");
  await assertRejects(() => findPorts([place("tcp://0.0.0.0:0")], false), DariError);
});
