// Times as people write them, to and from seconds. Pure.

/** Seconds as `m:ss.mmm` (or `h:mm:ss.mmm`), for an input. */
export function precise(seconds) {
  return written(Math.round(Math.max(0, seconds) * 1000), true);
}

/** Seconds as `m:ss` (or `h:mm:ss`), for reading. */
export function short(seconds) {
  return written(Math.floor(Math.max(0, seconds) + 1e-6) * 1000, false);
}

function written(milliseconds, fine) {
  const two = (value) => String(value).padStart(2, "0");
  const hours = Math.floor(milliseconds / 3_600_000);
  const minutes = Math.floor(milliseconds / 60_000) % 60;
  const rest = Math.floor(milliseconds / 1000) % 60;
  const head = hours ? `${hours}:${two(minutes)}` : `${minutes}`;
  return `${head}:${two(rest)}${fine ? `.${String(milliseconds % 1000).padStart(3, "0")}` : ""}`;
}

const SHAPE = /^(?:(?:(\d{1,3}):)?(\d{1,3}):)?(\d{1,5})(?:[.,](\d{1,3}))?$/;

/** What was typed, as seconds in whole milliseconds; null where it is no time. Takes `75.2`, `1:15,200`, `0:01:15`. */
export function parsed(text) {
  const found = SHAPE.exec(text.trim());
  if (!found) return null;
  const [, hours = "0", minutes, seconds, fraction = ""] = found;
  if (minutes !== undefined && Number(seconds) > 59) return null;
  if (found[1] !== undefined && Number(minutes) > 59) return null;
  const whole = Number(hours) * 3600 + Number(minutes ?? 0) * 60 + Number(seconds);
  return (whole * 1000 + Number(fraction.padEnd(3, "0"))) / 1000;
}

/** A duration in words, for people who listen: `1 minute 3 seconds`. */
export function spoken(seconds) {
  const whole = Math.round(Math.max(0, seconds));
  const parts = [
    [Math.floor(whole / 3600), "hour"],
    [Math.floor(whole / 60) % 60, "minute"],
    [whole % 60, "second"],
  ].filter(([count]) => count);
  return parts.map(([count, unit]) => `${count} ${unit}${count === 1 ? "" : "s"}`).join(" ") || "0 seconds";
}

/** Bytes in words. */
export function size(bytes) {
  const units = ["bytes", "kB", "MB", "GB", "TB"];
  let [value, at] = [bytes, 0];
  while (value >= 1000 && at < units.length - 1) [value, at] = [value / 1000, at + 1];
  return `${at && value < 100 ? value.toFixed(1) : Math.round(value)} ${units[at]}`;
}
