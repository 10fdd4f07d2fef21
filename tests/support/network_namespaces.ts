import { tempDirectory } from "./temp.ts";

/** A machine with a network, a host name and a list of hosts of its own. */
export interface NamespacedMachine {
  /** An empty directory, which commands run in. */
  readonly directory: string;
  /** A command that runs a program on this machine. */
  command(program: string, args: readonly string[], options?: Deno.CommandOptions): Deno.Command;
}

/** Two machines that reach each other and nothing else. */
export interface TwoMachines extends AsyncDisposable {
  /** `box`, 10.0.0.5 and fd00::5. */
  readonly box: NamespacedMachine;
  /** `laptop`, 10.0.0.6 and fd00::6. */
  readonly laptop: NamespacedMachine;
}

const hosts = `127.0.0.1 localhost
::1 localhost
10.0.0.5 box
fd00::5 box
10.0.0.6 laptop
fd00::6 laptop
`;

/** Gives a process a host name and hosts of its own, and nothing else. */
const ENTER = 'mount --bind "$0" /etc/hosts && hostname "$1" && shift && exec "$@"';

/**
 * Makes two machines of network namespaces.
 *
 * @returns `undefined` where this user may not, as in most containers.
 */
export async function twoMachines(): Promise<TwoMachines | undefined> {
  await using stack = new AsyncDisposableStack();
  const id = crypto.randomUUID().slice(0, 4);
  const [one, other] = [`dari-${id}-box`, `dari-${id}-laptop`];
  for (const name of [one, other]) {
    if (!await ip("netns", "add", name)) return undefined;
    stack.defer(async () => void await ip("netns", "del", name));
  }
  const link = ["type", "veth", "peer", "name", "eth0", "netns", other];
  if (!await ip("link", "add", "eth0", "netns", one, ...link)) return undefined;
  for (const [name, host] of [[one, 5], [other, 6]]) {
    const inside = ["-n", String(name)];
    await ip(...inside, "link", "set", "lo", "up");
    await ip(...inside, "addr", "add", `10.0.0.${host}/24`, "dev", "eth0");
    // Without the wait for another machine that has the address.
    await ip(...inside, "addr", "add", `fd00::${host}/64`, "dev", "eth0", "nodad");
    if (!await ip(...inside, "link", "set", "eth0", "up")) return undefined;
  }
  const box = await machine(one, "box", stack);
  const laptop = await machine(other, "laptop", stack);
  const { code } = await box.command("true", []).output();
  if (code !== 0) return undefined;
  const owned = stack.move();
  return { box, laptop, [Symbol.asyncDispose]: () => owned.disposeAsync() };
}

async function machine(
  namespace: string,
  name: string,
  stack: AsyncDisposableStack,
): Promise<NamespacedMachine> {
  const directory = stack.use(await tempDirectory()).path;
  await Deno.writeTextFile(`${directory}/hosts`, hosts);
  const enter = ["netns", "exec", namespace, "unshare", "--mount", "--uts", "sh", "-c", ENTER];
  return {
    directory,
    command: (program, args, options = {}) =>
      new Deno.Command("ip", {
        stdin: "null",
        ...options,
        args: [...enter, `${directory}/hosts`, name, program, ...args],
        cwd: directory,
        env: { NO_COLOR: "1", XDG_CONFIG_HOME: `${directory}/config`, ...options.env },
      }),
  };
}

async function ip(...args: string[]): Promise<boolean> {
  try {
    const command = new Deno.Command("ip", { args, stdout: "null", stderr: "null" });
    return (await command.output()).success;
  } catch {
    return false; // There is no such program.
  }
}
