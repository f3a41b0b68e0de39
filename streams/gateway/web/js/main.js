// The start: who asks, which view, what is said when the server is away. Views are functions
// (main, {session, signal, argument}) and let go of everything when `signal` is aborted.

import * as api from "./api.js";
import { announce } from "./announce.js";
import { ask } from "./ask.js";
import { el } from "./dom.js";
import { home } from "./home.js";
import { lecture } from "./lecture.js";
import { signIn } from "./signin.js";

const main = document.getElementById("main");
const banner = document.getElementById("banner");
let [session, leaving] = [null, new AbortController()];

const ROUTES = [
  [/^#\/jobs\/([0-9a-f-]+)$/, lecture],
  [/^#\/ask$/, ask],
  [/^/, home],
];

function show(view, argument, focus) {
  leaving.abort();
  leaving = new AbortController();
  main.replaceChildren();
  view(main, { session, signal: leaving.signal, argument, start });
  const heading = main.querySelector("h1");
  document.title = heading && heading.textContent !== "Chalkstream" ? `${heading.textContent} · Chalkstream` : "Chalkstream";
  if (focus && heading) {
    heading.tabIndex = -1;
    heading.focus();
    scrollTo(0, 0);
  }
}

function route(focus) {
  if (location.hash === "#main") return; // the skip link
  const [shape, view] = ROUTES.find(([each]) => each.test(location.hash));
  mark();
  show(view, shape.exec(location.hash)[1], focus);
}

function mark() {
  for (const link of document.querySelectorAll("#nav a")) {
    const here = link.hash === "#/ask" ? location.hash === "#/ask" : location.hash !== "#/ask";
    if (here) link.setAttribute("aria-current", "page");
    else link.removeAttribute("aria-current");
  }
}

async function start(focus = false) {
  try {
    session = await api.session();
  } catch (problem) {
    document.getElementById("nav").hidden = true;
    if (problem.status === 401) show(signIn, undefined, focus);
    else {
      main.replaceChildren(el("h1", "Chalkstream"), el("p.calm", problem.message));
      setTimeout(start, 3000);
    }
    return;
  }
  document.getElementById("nav").hidden = false;
  document.getElementById("nav-ask").hidden = !(session.chat || session.images);
  document.getElementById("sign-out").hidden = !session.auth;
  route(focus);
}

api.listen({
  away: (detail) => {
    const text = `${detail} It is tried again by itself.`;
    if (banner.textContent !== text) banner.textContent = text;
  },
  back: () => {
    banner.textContent = "";
    announce("The server answers again.");
  },
  signedOut: () => start(true),
});

document.getElementById("sign-out").addEventListener("click", async () => {
  await api.signOut();
  start(true);
});
document.querySelector(".skip").addEventListener("click", (event) => {
  event.preventDefault();
  main.focus();
});
addEventListener("hashchange", () => session && route(true));
start();
