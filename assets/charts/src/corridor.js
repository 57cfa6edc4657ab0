// A measured line against a band: what is expected after it, or what is usual along it.
import { base, parted, tip } from "./base.js";
import { flags, level, levelKey, rings, withFlags } from "./marks.js";
import { exact, short } from "./numbers.js";

export function keys(spec) {
  const inner = spec.inner.some(Boolean);
  const outer = spec.outer.some(Boolean);
  const list = [];
  if (spec.measured.some((value) => value !== null)) list.push({ name: "measured", kind: "dot", colour: "key-1" });
  if (spec.ahead) {
    list.push({ name: spec.band_name, kind: "dash", colour: "key-1" });
    if (inner) list.push({ name: "80 %", kind: "dot", colour: "key-inner" });
    if (outer) list.push({ name: "95 %", kind: "dot", colour: "key-outer" });
  } else if (inner || outer) {
    list.push({ name: `${spec.band_name} range`, kind: "dot", colour: "key-usual" });
  } else if (spec.middle.some((value) => value !== null)) {
    list.push({ name: spec.band_name, kind: "dash", colour: "key-before" });
  }
  if (spec.marks.some((mark) => mark.measured)) list.push({ name: "unusual", kind: "ring", colour: "key-ring" });
  return [...list, ...levelKey(spec, short)];
}

function tooltip(spec, colours, index) {
  const { box, line } = tip(spec, index, spec.partial.includes(index) && "not complete");
  const figure = (value) => exact(value, spec.unit);
  if (spec.measured[index] !== null) line("measured", figure(spec.measured[index]), colours.part(0), "dot");
  if (spec.middle[index] !== null) line(spec.band_name, figure(spec.middle[index]), spec.ahead ? colours.part(0) : colours.previous, "dash");
  const ground = spec.ahead ? colours.part(0) : colours.previous;
  const range = (name, ends, alpha) => ends && line(name, `${short(ends[0], spec.unit)} to ${short(ends[1], spec.unit)}`, ground + alpha, "dot");
  range("80 %", spec.inner[index], "60");
  range(spec.ahead ? "95 %" : "range", spec.outer[index], "38");
  if (spec.level) line(spec.level.name, figure(spec.level.value), colours.ink, "dots");
  for (const mark of spec.marks) if (mark.index === index) line(mark.label, "", colours.tone(mark.tone), "dot");
  return box;
}

// A range as two lines on each other: an unseen one up to the low end, and the room above it filled up to the high end.
function ribbon(ranges, name, colour, opacity, z) {
  const shared = { type: "line", stack: name, symbol: "none", lineStyle: { width: 0 }, emphasis: { disabled: true }, animation: false, silent: true, z };
  const low = (range) => Math.max(range[0], 0);
  return [
    { ...shared, data: ranges.map((range) => range && low(range)) },
    { ...shared, data: ranges.map((range) => range && Math.max(range[1], 0) - low(range)), areaStyle: { color: colour, opacity } },
  ];
}

// The expected path sets out from the last measured point that is complete, when it begins right after it.
function fanned(spec) {
  const first = spec.middle.findIndex((value) => value !== null);
  const from = first - 1;
  if (!spec.ahead || from < 0 || spec.measured[from] === null || spec.partial.includes(from)) return spec;
  const value = spec.measured[from];
  const put = (list, item) => list.map((old, index) => (index === from ? item : old));
  const range = (list) => (list[first] ? put(list, [value, value]) : list);
  return { middle: put(spec.middle, value), inner: range(spec.inner), outer: range(spec.outer) };
}

function band(spec, colours) {
  const { middle, inner, outer } = fanned(spec);
  const path = (colour, width) => ({
    type: "line", data: middle, color: colour, symbol: "circle", showSymbol: middle.filter((value) => value !== null).length === 1,
    lineStyle: { width, type: [6, 5], color: colour }, emphasis: { disabled: true }, animation: false, z: 4,
  });
  if (spec.ahead) {
    return [...ribbon(outer, "outer", colours.part(0), 0.13, 1), ...ribbon(inner, "inner", colours.part(0), 0.24, 1), path(colours.part(0), 2.25)];
  }
  const ranges = outer.map((range, index) => range || inner[index]);
  return ranges.some(Boolean) ? ribbon(ranges, "usual", colours.previous, 0.26, 1) : [path(colours.previous, 1.75)];
}

function measured(spec, colours, calm) {
  const { whole, rest } = parted(spec.measured, spec.partial);
  const colour = colours.part(0);
  const shared = { type: "line", color: colour, symbol: "circle", emphasis: { disabled: true } };
  const fade = [{ offset: 0, color: `${colour}40` }, { offset: 1, color: `${colour}05` }];
  const solid = {
    ...shared, data: whole, symbolSize: 6, showSymbol: whole.filter((value) => value !== null).length < 2,
    lineStyle: { width: 2.25, color: colour }, animation: !calm, animationDuration: 250, z: 3,
  };
  if (spec.ahead) solid.areaStyle = { color: { type: "linear", x: 0, y: 0, x2: 0, y2: 1, colorStops: fade } };
  const dotted = { ...shared, data: rest, showSymbol: false, lineStyle: { width: 2, type: [2, 4], color: colour, opacity: 0.7 }, animation: false, z: 2 };
  return spec.partial.length ? [solid, dotted] : [solid];
}

// Where the measured line ends, when the band goes on.
function now(spec) {
  let index = spec.at.length - 1;
  while (index >= 0 && spec.measured[index] === null) index -= 1;
  return index >= 0 && index < spec.at.length - 1 ? [{ index, label: "now", tone: "neutral" }] : [];
}

export function option(spec, colours, width, calm) {
  const common = base(spec, colours, width, calm, (index) => tooltip(spec, colours, index));
  common.yAxis.axisLabel = { ...common.yAxis.axisLabel, formatter: (value) => short(value, spec.unit) };
  const flagged = [...now(spec), ...spec.marks.filter((mark) => !mark.measured)];
  const ringed = spec.marks.filter((mark) => mark.measured);
  return {
    ...withFlags(common, flagged),
    series: [
      ...band(spec, colours),
      ...measured(spec, colours, calm),
      ...level(spec, colours),
      ...(ringed.length ? [rings(ringed, spec.measured, colours, width - 60)] : []),
      ...flags(flagged, spec.at.length, colours, width - 60),
    ],
  };
}
