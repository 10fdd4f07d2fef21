// The page of a gateway: its methods, and a form to try each. It runs in browsers as it is.

// @ts-ignore: the path is that of the gateway
import { addPasskey, hasPasskeys, signInByPasskey } from "/dari.console/console_passkey.js";

const find = (id) => document.getElementById(id);
const filter = find("filter");
const list = find("methods");
const main = find("main");

/** The methods that the caller may call, as rpc.discover lists them. */
let methods = [];
/** What schemas name by $ref. */
let components = {};
/** Ends the call that is under way. */
let running;

/** Makes an element. Text stays text: nothing that a server says becomes markup. */
function element(name, properties = {}, ...children) {
  const made = Object.assign(document.createElement(name), properties);
  made.append(...children.filter((child) => child !== undefined));
  return made;
}

/** Tells of something wrong; nothing, where it is over. */
function notice(text = "") {
  tell("notice", text);
  tell("said", "");
}

function tell(id, text) {
  find(id).textContent = text;
  find(id).hidden = text === "";
}

async function problemOf(reply) {
  const text = await reply.text();
  try {
    const { detail, error } = JSON.parse(text);
    return { text: detail ?? reply.statusText, error };
  } catch {
    return { text: text || reply.statusText };
  }
}

async function load() {
  const reply = await fetch("/openrpc.json");
  if (!reply.ok) return notice((await problemOf(reply)).text);
  const document_ = await reply.json();
  methods = document_.methods.filter(({ name }) => !name.startsWith("rpc."));
  methods.sort((a, b) => a.name < b.name ? -1 : 1);
  components = document_.components?.schemas ?? {};
  const { title, version } = document_.info;
  document.title = title;
  find("title").replaceChildren(title, " ", element("small", { textContent: version }));
  // Strangers see what is public alone.
  const isSignedIn = sessionStorage.getItem("account") !== null ||
    methods.some((method) => method["x-public"] === false);
  find("sign-in").hidden = isSignedIn;
  find("sign-out").hidden = !isSignedIn;
  find("passkey").hidden = find("add-passkey").hidden = !hasPasskeys;
  find("account").textContent = sessionStorage.getItem("account") || "Signed in";
  showList();
  showMethod();
}

function showList() {
  const wanted = filter.value.trim().toLowerCase();
  const shown = methods.filter(({ name }) => name.toLowerCase().includes(wanted));
  list.replaceChildren(...shown.map((method) => {
    const link = element(
      "a",
      { href: `#${encodeURIComponent(method.name)}` },
      element("span", { textContent: method.name }),
      method["x-stream"] ? element("small", { textContent: "stream" }) : undefined,
    );
    if (method.name === chosen()) link.setAttribute("aria-current", "page");
    return element("li", {}, link);
  }));
  find("none").hidden = shown.length > 0 || methods.length === 0;
}

function chosen() {
  try {
    return decodeURIComponent(location.hash.slice(1));
  } catch {
    return "";
  }
}

function showMethod() {
  running?.abort();
  const method = methods.find(({ name }) => name === chosen());
  if (method === undefined) {
    const text = methods.length === 0
      ? "There is no method that you may call. Sign in to see more."
      : "Choose a method to read about it and to try it.";
    return main.replaceChildren(element("p", { className: "about", textContent: text }));
  }
  const isStream = method["x-stream"] === true;
  const doc = method.description ?? method.summary;
  const about = [
    isStream ? "a stream" : "a call",
    method["x-public"] ? "open to everyone" : "for those who have signed in",
    method.deprecated ? "deprecated" : "",
  ];
  main.replaceChildren(
    element("h2", { textContent: method.name }),
    element("p", { className: "about", textContent: about.filter(Boolean).join(", ") }),
    doc === undefined ? "" : element("p", { className: "doc", textContent: doc }),
    formOf(method, isStream),
    detailsOf(method),
  );
}

function detailsOf({ result }) {
  const text = JSON.stringify(result?.schema ?? true, null, 2);
  if (text === "true") return "";
  const title = `The schema of ${result.name === "item" ? "an item" : "the result"}`;
  return element(
    "details",
    {},
    element("summary", { textContent: title }),
    element("pre", { textContent: text }),
  );
}

function formOf(method, isStream) {
  const fields = method.params.map(({ name, schema, required, description }) =>
    fieldOf(name, schema, required === true, description)
  );
  const free = fields.length === 0 ? jsonField("params", "Params", false, {}) : undefined;
  const stop = element("button", { type: "button", textContent: "Stop", hidden: true });
  const button = element("button", { className: "primary" }, isStream ? "Start" : "Call");
  const state = element("span", { className: "state" });
  state.setAttribute("role", "status");
  const output = element("pre", { hidden: true, tabIndex: 0 });
  output.setAttribute("aria-label", "Answer");
  const form = element(
    "form",
    {},
    ...(free === undefined ? fields : [free]).map(({ node }) => node),
    element("div", { className: "actions" }, button, stop, state),
    output,
  );
  const show = (text, className = "") =>
    Object.assign(state, { textContent: text, className: `state ${className}` });
  stop.onclick = () => running?.abort();
  form.onsubmit = async (event) => {
    event.preventDefault();
    let params;
    try {
      params = free === undefined ? valuesOf(fields) : free.value();
    } catch (error) {
      error.node?.focus();
      return show(error.message, "bad");
    }
    running?.abort();
    const abort = running = new AbortController();
    button.disabled = true;
    stop.hidden = false;
    output.hidden = true;
    output.textContent = "";
    show("…");
    const begun = performance.now();
    try {
      const result = await call(method.name, params, isStream, abort.signal, (item, count) => {
        output.hidden = false;
        output.append(`${pretty(item)}\n`);
        output.scrollTop = output.scrollHeight;
        show(`${count} ${count === 1 ? "item" : "items"}`);
      });
      if (result.text !== undefined) {
        output.textContent = result.text;
        output.hidden = false;
        output.scrollIntoView({ block: "nearest" });
      }
      show(`${result.told}, ${Math.round(performance.now() - begun)} ms`, "good");
    } catch (error) {
      if (abort.signal.aborted) show("stopped");
      else {
        show(error.message, "bad");
        if (error.told !== undefined) {
          output.textContent += pretty(error.told);
          output.hidden = false;
        }
      }
    } finally {
      button.disabled = false;
      stop.hidden = true;
    }
  };
  return form;
}

async function call(method, params, isStream, signal, onItem) {
  const reply = await fetch(`/rpc/${encodeURIComponent(method)}`, {
    method: "POST",
    signal,
    headers: {
      ...(params === undefined ? {} : { "content-type": "application/json" }),
      ...(isStream ? { accept: "text/event-stream" } : {}),
    },
    body: params === undefined ? null : JSON.stringify(params),
  });
  if (!reply.ok) throw failure(await problemOf(reply));
  const type = reply.headers.get("content-type") ?? "";
  if (type.startsWith("text/event-stream")) return await readEvents(reply.body, onItem);
  if (type.startsWith("application/json")) {
    return { told: "Answered", text: pretty(await reply.json()) };
  }
  return { told: `Answered with ${(await reply.arrayBuffer()).byteLength} bytes` };
}

function failure({ text, error }) {
  return Object.assign(new Error(text), { told: error });
}

/** Reads Server-Sent Events as the gateway writes them. */
async function readEvents(body, onItem) {
  const reader = body.pipeThrough(new TextDecoderStream()).getReader();
  let text = "";
  let count = 0;
  for (let next = await reader.read(); !next.done; next = await reader.read()) {
    const events = (text + next.value).split("\n\n");
    text = events.pop();
    for (const event of events) {
      const lines = event.split("\n");
      const name = lines.find((line) => line.startsWith("event:"))?.slice(6).trim();
      const data = lines.filter((line) => line.startsWith("data:")).map((line) => line.slice(5));
      if (data.length === 0) continue;
      const value = JSON.parse(data.join("\n"));
      if (name === "problem") throw failure({ text: value.detail, error: value.error });
      if (name !== "result") onItem(value, ++count);
    }
  }
  return { told: `Ended after ${count} ${count === 1 ? "item" : "items"}` };
}

function pretty(value) {
  return JSON.stringify(value, null, 2);
}

/** What a schema means where it is one of the components. */
function resolved(schema) {
  const name = /^#\/components\/schemas\/(.+)$/.exec(schema?.$ref ?? "")?.[1];
  return (name === undefined ? schema : components[name]) ?? {};
}

let nextId = 0;

/** A field: its element, and what gives its value, `undefined` where it was left empty. */
function fieldOf(name, written, required, description, depth = 0) {
  const schema = resolved(written);
  const about = description ?? schema.description;
  if (Array.isArray(schema.enum)) return choiceField(name, required, schema.enum, about);
  if (schema.type === "boolean") return choiceField(name, required, [true, false], about);
  if (schema.type === "number" || schema.type === "integer") {
    return numberField(name, required, schema, about);
  }
  if (schema.type === "string") return textField(name, required, schema, about);
  if (schema.type === "object" && schema.properties !== undefined && depth < 4) {
    return groupField(name, required, schema, about, depth);
  }
  return jsonField(name, name, required, schema, about);
}

function labelled(name, required, about, input, kind, mayBeEmpty) {
  input.id = `field-${++nextId}`;
  input.name = name;
  input.required = required && mayBeEmpty !== true;
  const told = [kind, required ? "" : "optional"].filter(Boolean).join(", ");
  return element(
    "div",
    { className: "field" },
    element("label", { htmlFor: input.id }, name, " ", element("small", { textContent: told })),
    input,
    about === undefined ? "" : element("p", { textContent: about }),
  );
}

function choiceField(name, required, choices, about) {
  const input = element("select", {}, element("option", { value: "", textContent: "–" }));
  choices.forEach((choice, index) =>
    input.append(element("option", { value: String(index), textContent: String(choice) }))
  );
  const kind = typeof choices[0] === "boolean" ? "boolean" : "choice";
  return {
    name,
    node: labelled(name, required, about, input, kind),
    value: () => input.value === "" ? undefined : choices[Number(input.value)],
  };
}

function numberField(name, required, { type, minimum, maximum }, about) {
  const input = element("input", { type: "number", step: type === "integer" ? "1" : "any" });
  if (Number.isSafeInteger(minimum) && minimum > Number.MIN_SAFE_INTEGER) input.min = minimum;
  if (Number.isSafeInteger(maximum) && maximum < Number.MAX_SAFE_INTEGER) input.max = maximum;
  return {
    name,
    node: labelled(name, required, about, input, type),
    value: () => input.value === "" ? undefined : Number(input.value),
  };
}

function textField(name, required, { format, minLength, maxLength, default: initial }, about) {
  const input = element("input", { type: "text", value: initial ?? "", spellcheck: false });
  if (maxLength !== undefined) input.maxLength = maxLength;
  // A text may be empty, where its schema does not say otherwise.
  const mayBeEmpty = !(minLength > 0);
  const node = labelled(name, required, about, input, format ?? "text", mayBeEmpty);
  return { name, node, value: () => input.value === "" && !required ? undefined : input.value };
}

function jsonField(name, label, required, schema, about) {
  const input = element("textarea", { spellcheck: false, placeholder: placeholderOf(schema) });
  const node = labelled(label, required, about, input, "JSON");
  input.name = name;
  return {
    name,
    node,
    value() {
      if (input.value.trim() === "") return undefined;
      try {
        return JSON.parse(input.value);
      } catch (error) {
        const message = `${label} is not JSON: ${error.message}`;
        throw Object.assign(new Error(message), { node: input });
      }
    },
  };
}

function groupField(name, required, schema, about, depth) {
  const inside = Object.entries(schema.properties).map(([member, its]) =>
    fieldOf(
      member,
      its,
      required && schema.required?.includes(member) === true,
      undefined,
      depth + 1,
    )
  );
  const told = required ? "object" : "object, optional";
  const node = element(
    "fieldset",
    {},
    element("legend", {}, name, " ", element("small", { textContent: told })),
    about === undefined ? "" : element("p", { textContent: about }),
    ...inside.map((field) => field.node),
  );
  return {
    name,
    node,
    value() {
      const values = valuesOf(inside);
      return required ? values ?? {} : values;
    },
  };
}

function valuesOf(fields) {
  const values = fields.map((field) => [field.name, field.value()])
    .filter(([, value]) => value !== undefined);
  return values.length === 0 ? undefined : Object.fromEntries(values);
}

/** A value of the schema's shape, to begin from. */
function placeholderOf(written, depth = 0) {
  return JSON.stringify(exampleOf(written, depth), null, depth === 0 ? 2 : 0);
}

function exampleOf(written, depth) {
  const schema = resolved(written);
  if (depth > 4) return null;
  if (schema.type === "array") return [exampleOf(schema.items ?? {}, depth + 1)];
  if (schema.properties !== undefined) {
    const members = Object.entries(schema.properties);
    return Object.fromEntries(members.map(([name, its]) => [name, exampleOf(its, depth + 1)]));
  }
  return { string: "", number: 0, integer: 0, boolean: true }[schema.type] ??
    (depth > 0 ? null : {});
}

find("sign-in").onsubmit = async (event) => {
  event.preventDefault();
  const form = event.target;
  const { username, password, code } = Object.fromEntries(new FormData(form));
  const reply = await fetch("/login", {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ username, password, code }),
  });
  form.code.value = "";
  if (!reply.ok) {
    const { text, error } = await problemOf(reply);
    const asksForCode = error?.data?.name === "second_factor_required";
    showCode(asksForCode);
    if (asksForCode) {
      notice("Enter the code of your authenticator app, or a recovery code.");
      return form.code.focus();
    }
    form.password.value = "";
    notice(text);
    return form.password.focus();
  }
  form.password.value = "";
  showCode(false);
  notice();
  sessionStorage.setItem("account", username);
  await load();
};

/** Sends JSON, and gives the value of the answer. */
async function post(path, body) {
  const headers = { "content-type": "application/json" };
  const reply = await fetch(path, { method: "POST", headers, body: JSON.stringify(body) });
  if (!reply.ok) throw failure(await problemOf(reply));
  return await reply.json();
}

/** Does something with passkeys once for each click, and tells what went wrong. */
function onClick(button, work) {
  button.onclick = async () => {
    button.disabled = true;
    notice();
    try {
      await work();
    } catch (error) {
      notice(error.message);
    } finally {
      button.disabled = false;
    }
  };
}

onClick(find("passkey"), async () => {
  await signInByPasskey(post);
  // The server says what may be called, and not whose passkey it is.
  sessionStorage.setItem("account", "");
  await load();
});
onClick(find("add-passkey"), async () => {
  await addPasskey(post);
  tell("said", "This browser signs you in by a passkey from now on.");
});

/** The field for the code of a second factor, which most accounts never see. */
function showCode(isShown) {
  find("code").hidden = !isShown;
  find("code").querySelector("input").disabled = !isShown;
}

find("sign-out").onsubmit = async (event) => {
  event.preventDefault();
  await fetch("/logout", { method: "POST" });
  sessionStorage.removeItem("account");
  await load();
};

filter.oninput = showList;
addEventListener("hashchange", () => {
  showList();
  showMethod();
  main.focus();
});
addEventListener("keydown", (event) => {
  const isTyping = event.target.closest("input, textarea, select") !== null;
  if (event.key === "/" && !isTyping) {
    event.preventDefault();
    filter.focus();
  }
  if (event.key === "Escape") running?.abort();
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
    event.target.closest("form")?.requestSubmit();
  }
});
await load();
