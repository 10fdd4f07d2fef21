import { assertEquals } from "@std/assert";
import { leastFlags } from "../../../../lib/ops/doctor/checks/least_flags.ts";

const directory = "/data";

Deno.test("leastFlags() names the ports, the socket and the data directory", () => {
  const addresses = ["unix:/data/dari.sock", "tls://localhost:9090", "https://[::1]:9443"];
  assertEquals(leastFlags({ directory, addresses }), [
    "--allow-net=unix:/data/dari.sock,localhost:9090,[::1]:9443",
    "--allow-read=/data",
    "--allow-write=/data",
    "--allow-env=DARI_DATA",
  ]);
});

Deno.test("leastFlags() names each NATS server of a service", () => {
  const addresses = ["nats://localhost:4222,[::1]:4223/orders"];
  assertEquals(leastFlags({ directory, addresses })[0], "--allow-net=localhost:4222,[::1]:4223");
});

Deno.test("leastFlags() adds what a socket elsewhere, client certificates and open addresses need", () => {
  const elsewhere = leastFlags({ directory, addresses: ["unix:/run/dari.sock"] });
  assertEquals(elsewhere.slice(0, 3), [
    "--allow-net=unix:/run/dari.sock",
    "--allow-read=/data,/run/dari.sock",
    "--allow-write=/data,/run/dari.sock",
  ]);
  const mutual = leastFlags({ directory, addresses: ["tls://localhost:1"], isMutual: true });
  assertEquals(mutual[0], "--allow-net=localhost:1,localhost,127.0.0.1");
  const strict = leastFlags({ directory, addresses: ["tls://localhost:1"], tlsMin: "1.3" });
  assertEquals(strict[0], "--allow-net=localhost:1,127.0.0.1:1");
  const open = leastFlags({ directory, addresses: ["tls://0.0.0.0:1"] });
  assertEquals(open.at(-1), "--allow-sys=hostname,networkInterfaces");
});
