// The names of the lines, above the chart. Text of the page wraps as it should, and its colours follow the theme.
export function legend(keys) {
  const list = document.createElement("ul");
  list.className = "chart-legend";
  list.dataset.made = "";
  list.setAttribute("aria-hidden", "true");
  list.hidden = keys.length === 0;
  for (const { name, kind, colour } of keys) {
    const item = list.appendChild(document.createElement("li"));
    item.className = colour;
    item.appendChild(document.createElement("i")).className = kind;
    item.appendChild(document.createElement("bdi")).textContent = name;
  }
  return list;
}
