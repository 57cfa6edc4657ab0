// Moments worth pointing at: rings around points, and flags across the field. Words that do not fit are left out; the
// tooltip has them all.
const WORDS_MAX = 150;

function measure(words, font) {
  const pen = measure.pen || (measure.pen = document.createElement("canvas").getContext("2d"));
  pen.font = `500 12px ${font}`;
  return Math.min(pen.measureText(words).width, WORDS_MAX);
}

// Which of the marks have room for their words, the first ones first; words stand above their place, moved aside at the
// edges, or right of it. How far they are moved, and null without room.
function labelled(marks, count, colours, width, beside) {
  const taken = [];
  return marks.map(({ index, label }) => {
    const place = count > 1 ? (index / (count - 1)) * width : width / 2;
    const room = measure(label, colours.font) + 12;
    const wanted = beside(index) ? place : place - room / 2;
    const from = beside(index) ? wanted : Math.min(Math.max(wanted, 0), width - room);
    const free = from >= 0 && from + room <= width && taken.every(([left, right]) => from + room < left || right < from);
    if (free) taken.push([from, from + room]);
    return free ? from - wanted : null;
  });
}

const words = (colours, colour, moved, position) => ({
  show: moved !== null, offset: [moved || 0, 0], position, distance: position === "top" ? 5 : 8, color: colour, fontFamily: colours.font, fontSize: 12, fontWeight: 500,
  width: WORDS_MAX, overflow: "truncate", ellipsis: "…", textBorderColor: colours.ground, textBorderWidth: 3,
});

// Rings need the values of the line they stand on.
export function rings(marks, values, colours, width) {
  // Beside a low point there is room to the right, above a high one all around.
  const low = (index) => values[index] < values[index - 1] && values[index] < values[index + 1];
  const shown = labelled(marks, values.length, colours, width, low);
  const data = values.map(() => null);
  marks.forEach(({ index, label, tone }, at) => {
    const colour = colours.tone(tone);
    data[index] = {
      value: values[index], itemStyle: { color: colours.ground, borderColor: colour, borderWidth: 2.5 },
      label: { ...words(colours, colours.toneText(tone), shown[at], low(index) ? "right" : "top"), formatter: () => label },
    };
  });
  return {
    type: "line", data, symbol: "circle", symbolSize: 11, showSymbol: true, showAllSymbol: true, lineStyle: { opacity: 0 },
    emphasis: { disabled: true }, animation: false, z: 6, tooltip: { show: false },
  };
}

// Flags stand on an axis of their own, from 0 to 1, so that they are as high as the field.
export function flags(marks, count, colours, width) {
  const shown = labelled(marks, count, colours, width, () => false);
  return marks.map(({ index, label, tone }, at) => ({
    type: "line", yAxisIndex: 1, silent: true, symbol: "circle", symbolSize: (value) => (value[1] ? 6 : 0), showSymbol: true, showAllSymbol: true,
    data: [[index, 0], { value: [index, 1], label: { ...words(colours, colours.toneText(tone), shown[at], "top"), formatter: () => label } }],
    color: colours.tone(tone), lineStyle: { width: 1, type: [3, 4], color: colours.muted }, emphasis: { disabled: true }, animation: false, z: 2,
    tooltip: { show: false },
  }));
}

// What the values are held against, from side to side.
export function level(spec, colours) {
  if (!spec.level) return [];
  return [{
    type: "line", name: spec.level.name, data: spec.at.map(() => spec.level.value), symbol: "none", silent: true, color: colours.ink,
    lineStyle: { width: 1.5, type: [1, 5], cap: "round", color: colours.ink }, emphasis: { disabled: true }, animation: false, z: 4,
  }];
}

export function levelKey(spec, short) {
  return spec.level ? [{ name: `${spec.level.name}, ${short(spec.level.value, spec.unit)}`, kind: "dots", colour: "key-level" }] : [];
}

// Makes room for the words of flags, and gives them their axis.
export function withFlags(option, marks) {
  if (marks.length === 0) return option;
  const hidden = { type: "value", min: 0, max: 1, show: false };
  return { ...option, grid: { ...option.grid, top: 30 }, yAxis: [option.yAxis, hidden] };
}
