// Numbers as the server writes them: short on the axis, exact in the tooltip.
const MINUS = "\u2212";

function trimmed(value, places) {
  const text = value.toFixed(places);
  return text.includes(".") ? text.replace(/\.?0+$/, "") : text;
}

export function short(value, unit) {
  const size = Math.abs(value);
  const sign = value < 0 ? MINUS : "";
  const prefix = unit.prefix || "";
  for (const [limit, factor, suffix] of [[999.5, 1, ""], [999.5e3, 1e3, "k"], [999.5e6, 1e6, "M"], [999.5e9, 1e9, "G"], [Infinity, 1e12, "T"]]) {
    if (size < limit) {
      const scaled = size / factor;
      const places = scaled < 9.995 ? 2 : scaled < 99.95 ? 1 : 0;
      return `${sign}${prefix}${trimmed(scaled, places)}${suffix && ` ${suffix}`}`;
    }
  }
  return "";
}

export function exact(value, unit) {
  const sign = value < 0 ? MINUS : "";
  const money = Boolean(unit.prefix);
  const text = Math.abs(value).toLocaleString("en-US", {
    minimumFractionDigits: money ? 2 : 0,
    maximumFractionDigits: money ? 6 : 0,
  });
  return `${sign}${unit.prefix || ""}${text}`;
}
