/**
 * What `dari serve` takes for a program that it serves.
 *
 * @module
 */

import { DariError } from "../../base/errors.ts";
import type { WriteLog } from "../../base/text/write_log.ts";
import { ServedProgram } from "../../endpoint/served_program.ts";
import { parseCommand } from "../../exec/command_line.ts";
import type { Connection } from "../../transport/connection.ts";
import type { Io } from "../app/command.ts";
import { flag, option, type Options, repeatedOption, type ValuesOf } from "../app/option.ts";
import { text, wholeNumber } from "../app/value_type.ts";
import { findUser } from "./system_user.ts";

/** The options of the program. */
export const execOptions = {
  exec: option(
    text("COMMAND"),
    "serve the methods of a program that speaks JSON-RPC on its standard streams",
  ),
  "exec-mcp": flag("the program of --exec is an MCP server, whose tools become methods"),
  copies: option(
    wholeNumber(1),
    "copies of the program, which share the calls",
    {
      default: "1",
    },
  ),
  "exec-user": option(text("NAME"), "the user that the program runs as"),
  "exec-method": repeatedOption(
    text("METHOD"),
    "a method of the program, where it does not answer rpc.discover",
  ),
  "exec-env": repeatedOption(
    text("NAME"),
    "an environment variable of this process that the program gets as well",
  ),
} satisfies Options;

/** What a program finds of this process' environment without being asked for. */
const PASSED_ON = ["PATH", "HOME", "LANG", "LC_ALL", "TZ", "TMPDIR", "USER"];

/**
 * Starts the program of `--exec`.
 *
 * @param options What the user typed.
 * @param place Its environment, and the data directory.
 * @param tell Hears what the program prints, and how it ended.
 * @returns The program; `undefined` where none is to be served.
 * @throws {DariError} `usage` and `configuration` for options that cannot be used.
 * @throws {TransportError} `unavailable` where it cannot be started.
 */
export async function startProgram(
  options: ValuesOf<typeof execOptions> & { readonly threads: number },
  { io, data }: { readonly io: Io; readonly data: string },
  tell: WriteLog,
): Promise<ServedProgram | undefined> {
  const { exec: command, copies, threads } = options;
  const isMcp = options["exec-mcp"];
  if (command === undefined) {
    if (isMcp) throw new DariError("usage", "--exec-mcp is for the program of --exec COMMAND");
    return undefined;
  }
  if (threads > 1) {
    throw new DariError(
      "usage",
      "--exec goes with --copies N, which uses the cores, and not with --threads",
    );
  }
  const { program } = parseCommand(command);
  requirePermission(program);
  const user = options["exec-user"];
  if (user === undefined) {
    tell(
      `${program} runs as this server's user, so it can read its keys and use its socket; ` +
        "--exec-user NAME gives it a user of its own",
      "warn",
    );
  }
  return await ServedProgram.start({
    command,
    copies,
    methods: options["exec-method"],
    env: environmentOf(options["exec-env"], io),
    owner: user === undefined ? undefined : await findUser(user),
    translate: isMcp ? await mcpTranslation(data, tell) : undefined,
    tell,
  });
}

async function mcpTranslation(
  data: string,
  tell: WriteLog,
): Promise<(connection: Connection) => Connection> {
  const { McpProgramConnection } = await import("../../mcp/program_connection.ts");
  const { PinFile } = await import("../../mcp/pin_file.ts");
  const pins = new PinFile(data, tell);
  return (connection) => new McpProgramConnection(connection, pins);
}

/** Asked first: where a terminal is there, Deno would ask the user. */
function requirePermission(program: string): void {
  const { state } = Deno.permissions.querySync({ name: "run", command: program });
  if (state === "granted") return;
  throw new DariError(
    "configuration",
    `dari may not start "${program}": the executable and npx dari give that permission by themselves; ` +
      `with Deno add --allow-run=${program} --allow-env=PATH`,
  );
}

function environmentOf(named: readonly string[], { env }: Io): Record<string, string> {
  const passed = PASSED_ON.flatMap((name) => {
    const value = env(name);
    return value === undefined ? [] : [[name, value]];
  });
  const wanted = named.map((name) => {
    const value = env(name);
    if (value !== undefined) return [name, value];
    throw new DariError(
      "usage",
      `--exec-env ${name}: there is no such variable, or dari may not read it (--allow-env=${name})`,
    );
  });
  return Object.fromEntries([...passed, ...wanted]);
}
