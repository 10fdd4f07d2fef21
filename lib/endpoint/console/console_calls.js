// The calls of the console: by the session cookie, which no script can read.

import { hasPasskeys, signInByPasskey } from "./console_passkey.js";

/** A call that failed, with what the server said of it. */
export class CallError extends Error {
  constructor(message, status, error) {
    super(message);
    this.status = status;
    this.data = error?.data ?? {};
  }
}

async function problemOf(reply) {
  const text = await reply.text();
  try {
    const { detail, error } = JSON.parse(text);
    return new CallError(detail ?? reply.statusText, reply.status, error);
  } catch {
    return new CallError(text || `The server answered ${reply.status}`, reply.status);
  }
}

async function post(path, body, options = {}) {
  let reply;
  try {
    reply = await fetch(path, {
      method: "POST",
      ...options,
      headers: { "content-type": "application/json", ...options.headers },
      body: JSON.stringify(body),
    });
  } catch (error) {
    if (options.signal?.aborted) throw error;
    throw new CallError("The server cannot be reached", 0);
  }
  if (!reply.ok) throw await problemOf(reply);
  return reply;
}

/** Calls a method. */
export async function call(method, params = {}) {
  return await (await post(`/rpc/${method}`, params)).json();
}

/** Reads a stream, item by item, until it ends. */
export async function stream(method, params, signal, onItem) {
  const headers = { accept: "text/event-stream" };
  const reply = await post(`/rpc/${method}`, params, { signal, headers });
  const reader = reply.body.pipeThrough(new TextDecoderStream()).getReader();
  let text = "";
  for (let next = await reader.read(); !next.done; next = await reader.read()) {
    const events = (text + next.value).split("\n\n");
    text = events.pop();
    for (const event of events) takeEvent(event, onItem);
  }
}

function takeEvent(event, onItem) {
  const lines = event.split("\n");
  const name = lines.find((line) => line.startsWith("event:"))?.slice(6).trim();
  const data = lines.filter((line) => line.startsWith("data:")).map((line) => line.slice(5));
  if (data.length === 0 || name === "result") return;
  const value = JSON.parse(data.join("\n"));
  if (name === "problem") throw new CallError(value.detail, value.status, value.error);
  onItem(value);
}

/** Signs in. */
export async function signIn(username, password, code) {
  await post("/login", { username, password, ...(code === "" ? {} : { code }) });
}

/** Signs in by a passkey, and says whose it is. */
async function signInWithPasskey() {
  await signInByPasskey(async (path, body) => await (await post(path, body)).json());
  return await ownName();
}

/** Whose session the cookie is, which outlives the tab; empty where the server does not say. */
export async function ownName() {
  const { items } = await call("rpc.sessions").catch(() => ({ items: [] }));
  return items.find(({ own }) => own)?.account ?? "";
}

/** Signs out. */
export async function signOut() {
  await post("/logout", {}).catch(() => {}); // the session is gone, or will end by itself
}

/**
 * The fields of a sign-in, which ask for the code of a second factor once the server wants one.
 *
 * @param {(name: string, properties?: object, ...children: unknown[]) => HTMLElement} element
 * @param {string | undefined} name The account; with it the name cannot be changed.
 */
export function signInFields(element, name) {
  const input = (label, properties) => {
    const field = element("input", { required: true, ...properties });
    return { field, node: element("label", { className: "field" }, label, field) };
  };
  const username = input("Name", {
    name: "username",
    autocomplete: "username",
    value: name ?? "",
    readOnly: name !== undefined,
  });
  const password = input("Password", {
    name: "password",
    type: "password",
    autocomplete: "current-password",
  });
  const code = input("Code of your authenticator app, or a recovery code", {
    name: "code",
    autocomplete: "one-time-code",
    required: false,
  });
  code.node.hidden = true;
  const passkey = element("button", {
    type: "button",
    className: "passkey",
    textContent: "Use a passkey",
    hidden: !hasPasskeys,
  });
  const first = name === undefined ? username.field : password.field;
  return {
    nodes: [username.node, password.node, code.node],
    /** Stands beside the button of the form. */
    passkey,
    focus: () => first.focus(),
    /** Signs in by a passkey, which may be somebody else's than the one who is asked again. */
    async submitPasskey() {
      const account = await signInWithPasskey();
      if (name === undefined || account === name) return account;
      sessionStorage.setItem("account", account);
      throw new Error(
        "This passkey belongs to another account: load the page again to go on as it",
      );
    },
    /** Signs in; where it fails, the focus is where the user goes on. */
    async submit() {
      try {
        await signIn(username.field.value, password.field.value, code.field.value);
        return username.field.value;
      } catch (error) {
        if (error.data?.name === "second_factor_required") {
          code.node.hidden = false;
          code.field.required = true;
          code.field.focus();
          throw new Error("Enter the code as well");
        }
        password.field.value = "";
        password.field.focus();
        throw error;
      } finally {
        code.field.value = "";
      }
    },
  };
}
