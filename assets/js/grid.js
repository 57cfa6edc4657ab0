// The grid of accounts: keys that go from row to row, and views that this browser keeps.
(() => {
  const form = document.querySelector("[data-grid-form]");
  const field = document.querySelector("[data-grid-filter]");
  if (!form || !field) return;

  const rows = () => [...document.querySelectorAll("[data-grid] tbody th a")];
  const typing = (node) => node instanceof Element && node.matches("input:not([type=checkbox]), textarea, select, [contenteditable]");

  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || typing(event.target) || document.querySelector("dialog[open]")) return;
    const all = rows();
    const at = all.indexOf(document.activeElement);
    const next = event.key === "j" || (event.key === "ArrowDown" && at >= 0);
    const before = event.key === "k" || (event.key === "ArrowUp" && at >= 0);
    let to = at;
    if (next) to = Math.min(all.length - 1, at + 1);
    else if (before) to = Math.max(0, at < 0 ? 0 : at - 1);
    else if (event.key === "Home" && at >= 0) to = 0;
    else if (event.key === "End" && at >= 0) to = all.length - 1;
    else if (event.key === "/") {
      event.preventDefault();
      field.focus();
      field.select();
      return;
    } else return;
    if (!all.length) return;
    event.preventDefault();
    all[to].focus();
    all[to].scrollIntoView({ block: "nearest" });
  });

  // Down from the field leads into the rows.
  field.addEventListener("keydown", (event) => {
    const [first] = rows();
    if (event.key !== "ArrowDown" || !first) return;
    event.preventDefault();
    first.focus();
  });

  // The usual columns need not stand in the address.
  const boxes = [...form.querySelectorAll("input[name=col]")];
  const usual = boxes.every((box) => box.checked === box.defaultChecked) && !new URLSearchParams(location.search).has("col");
  form.addEventListener("formdata", (event) => {
    if (usual && boxes.every((box) => box.checked === box.defaultChecked)) event.formData.delete("col");
  });

  // Views with a name; what they show stands in their address.
  const STORE = "etsm-views";
  const list = document.querySelector("nav.pills[aria-label=View] ul");
  if (!list) return;
  const own = document.createElement("ul");
  own.className = "own-views";
  own.dataset.made = "";
  list.after(own);

  const read = () => {
    try {
      const views = JSON.parse(localStorage.getItem(STORE) || "[]");
      return Array.isArray(views) ? views.filter((view) => typeof view.name === "string" && typeof view.query === "string") : [];
    } catch {
      return [];
    }
  };
  const write = (views) => {
    try {
      localStorage.setItem(STORE, JSON.stringify(views.slice(0, 30)));
      return true;
    } catch {
      return false;
    }
  };
  const here = () => {
    const query = new URLSearchParams(location.search);
    query.delete("page");
    return query.toString();
  };

  function item(view) {
    const node = document.createElement("li");
    const link = node.appendChild(document.createElement("a"));
    link.href = view.query ? `/accounts?${view.query}` : "/accounts";
    link.appendChild(document.createElement("bdi")).textContent = view.name;
    if (view.query === here()) link.setAttribute("aria-current", "true");
    const away = node.appendChild(document.createElement("button"));
    away.type = "button";
    away.className = "quiet";
    away.textContent = "×";
    away.setAttribute("aria-label", `Remove the view “${view.name}”`);
    away.addEventListener("click", () => {
      write(read().filter((one) => one.name !== view.name));
      show();
      own.querySelector("button").focus();
    });
    return node;
  }

  function keep() {
    const node = document.createElement("li");
    const open = node.appendChild(document.createElement("button"));
    open.type = "button";
    open.className = "quiet";
    open.textContent = "+ Save view";
    open.addEventListener("click", () => {
      const naming = document.createElement("form");
      const name = naming.appendChild(document.createElement("input"));
      name.required = true;
      name.maxLength = 40;
      name.placeholder = "Name of this view";
      name.setAttribute("aria-label", "Name of this view");
      naming.appendChild(document.createElement("button")).textContent = "Save";
      naming.addEventListener("submit", (event) => {
        event.preventDefault();
        const view = { name: name.value.trim(), query: here() };
        if (!view.name) return;
        if (write([...read().filter((one) => one.name !== view.name), view])) show();
        else {
          name.setCustomValidity("This browser keeps nothing. Bookmark the page instead: its address is the view.");
          name.reportValidity();
        }
      });
      naming.addEventListener("keydown", (event) => event.key === "Escape" && show());
      node.replaceChildren(naming);
      name.focus();
    });
    return node;
  }

  function show() {
    own.replaceChildren(...read().map(item), keep());
  }
  show();
})();
