// The view with the chat box and the picture box; each only where the server has a model for it.

import { chat } from "./chat.js";
import { el } from "./dom.js";
import { picture } from "./picture.js";

export function ask(main, { session, signal }) {
  main.append(el("h1", "Ask"));
  if (session.role === "viewer") main.append(el("p.calm", "Your key may only look."));
  else {
    if (session.chat) main.append(chat(signal));
    if (session.images) main.append(picture(session, signal));
    if (!session.chat && !session.images) main.append(el("p.calm", "This server has no model for chat or pictures."));
  }
}
