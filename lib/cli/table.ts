/**
 * Every command, loaded when it is called: `dari --version` loads none of them.
 *
 * @module
 */

import type { CommandTable } from "./app/main.ts";

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
  "discover": {
    summary: "List the methods of a server",
    load: () => import("./commands/discover.ts"),
  },
  "login": {
    summary: "Sign in to a server for later commands",
    load: () => import("./commands/login.ts"),
  },
  "logout": {
    summary: "End the session that dari login began",
    load: () => import("./commands/logout.ts"),
  },
  "user add": { summary: "Make an account", load: () => import("./commands/user/add.ts") },
  "user list": { summary: "List accounts", load: () => import("./commands/user/list.ts") },
  "user show": { summary: "Show an account", load: () => import("./commands/user/show.ts") },
  "user disable": {
    summary: "End everything that an account can do",
    load: () => import("./commands/user/disable.ts"),
  },
  "user enable": {
    summary: "Let a disabled account sign in again",
    load: () => import("./commands/user/enable.ts"),
  },
  "user unlock": {
    summary: "End an account's lock",
    load: () => import("./commands/user/unlock.ts"),
  },
  "user passwd": {
    summary: "Set an account's password",
    load: () => import("./commands/user/passwd.ts"),
  },
  "user grant": {
    summary: "Give or take roles, public keys and certificates",
    load: () => import("./commands/user/grant.ts"),
  },
  "user remove": { summary: "Remove an account", load: () => import("./commands/user/remove.ts") },
  "session list": { summary: "List sessions", load: () => import("./commands/session/list.ts") },
  "session revoke": {
    summary: "End sessions",
    load: () => import("./commands/session/revoke.ts"),
  },
  "key create": { summary: "Make an API key", load: () => import("./commands/key/create.ts") },
  "key list": { summary: "List API keys", load: () => import("./commands/key/list.ts") },
  "key rotate": {
    summary: "Give an API key a new secret",
    load: () => import("./commands/key/rotate.ts"),
  },
  "key revoke": { summary: "End an API key", load: () => import("./commands/key/revoke.ts") },
  "explain": {
    summary: "Say which rule allows or denies a call",
    load: () => import("./commands/explain.ts"),
  },
  "cert init": {
    summary: "Make a certificate authority of your own",
    load: () => import("./commands/cert/init.ts"),
  },
  "cert issue": {
    summary: "Issue a certificate and its key",
    load: () => import("./commands/cert/issue.ts"),
  },
  "cert self-signed": {
    summary: "Make a certificate that signs itself",
    load: () => import("./commands/cert/self_signed.ts"),
  },
  "cert request": {
    summary: "Make a key and a request for a certificate",
    load: () => import("./commands/cert/request.ts"),
  },
  "cert sign": {
    summary: "Sign a certificate request",
    load: () => import("./commands/cert/sign.ts"),
  },
  "cert renew": {
    summary: "Renew a certificate, or all that are due",
    load: () => import("./commands/cert/renew.ts"),
  },
  "cert revoke": {
    summary: "Revoke a certificate, at once and for good",
    load: () => import("./commands/cert/revoke.ts"),
  },
  "cert list": {
    summary: "List the certificates that were issued",
    load: () => import("./commands/cert/list.ts"),
  },
  "cert inspect": {
    summary: "Show what a certificate says",
    load: () => import("./commands/cert/inspect.ts"),
  },
  "cert verify": {
    summary: "Say whether a certificate is to be trusted, and why not",
    load: () => import("./commands/cert/verify.ts"),
  },
  "cert crl": {
    summary: "Write a signed list of revoked certificates",
    load: () => import("./commands/cert/crl.ts"),
  },
  "cert export": {
    summary: "Put a certificate and its key into one file for a browser",
    load: () => import("./commands/cert/export.ts"),
  },
  "cert rotate": {
    summary: "Replace the authority, step by step",
    load: () => import("./commands/cert/rotate.ts"),
  },
  "demo": {
    summary: "Take the tour: every part of dari at work",
    load: () => import("./commands/demo.ts"),
  },
  "compile": {
    summary: "Make one executable file of a module of methods",
    load: () => import("./commands/compile.ts"),
  },
  "service install": {
    summary: "Print a hardened systemd unit",
    load: () => import("./commands/service/install.ts"),
  },
  "bench": { summary: "Measure calls on this machine", load: () => import("./commands/bench.ts") },
  "completions": {
    summary: "Print a completion script for bash, zsh or fish",
    async load() {
      const { completionsOf } = await import("./commands/completions.ts");
      return { command: completionsOf(Object.keys(commands)) };
    },
  },
};
