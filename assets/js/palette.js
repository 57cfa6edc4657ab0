// The search palette (Ctrl or ⌘ and K), the sheet of shortcuts (?), and keys that lead to pages (g and a letter).
(() => {
  const open = document.querySelector("[data-palette-open]");
  if (!open || typeof HTMLDialogElement === "undefined") return;
  const chord = open.querySelector("kbd").textContent;

  const make = (name, properties, ...inside) => {
    const node = Object.assign(document.createElement(name), properties);
    node.append(...inside);
    return node;
  };

  // Closing gives the focus back to where it was; the browser does that for dialogs.
  function dialog(label, className) {
    const node = make("dialog", { className });
    node.setAttribute("aria-label", label);
    node.addEventListener("click", (event) => event.target === node && node.close());
    document.body.append(node);
    return node;
  }

  const palette = dialog("Search", "palette");
  const field = make("input", { type: "text", placeholder: "Find an account, a page, a command …", autocomplete: "off", spellcheck: false, dir: "auto" });
  const list = make("ul", { id: "found", className: "found" });
  const none = make("p", { className: "empty", hidden: true });
  none.setAttribute("role", "status");
  for (const [name, value] of Object.entries({ role: "combobox", "aria-label": "Search", "aria-controls": "found", "aria-expanded": "true", "aria-autocomplete": "list" })) field.setAttribute(name, value);
  list.setAttribute("role", "listbox");
  list.setAttribute("aria-label", "Found");
  palette.append(field, list, none);

  let asked = 0;
  let timer = 0;
  let chosen = 0;
  const options = () => [...list.querySelectorAll("[role=option]")];

  function mark(to) {
    const all = options();
    chosen = all.length ? (to + all.length) % all.length : 0;
    all.forEach((item, at) => item.setAttribute("aria-selected", String(at === chosen)));
    if (all[chosen]) {
      all[chosen].scrollIntoView({ block: "nearest" });
      field.setAttribute("aria-activedescendant", all[chosen].id);
    } else field.removeAttribute("aria-activedescendant");
  }

  function show(found) {
    const groups = new Map();
    found.forEach((one, at) => {
      if (!groups.has(one.group)) {
        const head = make("li", { className: "found-group", textContent: one.group });
        head.setAttribute("role", "presentation");
        groups.set(one.group, [head]);
      }
      const item = make("li", { id: `found-${at}` }, make("bdi", { textContent: one.label }));
      item.setAttribute("role", "option");
      item.dataset.href = one.href;
      item.addEventListener("click", () => location.assign(one.href));
      item.addEventListener("mousemove", () => chosen !== options().indexOf(item) && mark(options().indexOf(item)));
      groups.get(one.group).push(item);
    });
    list.replaceChildren(...[...groups.values()].flat());
    mark(0);
  }

  async function look() {
    const own = (asked += 1);
    let words = "";
    try {
      const answer = await fetch(`/search?q=${encodeURIComponent(field.value)}`, { headers: { accept: "application/json" } });
      if (own !== asked) return;
      if (answer.ok) {
        const found = await answer.json();
        if (own !== asked) return;
        show(found);
        if (!found.length) words = `Nothing is called “${field.value}”. Try a part of a name, or a command such as “usage”.`;
      } else {
        show([]);
        words = answer.status === 401 ? "You are logged out. Reload the page." : "The server could not search just now.";
      }
    } catch {
      if (own !== asked) return;
      show([]);
      words = "The server could not be reached.";
    }
    none.textContent = words;
    none.hidden = !words;
  }

  function begin() {
    if (palette.open) return;
    field.value = "";
    palette.showModal();
    field.focus();
    look();
  }

  open.addEventListener("click", begin);
  field.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(look, 60);
  });
  field.addEventListener("keydown", (event) => {
    const to = { ArrowDown: chosen + 1, ArrowUp: chosen - 1 }[event.key];
    if (to !== undefined) {
      event.preventDefault();
      mark(to);
    } else if (event.key === "Enter") {
      event.preventDefault();
      const item = options()[chosen];
      if (item) location.assign(item.dataset.href);
    }
  });

  // The sheet of shortcuts.
  const KEYS = [
    ["Everywhere", [[chord, "Search"], ["?", "These shortcuts"], ["g p", "Portfolio"], ["g a", "Accounts"], ["g u", "Usage"], ["g i", "Initiatives"], ["g b", "Board"], ["g s", "Status"], ["Esc", "Close"]]],
    ["Accounts", [["/", "Filter"], ["j  k", "Next and previous account"], ["Enter", "Open it"]]],
    ["Board", [["j  k", "Next and previous card"], ["←  →", "Next column"], ["[  ]", "Move the card"]]],
    ["Charts", [["Ctrl + wheel", "Zoom"], ["Shift + drag", "Pan"]]],
  ];
  const sheet = dialog("Keyboard shortcuts", "sheet");
  const close = make("button", { type: "button", className: "small", textContent: "Close" });
  close.addEventListener("click", () => sheet.close());
  sheet.append(make("div", { className: "card-head" }, make("h2", { textContent: "Keyboard shortcuts" }), close));
  for (const [title, keys] of KEYS) {
    const rows = keys.map(([key, words]) => make("div", {}, make("dt", {}, ...key.split("  ").flatMap((one) => [make("kbd", { textContent: one }), " "])), make("dd", { textContent: words })));
    sheet.append(make("section", {}, make("h3", { textContent: title }), make("dl", {}, ...rows)));
  }

  const PLACES = { p: "/", a: "/accounts", u: "/usage", i: "/initiatives", b: "/initiatives?view=board", s: "/status", h: "/help" };
  let going = 0;
  document.addEventListener("keydown", (event) => {
    if ((event.ctrlKey || event.metaKey) && !event.shiftKey && !event.altKey && event.key.toLowerCase() === "k") {
      event.preventDefault();
      if (palette.open) palette.close();
      else begin();
      return;
    }
    // Until the next frame a field in a dialog that just closed still has the focus, though nobody types there.
    const typing = event.target instanceof Element && event.target.matches("input, textarea, select, [contenteditable]") && !event.target.closest("dialog:not([open])");
    if (event.ctrlKey || event.metaKey || event.altKey || typing || document.querySelector("dialog[open]")) return;
    if (event.key === "?") {
      event.preventDefault();
      sheet.showModal();
    } else if (event.key === "g") {
      going = Date.now();
    } else if (Date.now() - going < 1500 && PLACES[event.key]) {
      event.preventDefault();
      location.assign(PLACES[event.key]);
    } else going = 0;
  });
})();
