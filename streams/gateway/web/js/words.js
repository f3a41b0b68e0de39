// What codes and states mean, for people. Pure.

const STATES = {
  queued: "Waiting", running: "Working", done: "Done", partial: "Partly done", failed: "Refused", cancelled: "Stopped",
};
export const ENDED = new Set(["done", "partial", "failed", "cancelled"]);

/** A job's state in a word or two. */
export function state(job) {
  if (job.state === "failed" && !REFUSED.has(job.error?.code)) return "Failed";
  return STATES[job.state] ?? job.state;
}

const STAGES = {
  accept: "Looking at the file", demux: "Decoding the sound", chunk: "Finding speech", identify: "Finding the language",
  transcribe: "Listening", assemble: "Joining sentences", translate: "Translating", subtitle: "Laying out subtitles",
  finish: "Finishing",
};

/** What is being done now. */
export const stage = (name) => STAGES[name] ?? name;

const REFUSED = new Map(
  Object.entries({
    unsupported_format: ["This file is no video or sound that can be read here.", "Save it as MP4, WebM, MP3 or WAV and send it again."],
    no_audio_stream: ["There is no sound in this file.", "Export it with its sound track and send it again."],
    truncated: ["The file is cut off, and nothing of it could be decoded.", "The copy may not have finished: send the original again."],
    encrypted: ["The file is encrypted.", "Send a copy without protection."],
    too_long: ["The video is longer than is taken here.", "Cut it into parts."],
    too_large: ["The file is larger than is taken here.", "Save it with fewer bits, or only its sound."],
    unknown_language: ["A language that was asked for is not known here.", "Run it again with others."],
    unknown_profile: ["The house style that was asked for is not known here.", "Run it again with another."],
    unknown_model: ["The model that was asked for is not here.", "Ask who runs this server."],
    licence_refused: ["The model's licence does not allow this use.", "Ask who runs this server."],
    invalid_request: ["The upload was asked for in a way that can't be done.", "Run it again with other settings."],
    not_found: ["The video is no longer there.", "Send it again."],
  }),
);
const FAILED = {
  cancelled: ["It was stopped.", "Run it again to go on; what was finished is not done twice."],
  timeout: ["It took too long.", "Run it again."],
  unavailable: ["A service was away.", "Run it again."],
  overloaded: ["Too much was going on.", "Run it again later."],
  crashed: ["Something in the file makes our programs crash.", "Tell who runs this server; the file is kept apart."],
  internal: ["Something went wrong here. It is not your file's fault.", "Run it again; if it stays, tell who runs this server."],
};

/** An error as {what, todo}; what the server itself said stands in `detail`. */
export function error(info) {
  const [what, todo] = REFUSED.get(info.code) ?? FAILED[info.code] ?? [info.message ?? "It failed.", info.remedy ?? ""];
  return { what, todo, detail: what === info.message ? "" : (info.message ?? "") };
}

const LOST = {
  damaged: "the file is damaged there", truncated: "the file ends there", cancelled: "it was stopped there",
  crashed: "our programs crashed on it", timeout: "it took too long", internal: "something went wrong here",
};

/** Why a range could not be used. */
export const lost = (reason) => LOST[reason] ?? reason.replaceAll("_", " ");

const WARNINGS = {
  no_speech: "No speech was found. The subtitle files are valid, and empty.",
  language_uncertain: "The spoken language was not clear. If it is wrong, run it again and say which it is.",
};

/** A warning as a sentence. */
export function warning(told) {
  const text = WARNINGS[told] ?? told.replaceAll(/^[a-z]+(_[a-z]+)+$/g, (code) => code.replaceAll("_", " "));
  return text[0].toUpperCase() + text.slice(1) + (/[.!?]$/.test(text) ? "" : ".");
}

/** The name of a language in English, and in itself where that says more. */
export function language(tag) {
  try {
    return new Intl.DisplayNames(["en"], { type: "language" }).of(tag) ?? tag;
  } catch {
    return tag;
  }
}

const LANGUAGES = { waiting: "waiting", running: "in work", done: "ready", partial: "partly ready", failed: "failed" };

/** How a language stands. */
export const languageState = (name) => LANGUAGES[name] ?? name;

/** Words with commas and an "and". */
export const joined = (words) => new Intl.ListFormat("en", { type: "conjunction" }).format(words);
