// When something was: in the time of whoever looks, and how long ago.

const exact = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "medium" });
const relative = new Intl.RelativeTimeFormat("en", { numeric: "auto" });
const UNITS = [
  ["day", 86_400],
  ["hour", 3_600],
  ["minute", 60],
];
const REFRESH = 10_000;

/** How far a time is from now, in words. */
export function distance(time) {
  const seconds = Math.round((time - Date.now()) / 1000);
  const found = UNITS.find(([, length]) => Math.abs(seconds) >= length);
  if (found) return relative.format(Math.trunc(seconds / found[1]), found[0]);
  return Math.abs(seconds) < 10 ? "just now" : relative.format(seconds, "second");
}

/** Shows a time in an element, and keeps "how long ago" true. */
export function showTime(holder, iso) {
  const time = new Date(iso);
  holder.dateTime = iso;
  holder.title = iso;
  const ago = holder.appendChild(document.createElement("b"));
  holder.append(` · ${exact.format(time)}`);
  const refresh = () => (ago.textContent = distance(time));
  refresh();
  const timer = setInterval(() => (holder.isConnected ? refresh() : clearInterval(timer)), REFRESH);
}
