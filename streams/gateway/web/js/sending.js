// The form for a video, and the uploads that are on their way.

import * as api from "./api.js";
import { announce } from "./announce.js";
import { button, el, fresh } from "./dom.js";
import { Begun, fingerprint, sameWishes } from "./resume.js";
import { size } from "./time.js";
import { sent } from "./transfer.js";
import { wishes } from "./wishes.js";

const begun = new Begun(globalThis.localStorage);
const onTheirWay = el("ul.uploads", { "aria-label": "Uploads" });

/** The section. Uploads go on when one looks elsewhere on the page. */
export function sending(session, signal) {
  const wrong = el("p.wrong", { role: "alert" });
  const chosen = el("p.chosen", { role: "status" });
  const input = el("input", { type: "file", multiple: true, accept: "video/*,audio/*,.mkv,.m4v", id: fresh("file"), onchange: () => choose(input.files) });
  const wanted = wishes(session);
  const zone = el(
    "div.drop",
    { ondragover: over, ondragleave: () => zone.classList.remove("over"), ondrop: dropped },
    input,
    el("label", { for: input.id }, el("strong", "Choose a video"), el("span", " or drop it here")),
    chosen,
  );
  const form = el("form.card", { onsubmit: submit, "aria-label": "Send a video" }, zone, wanted.node, wrong, el("div.actions", el("button.main", { type: "submit" }, "Make subtitles")));
  const left = el("div.left");
  let files = [];
  tellLeft();
  window.addEventListener("dragover", over, { signal });
  window.addEventListener("drop", dropped, { signal });
  return el("section", { "aria-label": "Send a video" }, form, left, onTheirWay);

  function over(event) {
    if (![...(event.dataTransfer?.types ?? [])].includes("Files")) return;
    event.preventDefault();
    zone.classList.add("over");
  }

  function dropped(event) {
    if (!event.dataTransfer?.files.length) return;
    event.preventDefault();
    event.stopPropagation();
    zone.classList.remove("over");
    choose(event.dataTransfer.files);
  }

  async function choose(list) {
    files = [...list];
    wrong.textContent = "";
    const total = files.reduce((sum, file) => sum + file.size, 0);
    chosen.textContent = files.length ? `${files.map((file) => file.name).join(", ")} (${size(total)})` : "";
    const known = files.length === 1 && begun.get(await fingerprint(files[0]).catch(() => ""));
    if (!known) return;
    wanted.set(known.values);
    chosen.textContent += ". It goes on where it stopped.";
  }

  async function submit(event) {
    event.preventDefault();
    wrong.textContent = refusal(files, session.limits) ?? "";
    if (wrong.textContent) return input.focus();
    const values = wanted.values();
    for (const file of files) await send(file, values, files.length === 1);
    files = [];
    input.value = chosen.textContent = "";
    return tellLeft();
  }

  async function send(file, values, alone) {
    const name = await fingerprint(file);
    const known = begun.get(name);
    const goesOn = known && sameWishes(known.values, values);
    const upload = sent({ file, values, url: goesOn ? known.url : null, began: (url) => begun.keep(name, { url, values, name: file.name, size: file.size }), ended });
    onTheirWay.prepend(upload.node);
    upload.node.querySelector("button").focus();

    function ended(job) {
      begun.forget(name);
      tellLeft();
      if (job && alone && !signal.aborted) location.hash = `#/jobs/${job}`;
      else if (job) announce(`${file.name} has been sent.`);
    }
  }

  function tellLeft() {
    const records = begun.all().filter((record) => !onTheirWay.querySelector(`[data-url="${CSS.escape(record.url)}"]`));
    left.replaceChildren(...records.map(interrupted));
  }

  function interrupted(record) {
    const text = `The upload of ${record.name} (${size(record.size)}) was interrupted. Choose the same file again, and it goes on where it stopped.`;
    const forget = button("Forget it", async () => {
      begun.forget(record.fingerprint);
      tellLeft();
      await api.request(record.url, { method: "DELETE", headers: { "Tus-Resumable": "1.0.0" } }).catch(() => {});
    }, "quiet");
    return el("p.note", text, " ", forget);
  }
}

function refusal(files, limits) {
  if (!files.length) return "Choose a video first.";
  const empty = files.find((file) => !file.size);
  if (empty) return `${empty.name} is empty.`;
  const large = files.find((file) => file.size > limits.max_bytes);
  return large ? `${large.name} is larger than ${size(limits.max_bytes)}, the most that is taken here.` : null;
}
