// The theme, the navigation and the search of the site. It works from files, without a server.
const { base } = document.currentScript.dataset;
const root = document.documentElement;

function stored(value) {
  try {
    if (value !== undefined) localStorage.setItem("theme", value);
    return localStorage.getItem("theme");
  } catch {
    return null; // pages of files may have no storage
  }
}

const chosen = stored();
if (chosen) root.dataset.theme = chosen;

addEventListener("DOMContentLoaded", () => {
  const wide = matchMedia("(min-width: 60rem)");
  const navigation = document.querySelector(".navigation");
  const open = () => navigation.open = wide.matches;
  wide.addEventListener("change", open);
  open();
  document.querySelector("[aria-current]")?.scrollIntoView({ block: "nearest" });
  scrollTo(0, location.hash ? scrollY : 0);

  document.querySelector("#theme").addEventListener("click", () => {
    const isDark = root.dataset.theme
      ? root.dataset.theme === "dark"
      : matchMedia("(prefers-color-scheme: dark)").matches;
    root.dataset.theme = isDark ? "light" : "dark";
    stored(root.dataset.theme);
  });
  search(document.querySelector("#search"), document.querySelector("#results"));
});

function search(input, results) {
  let chosen = -1;
  const load = () => {
    if (globalThis.searchIndex || document.querySelector("script[data-index]")) return;
    const script = document.createElement("script");
    script.src = `${base}search_index.js`;
    script.dataset.index = "";
    script.onload = show;
    document.head.append(script);
  };
  const choose = (index) => {
    const items = [...results.children];
    chosen = items.length === 0 ? -1 : (index + items.length) % items.length;
    items.forEach((item, at) => item.setAttribute("aria-selected", String(at === chosen)));
    items[chosen]?.scrollIntoView({ block: "nearest" });
    if (items[chosen]) input.setAttribute("aria-activedescendant", items[chosen].id);
  };
  function show() {
    const found = find(input.value, globalThis.searchIndex ?? []);
    results.replaceChildren(...found.map(([title, path, note], index) => {
      const item = document.createElement("li");
      item.id = `result-${index}`;
      item.setAttribute("role", "option");
      const link = document.createElement("a");
      link.href = base + path;
      link.tabIndex = -1;
      const small = document.createElement("small");
      small.textContent = note;
      link.append(title, " ", small);
      item.append(link);
      return item;
    }));
    const isOpen = found.length > 0;
    results.hidden = !isOpen;
    input.setAttribute("aria-expanded", String(isOpen));
    input.removeAttribute("aria-activedescendant");
    if (isOpen) choose(0);
  }
  input.addEventListener("focus", load);
  input.addEventListener("input", show);
  input.addEventListener("keydown", (event) => {
    if (event.key === "ArrowDown") choose(chosen + 1);
    else if (event.key === "ArrowUp") choose(chosen - 1);
    else if (event.key === "Enter") results.children[chosen]?.firstChild.click();
    else if (event.key === "Escape") {
      input.value = "";
      show();
      input.blur();
    } else return;
    event.preventDefault();
  });
  addEventListener("keydown", (event) => {
    const isTyping = /^(?:INPUT|TEXTAREA|SELECT)$/.test(event.target.tagName);
    if (event.key !== "/" || isTyping || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    input.focus();
  });
  addEventListener("click", ({ target }) => {
    if (!results.contains(target) && target !== input) results.hidden = true;
  });
}

/** The entries that have all words, the closest first. */
function find(text, index) {
  const words = text.toLowerCase().split(/\s+/).filter(Boolean);
  if (words.length === 0) return [];
  const scored = index.flatMap((entry) => {
    const title = entry[0].toLowerCase();
    const all = `${title} ${entry[2].toLowerCase()}`;
    if (!words.every((word) => all.includes(word))) return [];
    const inTitle = words.every((word) => title.includes(word));
    const score = title === words.join(" ") ? 0 : title.startsWith(words[0]) ? 1 : inTitle ? 2 : 3;
    return [{ entry, score: score * 1_000 + title.length }];
  });
  return scored.sort((a, b) => a.score - b.score).slice(0, 12).map(({ entry }) => entry);
}
