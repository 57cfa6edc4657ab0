// The names of the lines, above the chart. Text of the page wraps as it should, and its colours follow the theme.
import { partClass } from "./palette.js";

export function legend(spec) {
  const list = document.createElement("ul");
  list.className = "chart-legend";
  list.setAttribute("aria-hidden", "true");
  if (spec.series.length < 2 && !spec.previous) list.hidden = true;
  const add = (name, kind, colour) => {
    const item = list.appendChild(document.createElement("li"));
    item.className = colour;
    item.appendChild(document.createElement("i")).className = kind;
    item.appendChild(document.createElement("bdi")).textContent = name;
  };
  spec.series.forEach((part, index) => add(part.name, "dot", partClass(index)));
  if (spec.previous) add(spec.previous.name, "dash", "key-before");
  return list;
}
