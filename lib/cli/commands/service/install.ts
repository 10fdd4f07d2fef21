import { DariError } from "../../../base/errors.ts";
import { limits } from "../../../base/limits.ts";
import { parseDuration } from "../../app/duration.ts";
import { type Command, defineCommand } from "../../app/command.ts";
import { flag, operands, option } from "../../app/option.ts";
import { activatedService } from "../../serving/socket_unit.ts";
import { choice, file, text, type ValueType } from "../../app/value_type.ts";

/** What the unit file says. */
interface UnitFacts {
  /** The executable's absolute path. */
  readonly executable: string;
  /** The service's name; its user and its directories are called so too. */
  readonly name: string;
  /** Words of the command line. */
  readonly words: readonly string[];
  /** How long running calls may go on when the service stops, in milliseconds. */
  readonly drainMs: number;
  /** Whether systemd opens its sockets. */
  readonly isActivated: boolean;
}

const executablePath: ValueType<string> = {
  ...file(),
  expects: "an absolute path",
  parse: (text) => /^\/[\w./-]+$/.test(text) ? text : undefined,
};

const unitName: ValueType<string> = {
  ...text("NAME"),
  expects: "a name of a-z, 0-9, _ and -",
  parse: (text) => /^[a-z][\w-]{0,30}$/.test(text) ? text : undefined,
};

/** `dari service install` */
export const command: Command = defineCommand({
  examples: [
    "dari service install --print > /etc/systemd/system/dari.service",
    "dari service install --print --exec /opt/my_service --name my_service",
    "dari service install --print -- --listen tls://0.0.0.0:9090 --public add",
    "dari service install --print --socket-activation -- --listen tls://0.0.0.0:443",
    "dari service install --print --socket-activation --unit socket -- --listen tls://0.0.0.0:443",
  ],
  operands: { words: operands(text("OPTION"), "options of dari serve, behind --") },
  options: {
    print: flag("print the unit; an administrator installs it"),
    exec: option(executablePath, "the executable", { default: "/usr/local/bin/dari" }),
    name: option(unitName, "the name of the service", { default: "dari" }),
    "socket-activation": flag("systemd opens the sockets of --listen and hands them over"),
    unit: option(
      choice("UNIT", ["service", "socket"]),
      "with --socket-activation, which of the two units is printed",
      { default: "service" },
    ),
    json: flag("print the name and the text of the unit as one JSON value"),
  },
  notes: [
    "The service runs as a user of its own and can reach little else of the machine. It tells systemd " +
    "when it is ready, and is started again where its thread hangs. systemctl reload takes up its " +
    "policy and certificates; systemctl stop lets running calls finish, for --drain at most.",
    "With --socket-activation there are two units. The sockets stay open while the service restarts, so " +
    "that clients wait and are not refused, and may have ports below 1024.",
  ],
  run({ operands: { words: typed }, options }, io) {
    const { print, exec: executable, name, json, unit: kind } = options;
    if (!print) throw new DariError("usage", "Add --print, read the unit and install it yourself");
    // A compiled service is a server already; dari itself has to be told.
    const verb = executable.endsWith("/dari") ? ["serve"] : [];
    const isActivated = options["socket-activation"];
    if (kind === "socket" && !isActivated) {
      throw new DariError("usage", "--unit socket goes with --socket-activation");
    }
    const activated = isActivated ? activatedService(name, typed) : undefined;
    const words = [...verb, ...(activated?.words ?? typed)];
    const facts = { executable, name, words, drainMs: drainOf(typed), isActivated };
    const unit = kind === "socket" && activated ? activated.socketUnit : unitOf(facts);
    io.print(json ? JSON.stringify({ name: `${name}.${kind}`, unit }) : unit);
    return Promise.resolve(0);
  },
});

function unitOf({ executable, name, words, drainMs, isActivated }: UnitFacts): string {
  const socket = `${name}.socket`;
  return `# /etc/systemd/system/${name}.service
# systemctl daemon-reload && systemctl enable --now ${isActivated ? `${socket} ` : ""}${name}
[Unit]
Description=${name}: methods for other programs
Documentation=man:systemd.exec(5)
After=network-online.target
Wants=network-online.target${isActivated ? `\nRequires=${socket}` : ""}

[Service]
# It says when it is ready, what it waits for when it stops, and that it is alive.
Type=notify
WatchdogSec=${limits.serviceWatchdogMs / 1_000}
ExecStart=${[executable, ...words.map(quote)].join(" ")}
# It takes up its policy and certificates.
ExecReload=/bin/kill -HUP $MAINPID
Restart=on-failure
RestartSec=1
# Running calls finish before the server ends.
KillSignal=SIGTERM
TimeoutStopSec=${Math.ceil((drainMs + limits.stopGraceMs) / 1_000)}

# A user that exists while it runs, and directories that are its own (mode 0700).
DynamicUser=yes
StateDirectory=${name}
StateDirectoryMode=0700
CacheDirectory=${name}
CacheDirectoryMode=0700
Environment=DARI_DATA=%S/${name} XDG_CACHE_HOME=%C/${name}
UMask=0077

# The rest of the machine is read-only or not there.
ProtectSystem=strict
ProtectHome=yes
PrivateTmp=yes
PrivateDevices=yes
ProtectProc=invisible
ProtectClock=yes
ProtectControlGroups=yes
ProtectHostname=yes
ProtectKernelLogs=yes
ProtectKernelModules=yes
ProtectKernelTunables=yes

# No way to more rights. V8 writes machine code into memory, so MemoryDenyWriteExecute stays off.
NoNewPrivileges=yes
CapabilityBoundingSet=
AmbientCapabilities=
LockPersonality=yes
RestrictNamespaces=yes
RestrictRealtime=yes
RestrictSUIDSGID=yes
RestrictAddressFamilies=AF_INET AF_INET6 AF_UNIX
RemoveIPC=yes
SystemCallArchitectures=native
SystemCallFilter=@system-service
SystemCallFilter=~@privileged
SystemCallErrorNumber=EPERM
LimitNOFILE=65536

[Install]
WantedBy=multi-user.target`;
}

/** The last --drain among the options of dari serve; its default where there is none. */
function drainOf(words: readonly string[]): number {
  const given = words.map((word, at) =>
    word === "--drain" ? words[at + 1] : /^--drain=(.*)$/.exec(word)?.[1]
  );
  const text = given.findLast((value) => value !== undefined);
  return (text === undefined ? undefined : parseDuration(text)) ?? limits.serveDrainMs;
}

/** systemd.service(5), "Command lines": % and $ have a meaning, and so have quotes. */
function quote(word: string): string {
  const escaped = word.replaceAll("\\", "\\\\").replaceAll('"', '\\"')
    .replaceAll("%", "%%").replaceAll("$", "$$$$");
  return /^[\w:./=,@%$-]+$/.test(escaped) ? escaped : `"${escaped}"`;
}
