// ECharts' options for a chart over time: stacked parts or one line, with the period before dashed.
import { base, parted, tip } from "./base.js";
import { flags, level, levelKey, withFlags } from "./marks.js";
import { exact, short } from "./numbers.js";
import { partClass } from "./palette.js";

export function keys(spec) {
  if (spec.series.length < 2 && !spec.previous && !spec.level) return [];
  const list = spec.series.map((part, index) => ({ name: part.name, kind: "dot", colour: partClass(index) }));
  if (spec.previous) list.push({ name: spec.previous.name, kind: "dash", colour: "key-before" });
  return [...list, ...levelKey(spec, short)];
}

function tooltip(spec, colours, index) {
  const { box, line } = tip(spec, index, spec.partial.includes(index) && "not complete");
  const known = (name, value, colour, kind) => {
    if (value !== null && value !== undefined) line(name, exact(value, spec.unit), colour, kind);
  };
  spec.series.forEach((part, at) => known(part.name, part.values[index], colours.part(at), "dot"));
  if (spec.series.length > 1) {
    // Sums of decimal amounts are rounded back to millionths, which is how they are stored.
    const sum = spec.series.reduce((all, part) => all + part.values[index], 0);
    known("Together", Math.round(sum * 1e6) / 1e6, colours.ink, "dot");
  }
  if (spec.previous) known(spec.previous.name, spec.previous.values[index], colours.previous, "dash");
  if (spec.level) known(spec.level.name, spec.level.value, colours.ink, "dots");
  for (const mark of spec.marks) if (mark.index === index) line(mark.label, "", colours.muted, "dash");
  return box;
}

function lone(spec, colours, calm) {
  const colour = colours.part(0);
  const symbol = spec.at.length - spec.partial.length < 2;
  const { whole, rest } = parted(spec.series[0].values, spec.partial);
  const shared = { type: "line", name: spec.series[0].name, color: colour, symbol: "circle", symbolSize: 6, emphasis: { disabled: true } };
  const fade = [{ offset: 0, color: `${colour}40` }, { offset: 1, color: `${colour}05` }];
  return [
    {
      ...shared, data: whole, showSymbol: symbol, lineStyle: { width: 2.25, color: colour }, z: 3, animation: !calm, animationDuration: 250,
      areaStyle: { color: { type: "linear", x: 0, y: 0, x2: 0, y2: 1, colorStops: fade } },
    },
    { ...shared, data: rest, showSymbol: false, lineStyle: { width: 2, type: [2, 4], color: colour, opacity: 0.7 }, z: 2, animation: false },
  ];
}

function stack(spec, colours, calm) {
  const symbol = spec.at.length - spec.partial.length < 2;
  const layers = spec.series.map((part, index) => ({ name: part.name, colour: colours.part(index), ...parted(part.values, spec.partial) }));
  const shared = ({ name, colour }) => ({ type: "line", name, color: colour, symbol: "circle", emphasis: { disabled: true } });
  const solid = layers.map((layer) => ({
    ...shared(layer), data: layer.whole, stack: "whole", showSymbol: symbol, lineStyle: { width: 1, color: colours.ground },
    areaStyle: { color: layer.colour, opacity: 0.85 }, animation: !calm, animationDuration: 250, z: 3,
  }));
  if (spec.partial.length === 0) return solid;
  // Stacked by themselves, for they share a bucket with the whole ones.
  const faint = layers.map((layer) => ({
    ...shared(layer), data: layer.rest, stack: "rest", showSymbol: false, lineStyle: { width: 1.5, type: [2, 4], color: layer.colour, opacity: 0.8 },
    areaStyle: { color: layer.colour, opacity: 0.22 }, animation: false, z: 2,
  }));
  return [...solid, ...faint];
}

function lines(spec, colours, calm) {
  const drawn = spec.series.length > 1 ? stack(spec, colours, calm) : lone(spec, colours, calm);
  if (spec.previous) {
    drawn.push({
      type: "line", name: spec.previous.name, data: parted(spec.previous.values, spec.partial).whole, color: colours.previous, symbol: "circle",
      showSymbol: spec.at.length === 1, lineStyle: { width: 1.75, type: [5, 4], color: colours.previous }, emphasis: { disabled: true }, animation: false, z: 4,
    });
  }
  return drawn;
}

export function option(spec, colours, width, calm) {
  const common = base(spec, colours, width, calm, (index) => tooltip(spec, colours, index));
  common.yAxis.axisLabel = { ...common.yAxis.axisLabel, formatter: (value) => short(value, spec.unit) };
  const marked = flags(spec.marks, spec.at.length, colours, width - 60);
  return { ...withFlags(common, spec.marks), series: [...lines(spec, colours, calm), ...level(spec, colours), ...marked] };
}
