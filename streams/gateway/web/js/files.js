// What can be taken away.

import * as api from "./api.js";
import { el, fresh } from "./dom.js";
import { size } from "./time.js";
import { ENDED, language } from "./words.js";

export function files(id) {
  const heading = el("h2", { id: fresh("files") }, "Files");
  const list = el("ul.files");
  const node = el("section.card", { "aria-labelledby": heading.id, hidden: true }, heading, list);
  let [before, known] = ["", 0];
  return { node, update };

  function update(job) {
    if (!ENDED.has(job.state) && job.files.length < known) return; // a new run makes them anew; the old ones stand
    known = job.files.length;
    const now = JSON.stringify([job.files, ENDED.has(job.state)]);
    if (now === before) return;
    before = now;
    node.hidden = !job.files.length && !ENDED.has(job.state);
    const tags = [...new Set(job.files.map((file) => file.language))];
    list.replaceChildren(...tags.map((tag) => row(tag, job)), ...others(job));
  }

  function row(tag, job) {
    const own = job.files.filter((file) => file.language === tag);
    const links = own.map((file) => link(file.url, file.format.toUpperCase(), `${language(tag)} as ${file.format.toUpperCase()}`, file.size));
    const edited = own.some((file) => file.edited) ? el("span.help", " corrected by hand") : null;
    return el("li", el("span.what", language(tag), own[0].kind === "transcript" ? " (as spoken)" : "", edited), el("span.links", links));
  }

  function others(job) {
    const report = job.files.length ? el("li", el("span.what", "Report"), el("span.links", link(api.report(id), "JSON", "Report as JSON"))) : null;
    return [report, el("li", el("span.what", "Video"), el("span.links", link(job.media, "Original", `The video, ${job.name}`)))].filter(Boolean);
  }
}

function link(href, text, label, bytes = null) {
  return el("a", { href, download: "", "aria-label": `Download ${label}` }, text, bytes !== null && el("span.help", ` ${size(bytes)}`));
}
