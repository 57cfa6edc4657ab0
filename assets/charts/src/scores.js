// A score day by day, before zones of what it means.
import { base, parted, tip } from "./base.js";
import { flags, withFlags } from "./marks.js";

export function keys(spec) {
  if (spec.overridden.length === 0) return [];
  return [{ name: "score", kind: "dot", colour: "key-1" }, { name: "set by hand", kind: "dash", colour: "key-1" }];
}

function tooltip(spec, colours, index) {
  const { box, line } = tip(spec, index, spec.overridden.includes(index) && "set by hand");
  const score = spec.scores[index];
  line(score === null ? "no score" : spec.bands[index] || "score", score === null ? "" : score.toFixed(1), colours.part(0), "dot");
  for (const mark of spec.marks) if (mark.index === index) line(mark.label, "", colours.tone(mark.tone), "dash");
  return box;
}

function zones(spec, colours) {
  const zone = (from, to, colour) => ({
    type: "line", stack: "zones", data: spec.at.map(() => to - from), symbol: "none", lineStyle: { width: 1, color: colours.grid },
    areaStyle: { color: colour, opacity: 0.1 }, emphasis: { disabled: true }, animation: false, silent: true, z: 1,
  });
  return [
    zone(0, spec.watch_from, colours.tone("bad")),
    zone(spec.watch_from, spec.healthy_from, colours.watch),
    zone(spec.healthy_from, 100, colours.tone("good")),
  ];
}

// The limits of the zones as numbers, and between them their names.
function axisLabel(spec, text, colours) {
  const names = [["at risk", 0, spec.watch_from, "bad"], ["watch", spec.watch_from, spec.healthy_from, "watch"], ["healthy", spec.healthy_from, 100, "good"]];
  const named = new Map(names.filter(([, from, to]) => to - from >= 20).map(([name, from, to, tone]) => [(from + to) / 2, [name, tone]]));
  const rich = Object.fromEntries(["good", "watch", "bad"].map((tone) => [tone, { color: colours.toneText(tone) }]));
  return {
    ...text, rich, customValues: [0, spec.watch_from, spec.healthy_from, 100, ...named.keys()].sort((a, b) => a - b),
    formatter: (value) => (named.has(value) ? `{${named.get(value)[1]}|${named.get(value)[0]}}` : String(value)),
  };
}

export function option(spec, colours, width, calm) {
  const common = base(spec, colours, width, calm, (index) => tooltip(spec, colours, index));
  common.yAxis = {
    ...common.yAxis, max: 100, splitLine: { show: false }, axisLabel: axisLabel(spec, common.yAxis.axisLabel, colours),
  };
  const { whole, rest } = parted(spec.scores, spec.overridden);
  const colour = colours.part(0);
  const shared = { type: "line", color: colour, symbol: "circle", symbolSize: 5, emphasis: { disabled: true } };
  const lone = spec.scores.filter((score) => score !== null).length < 2;
  return {
    ...withFlags(common, spec.marks),
    series: [
      ...zones(spec, colours),
      { ...shared, data: whole, showSymbol: lone, lineStyle: { width: 2.25, color: colour }, animation: !calm, animationDuration: 250, z: 4 },
      { ...shared, data: rest, showSymbol: lone, lineStyle: { width: 2.25, type: [5, 5], color: colour }, animation: false, z: 3 },
      ...flags(spec.marks, spec.at.length, colours, width - 60),
    ],
  };
}
