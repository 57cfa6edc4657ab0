// The menu on phones, the theme switch, the tools of charts, and forms that ask as soon as a choice is made.
(() => {
  const root = document.documentElement;

  const menu = document.querySelector("[data-menu]");
  if (menu) {
    menu.hidden = false;
    menu.addEventListener("click", () => {
      const open = root.classList.toggle("menu-open");
      menu.setAttribute("aria-expanded", String(open));
    });
  }

  const themes = ["system", "light", "dark"];
  const button = document.querySelector("[data-theme-switch]");
  if (button) {
    const name = button.querySelector("[data-theme-name]");
    const tell = () => {
      name.textContent = `Theme: ${root.dataset.theme || "system"}`;
    };
    button.hidden = false;
    tell();
    button.addEventListener("click", () => {
      const next = themes[(themes.indexOf(root.dataset.theme || "system") + 1) % themes.length];
      if (next === "system") delete root.dataset.theme;
      else root.dataset.theme = next;
      try {
        if (next === "system") localStorage.removeItem("etsm-theme");
        else localStorage.setItem("etsm-theme", next);
      } catch {
        // Without storage the choice lasts as long as the page.
      }
      tell();
    });
  }

  // What is chosen may lie beyond the edge of a narrow screen.
  for (const strip of document.querySelectorAll(".tabs ul, .pill-rows")) {
    const chosen = strip.querySelector("[aria-current]");
    if (!chosen || strip.scrollWidth <= strip.clientWidth) continue;
    const [own, its] = [strip.getBoundingClientRect(), chosen.getBoundingClientRect()];
    strip.scrollLeft = its.left - own.left - (own.width - its.width) / 2;
  }

  // The palette and the shortcuts come with their first use, which they then get to see.
  const search = document.querySelector("[data-palette-open]");
  if (search) {
    search.querySelector("kbd").textContent = /Mac|iP(hone|ad|od)/.test(navigator.platform) ? "⌘ K" : "Ctrl K";
    search.hidden = false;
    const wake = (event) => {
      const chord = (event.ctrlKey || event.metaKey) && event.key === "k";
      const typing = event.target instanceof Element && event.target.matches("input, textarea, select");
      const key = !event.ctrlKey && !event.metaKey && !event.altKey && !typing && (event.key === "?" || event.key === "g");
      if (event.type !== "click" && !chord && !key) return;
      event.preventDefault();
      document.removeEventListener("keydown", wake);
      search.removeEventListener("click", wake);
      const script = document.createElement("script");
      script.src = search.dataset.script;
      script.addEventListener("load", () => event.target.dispatchEvent(new event.constructor(event.type, event)));
      document.head.append(script);
    };
    document.addEventListener("keydown", wake);
    search.addEventListener("click", wake);
  }

  // What a chart can do besides its files: its address to pass on, and the whole screen.
  function tool(words, act) {
    const node = document.createElement("button");
    node.type = "button";
    node.className = "quiet";
    node.textContent = words;
    node.addEventListener("click", () => act(node));
    return node;
  }

  async function copy(address, told) {
    const words = told.textContent;
    try {
      await navigator.clipboard.writeText(address);
      told.textContent = "Copied";
    } catch {
      told.textContent = "Copy it by hand";
    }
    setTimeout(() => (told.textContent = words), 2500);
  }

  function equip() {
    for (const figure of document.querySelectorAll("figure.chart")) {
      const tools = figure.querySelector(".chart-tools");
      if (!tools || tools.querySelector("[data-made]")) continue;
      const holder = document.createElement("span");
      holder.className = "chart-acts";
      holder.dataset.made = "";
      holder.setAttribute("aria-live", "polite");
      const own = figure.closest(".tile")?.querySelector(".card-link");
      holder.append(tool("Copy link", (node) => copy(own ? own.href : location.href.split("#")[0], node)));
      if (document.fullscreenEnabled) {
        const whole = tool("Full screen", () => (document.fullscreenElement ? document.exitFullscreen() : figure.requestFullscreen()));
        figure.addEventListener("fullscreenchange", () => (whole.textContent = document.fullscreenElement ? "Leave full screen" : "Full screen"));
        holder.append(whole);
      }
      tools.append(holder);
    }
  }
  equip();
  document.addEventListener("etsm:updated", equip);

  // On paper each chart has its figures beside it, unless that would be a book.
  const ROWS_PRINTED_MAX = 100;
  addEventListener("beforeprint", () => {
    for (const table of document.querySelectorAll("details.chart-table:not([open])")) {
      if (table.querySelectorAll("tbody tr").length > ROWS_PRINTED_MAX) continue;
      table.open = true;
      table.dataset.printed = "";
    }
  });
  addEventListener("afterprint", () => {
    for (const table of document.querySelectorAll("[data-printed]")) {
      table.open = false;
      delete table.dataset.printed;
    }
  });

  for (const field of document.querySelectorAll("[data-copy]")) {
    field.addEventListener("focus", () => field.select());
    field.after(tool("Copy", (node) => copy(field.value, node)));
  }

  for (const form of document.querySelectorAll("[data-filters]")) {
    form.addEventListener("change", (event) => {
      if (event.target instanceof HTMLSelectElement) form.requestSubmit();
    });
    // Fields left empty need not stand in the address.
    form.addEventListener("formdata", (event) => {
      for (const [key, value] of [...event.formData]) if (value === "") event.formData.delete(key);
    });
  }
})();
