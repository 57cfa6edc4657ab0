// Instants in words; all times of the dashboard are UTC.
// British English writes Sept, the server Sep as all other months.
const form = (options) => {
  const words = new Intl.DateTimeFormat("en-GB", { timeZone: "UTC", ...options });
  return { format: (at) => words.format(at).replace("Sept ", "Sep ").replace(/Sept$/, "Sep") };
};
const day = form({ day: "numeric", month: "short" });
const long = form({ weekday: "short", day: "numeric", month: "short", year: "numeric" });
const hour = form({ day: "numeric", month: "short", hour: "2-digit", minute: "2-digit" });
const month = form({ month: "long", year: "numeric" });

export function tick(at, grain) {
  return grain === "hour" ? hour.format(at) : day.format(at);
}

export function heading(at, grain) {
  if (grain === "hour") return `${hour.format(at)} UTC`;
  if (grain === "month") return month.format(at);
  return grain === "week" ? `week of ${long.format(at)}` : long.format(at);
}
