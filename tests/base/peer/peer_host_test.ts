import { assertEquals } from "@std/assert";
import { peerHost } from "../../../lib/base/peer/peer_host.ts";

Deno.test("peerHost() leaves out what a peer can choose: the port, and the interface of IPv6", () => {
  const cases = {
    "192.0.2.7:50412": "192.0.2.7",
    "[2001:db8:1:2:3:4:5:6]:443": "2001:db8:1:2",
    "[2001:db8:1:2::9]:9": "2001:db8:1:2",
    "[::1]:9090": "0:0:0:0",
    "[::ffff:192.0.2.7]:1": "192.0.2.7",
    "2001:db8::1": "2001:db8:0:0",
    "/run/dari.sock": "/run/dari.sock",
    memory: "memory",
  };
  for (const [address, host] of Object.entries(cases)) {
    assertEquals(peerHost(address), host, address);
  }
});
