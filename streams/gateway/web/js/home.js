// The first page: send a video, see the lectures.

import { el } from "./dom.js";
import { lectures } from "./lectures.js";
import { sending } from "./sending.js";

export function home(main, { session, signal }) {
  const mayChange = session.role !== "viewer";
  main.append(
    el(
      "div.lead",
      el("h1", "Subtitles for your lectures"),
      el("p", "Send a recording. The first words appear within seconds, while the rest is still being decoded; then translate, correct and take the files away."),
    ),
  );
  if (mayChange) main.append(sending(session, signal));
  main.append(lectures(signal));
}
