import { DariError } from "../../../base/errors.ts";
import type { Command } from "../../app/command.ts";

/** What the unit file says. */
interface UnitFacts {
  /** The executable's absolute path. */
  readonly executable: string;
  /** The service's name; its user and its directories are called so too. */
  readonly name: string;
  /** Words of the command line. */
  readonly words: readonly string[];
}

/** `dari service install` */
export const command: Command = {
  summary: "Print a hardened systemd unit",
  help: `
Print a systemd unit that runs a server under a user of its own, with little that it can reach.

  dari service install --print > /etc/systemd/system/dari.service
  dari service install --print --exec /usr/local/bin/my_service --name my_service
  dari service install --print -- --listen tls://0.0.0.0:9090 --public add

  --print            print it: installing is left to the administrator
  --exec FILE        the executable (default /usr/local/bin/dari)
  --name NAME        the service's name (default dari)
  -- OPTION...       options of dari serve`,
  flags: { boolean: ["print"], string: ["exec", "name"] },
  run(args, io) {
    if (!args.flag("print")) {
      throw new DariError("usage", "Add --print, look at the unit and install it where it belongs");
    }
    const { executable, name } = {
      executable: args.option("exec") ?? "/usr/local/bin/dari",
      name: args.option("name") ?? "dari",
    };
    if (!/^\/[\w./-]+$/.test(executable)) {
      throw new DariError("usage", `--exec is "${executable}"; write an absolute path`);
    }
    if (!/^[a-z][\w-]{0,30}$/.test(name)) {
      throw new DariError("usage", `--name is "${name}"; use a-z, 0-9, _ and -`);
    }
    // A compiled service is a server already; dari itself has to be told.
    const verb = executable.endsWith("/dari") ? ["serve"] : [];
    const unit = unitOf({ executable, name, words: [...verb, ...args.words] });
    io.print(args.flag("json") ? JSON.stringify({ name: `${name}.service`, unit }) : unit);
    return Promise.resolve(0);
  },
};

function unitOf({ executable, name, words }: UnitFacts): string {
  return `# /etc/systemd/system/${name}.service
# systemctl daemon-reload && systemctl enable --now ${name}
[Unit]
Description=${name}: methods for other programs
Documentation=man:systemd.exec(5)
After=network-online.target
Wants=network-online.target

[Service]
ExecStart=${[executable, ...words.map(quote)].join(" ")}
Restart=on-failure
RestartSec=1
# Running calls finish before the server ends.
KillSignal=SIGTERM
TimeoutStopSec=15

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

/** systemd.service(5), "Command lines": % and $ have a meaning, and so have quotes. */
function quote(word: string): string {
  const escaped = word.replaceAll("\\", "\\\\").replaceAll('"', '\\"')
    .replaceAll("%", "%%").replaceAll("$", "$$$$");
  return /^[\w:./=,@%$-]+$/.test(escaped) ? escaped : `"${escaped}"`;
}
