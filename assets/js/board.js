// The board of initiatives: cards move by dragging, by keys, and by their list; each move is the card's own form, sent.
(() => {
  const board = document.querySelector("[data-board]");
  const told = document.querySelector("[data-board-told]");
  const main = document.getElementById("main");
  if (!board || !told || !main) return;
  const lanes = () => [...board.querySelectorAll("[data-lane]")];
  const laneOf = (card) => card.closest("[data-lane]");
  const name = (card) => card.querySelector(".board-title").innerText;
  const label = (status) => board.querySelector(`[data-lane="${CSS.escape(status)}"] h2 .status`).innerText;

  function tell(text, undo) {
    told.replaceChildren(text);
    if (!undo) return;
    const button = document.createElement("button");
    button.type = "button";
    button.className = "small";
    button.textContent = "Undo";
    button.addEventListener("click", undo);
    told.append(" ", button);
  }

  async function refusal(answer) {
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const words = page.querySelector("#main .prose");
    return words ? words.textContent : "The server did not take it.";
  }

  async function move(card, status, undoing) {
    const from = laneOf(card);
    const to = board.querySelector(`[data-lane="${CSS.escape(status)}"]`);
    if (!to || from === to || !("movable" in card.dataset) || card.getAttribute("aria-busy")) return;
    const before = card.nextElementSibling;
    const focus = card.contains(document.activeElement) ? document.activeElement : null;
    main.dataset.busy = "move";
    card.setAttribute("aria-busy", "true");
    to.querySelector("ul").prepend(card);
    if (focus) focus.focus();
    let wrong = "";
    try {
      const body = new URLSearchParams({ status, back: location.pathname + location.search });
      const answer = await fetch(card.querySelector("form").action, { method: "POST", body, redirect: "manual" });
      if (answer.type !== "opaqueredirect" && !answer.ok) wrong = await refusal(answer);
    } catch {
      wrong = "The server could not be reached.";
    }
    card.removeAttribute("aria-busy");
    delete main.dataset.busy;
    if (wrong) {
      from.querySelector("ul").insertBefore(card, before);
      card.querySelector("select").value = from.dataset.lane;
      tell(`“${name(card)}” was not moved. ${wrong}`);
      return;
    }
    const select = card.querySelector("select");
    for (const option of select.options) option.defaultSelected = option.value === status;
    select.value = status;
    tell(`Moved “${name(card)}” to ${label(status)}.`, undoing ? null : () => move(card, from.dataset.lane, true));
    document.dispatchEvent(new CustomEvent("etsm:refresh"));
  }

  board.addEventListener("change", (event) => {
    const card = event.target.closest("[data-card]");
    if (card && event.target.name === "status") move(card, event.target.value);
  });
  board.addEventListener("submit", (event) => {
    const card = event.target.closest("[data-card]");
    event.preventDefault();
    if (card) move(card, event.target.elements.status.value);
  });

  // Keys: j and k, or arrows, from card to card; [ and ] move the card.
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.target.matches("input, select, textarea") || document.querySelector("dialog[open]")) return;
    const links = (lane) => [...lane.querySelectorAll(".board-title a")];
    const card = document.activeElement.closest("[data-card]");
    const all = lanes();
    if (!card) {
      const first = board.querySelector(".board-title a");
      if (event.key === "j" && first) first.focus();
      return;
    }
    const lane = all.indexOf(laneOf(card));
    const own = links(all[lane]);
    const at = own.findIndex((link) => card.contains(link));
    const beside = (step) => {
      for (let next = lane + step; all[next]; next += step) {
        const there = links(all[next]);
        if (there.length) return there[Math.min(at, there.length - 1)];
      }
      return null;
    };
    let to = null;
    if (event.key === "j" || event.key === "ArrowDown") to = own[at + 1];
    else if (event.key === "k" || event.key === "ArrowUp") to = own[at - 1];
    else if (event.key === "ArrowRight") to = beside(1);
    else if (event.key === "ArrowLeft") to = beside(-1);
    else if (event.key === "[" || event.key === "]") {
      const next = all[lane + (event.key === "]" ? 1 : -1)];
      if (next) move(card, next.dataset.lane);
    } else return;
    event.preventDefault();
    if (to) to.focus();
  });

  // Dragging.
  let dragged = null;
  const arm = () => {
    for (const card of board.querySelectorAll("[data-movable]")) card.draggable = true;
  };
  const end = () => {
    if (dragged) dragged.classList.remove("dragged");
    dragged = null;
    delete main.dataset.busy;
    for (const lane of lanes()) lane.classList.remove("over");
  };
  board.addEventListener("dragstart", (event) => {
    dragged = event.target.closest("[data-movable]");
    if (!dragged) return;
    main.dataset.busy = "drag";
    event.dataTransfer.effectAllowed = "move";
    event.dataTransfer.setData("text/plain", name(dragged));
    dragged.classList.add("dragged");
  });
  board.addEventListener("dragover", (event) => {
    const lane = event.target.closest("[data-lane]");
    if (!dragged || !lane) return;
    event.preventDefault();
    for (const one of lanes()) one.classList.toggle("over", one === lane && one !== laneOf(dragged));
  });
  board.addEventListener("drop", (event) => {
    const lane = event.target.closest("[data-lane]");
    const card = dragged;
    event.preventDefault();
    end();
    if (card && lane) move(card, lane.dataset.lane);
  });
  board.addEventListener("dragend", end);
  document.addEventListener("etsm:updated", arm);
  arm();
})();
