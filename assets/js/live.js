// Keeps an open page up to date: hears of newer figures, fetches the page again, and changes in place what differs.
// What a person did to the page stays: focus, scroll, open details, text in fields.
(() => {
  const main = document.getElementById("main");
  const foot = document.querySelector("[data-version]");
  const when = document.querySelector("[data-live-when]");
  const bar = document.querySelector("[data-live-state]");
  if (!main || !foot || !when || !bar) return;
  const words = bar.querySelector("[data-live-words]");
  const login = bar.querySelector("[data-live-login]");
  const retry = bar.querySelector("[data-live-retry]");

  // Thousands of pages must not ask in the same moment, nor one page for each of many small imports.
  const REST_MS = 4000;
  const SPREAD_MS = 1500;
  // The server says something every 20 seconds.
  const SILENCE_MS = 45000;
  const WAIT_MS = 1000;
  const WAIT_MAX_MS = 60000;

  let made = Date.now();
  let newest = Number(foot.dataset.version);
  let attempts = 0;
  let stream = null;
  let timer = 0;
  let refreshing = 0;

  const hour = () => new Date(made).toISOString().slice(11, 16);
  const pause = (ms) => new Promise((done) => setTimeout(done, ms));

  function age() {
    const seconds = Math.round((Date.now() - made) / 1000);
    if (seconds < 5) return "Updated just now";
    if (seconds < 60) return `Updated ${seconds} s ago`;
    if (seconds < 3600) return `Updated ${Math.floor(seconds / 60)} min ago`;
    return `Updated ${Math.floor(seconds / 3600)} h ago`;
  }

  function tick() {
    when.textContent = age();
  }

  // What keeps the page from being up to date; null when nothing does.
  function tell(state) {
    const told = {
      lost: `No connection. You see the figures of ${hour()} UTC; this page tries again by itself.`,
      offline: `You are offline. You see the figures of ${hour()} UTC.`,
      full: `Too many pages are open to keep this one live. You see the figures of ${hour()} UTC.`,
      failed: `There are newer figures, but they could not be fetched. You see those of ${hour()} UTC.`,
      out: "You are logged out. What you see is from before.",
      shut: "You may not see this page any more. What you see is from before.",
    };
    const text = state ? told[state] : "";
    if (words.textContent !== text) words.textContent = text;
    bar.hidden = !state;
    document.documentElement.dataset.live = state || "on";
    if (login) {
      login.hidden = state !== "out";
      login.href = `/auth/login?to=${encodeURIComponent(location.pathname + location.search)}`;
    }
    retry.hidden = !state || state === "out" || state === "shut";
  }

  const refusal = (status) => ({ 401: "out", 403: "shut", 503: "full" })[status] || "lost";

  // Changing a page in place.

  // Attributes that script and people set; the server's word on them is only the beginning.
  const OWN = new Set(["hidden", "open", "data-live", "aria-expanded", "aria-busy"]);

  const touched = (field) => {
    if (field.type === "checkbox" || field.type === "radio") return field.checked !== field.defaultChecked;
    return field.value !== field.defaultValue;
  };

  function attributes(old, fresh) {
    for (const { name } of [...old.attributes]) if (!OWN.has(name) && !fresh.hasAttribute(name)) old.removeAttribute(name);
    for (const { name, value } of fresh.attributes) {
      if (!OWN.has(name) && old.getAttribute(name) !== value) old.setAttribute(name, value);
    }
  }

  const same = (old, fresh) => old.nodeType === fresh.nodeType && old.nodeName === fresh.nodeName && (old.id || "") === (fresh.id || "");
  const key = (node) => (node.dataset && node.dataset.key) || "";
  const look = (node) => (node.getAttribute ? node.getAttribute("class") : "");

  function morph(old, fresh) {
    if (old.isEqualNode(fresh)) return;
    if (old.nodeType !== Node.ELEMENT_NODE) {
      old.nodeValue = fresh.nodeValue;
      return;
    }
    // What script fills stays as script left it.
    if (old.dataset && "own" in old.dataset) return;
    if (old instanceof HTMLTextAreaElement || old instanceof HTMLInputElement) {
      if (touched(old) || old === document.activeElement) return;
      attributes(old, fresh);
      if (old instanceof HTMLTextAreaElement) old.defaultValue = fresh.defaultValue;
      return;
    }
    if (old instanceof HTMLSelectElement && ([...old.options].some((one) => one.selected !== one.defaultSelected && !(one.index === 0)) || old === document.activeElement)) return;
    attributes(old, fresh);
    children(old, fresh);
  }

  function children(old, fresh) {
    // What scripts added stands where it stands.
    const left = [...old.childNodes].filter((node) => !(node.dataset && "made" in node.dataset));
    const like = (next) => {
      const alike = left.filter((node) => key(node) === key(next) && same(node, next));
      return alike.find((node) => look(node) === look(next)) || alike[0];
    };
    let after = null;
    for (const next of [...fresh.childNodes]) {
      const kept = like(next);
      const before = after ? after.nextSibling : old.firstChild;
      if (!kept) {
        after = old.insertBefore(document.importNode(next, true), before);
        continue;
      }
      left.splice(left.indexOf(kept), 1);
      const misplaced = after && after.compareDocumentPosition(kept) & Node.DOCUMENT_POSITION_PRECEDING;
      // Moving what holds the focus would take the focus away.
      if (misplaced && !kept.contains(document.activeElement)) old.insertBefore(kept, before);
      morph(kept, next);
      after = kept;
    }
    for (const node of left) node.remove();
  }

  async function refresh() {
    const answer = await fetch(location.href, { headers: { accept: "text/html" }, cache: "no-store" });
    if (!answer.ok) {
      tell(answer.status === 503 ? "failed" : refusal(answer.status));
      return false;
    }
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const fresh = page.getElementById("main");
    const freshFoot = page.querySelector("[data-version]");
    if (!fresh || !freshFoot) return false;
    morph(main, fresh);
    morph(foot, freshFoot);
    document.title = page.title;
    foot.dataset.version = freshFoot.dataset.version;
    made = Date.now();
    when.hidden = false;
    tick();
    tell(null);
    document.dispatchEvent(new CustomEvent("etsm:updated"));
    return true;
  }

  // One refresh at a time; what is told meanwhile is fetched after it.
  async function follow() {
    if (refreshing) return;
    refreshing = 1;
    try {
      let failures = 0;
      while (Number(foot.dataset.version) < newest && !document.hidden) {
        await pause(Math.max(0, made + REST_MS - Date.now()) + Math.random() * SPREAD_MS);
        // Something is being dragged or filled in that must not change under the hand.
        while (main.dataset.busy) await pause(300);
        const done = await refresh().catch(() => false);
        if (document.documentElement.dataset.live === "out" || document.documentElement.dataset.live === "shut") return;
        if (!done) {
          tell("failed");
          failures += 1;
          await pause(Math.min(WAIT_MAX_MS, WAIT_MS * 2 ** failures));
        }
      }
    } finally {
      refreshing = 0;
    }
  }

  // Whoever changed something wants to see it at once.
  document.addEventListener("etsm:refresh", () => refresh().catch(() => tell("failed")));

  // Hearing of newer figures.

  function hear(event) {
    const data = event.split("\n").filter((line) => line.startsWith("data:")).map((line) => line.slice(5)).join("\n");
    if (!data) return;
    newest = Math.max(newest, JSON.parse(data).version);
    follow();
  }

  async function listen(own) {
    const answer = await fetch("/events", { headers: { accept: "text/event-stream" }, cache: "no-store", signal: own.signal });
    if (!answer.ok || !answer.body) {
      own.wait = Number(answer.headers.get("retry-after")) * 1000;
      return refusal(answer.status);
    }
    attempts = 0;
    tell(null);
    const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
    let text = "";
    for (;;) {
      const silence = setTimeout(() => own.abort(), SILENCE_MS);
      const { done, value } = await reader.read().finally(() => clearTimeout(silence));
      if (done) return null;
      text += value;
      const events = text.split("\n\n");
      text = events.pop();
      events.forEach(hear);
    }
  }

  async function connect() {
    clearTimeout(timer);
    if (stream) stream.abort();
    const own = new AbortController();
    stream = own;
    const state = await listen(own).catch(() => (navigator.onLine === false ? "offline" : "lost"));
    if (own !== stream || document.hidden) return;
    // A stream that ended as it should is opened again without a word.
    if (state) tell(state);
    if (state === "out" || state === "shut") return;
    attempts += 1;
    const most = Math.min(WAIT_MAX_MS, WAIT_MS * 2 ** attempts);
    timer = setTimeout(connect, Math.max(own.wait || 0, most / 2) + (Math.random() * most) / 2);
  }

  function leave() {
    clearTimeout(timer);
    const own = stream;
    stream = null;
    if (own) own.abort();
  }

  retry.addEventListener("click", connect);
  addEventListener("online", connect);
  addEventListener("offline", () => tell("offline"));
  // A page that nobody sees asks for nothing; a browser has few connections for all its tabs.
  document.addEventListener("visibilitychange", () => (document.hidden ? leave() : connect()));
  addEventListener("pagehide", leave);
  addEventListener("pageshow", (event) => event.persisted && connect());
  setInterval(() => document.hidden || tick(), 5000);
  when.hidden = false;
  tick();
  if (!document.hidden) connect();
})();
