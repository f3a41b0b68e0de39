// The video with its subtitles switched on: the track of the chosen language, and what is heard live until it stands.

import * as api from "./api.js";
import { el } from "./dom.js";
import { ENDED, language } from "./words.js";

const LIVE = "live";
const MOMENT = 5000;

/** `time(seconds)` while it plays; `chosen(tag)` when a track is chosen in the player's own menu. */
export function player({ id, time, chosen, signal }) {
  const video = el("video", { controls: true, preload: "metadata", playsinline: true, src: `/v1/jobs/${id}/media` });
  const trouble = el("p.note", { hidden: true });
  const node = el("div.player", video, trouble);
  const tracks = new Map();
  const live = video.addTextTrack("subtitles", "As it is heard");
  const heard = new Set();
  let [shown, ticks, touched] = [LIVE, 0, -MOMENT];
  live.mode = "showing";
  video.addEventListener("timeupdate", () => time(video.currentTime));
  video.addEventListener("seeked", () => time(video.currentTime));
  video.addEventListener("error", cannot);
  for (const kind of ["pointerdown", "keydown"]) video.addEventListener(kind, () => (touched = performance.now()), { capture: true });
  video.textTracks.addEventListener("change", noticed);
  signal.addEventListener("abort", () => {
    video.removeAttribute("src");
    video.load();
  });
  return { node, update, show, seek, segment, renew, now: () => video.currentTime };

  function update(job) {
    video.setAttribute("aria-label", `Player: ${job.name}`);
    for (const { language: tag, kind } of job.files) if (!tracks.has(tag)) put(tag, kind);
    const gone = ENDED.has(job.state) ? [...tracks.keys()].filter((tag) => !job.files.some((file) => file.language === tag)) : [];
    for (const tag of gone) (tracks.get(tag).remove(), tracks.delete(tag));
    apply();
  }

  function put(tag, kind, version = "") {
    const src = `${api.subtitles(id, tag, "vtt")}?inline=1${version && `&version=${version}`}`;
    const track = el("track", { kind: kind === "transcript" ? "captions" : "subtitles", srclang: tag, label: language(tag), src });
    const before = tracks.get(tag);
    if (before) before.replaceWith(track);
    else video.append(track);
    tracks.set(tag, track);
  }

  /** A language's subtitles, or what is heard. */
  function show(tag) {
    shown = tag;
    apply();
  }

  function apply() {
    set(live, !tracks.has(shown));
    for (const [tag, { track }] of tracks) set(track, tag === shown);
  }

  function set(track, on) {
    const mode = on ? "showing" : "disabled";
    if (track.mode !== mode) track.mode = mode;
  }

  /** A browser also chooses by itself when tracks are new; only what a person has just chosen in the player counts. */
  function noticed() {
    if (performance.now() - touched > MOMENT) return apply();
    const other = [...tracks].find(([tag, { track }]) => track.mode === "showing" && tag !== shown);
    return other && chosen(other[0]);
  }

  /** Its file is another now. */
  function renew(tag) {
    const isSpoken = tracks.get(tag)?.kind === "captions";
    put(tag, isSpoken ? "transcript" : "translation", String((ticks += 1)));
    apply();
  }

  function segment({ start, end, text }) {
    const name = `${start}|${text}`;
    if (heard.has(name) || !(end > start)) return;
    heard.add(name);
    live.addCue(new VTTCue(start, end, text));
  }

  function seek(seconds) {
    video.currentTime = seconds;
    time(seconds);
  }

  function cannot() {
    if (!video.getAttribute("src")) return;
    trouble.hidden = false;
    trouble.textContent = "This browser can't play the file. The subtitles are made all the same, and can be read and corrected here.";
  }
}
