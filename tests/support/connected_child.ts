/**
 * A child of `spawnConnected`, or a parent that starts one.
 *
 * Argument: the name of one of the actions below.
 */

import { serve } from "../../lib/endpoint/serve.ts";
import { connectParent, spawnConnected } from "../../lib/transport/spawn.ts";
import { unixConnection } from "../../lib/transport/unix.ts";

/** The command line of this program. */
export function commandOf(role: string): { command: string; args: string[] } {
  const { pathname } = new URL(import.meta.url);
  return { command: Deno.execPath(), args: ["run", "--no-check", "--allow-all", pathname, role] };
}

const methods = {
  add: ({ a, b }: { a: number; b: number }) => a + b,
  wait: () => new Promise(() => {}),
};

const roles: Record<string, () => Promise<void>> = {
  /** Serves methods until its parent is gone. */
  async serve() {
    const server = await serve({ listen: [], methods });
    await server.attach(unixConnection(await connectParent(), "parent"));
    await server.close();
  },
  /** Sends back what it reads until its parent is gone. */
  async echo() {
    const conn = await connectParent();
    const buffer = new Uint8Array(1_024);
    for (let length; (length = await conn.read(buffer)) !== null;) {
      await conn.write(buffer.subarray(0, length));
    }
  },
  /** Writes a line that is not a message, and is longer than a line may be. */
  async garbage() {
    const conn = await connectParent();
    await conn.write(crypto.getRandomValues(new Uint8Array(1_000)));
    await conn.write(new TextEncoder().encode("\nneither JSON nor dari\n"));
    await conn.read(new Uint8Array(1));
  },
  /** Connects, keeps running after its parent has ended, and ignores SIGTERM. */
  async stubborn() {
    Deno.addSignalListener("SIGTERM", () => {});
    await connectParent();
    setInterval(() => {}, 1_000);
  },
  /** Connects, and keeps running after the connection has ended. */
  async idle() {
    await connectParent();
    setInterval(() => {}, 1_000);
  },
  /** A parent with a child that serves; ends when it reads the end of its input. */
  async "parent of serve"() {
    await parent("serve");
  },
  async "parent of idle"() {
    await parent("idle");
  },
};

async function parent(role: string): Promise<void> {
  const { command, args } = commandOf(role);
  await spawnConnected(command, { args });
  console.log("up");
  await Deno.stdin.read(new Uint8Array(1));
  Deno.exit();
}

if (import.meta.main) await roles[Deno.args[0] ?? ""]?.();
