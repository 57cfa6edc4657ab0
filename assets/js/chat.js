// The browser chat: sends lines without leaving the page, and completes them while one types.
(() => {
  const log = document.querySelector("[data-log]");
  const composer = document.querySelector("[data-composer]");
  const field = document.getElementById("line");
  const list = document.getElementById("choices");
  if (!log || !composer || !field || !list) return;

  const sent = [];
  let place = 0;
  let choices = [];
  let chosen = -1;
  let asked = 0;

  field.setAttribute("role", "combobox");
  field.setAttribute("aria-autocomplete", "list");
  field.setAttribute("aria-controls", "choices");
  field.setAttribute("aria-expanded", "false");

  function toEnd() {
    log.scrollTop = log.scrollHeight;
  }

  function failed(line, words) {
    const note = document.createElement("p");
    note.className = "apology lost";
    note.setAttribute("role", "alert");
    note.textContent = `${words} “${line}” was not answered.`;
    log.append(note);
    toEnd();
  }

  async function send(line) {
    if (!line.trim()) return;
    sent.push(line);
    place = sent.length;
    hide();
    log.setAttribute("aria-busy", "true");
    const wait = document.createElement("p");
    wait.className = "thinking";
    wait.textContent = "etsm is thinking …";
    log.append(wait);
    toEnd();
    try {
      const reply = await fetch("/chat/ask", { method: "POST", body: new URLSearchParams({ line, fragment: "1" }) });
      if (!reply.ok) throw new Error(String(reply.status));
      const holder = document.createElement("template");
      holder.innerHTML = await reply.text();
      wait.remove();
      const exchange = holder.content.firstElementChild;
      log.append(holder.content);
      // What was asked stands at the top, and the reply is read from its begin.
      if (exchange) log.scrollTop += exchange.getBoundingClientRect().top - log.getBoundingClientRect().top - 12;
    } catch {
      wait.remove();
      failed(line, "The server could not be reached.");
    } finally {
      log.removeAttribute("aria-busy");
    }
  }

  let timer;
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (!(form instanceof HTMLFormElement) || !form.matches("[data-ask]")) return;
    event.preventDefault();
    if (form === composer) {
      const line = field.value;
      field.value = "";
      // What was typed last may still wait for its completions; they would cover the reply.
      clearTimeout(timer);
      hide();
      send(line);
      field.focus();
    } else {
      send(event.submitter?.value || form.elements.line.value);
    }
  });

  // A button that only begins a line, for what has to be written still.
  document.addEventListener("click", (event) => {
    const begun = event.target instanceof Element && event.target.closest("[data-draft]");
    if (!begun) return;
    event.preventDefault();
    field.value = begun.dataset.draft;
    field.focus();
    complete();
  });

  function hide() {
    choices = [];
    chosen = -1;
    asked += 1;
    list.hidden = true;
    list.replaceChildren();
    field.setAttribute("aria-expanded", "false");
    field.removeAttribute("aria-activedescendant");
  }

  function mark(index) {
    chosen = index;
    [...list.children].forEach((item, at) => {
      item.setAttribute("aria-selected", String(at === index));
      if (at === index) {
        item.scrollIntoView({ block: "nearest" });
        field.setAttribute("aria-activedescendant", item.id);
      }
    });
    if (index < 0) field.removeAttribute("aria-activedescendant");
  }

  function take(index) {
    const value = choices[index].value;
    field.value = value.endsWith(":") || value.endsWith(" ") ? value : `${value} `;
    hide();
    field.focus();
    complete();
  }

  async function complete() {
    const own = (asked += 1);
    try {
      const reply = await fetch(`/chat/complete?line=${encodeURIComponent(field.value)}`);
      const found = reply.ok ? await reply.json() : [];
      if (own !== asked) return;
      choices = found.filter((choice) => choice.value.trim() !== field.value.trim());
    } catch {
      choices = [];
    }
    chosen = -1;
    field.removeAttribute("aria-activedescendant");
    list.replaceChildren(
      ...choices.map((choice, index) => {
        const item = document.createElement("li");
        item.id = `choice-${index}`;
        item.setAttribute("role", "option");
        item.setAttribute("aria-selected", "false");
        const label = item.appendChild(document.createElement("bdi"));
        label.textContent = choice.label;
        item.addEventListener("mousedown", (event) => {
          event.preventDefault();
          take(index);
        });
        return item;
      }),
    );
    list.hidden = choices.length === 0;
    field.setAttribute("aria-expanded", String(choices.length > 0));
  }

  field.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(complete, 60);
  });
  field.addEventListener("focus", () => {
    if (field.value) complete();
  });
  field.addEventListener("blur", () => setTimeout(hide, 100));
  field.addEventListener("keydown", (event) => {
    const open = !list.hidden && choices.length > 0;
    if (event.key === "Tab" && open && !event.shiftKey) {
      event.preventDefault();
      take(Math.max(chosen, 0));
    } else if (event.key === "Enter" && open && chosen >= 0) {
      event.preventDefault();
      take(chosen);
    } else if (event.key === "Escape" && open) {
      event.preventDefault();
      hide();
    } else if (event.key === "ArrowDown" && open) {
      event.preventDefault();
      mark((chosen + 1) % choices.length);
    } else if (event.key === "ArrowUp" && open) {
      event.preventDefault();
      mark(chosen <= 0 ? choices.length - 1 : chosen - 1);
    } else if (event.key === "ArrowUp" && sent.length) {
      event.preventDefault();
      place = Math.max(0, place - 1);
      field.value = sent[place];
    } else if (event.key === "ArrowDown" && sent.length) {
      event.preventDefault();
      place = Math.min(sent.length, place + 1);
      field.value = sent[place] || "";
    }
  });

  toEnd();
  if (!matchMedia("(pointer: coarse)").matches) field.focus();
})();
