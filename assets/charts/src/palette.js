// The chart's colours, read from the same custom properties that colour the SVG.
const PARTS = 6;

export function palette() {
  const style = getComputedStyle(document.documentElement);
  const read = (name, otherwise) => style.getPropertyValue(`--c-${name}`).trim() || otherwise;
  const series = Array.from({ length: PARTS }, (_, index) => read(`series-${index + 1}`, "#3b5bdb"));
  return {
    ink: read("ink", "#191d2b"),
    muted: read("muted-text", "#5a6376"),
    grid: read("grid", "#e8eaf0"),
    ground: read("ground", "#ffffff"),
    previous: read("before", "#8a93a6"),
    // The last colour is for all the rest.
    part: (index) => series[Math.min(index, PARTS - 1)],
    watch: read("watch", "#f0a020"),
    tone: (word) => ({ good: read("good", "#12a373"), bad: read("bad", "#e03131") })[word] || read("muted-text", "#5a6376"),
    toneText: (word) => read(word === "neutral" ? "muted-text" : `${word}-text`, "#5a6376"),
    font: "Inter, system-ui, sans-serif",
  };
}

// The style sheet gives these classes the colour of a part.
export function partClass(index) {
  return `key-${Math.min(index, PARTS - 1) + 1}`;
}
