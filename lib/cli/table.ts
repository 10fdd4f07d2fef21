/**
 * Every command with its summary; a command is loaded when it is called, and `dari --version` loads
 * none.
 *
 * @module
 */

import type { CommandTable } from "./app/command.ts";
import { certCommands } from "./verbs/cert.ts";
import { jobCommands } from "./verbs/job.ts";
import { queueCommands } from "./verbs/queue.ts";
import { topicCommands } from "./verbs/topic.ts";

/** The commands by name. */
export const commands: CommandTable = {
  "serve": {
    summary: "Serve methods over TLS and a Unix socket",
    load: () => import("./commands/serve.ts"),
  },
  "call": {
    summary: "Call a method and print its result",
    load: () => import("./commands/call.ts"),
  },
  "work": {
    summary: "Run the jobs of a server with the methods of a module",
    load: () => import("./commands/work.ts"),
  },
  "discover": {
    summary: "List the methods of a server",
    load: () => import("./commands/discover.ts"),
  },
  "diff": {
    summary: "Compare two saved OpenRPC documents: what breaks callers",
    load: () => import("./commands/diff.ts"),
  },
  "client generate": {
    summary: "Write a client in TypeScript, Python or Go for a server's methods",
    load: () => import("./commands/client/generate.ts"),
  },
  "client check": {
    summary: "Say whether a generated client still fits the server",
    load: () => import("./commands/client/check.ts"),
  },
  "conformance": {
    summary: "Test whether a server or a client speaks the wire as docs/wire.md says",
    load: () => import("./commands/conformance.ts"),
  },
  "mcp connect": {
    summary: "Offer methods as tools to the program that started this (MCP)",
    load: () => import("./commands/mcp/connect.ts"),
  },
  "mcp accept": {
    summary: "Accept the definitions of tools that have changed",
    load: () => import("./commands/mcp/accept.ts"),
  },
  "store migrate": {
    summary: "Move accounts and sessions into the store of a cluster, or back",
    load: () => import("./commands/store/migrate.ts"),
  },
  "nats config": {
    summary: "Write the configuration of a NATS server: who may offer and use which service",
    load: () => import("./commands/nats/config.ts"),
  },
  "doctor": {
    summary: "Say what is wrong with a data directory and its server, and what mends it",
    load: () => import("./commands/ops/doctor.ts"),
  },
  "status": {
    summary: "Show how a server stands",
    load: () => import("./commands/ops/status.ts"),
  },
  "top": {
    summary: "Show what a server does, live",
    load: () => import("./commands/ops/top.ts"),
  },
  "scan": {
    summary: "Look at a TLS server from outside: what it offers, shows and enforces",
    load: () => import("./commands/ops/scan.ts"),
  },
  "proxy": {
    summary: "Put certificates, rights and a record in front of a TCP service",
    load: () => import("./commands/proxy.ts"),
  },
  "trust": {
    summary: "Trust a server by the fingerprint of its authority",
    load: () => import("./commands/trust/trust.ts"),
  },
  "invite": {
    summary: "Invite an account or another machine",
    load: () => import("./commands/trust/invite.ts"),
  },
  "accept": {
    summary: "Accept an invitation: trust the server and get a credential",
    load: () => import("./commands/trust/accept.ts"),
  },
  "join": {
    summary: "Join a cluster: get a server's certificate and the key of its records",
    load: () => import("./commands/trust/join.ts"),
  },
  "use": {
    summary: "Set the server that commands use by default",
    load: () => import("./commands/trust/use.ts"),
  },
  "login": {
    summary: "Sign in to a server for later commands",
    load: () => import("./commands/login.ts"),
  },
  "logout": {
    summary: "End the session that dari login started",
    load: () => import("./commands/logout.ts"),
  },
  "user add": { summary: "Add an account", load: () => import("./commands/user/add.ts") },
  "user list": { summary: "List accounts", load: () => import("./commands/user/list.ts") },
  "user show": { summary: "Show an account", load: () => import("./commands/user/show.ts") },
  "user disable": {
    summary: "Disable an account and end its sessions and connections",
    load: () => import("./commands/user/disable.ts"),
  },
  "user enable": {
    summary: "Let a disabled account sign in again",
    load: () => import("./commands/user/enable.ts"),
  },
  "user unlock": {
    summary: "Unlock an account",
    load: () => import("./commands/user/unlock.ts"),
  },
  "user passwd": {
    summary: "Set an account's password",
    load: () => import("./commands/user/passwd.ts"),
  },
  "user grant": {
    summary: "Add or remove an account's roles, public keys and certificates",
    load: () => import("./commands/user/grant.ts"),
  },
  "user remove": { summary: "Remove an account", load: () => import("./commands/user/remove.ts") },
  "factor add": {
    summary: "Add an authenticator app, so that sign-ins by password need its code",
    load: () => import("./commands/factor/add.ts"),
  },
  "factor confirm": {
    summary: "Confirm an authenticator app by its first code",
    load: () => import("./commands/factor/confirm.ts"),
  },
  "factor list": {
    summary: "List an account's second factors",
    load: () => import("./commands/factor/list.ts"),
  },
  "factor codes": {
    summary: "Make new recovery codes and void the old ones",
    load: () => import("./commands/factor/codes.ts"),
  },
  "factor remove": {
    summary: "Remove a second factor",
    load: () => import("./commands/factor/remove.ts"),
  },
  "session list": { summary: "List sessions", load: () => import("./commands/session/list.ts") },
  "session revoke": {
    summary: "Revoke sessions",
    load: () => import("./commands/session/revoke.ts"),
  },
  "key create": { summary: "Create an API key", load: () => import("./commands/key/create.ts") },
  "key list": { summary: "List API keys", load: () => import("./commands/key/list.ts") },
  "key rotate": {
    summary: "Give an API key a new secret",
    load: () => import("./commands/key/rotate.ts"),
  },
  "key revoke": { summary: "Revoke an API key", load: () => import("./commands/key/revoke.ts") },
  ...queueCommands,
  ...topicCommands,
  ...jobCommands,
  "tap": {
    summary: "Watch the calls of a server, and who is connected",
    load: () => import("./commands/ops/tap.ts"),
  },
  "policy try": {
    summary: "Say what a new policy would change for calls that were recorded",
    load: () => import("./commands/policy/try.ts"),
  },
  "revoke": {
    summary: "End everything that somebody has: sessions, keys, certificates, connections",
    load: () => import("./commands/ops/revoke.ts"),
  },
  "audit tail": {
    summary: "Show the newest records of the audit",
    load: () => import("./commands/audit/tail.ts"),
  },
  "audit query": {
    summary: "Find records of the audit by kind, name and time",
    load: () => import("./commands/audit/query.ts"),
  },
  "audit verify": {
    summary: "Verify the audit, an exported one, or the proof of one record",
    load: () => import("./commands/audit/verify.ts"),
  },
  "audit export": {
    summary: "Write the audit with its signatures to a file",
    load: () => import("./commands/audit/export.ts"),
  },
  "audit prove": {
    summary: "Prove one record to somebody who has ca.crt alone",
    load: () => import("./commands/audit/prove.ts"),
  },
  "audit sign": {
    summary: "Sign the newest records of the audit",
    load: () => import("./commands/audit/sign.ts"),
  },
  "audit cut": {
    summary: "Remove old records of the audit, with a sealed cut",
    load: () => import("./commands/audit/cut.ts"),
  },
  "explain": {
    summary: "Say whether a call is allowed, and by which rule",
    load: () => import("./commands/explain.ts"),
  },
  ...certCommands,
  "demo": {
    summary: "Take a tour: every part of dari at work",
    load: () => import("./commands/demo.ts"),
  },
  "backup": {
    summary: "Back up the data directory, also while it is served",
    load: () => import("./commands/backup/backup.ts"),
  },
  "restore": {
    summary: "Restore a backup, without what was revoked since",
    load: () => import("./commands/backup/restore.ts"),
  },
  "verify-release": {
    summary: "Check downloaded files of a release of dari: signature and hashes",
    load: () => import("./commands/verify_release.ts"),
  },
  "compile": {
    summary: "Compile a module of methods into one executable",
    load: () => import("./commands/compile.ts"),
  },
  "service install": {
    summary: "Print a hardened systemd unit",
    load: () => import("./commands/service/install.ts"),
  },
  "bench": { summary: "Measure calls on this machine", load: () => import("./commands/bench.ts") },
  "completions": {
    summary: "Print a completion script for bash, zsh or fish",
    load: () => import("./commands/completions.ts"),
  },
};
