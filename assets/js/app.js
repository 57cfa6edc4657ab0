// The menu on phones, the theme switch, and forms that ask as soon as a choice is made.
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
